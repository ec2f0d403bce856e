import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCluster, anEngine, aPair, type EngineFixture } from './an-engine.ts';

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await anEngine();
});
afterEach(() => fixture.end());

const PARAMETERS = { databases: '32' };
const databases = ['CONFIG', 'GET', 'databases'];

describe('a restart', () => {
  it('with data keeps it, and its port, on primary and replica, and brings the parameters in', async () => {
    const cache = await fixture.engine.start(aPair(1, { tls: false }));
    await cache.setTransit('preferred');
    const { port } = cache.nodeAddress('sessions-001');
    const deaths: string[] = [];
    cache.onExit((id) => deaths.push(id));
    await cache.command('sessions-001', 'SET', 'key', 'kept');
    for (const id of ['sessions-002', 'sessions-001']) {
      await cache.restart(id, PARAMETERS, true);
      expect(await cache.command(id, ...databases)).toEqual(['databases', '32']);
    }
    expect(await cache.command('sessions-001', 'GET', 'key')).toBe('kept');
    await cache.command('sessions-001', 'SET', 'key', 'changed');
    await expect.poll(() => cache.command('sessions-002', 'GET', 'key'), { timeout: 10_000 }).toBe('changed');
    expect(cache.nodeAddress('sessions-001').port).toBe(port);
    expect((await cache.primaries()).get('0001')).toBe('sessions-001');
    expect(deaths).toEqual([]);
  });

  it('without data comes back empty, also after a backup, and its replica follows', async () => {
    const cache = await fixture.engine.start(aPair(1));
    await cache.command('sessions-001', 'SET', 'key', 'gone');
    await cache.command('sessions-001', 'SAVE');
    await cache.restart('sessions-001', PARAMETERS, false);
    for (const id of ['sessions-001', 'sessions-002']) expect(await cache.command(id, 'DBSIZE')).toBe(0);
  });

  it('leaves a node its address, which Describe shows meanwhile, and leads nobody to it', async () => {
    const cache = await fixture.engine.start(aPair(1));
    const { port } = cache.nodeAddress('sessions-002');
    let isOver = false;
    const restarted = cache.restart('sessions-002', PARAMETERS, false).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(cache.nodeAddress('sessions-002').port).toBe(port);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await restarted;
  });

  it('is not for clusters', async () => {
    const cache = await fixture.engine.start(aCluster(1, 0));
    await expect(cache.restart('orders-0001-001', PARAMETERS, true)).rejects.toThrow('cluster mode');
  });
});

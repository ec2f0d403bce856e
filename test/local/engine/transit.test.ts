import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningCache, TransitMode } from '../../../local/engine/types.ts';
import { aCluster, anEngine, aPair, type EngineFixture, TOKEN } from './an-engine.ts';

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await anEngine();
});
afterEach(() => fixture.end());

const open = (port: number, isTls: boolean) =>
  new Redis({
    host: '127.0.0.1',
    port,
    password: TOKEN,
    ...(isTls ? { tls: { ca: fixture.caPem } } : {}),
    lazyConnect: true,
    // A node without TLS waits in silence for the rest of what it takes for a command.
    connectTimeout: 500,
    commandTimeout: 500,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  }).on('error', () => undefined);

/** What a new client gets for a command. */
const ask = async (port: number, isTls: boolean, ...[command = '', ...args]: string[]): Promise<unknown> => {
  const redis = open(port, isTls);
  try {
    await redis.connect();
    return await redis.call(command, ...args);
  } catch {
    return 'refused';
  } finally {
    redis.disconnect();
  }
};

const doors = async (port: number) => ({
  plain: (await ask(port, false, 'PING')) === 'PONG',
  tls: (await ask(port, true, 'PING')) === 'PONG',
});
const OPEN: Record<TransitMode, { plain: boolean; tls: boolean }> = {
  off: { plain: true, tls: false },
  preferred: { plain: true, tls: true },
  required: { plain: false, tls: true },
};
const allPorts = (cache: RunningCache) => [
  ...Object.values(cache.endpoints).map(({ port }) => port),
  ...cache.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => cache.nodeAddress(id).port)),
];
const expectDoors = async (cache: RunningCache, mode: TransitMode) => {
  for (const port of allPorts(cache)) expect([port, await doors(port)]).toEqual([port, OPEN[mode]]);
};

describe('encryption in transit', () => {
  it('comes to a pair that serves, and goes again, with every port and all data kept', async () => {
    const cache = await fixture.engine.start(aPair(1, { tls: false }));
    const ports = allPorts(cache);
    const primary = cache.endpoints.primary?.port ?? 0;
    await ask(primary, false, 'SET', 'key', 'kept');
    const path: TransitMode[] = ['preferred', 'preferred', 'required', 'preferred', 'off', 'preferred', 'required'];
    for (const mode of path) {
      await cache.setTransit(mode);
      expect(cache.shape.tls).toBe(mode !== 'off');
      await expectDoors(cache, mode);
      expect(await ask(primary, mode === 'required', 'GET', 'key')).toBe('kept');
      await ask(primary, mode === 'required', 'SET', 'mode', mode);
      // The replica still follows, whichever way its primary wants to be spoken to now.
      await expect.poll(() => cache.command('sessions-002', 'GET', 'mode'), { timeout: 10_000 }).toBe(mode);
    }
    expect(allPorts(cache)).toEqual(ports);
  });

  it('is taken back from required by steps too', async () => {
    const cache = await fixture.engine.start(aPair(0, { tls: true }));
    await cache.command('sessions-001', 'SET', 'key', 'kept');
    for (const mode of ['preferred', 'off'] as const) {
      await cache.setTransit(mode);
      await expectDoors(cache, mode);
    }
    expect(await cache.command('sessions-001', 'GET', 'key')).toBe('kept');
  });

  it('cuts off who is no longer let in', async () => {
    const cache = await fixture.engine.start(aPair(0, { tls: false }));
    await cache.setTransit('preferred');
    const port = cache.endpoints.primary?.port ?? 0;
    const [plain, secure] = [open(port, false), open(port, true)];
    await Promise.all([plain.connect(), secure.connect()]);
    const isCut = new Promise((resolve) => plain.once('close', resolve));
    await cache.setTransit('required');
    await isCut;
    expect(await secure.ping()).toBe('PONG');
    secure.disconnect();
  });

  it.each<[TransitMode, TransitMode]>([
    ['off', 'required'],
    ['required', 'off'],
  ])('does not go from %s to %s at once', async (from, to) => {
    const cache = await fixture.engine.start(aPair(0, { tls: from === 'required' }));
    await expect(cache.setTransit(to)).rejects.toThrow('preferred');
    await expectDoors(cache, from);
  });

  it('changes for a cluster, which then takes new nodes and moves its slots', async () => {
    const cache = await fixture.engine.start(aCluster(2, 1, { tls: false }));
    await cache.command('orders-0001-001', 'SET', 'b', 'kept');
    for (const mode of ['preferred', 'required'] as const) {
      await cache.setTransit(mode);
      await expectDoors(cache, mode);
    }
    const { port } = cache.nodeAddress('orders-0002-001');
    const slots = JSON.stringify(await ask(port, true, 'CLUSTER', 'SLOTS'));
    for (const nodePort of allPorts(cache).slice(1)) expect(slots).toContain(`"127.0.0.1",${nodePort}`);
    await cache.addNodes([{ shardId: '0003', nodes: [{ id: 'orders-0003-001' }] }]);
    expect(await doors(cache.nodeAddress('orders-0003-001').port)).toEqual(OPEN.required);
    await cache.moveSlots(
      new Map([
        ['0001', [[8_192, 10_000]]],
        ['0002', [[10_001, 16_383]]],
        ['0003', [[0, 8_191]]],
      ]),
    );
    // The slot of `b` is 3300.
    expect(await cache.command('orders-0003-001', 'GET', 'b')).toBe('kept');
    expect([...(await cache.primaries()).keys()]).toEqual(['0001', '0002', '0003']);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCluster, anEngine, aPair, type EngineFixture, isAlive, processesOf } from './an-engine.ts';

describe('the life of processes', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await anEngine();
  });
  afterEach(() => fixture.end());

  it('leaves no process and no data when a cache stops, but its logs', async () => {
    const cache = await fixture.engine.start(aPair(2));
    const processes = await processesOf(cache);
    expect(processes.every(isAlive)).toBe(true);
    const told: string[] = [];
    cache.onExit((id) => told.push(id));
    await Promise.all([cache.stop(), cache.stop()]);
    expect(processes.some(isAlive)).toBe(false);
    expect(readdirSync(path.join(fixture.folder, 'nodes'))).toEqual([]);
    expect(readFileSync(path.join(fixture.folder, 'logs', 'sessions-001.log'), 'utf8')).toContain('Ready to accept');
    expect(told).toEqual([]);
    expect(fixture.engine.residentBytes()).toBe(0);
  });

  it('starts five times in a row, and two engines at once, without meeting on a port', async () => {
    const other = await anEngine();
    try {
      for (let round = 0; round < 5; round += 1) {
        const caches = await Promise.all([fixture, other].map(({ engine }) => engine.start(aPair(2))));
        const ports = caches.flatMap(({ shape, nodeAddress }) =>
          shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => nodeAddress(id).port)),
        );
        expect(new Set(ports).size).toBe(6);
        await Promise.all(caches.map((cache) => cache.stop()));
      }
    } finally {
      await other.end();
    }
  });

  it('keeps two caches of one id apart, as two Regions may have them', async () => {
    const [first, second] = await Promise.all([fixture.engine.start(aPair(0)), fixture.engine.start(aPair(0))]);
    await first.stop();
    expect(await second.command('sessions-001', 'PING')).toBe('PONG');
  });

  it('stops everything again when one node cannot start, and says which and why', async () => {
    const wrong = aPair(1, { parameters: { 'maxmemory-policy': 'keep-it-all' } });
    await expect(fixture.engine.start(wrong)).rejects.toThrow(/Node sessions-001 did not start[\s\S]*maxmemory-policy/);
    expect(readdirSync(path.join(fixture.folder, 'nodes'))).toEqual([]);
    // The id is free again.
    await fixture.engine.start(aPair(1));
  });

  it('does not let a parameter take over what the service decides', async () => {
    for (const name of ['port', 'bind', 'dir', 'masterauth', 'aclfile', 'loadmodule', 'maxmemory', 'cluster-enabled']) {
      const shape = aPair(0, { parameters: { [name]: '1' } });
      await expect(fixture.engine.start(shape), name).rejects.toThrow(
        `The engine parameter ${name} is set by the service`,
      );
    }
  });

  it('refuses a shape with a slot that belongs to nobody or to two', async () => {
    const cluster = aCluster(2, 0);
    const [first, second] = cluster.shards;
    if (!first || !second) throw new Error('The builder made no shards.');
    const withSlots = (from: number) => ({
      ...cluster,
      shards: [first, { ...second, slots: [[from, 16_383] as const] }],
    });
    await expect(fixture.engine.start(withSlots(8_193))).rejects.toThrow('slot 8192 belongs to 0 shards');
    await expect(fixture.engine.start(withSlots(8_191))).rejects.toThrow('slot 8191 belongs to 2 shards');
  });

  it('breaks off a start when the engine stops, and starts no more', async () => {
    const start = fixture.engine.start(aCluster(2, 1));
    const refused = expect(start).rejects.toThrow(/stopping/);
    await fixture.engine.stop();
    await refused;
    await expect(fixture.engine.start(aPair(0))).rejects.toThrow('the account is stopping');
    expect(existsSync(path.join(fixture.folder, 'nodes', 'orders'))).toBe(false);
  });
});

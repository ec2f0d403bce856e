import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningCache, ShardShape } from '../../../local/engine/types.ts';
import { aWriter } from './a-writer.ts';
import { aCluster, anEngine, connectToCluster, type EngineFixture, isAlive, knock, known, TOKEN } from './an-engine.ts';

type Slots = ShardShape['slots'];

/** Thousands of slots move, one handful after the other; a busy machine needs its time for it. */
const LONG_MS = 90_000;

describe('a cluster of 2 shards that is resharded under load, over TLS', () => {
  let fixture: EngineFixture;
  let cache: RunningCache;
  let client: Cluster;

  beforeAll(async () => {
    fixture = await anEngine();
    cache = await fixture.engine.start(aCluster(2, 1));
    client = await connectToCluster(known(cache.endpoints.configuration), {
      caPem: fixture.caPem,
      password: TOKEN,
    });
  });
  afterAll(async () => {
    client?.disconnect();
    await fixture.end();
  });

  const slotsOf = (shardId: string): Slots => cache.shape.shards.find(({ id }) => id === shardId)?.slots ?? [];
  const nodeIds = () => cache.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  const pidOf = async (id: string) => Number((await cache.info(id)).process_id);
  /** CLUSTER SLOTS of one node as lines `first-last primary,replicas`, by ports. */
  const topologySeenBy = async (id: string) => {
    const ranges = (await cache.command(id, 'CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][];
    return ranges
      .map(([first, last, primary, ...replicas]) => {
        const ports = [primary?.[1], ...replicas.map(([, port]) => port).sort()];
        return `${first}-${last} ${ports.join(',')}`;
      })
      .sort((left, right) => (left < right ? -1 : 1));
  };
  /** The views of all nodes that differ from each other: one, when they agree. */
  const topologies = async () => [
    ...new Set(await Promise.all(nodeIds().map(async (id) => (await topologySeenBy(id)).join('; ')))),
  ];

  it(
    'takes a shard with a replica and half of all slots without losing a key or an acknowledged write',
    async () => {
      const binary = Buffer.from([0x62, 0xff, 0x00, 0xc3, 0x28]);
      const values = Array.from({ length: 3_000 }, (_, index) => `key:${index}`);
      await Promise.all(values.map((key) => client.set(key, `value of ${key}`)));
      await client.set(binary, Buffer.from([0xff, 0x00]));
      await client.set('for-a-while', 'x', 'EX', 1_000);
      await client.rpush('a-list', 'one', 'two');
      await cache.command(
        'orders-0001-001',
        'FUNCTION',
        'LOAD',
        "#!lua name=l\nredis.register_function('f', function() return 7 end)",
      );
      await cache.setUsers([...cache.shape.users]);
      await cache.setMaxmemory(50 * 1024 * 1024);

      const writer = aWriter(client);
      await cache.addNodes([{ shardId: '0003', nodes: [{ id: 'orders-0003-001' }, { id: 'orders-0003-002' }] }]);
      expect(cache.shape.shards.map(({ id, nodes, slots }) => [id, nodes.length, slots.length])).toEqual([
        ['0001', 2, 1],
        ['0002', 2, 1],
        ['0003', 2, 0],
      ]);
      const progress: number[] = [];
      const layout = new Map<string, Slots>([
        [
          '0003',
          [
            [4_096, 8_191],
            [12_288, 16_383],
          ],
        ],
      ]);
      await cache.moveSlots(layout, (movedFraction) => progress.push(movedFraction));
      const acknowledgedWhileMoving = writer.acknowledged;
      await writer.stop();

      expect(progress).toHaveLength(8_192);
      expect(progress).toEqual([...progress].sort((left, right) => left - right));
      expect(progress.at(-1)).toBe(1);
      expect([slotsOf('0001'), slotsOf('0002'), slotsOf('0003')]).toEqual([
        [[0, 4_095]],
        [[8_192, 12_287]],
        [
          [4_096, 8_191],
          [12_288, 16_383],
        ],
      ]);
      expect(acknowledgedWhileMoving).toBeGreaterThan(500);
      expect(writer.problems).toEqual([]);
      expect(await writer.lost()).toEqual([]);
      expect(await Promise.all(values.map((key) => client.get(key)))).toEqual(values.map((key) => `value of ${key}`));
      expect(await client.getBuffer(binary)).toEqual(Buffer.from([0xff, 0x00]));
      expect(await client.lrange('a-list', 0, -1)).toEqual(['one', 'two']);
      expect(await client.ttl('for-a-while')).toBeGreaterThan(900);
    },
    LONG_MS,
  );

  it('then has one view of its topology on all nodes, the new replica in it and in step', async () => {
    expect(await topologies()).toHaveLength(1);
    expect((await topologySeenBy('orders-0001-001')).filter((line) => line.split(',').length === 2)).toHaveLength(4);
    expect(await cache.info('orders-0003-002')).toMatchObject({ role: 'slave', master_link_status: 'up' });
    expect((await cache.primaries()).get('0003')).toBe('orders-0003-001');
  });

  it('gives a new shard what the others have: users, memory, functions, everyday settings', async () => {
    const [primary, replica] = ['orders-0003-001', 'orders-0003-002'].map((id) => cache.nodeAddress(id));
    expect(await knock(known(primary), { caPem: fixture.caPem, password: TOKEN })).toBe('PONG');
    expect(await knock(known(replica), { caPem: fixture.caPem, password: 'wrong' })).toMatch(/WRONGPASS/);
    expect(await cache.command('orders-0003-001', 'FCALL', 'f', '0')).toBe(7);
    expect(await cache.command('orders-0003-001', 'CONFIG', 'GET', 'maxmemory')).toContain(String(50 * 1024 * 1024));
    for (const id of ['orders-0003-001', 'orders-0003-002']) {
      expect(await cache.command(id, 'CONFIG', 'GET', 'cluster-node-timeout')).toContain('15000');
      expect(await cache.command(id, 'CONFIG', 'GET', 'cluster-replica-no-failover')).toContain('no');
    }
  });

  it('keeps a shard that still owns slots, and a primary', async () => {
    const all = nodeIds();
    await expect(cache.removeNodes(['orders-0001-001', 'orders-0001-002'])).rejects.toThrow(/0001 still owns slots/);
    await expect(cache.removeNodes(['orders-0001-001'])).rejects.toThrow(/orders-0001-001 is the primary/);
    expect(nodeIds()).toEqual(all);
    expect(await cache.command('orders-0001-001', 'PING')).toBe('PONG');
  });

  it(
    'loses a shard after its slots were moved away, and every node forgets it',
    async () => {
      const pids = await Promise.all(['orders-0001-001', 'orders-0001-002'].map(pidOf));
      const died: string[] = [];
      cache.onExit((id) => died.push(id));
      const writer = aWriter(client);
      await cache.moveSlots(
        new Map<string, Slots>([
          ['0002', [[0, 2_047], ...slotsOf('0002')]],
          [
            '0003',
            [
              [2_048, 8_191],
              [12_288, 16_383],
            ],
          ],
        ]),
      );
      await cache.removeNodes(['orders-0001-001', 'orders-0001-002']);
      await writer.stop();

      expect(writer.problems).toEqual([]);
      expect(await writer.lost()).toEqual([]);
      expect(cache.shape.shards.map(({ id }) => id)).toEqual(['0002', '0003']);
      expect(pids.some(isAlive)).toBe(false);
      expect(died).toEqual([]);
      expect(existsSync(path.join(fixture.folder, 'nodes', 'orders', 'orders-0001-001'))).toBe(false);
      for (const id of nodeIds()) {
        const nodes = String(await cache.command(id, 'CLUSTER', 'NODES'))
          .trim()
          .split('\n');
        expect(nodes).toHaveLength(4);
      }
      expect(() => cache.nodeAddress('orders-0001-001')).toThrow(/has no node orders-0001-001/);
      for (let turn = 0; turn < 8; turn += 1) {
        const entry = known(cache.endpoints.configuration);
        expect(await knock(entry, { caPem: fixture.caPem, password: TOKEN })).toBe('PONG');
      }
    },
    LONG_MS,
  );

  it('takes and loses a replica', async () => {
    await cache.addNodes([
      { shardId: '0002', nodes: [{ id: 'orders-0002-003' }] },
      { shardId: '0003', nodes: [{ id: 'orders-0003-003' }] },
    ]);
    expect(await cache.info('orders-0002-001')).toMatchObject({ connected_slaves: '2' });
    expect(await topologies()).toHaveLength(1);
    await cache.removeNodes(['orders-0002-002', 'orders-0003-003']);
    expect(cache.shape.shards.map(({ nodes }) => nodes.map(({ id }) => id))).toEqual([
      ['orders-0002-001', 'orders-0002-003'],
      ['orders-0003-001', 'orders-0003-002'],
    ]);
    expect(await topologies()).toHaveLength(1);
  });

  it('leaves nothing of new nodes when one of them does not start', async () => {
    const before = cache.shape;
    const wrong = { 'maxmemory-policy': 'keep-it-all' };
    const added = [{ shardId: '0004', nodes: [{ id: 'orders-0004-001' }, { id: 'orders-0004-002' }] }];
    await expect(cache.addNodes(added, wrong)).rejects.toThrow(/orders-0004-001 did not start[\s\S]*maxmemory-policy/);
    expect(cache.shape).toEqual(before);
    expect(existsSync(path.join(fixture.folder, 'nodes', 'orders', 'orders-0004-001'))).toBe(false);
    // The same ids are free for the next attempt.
    await cache.addNodes(added);
    await cache.removeNodes(['orders-0004-001', 'orders-0004-002']);
  });
});

describe('a slot that its new shard has no memory for', () => {
  it('stops the move by name and stays served by both shards; once there is memory, the next call finishes it', async () => {
    const fixture = await anEngine();
    try {
      const shape = aCluster(2, 0, { tls: false, parameters: { 'maxmemory-policy': 'noeviction' } });
      const cache = await fixture.engine.start(shape);
      const client = await connectToCluster(known(cache.endpoints.configuration), { password: TOKEN });
      // All in slot 0 by their hash tag, in several batches.
      const keys = Array.from({ length: 300 }, (_, index) => `{06S}:${index}`);
      await Promise.all(keys.map((key) => client.set(key, 'x'.repeat(10_000))));
      const half = ['orders-0002-001', 'CONFIG', 'SET', 'maxmemory', '4mb'] as const;
      await cache.command(...half);

      const layout = new Map<string, Slots>([
        [
          '0002',
          [
            [0, 3],
            [8_192, 16_383],
          ],
        ],
      ]);
      await expect(cache.moveSlots(layout)).rejects.toThrow(/Slot 0 could not be moved from orders-0001-001.*OOM/);
      expect(Number(await cache.command('orders-0002-001', 'CLUSTER', 'COUNTKEYSINSLOT', '0'))).toBeGreaterThan(0);
      expect(Number(await cache.command('orders-0001-001', 'CLUSTER', 'COUNTKEYSINSLOT', '0'))).toBeGreaterThan(0);
      expect(cache.shape.shards.map(({ slots }) => slots[0]?.[0])).toEqual([0, 8_192]);
      for (const key of keys) expect(await client.strlen(key)).toBe(10_000);

      await cache.setMaxmemory(64 * 1024 * 1024);
      // It goes on where it stopped, also when the slot is not asked for any more.
      await cache.moveSlots(new Map([['0002', [[8_192, 16_383]]]]));
      expect(cache.shape.shards[1]?.slots).toEqual([
        [0, 3],
        [8_192, 16_383],
      ]);
      for (const key of keys) expect(await client.strlen(key)).toBe(10_000);
      expect(await cache.command('orders-0001-001', 'DBSIZE')).toBe(0);
      client.disconnect();
    } finally {
      await fixture.end();
    }
  });
});

describe('a shard that dies while its slots move', () => {
  it('ends the move with an error, and the shape tells what the others own', async () => {
    const fixture = await anEngine();
    try {
      const cache = await fixture.engine.start(aCluster(3, 0, { tls: false }));
      const layout = new Map<string, Slots>([
        [
          '0003',
          [
            [0, 2_000],
            [10_923, 16_383],
          ],
        ],
      ]);
      let isKilled = false;
      const moving = cache.moveSlots(layout, (movedFraction) => {
        if (movedFraction < 0.2 || isKilled) return;
        isKilled = true;
        void cache.kill('orders-0001-001');
      });
      await expect(moving).rejects.toThrow(/orders-0001-001/);
      const nodes = String(await cache.command('orders-0003-001', 'CLUSTER', 'NODES')).split('\n');
      const own = nodes
        .find((line) => line.includes('myself'))
        ?.split(' ')
        .slice(8);
      const told = cache.shape.shards[2]?.slots.map(([first, last]) =>
        first === last ? `${first}` : `${first}-${last}`,
      );
      expect(told).toEqual(own?.filter((word) => !word.startsWith('[')));
      expect(told?.[0]).toMatch(/^0-\d+$/);
      await expect(cache.moveSlots(layout)).rejects.toThrow(/No primary owns slot \d+ now/);
    } finally {
      await fixture.end();
    }
  });
});

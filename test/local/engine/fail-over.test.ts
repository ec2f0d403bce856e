import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CacheShape, RunningCache } from '../../../local/engine/types.ts';
import {
  aCluster,
  aDefaultUser,
  anEngine,
  aPair,
  connectTo,
  connectToCluster,
  type EngineFixture,
  isAlive,
  knock,
  known,
  processesOf,
  TOKEN,
} from './an-engine.ts';

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await anEngine();
});
afterAll(() => fixture.end());

const credentials = (password = TOKEN) => ({ caPem: fixture.caPem, password });
const withCache = async (shape: CacheShape, story: (cache: RunningCache) => Promise<void>) => {
  const cache = await fixture.engine.start(shape);
  try {
    await story(cache);
  } finally {
    await cache.stop();
  }
};

const atOnce = async () => undefined;
const primaryOf = async (cache: RunningCache, shardId = '0001') => (await cache.primaries()).get(shardId);
/** A replica loses its primary, and does not find back to it. */
const cutOff = async (cache: RunningCache, replica: string) => {
  await cache.command(replica, 'CONFIG', 'SET', 'masterauth', 'wrong');
  await cache.command(replica, 'CLIENT', 'KILL', 'TYPE', 'master');
};
const LONG_MS = 60_000;

describe('the failover of a cache without cluster mode', () => {
  it('refuses writes until a replica is promoted, and the names of the endpoints stay', async () => {
    await withCache(aPair(1), async (cache) => {
      const { primary, reader } = cache.endpoints;
      const old = await connectTo(known(primary), credentials());
      const reading = await connectTo(known(reader), credentials());
      await old.set('early', 'bird');
      await old.wait(1, 1_000);
      const cut = new Promise((resolve) => old.once('close', resolve));
      const deaths: string[] = [];
      cache.onExit((id) => deaths.push(id));

      const outcome = await cache.failOver('0001', async () => {
        await cut;
        await expect(old.set('early', 'worm')).rejects.toThrow();
        expect(await knock(known(primary), credentials())).not.toBe('PONG');
        expect(await reading.get('early')).toBe('bird');
        expect([...(await cache.primaries())]).toEqual([]);
      });
      expect(outcome).toEqual({ from: 'sessions-001', to: 'sessions-002' });
      expect(deaths).toEqual(['sessions-001']);
      expect(cache.endpoints).toEqual({ primary, reader });
      const writer = await connectTo(known(primary), credentials());
      expect(await writer.get('early')).toBe('bird');
      expect(await writer.set('after', 'failover')).toBe('OK');
      expect(cache.isRunning('sessions-001')).toBe(false);

      await cache.recover('sessions-001');
      expect(await cache.info('sessions-001')).toMatchObject({ role: 'slave', master_link_status: 'up' });
      expect(await cache.info('sessions-002')).toMatchObject({ role: 'master', connected_slaves: '1' });
      expect(await cache.command('sessions-001', 'GET', 'after')).toBe('failover');
      // Whoever read from the only node left is led to the replica again.
      const readerAgain = await connectTo(known(reader), credentials());
      expect(await readerAgain.info('replication')).toContain('role:slave');
      for (const client of [old, reading, writer, readerAgain]) client.disconnect();
    });
  });

  it('goes there and back, and takes along who has come and what has changed in between', async () => {
    await withCache(aPair(2), async (cache) => {
      const LATE = 'a-late-token-0123456789';
      const { port } = cache.nodeAddress('sessions-001');
      await cache.command('sessions-001', 'SET', 'kept', 'through both');
      await cache.command('sessions-001', 'WAIT', '2', '1000');
      await cache.failOver('0001', atOnce);
      const second = await primaryOf(cache);
      await cache.setUsers([aDefaultUser(LATE)]);
      await cache.setParameters({ 'maxmemory-policy': 'allkeys-lru' });
      await cache.setMaxmemory(32 * 1024 * 1024);
      await cache.recover('sessions-001');

      expect(cache.nodeAddress('sessions-001').port).toBe(port);
      expect(await knock(cache.nodeAddress('sessions-001'), credentials(LATE))).toBe('PONG');
      expect(await knock(cache.nodeAddress('sessions-001'), credentials())).toMatch(/WRONGPASS/);
      expect(await cache.command('sessions-001', 'CONFIG', 'GET', 'maxmemory*y')).toContain('allkeys-lru');
      expect(await cache.info('sessions-001')).toMatchObject({ maxmemory: String(32 * 1024 * 1024) });
      // The third node follows as well.
      expect(await cache.info(second ?? '')).toMatchObject({ role: 'master', connected_slaves: '2' });

      for (let round = 0; (await primaryOf(cache)) !== 'sessions-001' && round < 4; round += 1) {
        const { from } = await cache.failOver('0001', atOnce);
        await cache.recover(from);
      }
      expect(await primaryOf(cache)).toBe('sessions-001');
      expect(await cache.command('sessions-001', 'GET', 'kept')).toBe('through both');
    });
  });

  it('promotes the replica with the least lag, and what nobody else had is lost', async () => {
    await withCache(aPair(2), async (cache) => {
      const writer = await connectTo(known(cache.endpoints.primary), credentials());
      const writeAll = async (prefix: string) => {
        for (let number = 0; number < 20; number += 1) expect(await writer.set(`${prefix}:${number}`, 'x')).toBe('OK');
      };
      await writeAll('everywhere');
      await writer.wait(2, 1_000);
      await cutOff(cache, 'sessions-002');
      await writeAll('on-the-third');
      await writer.wait(1, 1_000);
      await cutOff(cache, 'sessions-003');
      await writeAll('nowhere-else');
      writer.disconnect();

      expect(await cache.failOver('0001', atOnce)).toEqual({ from: 'sessions-001', to: 'sessions-003' });
      const reader = await connectTo(known(cache.endpoints.primary), credentials());
      const countOf = async (prefix: string) => (await reader.keys(`${prefix}:*`)).length;
      expect([await countOf('everywhere'), await countOf('on-the-third'), await countOf('nowhere-else')]).toEqual([
        20, 20, 0,
      ]);
      reader.disconnect();
    });
  });

  it('brings back a node that cannot follow, to which nobody is led until it is replaced once more', async () => {
    await withCache(aPair(2), async (cache) => {
      await cache.command('sessions-001', 'SET', 'key', 'value');
      await cache.command('sessions-001', 'WAIT', '2', '1000');
      // What a backup left on the old host is gone with it.
      await cache.command('sessions-001', 'SAVE');
      const { from, to } = await cache.failOver('0001', atOnce);
      await cache.recover(from, { cannotFollow: true });
      expect(await cache.info(from)).toMatchObject({ role: 'slave', master_link_status: 'down' });
      expect(await cache.command(from, 'DBSIZE')).toBe(0);
      for (let turn = 0; turn < 4; turn += 1) {
        const reader = await connectTo(known(cache.endpoints.reader), credentials());
        expect(await reader.get('key')).toBe('value');
        reader.disconnect();
      }
      expect(to).not.toBe(from);
      await cache.recover(from);
      expect(await cache.info(from)).toMatchObject({ role: 'slave', master_link_status: 'up' });
      expect(await cache.command(from, 'GET', 'key')).toBe('value');
    });
  });

  it('promotes rather nobody than a node that never had the data', async () => {
    await withCache(aPair(1), async (cache) => {
      await cache.failOver('0001', atOnce);
      await cache.recover('sessions-001', { cannotFollow: true });
      await expect(cache.failOver('0001', atOnce)).rejects.toThrow('No replica of sessions-002 is fit');
      expect(await primaryOf(cache)).toBeUndefined();
      expect(await knock(known(cache.endpoints.primary), credentials())).not.toBe('PONG');
      await expect(cache.recover('sessions-002')).rejects.toThrow('has no primary now');
    });
  });

  it('is refused without a primary or a replica, and then nothing happens', async () => {
    await withCache(aPair(0), async (cache) => {
      await expect(cache.failOver('0001', atOnce)).rejects.toThrow('has no replica to fail over to');
      await expect(cache.failOver('0009', atOnce)).rejects.toThrow('Shard 0009');
      await expect(cache.recover('sessions-001')).rejects.toThrow('is the primary');
      expect(await knock(known(cache.endpoints.primary), credentials())).toBe('PONG');
    });
  });

  it('works while clients come with TLS and without', async () => {
    await withCache(aPair(1, { tls: false }), async (cache) => {
      await cache.setTransit('preferred');
      const { from } = await cache.failOver('0001', atOnce);
      expect(await knock(known(cache.endpoints.primary), { password: TOKEN })).toBe('PONG');
      await cache.recover(from);
      for (const address of [cache.nodeAddress(from), known(cache.endpoints.primary)]) {
        expect(await knock(address, { password: TOKEN })).toBe('PONG');
        expect(await knock(address, credentials())).toBe('PONG');
      }
      await cache.setTransit('required');
      await cache.failOver('0001', atOnce);
      expect(await knock(known(cache.endpoints.primary), { password: TOKEN })).not.toBe('PONG');
      await cache.recover('sessions-002');
      expect(await knock(cache.nodeAddress('sessions-002'), { password: TOKEN })).not.toBe('PONG');
      expect(await knock(cache.nodeAddress('sessions-002'), credentials())).toBe('PONG');
    });
  });
});

describe('the failover of a shard of a cluster', () => {
  /** Keys whose slots belong to the first and to the second of two shards. */
  const [first, second] = ['b', 'a'];
  const nodeIds = (cache: RunningCache) => cache.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  /** CLUSTER SLOTS as each node tells it: one text, when they agree. */
  const topologies = async (cache: RunningCache) => {
    const seenBy = async (id: string) => {
      const ranges = (await cache.command(id, 'CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][];
      const lines = ranges.map(([from, to, ...nodes]) => `${from}-${to} ${nodes.map(([, port]) => port).join(',')}`);
      return lines.sort((left, right) => (left < right ? -1 : 1)).join('; ');
    };
    return [...new Set(await Promise.all(nodeIds(cache).map(seenBy)))];
  };

  it(
    'stops the writes of this shard alone, comes back by redirection, and goes there and back',
    async () => {
      await withCache(aCluster(2, 1), async (cache) => {
        const client = await connectToCluster(known(cache.endpoints.configuration), credentials());
        await client.set(first, 1);
        await client.set(second, 1);
        for (const id of ['orders-0001-001', 'orders-0002-001']) await cache.command(id, 'WAIT', '1', '1000');
        const [before] = await topologies(cache);

        const outcome = await cache.failOver('0001', async () => {
          const plain = await connectTo(cache.nodeAddress('orders-0002-001'), credentials());
          await expect(plain.set(first, 2)).rejects.toThrow(
            `MOVED 3300 127.0.0.1:${cache.nodeAddress('orders-0001-001').port}`,
          );
          expect(await knock(cache.nodeAddress('orders-0001-001'), credentials())).toContain('ECONNREFUSED');
          expect(await client.set(second, 2)).toBe('OK');
          plain.disconnect();
        });
        expect(outcome).toEqual({ from: 'orders-0001-001', to: 'orders-0001-002' });
        const plain = await connectTo(cache.nodeAddress('orders-0002-001'), credentials());
        await expect(plain.set(first, 2)).rejects.toThrow(
          `MOVED 3300 127.0.0.1:${cache.nodeAddress('orders-0001-002').port}`,
        );
        plain.disconnect();
        expect(await client.set(first, 3)).toBe('OK');

        await cache.recover('orders-0001-001');
        expect(await topologies(cache)).toHaveLength(1);
        expect(await topologies(cache)).not.toEqual([before]);
        expect(await cache.info('orders-0001-001')).toMatchObject({ role: 'slave', master_link_status: 'up' });
        expect(await cache.command('orders-0001-001', 'DBSIZE')).toBe(1);
        expect(await cache.command('orders-0001-001', 'CONFIG', 'GET', 'cluster-node-timeout')).toContain('15000');
        for (const id of nodeIds(cache)) {
          expect(await cache.command(id, 'CONFIG', 'GET', 'cluster-replica-no-failover')).toContain('no');
        }

        expect(await cache.failOver('0001', atOnce)).toEqual({ from: 'orders-0001-002', to: 'orders-0001-001' });
        await cache.recover('orders-0001-002');
        expect(await topologies(cache)).toEqual([before]);
        expect(await client.get(first)).toBe('3');
        client.disconnect();
      });
    },
    LONG_MS,
  );

  it(
    'leaves a cluster that is resharded, grows and shrinks as any other, without losing a key',
    async () => {
      await withCache(aCluster(2, 1, { tls: false }), async (cache) => {
        const client = await connectToCluster(known(cache.endpoints.configuration), { password: TOKEN });
        for (const { id } of cache.shape.shards) {
          await cache.failOver(id, atOnce);
          await cache.recover(`orders-${id}-001`);
        }
        const keys = Array.from({ length: 300 }, (_, index) => `key:${index}`);
        for (const key of keys) await client.set(key, key);
        await cache.addNodes([
          { shardId: '0001', nodes: [{ id: 'orders-0001-003' }] },
          { shardId: '0003', nodes: [{ id: 'orders-0003-001' }, { id: 'orders-0003-002' }] },
        ]);
        expect(await cache.info('orders-0001-002')).toMatchObject({ role: 'master', connected_slaves: '2' });
        await cache.moveSlots(
          new Map([
            [
              '0003',
              [
                [0, 1_000],
                [16_000, 16_383],
              ],
            ],
          ]),
        );
        await expect(cache.removeNodes(['orders-0001-002'])).rejects.toThrow('is the primary of shard 0001');
        // The shard whose slots have just come fails, too, and takes them back.
        await cache.failOver('0003', atOnce);
        await cache.recover('orders-0003-001');
        await cache.moveSlots(
          new Map([
            ['0001', [[0, 8_191]]],
            ['0002', [[8_192, 16_383]]],
          ]),
        );
        await cache.removeNodes(['orders-0001-001', 'orders-0003-001', 'orders-0003-002']);
        expect(await topologies(cache)).toHaveLength(1);
        const found = await Promise.all(keys.map((key) => client.get(key)));
        expect(found).toEqual(keys);
        client.disconnect();
      });
    },
    LONG_MS,
  );

  it('promotes nobody by itself, however long it takes', async () => {
    await withCache(aCluster(3, 1, { tls: false }), async (cache) => {
      for (const id of nodeIds(cache)) await cache.command(id, 'CONFIG', 'SET', 'cluster-node-timeout', '500');
      await cache.failOver('0001', async () => {
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        expect(String(await cache.command('orders-0002-001', 'CLUSTER', 'NODES'))).toMatch(/master,fail[, ]/);
        expect([...(await cache.primaries()).keys()]).toEqual(['0002', '0003']);
      });
      expect(await primaryOf(cache)).toBe('orders-0001-002');
      await cache.recover('orders-0001-001');
      expect(await topologies(cache)).toHaveLength(1);
    });
  });

  it('comes back with TLS where a cluster went over to it', async () => {
    await withCache(aCluster(2, 1, { tls: false }), async (cache) => {
      await cache.setTransit('preferred');
      await cache.failOver('0002', atOnce);
      await cache.setTransit('required');
      await cache.recover('orders-0002-001');
      expect(await knock(cache.nodeAddress('orders-0002-001'), credentials())).toBe('PONG');
      expect(await knock(cache.nodeAddress('orders-0002-001'), { password: TOKEN })).not.toBe('PONG');
      expect(await topologies(cache)).toHaveLength(1);
    });
  });
});

describe('a cache that stops in the middle of a failover', () => {
  const shapes = { 'a pair': aPair(1), 'a cluster': aCluster(2, 1) };

  it.each(Object.entries(shapes))('%s leaves no process, while it has no primary', async (_name, shape) => {
    const cache = await fixture.engine.start(shape);
    const processes = await processesOf(cache);
    const begun = Promise.withResolvers<void>();
    const failing = cache.failOver('0001', async (signal) => {
      begun.resolve();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const failed = expect(failing).rejects.toThrow('is stopping');
    await begun.promise;
    await cache.stop();
    await failed;
    expect(processes.some(isAlive)).toBe(false);
    expect(fixture.engine.residentBytes()).toBe(0);
  });

  it.each(Object.entries(shapes))('%s leaves no process, while the old primary comes back', async (_name, shape) => {
    // Some milliseconds more each time: the process is not there yet, comes up, follows.
    for (const ms of [0, 40, 90, 200]) {
      const cache = await fixture.engine.start(shape);
      const { from } = await cache.failOver('0001', atOnce);
      const recovering = cache.recover(from).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, ms));
      await cache.stop();
      await recovering;
      expect(fixture.engine.residentBytes()).toBe(0);
      await expect(cache.recover(from)).rejects.toThrow();
      expect(fixture.engine.residentBytes()).toBe(0);
    }
  });
});

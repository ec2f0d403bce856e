import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningCache } from '../../../local/engine/types.ts';
import { aDefaultUser, anEngine, aPair, connectTo, type EngineFixture, knock, known, TOKEN } from './an-engine.ts';

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await anEngine();
});
afterAll(() => fixture.end());

const withCache = async (cache: RunningCache, story: () => Promise<void>) => {
  try {
    await story();
  } finally {
    await cache.stop();
  }
};

const credentials = (password = TOKEN) => ({ caPem: fixture.caPem, password });

describe('a primary with a replica', () => {
  it('writes through the primary endpoint and reads through the reader endpoint', async () => {
    const cache = await fixture.engine.start(aPair(1));
    await withCache(cache, async () => {
      const writer = await connectTo(known(cache.endpoints.primary), credentials());
      const reader = await connectTo(known(cache.endpoints.reader), credentials());
      await writer.set('greeting', 'hello');
      await writer.wait(1, 1_000);
      expect(await reader.get('greeting')).toBe('hello');
      expect(await reader.info('replication')).toContain('role:slave');
      await expect(reader.set('greeting', 'no')).rejects.toThrow(/READONLY/);
      writer.disconnect();
      reader.disconnect();
    });
  });

  it('follows a promotion: the endpoints change sides and cut who is connected to the wrong one', async () => {
    const cache = await fixture.engine.start(aPair(1));
    await withCache(cache, async () => {
      const old = await connectTo(known(cache.endpoints.primary), credentials());
      const cut = new Promise((resolve) => old.once('close', resolve));
      await cache.kill('sessions-001');
      await cut;
      expect(await knock(known(cache.endpoints.primary), credentials())).not.toBe('PONG');
      await cache.command('sessions-002', 'REPLICAOF', 'NO', 'ONE');
      await cache.followPrimaries();
      expect([...(await cache.primaries()).values()]).toEqual(['sessions-002']);
      const writer = await connectTo(known(cache.endpoints.primary), credentials());
      expect(await writer.set('after', 'failover')).toBe('OK');
      // No replica is left, so the reader endpoint leads to the primary.
      expect(await knock(known(cache.endpoints.reader), credentials())).toBe('PONG');
      writer.disconnect();
    });
  });
});

describe('a cache without cluster mode that gets and loses replicas', () => {
  it('leads readers to a new replica and away from one that goes, while the primary serves', async () => {
    const cache = await fixture.engine.start(aPair(0));
    await withCache(cache, async () => {
      const writer = await connectTo(known(cache.endpoints.primary), credentials());
      const readerAtPrimary = await connectTo(known(cache.endpoints.reader), credentials());
      const leftThePrimary = new Promise((resolve) => readerAtPrimary.once('close', resolve));
      await writer.set('early', 'bird');

      await cache.addNodes([{ shardId: '0001', nodes: [{ id: 'sessions-002' }, { id: 'sessions-003' }] }]);
      await leftThePrimary;
      expect(await cache.info('sessions-001')).toMatchObject({ role: 'master', connected_slaves: '2' });
      const reader = await connectTo(known(cache.endpoints.reader), credentials());
      expect(await reader.info('replication')).toContain('role:slave');
      expect(await reader.get('early')).toBe('bird');
      expect(await knock(cache.nodeAddress('sessions-003'), credentials('wrong'))).toMatch(/WRONGPASS/);

      const readerLeft = new Promise((resolve) => reader.once('close', resolve));
      await cache.removeNodes(['sessions-002', 'sessions-003']);
      await readerLeft;
      expect(cache.shape.shards).toEqual([{ id: '0001', slots: [], nodes: [{ id: 'sessions-001' }] }]);
      expect(await writer.get('early')).toBe('bird');
      expect(await knock(known(cache.endpoints.reader), credentials())).toBe('PONG');
      writer.disconnect();
    });
  });

  it('keeps its only node, and gets no second shard', async () => {
    const cache = await fixture.engine.start(aPair(0));
    await withCache(cache, async () => {
      await expect(cache.removeNodes(['sessions-001'])).rejects.toThrow(/would have no node left/);
      const second = [{ shardId: '0002', nodes: [{ id: 'sessions-002' }] }];
      await expect(cache.addNodes(second)).rejects.toThrow(/without cluster mode it has one shard/);
      const same = [{ shardId: '0001', nodes: [{ id: 'sessions-001' }] }];
      await expect(cache.addNodes(same)).rejects.toThrow(/two of its nodes have the same id/);
      expect(await knock(known(cache.endpoints.primary), credentials())).toBe('PONG');
    });
  });

  it('adds a node that has the users who came while it was on its way', async () => {
    const cache = await fixture.engine.start(aPair(0));
    await withCache(cache, async () => {
      const LATE = 'a-late-token-0123456789';
      await Promise.all([
        cache.addNodes([{ shardId: '0001', nodes: [{ id: 'sessions-002' }] }]),
        cache.setUsers([aDefaultUser(LATE)]),
      ]);
      expect(await knock(cache.nodeAddress('sessions-002'), credentials(LATE))).toBe('PONG');
      expect(await knock(cache.nodeAddress('sessions-002'), credentials())).toMatch(/WRONGPASS/);
    });
  });
});

describe('a single node', () => {
  it('answers on both endpoints, without TLS and without AUTH when that is its shape', async () => {
    const open = { ...aDefaultUser(), open: true };
    const cache = await fixture.engine.start(aPair(0, { tls: false, users: [open] }));
    await withCache(cache, async () => {
      expect(await knock(known(cache.endpoints.primary), {})).toBe('PONG');
      expect(await knock(known(cache.endpoints.reader), {})).toBe('PONG');
    });
  });

  it('evicts what was used least when maxmemory is reached, by the policy of its parameters', async () => {
    const shape = aPair(0, { maxmemoryBytes: 8 * 1024 * 1024, parameters: { 'maxmemory-policy': 'allkeys-lru' } });
    const cache = await fixture.engine.start(shape);
    await withCache(cache, async () => {
      const client = await connectTo(known(cache.endpoints.primary), credentials());
      const fill = async (prefix: string) => {
        const value = 'x'.repeat(10_000);
        await Promise.all(Array.from({ length: 1_000 }, (_, index) => client.set(`${prefix}:${index}`, value)));
      };
      await fill('first');
      const { evicted_keys: evicted } = await cache.info('sessions-001');
      expect(Number(evicted)).toBeGreaterThan(100);

      await cache.setParameters({ 'maxmemory-policy': 'noeviction' });
      await expect(fill('second')).rejects.toThrow(/OOM/);
      await cache.setMaxmemory(64 * 1024 * 1024);
      await fill('third');
      client.disconnect();
    });
  });
});

describe('users', () => {
  const SECOND = 'second-token-0123456789';

  it('are rotated and then set, without breaking an open connection', async () => {
    const cache = await fixture.engine.start(aPair(1));
    await withCache(cache, async () => {
      const address = known(cache.endpoints.primary);
      const early = await connectTo(address, credentials());

      await cache.setUsers([aDefaultUser(TOKEN, SECOND)]);
      for (const id of ['sessions-001', 'sessions-002']) {
        expect(await knock(cache.nodeAddress(id), credentials(TOKEN))).toBe('PONG');
        expect(await knock(cache.nodeAddress(id), credentials(SECOND))).toBe('PONG');
      }

      await cache.setUsers([aDefaultUser(SECOND)]);
      for (const id of ['sessions-001', 'sessions-002']) {
        expect(await knock(cache.nodeAddress(id), credentials(TOKEN))).toMatch(/WRONGPASS/);
        expect(await knock(cache.nodeAddress(id), credentials(SECOND))).toBe('PONG');
      }
      expect(await early.set('still', 'here')).toBe('OK');
      expect((await cache.info('sessions-002')).master_link_status).toBe('up');
      early.disconnect();
    });
  });

  it('who are no longer named do not get in, the default user included', async () => {
    const ann = { ...aDefaultUser('anns-password'), name: 'ann', access: 'on ~ann:* +get +set +ping +info' };
    const cache = await fixture.engine.start(aPair(0, { users: [aDefaultUser(TOKEN), ann] }));
    await withCache(cache, async () => {
      const address = known(cache.endpoints.primary);
      const asAnn = { caPem: fixture.caPem, username: 'ann', password: 'anns-password' };
      const client = await connectTo(address, asAnn);
      expect(await client.set('ann:1', 'x')).toBe('OK');
      await expect(client.set('bob:1', 'x')).rejects.toThrow(/NOPERM/);
      client.disconnect();
      await cache.setUsers([ann]);
      expect(await knock(address, credentials(TOKEN))).toMatch(/WRONGPASS|NOAUTH/);
      expect(await knock(address, asAnn)).toBe('PONG');
      await cache.setUsers([aDefaultUser(TOKEN)]);
      expect(await knock(address, asAnn)).toMatch(/WRONGPASS/);
    });
  });

  it('never get the commands that ElastiCache keeps to itself, not by a selector either', async () => {
    const sly = { ...aDefaultUser('sly-password'), name: 'sly', access: 'on ~* &* +@all (+@all ~*)' };
    const cache = await fixture.engine.start(aPair(0, { users: [aDefaultUser(TOKEN), sly] }));
    await withCache(cache, async () => {
      const address = known(cache.endpoints.primary);
      const customers = [credentials(), { caPem: fixture.caPem, username: 'sly', password: 'sly-password' }];
      const forbidden = [
        'CONFIG GET maxmemory',
        'ACL SETUSER x',
        'CLUSTER FAILOVER',
        'DEBUG JMAP',
        'SHUTDOWN',
        'BGSAVE',
      ];
      for (const customer of customers) {
        const client = await connectTo(address, customer);
        for (const command of [...forbidden, 'REPLICAOF NO ONE', 'MODULE LIST', 'MIGRATE a 1 k 0 10', 'SYNC']) {
          const [name = '', ...args] = command.split(' ');
          await expect(client.call(name, ...args), command).rejects.toThrow(/NOPERM|DEBUG command not allowed/);
        }
        expect(await client.call('ACL', 'WHOAMI')).toBe('username' in customer ? 'sly' : 'default');
        client.disconnect();
      }
    });
  });
});

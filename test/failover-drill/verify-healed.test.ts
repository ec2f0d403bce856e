import { describe, expect, it } from 'vitest';
import { Healed, VerifyHealedInput } from '../../functions/failover-drill/schemas.ts';
import { askShard, primaryAmong } from '../../functions/failover-drill/shard-nodes.ts';
import { verifyHealed } from '../../functions/failover-drill/verify-healed.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { tokenSecretText } from '../../functions/platform/secret-format.ts';
import { aDrillableCache, aShard, NOW } from '../builders/a-drill.ts';
import {
  aReplicatingEngine,
  type NodeTraits,
  PORT,
  type ReplicatingTraits,
  TOKEN,
} from '../builders/a-replicating-engine.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SECRET = 'autopilot/orders/auth-token';
const at = (host: string) => ({ host, port: PORT });

/** Three nodes, of which the second is primary now and the first was before. */
const NODES: Readonly<Record<string, NodeTraits>> = { one: {}, two: { role: 'master' }, three: {} };

/** The same shard without cluster mode, and as the second of three of a cluster. */
const MODES = {
  'without cluster mode': {
    cache: aDrillableCache({
      clusterMode: false,
      shards: [
        aShard('0001', {
          nodes: ['one', 'two', 'three'].map((host) => ({ id: `orders-${host}`, endpoint: at(host) })),
        }),
      ],
      endpoints: { primary: at('orders'), reader: at('orders-ro') },
    }),
    engine: { nodes: NODES, endpoints: { orders: 'two', 'orders-ro': 'one' } },
    input: { shardId: '0001', clusterMode: false, shards: 1 },
  },
  'with cluster mode': {
    cache: aDrillableCache(),
    engine: {
      nodes: { ...NODES, left: { role: 'master' as const }, right: { role: 'master' as const } },
      endpoints: { 'orders.example.com': 'left' },
      slots: [
        [0, 5460, 'left'],
        [5461, 10_922, 'two', 'one', 'three'],
        [10_923, 16_383, 'right'],
      ] as const,
    },
    input: { shardId: '0002', clusterMode: true, shards: 3 },
  },
};
type Mode = keyof typeof MODES;
const modes = Object.keys(MODES) as Mode[];

interface Change {
  readonly cache?: Partial<CacheSeen>;
  readonly engine?: Partial<ReplicatingTraits>;
  readonly nodes?: Readonly<Record<string, NodeTraits>>;
  readonly input?: object;
  readonly secret?: string;
}

const verifying = (mode: Mode, { cache, engine, nodes, input, secret = TOKEN }: Change = {}) => {
  const usual = MODES[mode];
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: secret }),
    versionId: '1',
    deleted: false,
  });
  const connect = aReplicatingEngine({ ...usual.engine, ...engine, nodes: { ...usual.engine.nodes, ...nodes } });
  const given = {
    operationId: 'drill-1',
    cacheId: 'orders',
    nodesInShard: 3,
    oldPrimary: 'one:6379',
    wayIn: { tls: true, auth: true, secretName: SECRET },
    ...usual.input,
    ...input,
  };
  const caches = inMemoryCaches({ ...usual.cache, ...cache });
  const tools = { caches, secrets, connect, now: () => NOW };
  return { healed: verifyHealed(VerifyHealedInput.parse(given), tools), connect };
};
const refusal = (mode: Mode, change: Change) =>
  verifying(mode, change).healed.then(
    () => 'healed',
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe.each(modes)('verifyHealed %s', (mode) => {
  const what = `Shard ${MODES[mode].input.shardId} of orders`;

  it('is content when another node leads, and all others follow it', async () => {
    const { healed, connect } = verifying(mode);
    expect(Healed.parse(await healed)).toEqual({
      oldPrimary: 'one:6379',
      newPrimary: 'two:6379',
      replicas: 2,
      ...(mode === 'with cluster mode' ? { slotsCovered: 16_384 } : {}),
      checkedAt: NOW,
    });
    expect(connect.open()).toBe(0);
    expect(JSON.stringify(await healed)).not.toContain(TOKEN);
  });

  it('lets in no more than it came with, and comes to every node of the shard and every endpoint', async () => {
    const { healed, connect } = verifying(mode);
    await healed;
    const endpoints = mode === 'with cluster mode' ? ['orders.example.com'] : ['orders', 'orders-ro'];
    expect(new Set(connect.asked.map(({ host }) => host))).toEqual(new Set([...endpoints, 'one', 'two', 'three']));
    expect(connect.asked.every(({ tls, authToken }) => tls && authToken === TOKEN)).toBe(true);
  });

  it.each<[string, Change, string | RegExp]>([
    ['the cache is being changed', { cache: { status: 'modifying' } }, 'NotReady: orders is modifying.'],
    ['its endpoints are not told', { cache: { endpoints: {} } }, /^NotReady: orders does not tell its endpoints now/],
    ['a replica does not answer', { nodes: { three: { silent: true } } }, 'NotReady: orders: three cannot be reached.'],
    [
      'the old primary does not answer',
      { nodes: { one: { silent: true } } },
      /^NotReady: orders: .* cannot be reached\.$/,
    ],
    [
      'a node is loading its data',
      { nodes: { one: { refuses: 'LOADING' } } },
      /^NotReady: orders: .* answered LOADING\.$/,
    ],
    ['two nodes lead', { nodes: { one: { role: 'master' } } }, `NotReady: ${what} has 2 primaries.`],
    [
      'a link is down',
      { nodes: { one: { link: 'down' } } },
      `NotReady: ${what} has a replica, one:6379, that is not in step with its primary.`,
    ],
    [
      'a replica is still fed',
      { nodes: { one: { syncing: true } } },
      `NotReady: ${what} has a replica, one:6379, that is not in step with its primary.`,
    ],
    [
      'a replica heard nothing for long',
      { nodes: { three: { heardSecondsAgo: 60 } } },
      `NotReady: ${what} has a replica, three:6379, that is not in step with its primary.`,
    ],
    [
      'the primary knows of one replica only',
      { nodes: { two: { role: 'master', online: 1 } } },
      `NotReady: ${what} has 1 of 2 replicas attached to two:6379.`,
    ],
    [
      'a replica is only coming',
      { nodes: { two: { role: 'master', online: 1, coming: 1 } } },
      `NotReady: ${what} has 1 of 2 replicas attached to two:6379.`,
    ],
    [
      'there were more nodes before',
      { input: { nodesInShard: 4 } },
      `NotReady: ${what} has 2 of 3 replicas attached to two:6379.`,
    ],
  ])('waits when %s', async (_, change, says) => {
    expect(await refusal(mode, change)).toMatch(says);
  });

  it('waits as long as the old primary leads, or leads again', async () => {
    expect(await refusal(mode, { input: { oldPrimary: 'two:6379' } })).toBe(
      `NotReady: ${what} has still, or again, the primary two:6379.`,
    );
  });

  it.each<[string, Change, string]>([
    ['it does not know the token', { secret: 'x'.repeat(64) }, 'WRONGPASS'],
    ['a node does not let us look', { nodes: { three: { refuses: 'NOPERM' } } }, 'NOPERM'],
  ])('fails for good when %s', async (_, change, code) => {
    expect(await refusal(mode, change)).toMatch(new RegExp(`^VerificationFailed: .* answered ${code}\\.$`));
  });

  it('says what is wrong with the secret, and not what is in it', async () => {
    const { healed } = verifying(mode, {
      input: { wayIn: { tls: true, auth: true, asUser: true, secretName: SECRET } },
      secret: 'tiny-token',
    });
    const error: unknown = await healed.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'FixSecret' });
    expect(String(error)).not.toContain('tiny-token');
  });

  it('waits when the cache is gone', async () => {
    const caches = inMemoryCaches();
    const wayIn = { tls: true, auth: false };
    const input = {
      operationId: 'drill-1',
      cacheId: 'orders',
      nodesInShard: 3,
      oldPrimary: 'one:6379',
      wayIn,
      ...MODES[mode].input,
    };
    const tools = { caches, secrets: inMemorySecrets(), connect: aReplicatingEngine({ nodes: {} }), now: () => NOW };
    await expect(verifyHealed(VerifyHealedInput.parse(input), tools)).rejects.toMatchObject({
      name: 'NotReady',
      message: 'orders is gone.',
    });
  });
});

describe('verifyHealed without cluster mode', () => {
  const refused = (change: Change) => refusal('without cluster mode', change);

  it('waits as long as the primary endpoint leads to a node that takes no writes', async () => {
    expect(await refused({ engine: { endpoints: { orders: 'one', 'orders-ro': 'three' } } })).toBe(
      'NotReady: The primary endpoint of orders, orders:6379, does not lead to a primary.',
    );
  });

  it('waits for each endpoint', async () => {
    for (const endpoints of [
      { orders: 'nobody', 'orders-ro': 'one' },
      { orders: 'two', 'orders-ro': 'nobody' },
    ]) {
      expect(await refused({ engine: { endpoints } })).toMatch(/^NotReady: orders: orders(-ro)? cannot be reached\.$/);
    }
  });

  it('waits as long as nobody leads', async () => {
    expect(
      await refused({
        nodes: { two: {}, other: { role: 'master' } },
        engine: { endpoints: { orders: 'other', 'orders-ro': 'one' } },
      }),
    ).toBe('NotReady: Shard 0001 of orders has no primaries.');
  });

  it.each<[string, Partial<CacheSeen>]>([
    [
      'a node has no endpoint',
      { shards: [aShard('0001', { nodes: [{ id: 'a', endpoint: at('one') }, { id: 'b' }] })] },
    ],
    ['nobody tells of its nodes', { shards: [aShard('0001', { nodes: undefined })] }],
    ['the shard is gone', { shards: [] }],
  ])('waits when %s', async (_, cache) => {
    expect(await refused({ cache })).toBe(
      'NotReady: ElastiCache does not tell the endpoints of all nodes of orders now.',
    );
  });

  it('waits when one endpoint is missing', async () => {
    expect(await refused({ cache: { endpoints: { primary: at('orders') } } })).toMatch(
      /does not tell its endpoints now/,
    );
  });
});

describe('verifyHealed with cluster mode', () => {
  const refused = (change: Change) => refusal('with cluster mode', change);
  const slots = (...changed: readonly (readonly [number, number, ...string[]])[]) => ({ engine: { slots: changed } });

  it.each<[string, Change, string]>([
    [
      'slots have no owner',
      slots([0, 5460, 'left'], [5461, 10_922, 'two', 'one', 'three'], [10_923, 16_000, 'right']),
      'NotReady: orders covers 16001 of 16384 slots.',
    ],
    [
      'a shard has no slots any more',
      slots([0, 5460, 'left'], [5461, 10_922, 'two', 'one', 'three'], [10_923, 16_383, 'left']),
      'NotReady: orders has 2 of 3 shards with slots.',
    ],
    [
      'nobody serves the shard',
      slots([0, 5460, 'left'], [10_923, 16_383, 'right']),
      'NotReady: The cluster orders does not tell who serves shard 0002.',
    ],
    [
      'the cluster does not know the new primary yet',
      slots([0, 5460, 'left'], [5461, 10_922, 'one', 'two', 'three'], [10_923, 16_383, 'right']),
      'NotReady: The cluster does not know two:6379 as a primary yet.',
    ],
    [
      'the cluster does not know of a replica',
      slots([0, 5460, 'left'], [5461, 10_922, 'two', 'three'], [10_923, 16_383, 'right']),
      'NotReady: Shard 0002 of orders has 1 of 2 replicas attached to two:6379.',
    ],
    ['the cluster tells no slots at all', slots(), 'NotReady: The cluster orders does not tell who serves shard 0002.'],
    [
      'the endpoint does not answer',
      { engine: { endpoints: { 'orders.example.com': 'nobody' } } },
      'NotReady: orders: orders.example.com cannot be reached.',
    ],
    [
      'the cluster is down',
      { nodes: { left: { refuses: 'CLUSTERDOWN' } } },
      'NotReady: orders: orders.example.com answered CLUSTERDOWN.',
    ],
    [
      'ElastiCache does not tell the slots of the shard',
      { cache: { shards: [aShard('0002', { slots: undefined })] } },
      'NotReady: The cluster orders does not tell who serves shard 0002.',
    ],
  ])('waits when %s', async (_, change, says) => {
    expect(await refused(change)).toBe(says);
  });

  it('knows its shard also where another one has slots between', async () => {
    const cache = {
      shards: [
        aShard('0001', { slots: '0-99,200-5460' }),
        aShard('0002', { slots: '100-199,5461-10922' }),
        aShard('0003'),
      ],
    };
    const torn = slots(
      [0, 99, 'left'],
      [200, 5460, 'left'],
      [100, 199, 'two', 'one', 'three'],
      [5461, 10_922, 'two', 'one', 'three'],
      [10_923, 16_383, 'right'],
    );
    expect(await verifying('with cluster mode', { ...torn, cache }).healed).toMatchObject({ newPrimary: 'two:6379' });
  });
});

describe('askShard', () => {
  it('asks nothing of a cluster that has no endpoint', async () => {
    const cache = aDrillableCache({ endpoints: {} });
    await expect(askShard(cache, '0001', () => expect.fail('asked'))).rejects.toMatchObject({
      name: 'NotReady',
      message: 'orders has no configuration endpoint now.',
    });
  });
});

describe('primaryAmong', () => {
  const node = (address: string, role: string) => ({ address, role, onlineReplicas: 0, inStep: true });

  it('is the one that leads, and none where nobody does, or several', () => {
    expect(primaryAmong({ nodes: [node('a', 'slave'), node('b', 'master')] }, 'It').address).toBe('b');
    expect(() => primaryAmong({ nodes: [node('a', 'slave')] }, 'It')).toThrow('It has no primaries.');
    expect(() => primaryAmong({ nodes: [node('a', 'master'), node('b', 'master')] }, 'It')).toThrow(
      'It has 2 primaries.',
    );
  });
});

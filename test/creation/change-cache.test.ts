import { describe, expect, it, vi } from 'vitest';
import { changeCache } from '../../functions/creation/change-cache.ts';
import type { ChangeStep } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { tokenSecretText } from '../../functions/platform/secret-format.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SECRET = 'autopilot/orders/auth-token';
const TOKEN = 'a'.repeat(64);

const aStep = (operation: string, parameters: Record<string, unknown>, more: Partial<ChangeStep> = {}): ChangeStep => ({
  id: 'a-step',
  says: 'do something',
  fields: [],
  call: { service: 'elasticache', operation, parameters },
  interrupts: 'nothing',
  safe: false,
  deadlineSeconds: 1800,
  ...more,
});
const modify = (parameters: object = {}, more: Partial<ChangeStep> = {}) =>
  aStep('ModifyReplicationGroup', { ReplicationGroupId: 'orders', ...parameters }, more);

const named = (name: string) => Object.assign(new Error(name), { name });

const world = ({
  cache,
  refuses,
  snapshot,
  lost,
}: {
  cache?: Partial<CacheSeen>;
  refuses?: string;
  snapshot?: string;
  lost?: boolean;
} = {}) => {
  const made: [operation: string, parameters: Readonly<Record<string, unknown>>][] = [];
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN }),
    madeBy: 'operation-1',
    versionId: 'version-1',
    deleted: false,
  });
  return {
    made,
    caches: inMemoryCaches(aCache(cache)),
    secrets,
    changes: {
      make: async (operation: string, parameters: Readonly<Record<string, unknown>>) => {
        if (refuses) throw named(refuses);
        made.push([operation, parameters]);
      },
    },
    snapshots: { find: async (name: string) => (snapshot ? { name, status: snapshot, sizes: [] } : undefined) },
    fence: async () => {
      if (lost) throw new LockLost('orders is held by the operation operation-2.');
    },
  };
};
const take = (step: ChangeStep, tools = world()) =>
  changeCache({ operationId: 'operation-1', cacheId: 'orders', fencing: 1, step }, tools);

describe('changeCache', () => {
  it('makes the planned call, exactly', async () => {
    const tools = world();
    expect(await take(modify({ SnapshotWindow: '01:00-02:00' }), tools)).toEqual({
      operation: 'ModifyReplicationGroup',
      made: true,
    });
    expect(tools.made).toEqual([
      ['ModifyReplicationGroup', { ReplicationGroupId: 'orders', SnapshotWindow: '01:00-02:00' }],
    ]);
  });

  it('puts the token into the call, and nowhere else', async () => {
    const tools = world();
    const step = modify({ AuthToken: '(from the secret)' }, { usesToken: true, secretArn: SECRET });
    expect(JSON.stringify(await take(step, tools))).not.toContain(TOKEN);
    expect(tools.made).toMatchObject([['ModifyReplicationGroup', { AuthToken: TOKEN }]]);
    await expect(take(modify({}, { usesToken: true }))).rejects.toMatchObject({ name: 'FixInput' });
  });

  it.each(['modifying', 'snapshotting', 'deleting', 'creating'])('waits for a cache that is %s', async (status) => {
    const tools = world({ cache: { status } });
    await expect(take(modify(), tools)).rejects.toMatchObject({ name: 'WaitUntilAvailable' });
    expect(tools.made).toEqual([]);
  });

  it('waits for a node of which nothing is told now, instead of taking its restart for another cache’s', async () => {
    const tools = world({ cache: { members: [], untoldMembers: 1 } });
    const restart = aStep('RebootCacheCluster', { CacheClusterId: 'orders-001', CacheNodeIdsToReboot: ['0001'] });
    await expect(take(restart, tools)).rejects.toMatchObject({ name: 'WaitUntilAvailable' });
    expect(tools.made).toEqual([]);
  });

  it('changes nothing once another operation has the lock', async () => {
    const tools = world({ lost: true });
    await expect(take(modify(), tools)).rejects.toMatchObject({ name: 'LockLost' });
    expect(tools.made).toEqual([]);
  });

  it.each([
    ['another cache', aStep('ModifyReplicationGroup', { ReplicationGroupId: 'sessions' })],
    ['another cache’s tags', aStep('AddTagsToResource', { ResourceName: 'arn:aws:elasticache:::sessions' })],
    ['another cache’s node', aStep('RebootCacheCluster', { CacheClusterId: 'sessions-001' })],
    ['a shared parameter group', aStep('ModifyCacheParameterGroup', { CacheParameterGroupName: 'default.redis7' })],
    [
      'another cache’s parameter group',
      aStep('ModifyCacheParameterGroup', { CacheParameterGroupName: 'autopilot-orders-2-redis7' }),
    ],
    ['another service', modify({}, { call: { service: 'secretsmanager', operation: 'DeleteSecret', parameters: {} } })],
  ])('never touches %s', async (_what, step) => {
    const tools = world();
    await expect(take(step, tools)).rejects.toMatchObject({ name: 'FixInput' });
    expect(tools.made).toEqual([]);
  });

  const scale = (operation: string, more: object) => aStep(operation, { ReplicationGroupId: 'orders', ...more });
  const offer = { usesToken: true, secretArn: SECRET } as const;
  const rotate = modify({ AuthToken: '(…)', AuthTokenUpdateStrategy: 'ROTATE' }, offer);
  const configured = { ReplicaConfiguration: [{ NodeGroupId: '0002', NewReplicaCount: 1 }] };
  const nodes = (count: number): CacheSeen['shards'] =>
    ['0001', '0002', '0003'].map((id) => ({ id, status: 'available', nodeCount: id === '0002' ? count : 3 }));
  /** What each step finds when an earlier attempt has done it, and what when none has. */
  const STEPS: readonly [string, ChangeStep, done: Partial<CacheSeen>, before: Partial<CacheSeen>][] = [
    [
      'the shards',
      scale('ModifyReplicationGroupShardConfiguration', { NodeGroupCount: 3, NodeGroupsToRemove: ['0004'] }),
      {},
      { shards: [...nodes(3), { id: '0004', status: 'available', nodeCount: 3 }] },
    ],
    ['the replicas', scale('IncreaseReplicaCount', { NewReplicaCount: 2 }), {}, { shards: nodes(1) }],
    ['one shard’s replicas', scale('DecreaseReplicaCount', configured), { shards: nodes(2) }, {}],
    [
      'Memcached’s nodes',
      aStep('ModifyCacheCluster', { CacheClusterId: 'orders', NumCacheNodes: 3, ApplyImmediately: true }),
      { kind: 'cluster', members: [{ id: 'orders', parameterStatus: 'in-sync' }] },
      {
        kind: 'cluster',
        members: [{ id: 'orders', parameterStatus: 'in-sync' }],
        shards: nodes(3)
          .toReversed()
          .slice(1, 2)
          .map((shard) => ({ ...shard, nodeCount: 2 })),
      },
    ],
    [
      'the restart',
      aStep('RebootCacheCluster', { CacheClusterId: 'orders-001', CacheNodeIdsToReboot: ['0001'] }),
      { members: [{ id: 'orders-001', parameterStatus: 'in-sync' }] },
      { members: [{ id: 'orders-001', parameterStatus: 'pending-reboot' }] },
    ],
    [
      'the tags that go',
      aStep('RemoveTagsFromResource', { ResourceName: aCache().arn, TagKeys: ['Team', 'Owner'] }),
      {},
      { tags: { ...aCache().tags, Team: 'shop' } },
    ],
    [
      'the user groups',
      modify({ UserGroupIdsToAdd: ['shop'], UserGroupIdsToRemove: ['old'], AuthTokenUpdateStrategy: 'DELETE' }),
      { authToken: false, userGroupIds: ['shop'] },
      { authToken: true, userGroupIds: ['shop'] },
    ],
    ['the user groups that go', modify({ UserGroupIdsToRemove: ['old'] }), {}, { userGroupIds: ['old', 'shop'] }],
    ['the token that is offered', rotate, { authToken: true }, { authToken: false }],
    [
      'TLS',
      modify({ TransitEncryptionEnabled: true, TransitEncryptionMode: 'required' }),
      {},
      { tls: true, tlsMode: 'preferred' },
    ],
    ['the upgrade', modify({ EngineVersion: '7.1' }), {}, { engineVersion: '7.0.7' }],
    [
      'the upgrade with its parameter group',
      modify({ EngineVersion: '7.1', CacheParameterGroupName: 'autopilot-orders-redis7' }),
      {},
      { parameterGroup: 'autopilot-orders-redis6-x' },
    ],
    ['the node type', modify({ CacheNodeType: 'cache.r7g.large' }), {}, { nodeType: 'cache.r6g.large' }],
    [
      'failover',
      modify({ AutomaticFailoverEnabled: true, MultiAZEnabled: true }),
      {},
      { automaticFailover: true, multiAZ: false },
    ],
  ];

  it.each(STEPS)('does not order again what is done, and else does: %s', async (_what, step, done, before) => {
    const after = world({ cache: done });
    expect(await take(step, after)).toMatchObject({ made: false });
    expect(after.made).toEqual([]);
    expect(await take(step, world({ cache: before }))).toMatchObject({ made: true });
  });

  it.each(STEPS)(
    'waits while an order that was heard is not shown as begun: %s',
    async (_what, step, _done, before) => {
      const tools = world({ cache: { ...before, pending: ['CacheNodeType'] } });
      await expect(take(step, tools)).rejects.toMatchObject({ name: 'WaitUntilAvailable' });
      expect(tools.made).toEqual([]);
    },
  );

  it.each(STEPS)('believes a refusal unless the cache has changed meanwhile: %s', async (_what, step, done, before) => {
    const refuses = 'InvalidParameterValueException';
    await expect(take(step, world({ cache: before, refuses }))).rejects.toMatchObject({ name: refuses });
    const [old, now] = [aCache(before), aCache(done)];
    const caches = { ...inMemoryCaches(), find: vi.fn().mockResolvedValueOnce(old).mockResolvedValueOnce(now) };
    expect(await take(step, { ...world({ refuses }), caches })).toMatchObject({ made: false });
  });

  it.each([
    [
      'CreateCacheParameterGroup',
      'CacheParameterGroupAlreadyExistsFault',
      { CacheParameterGroupName: 'autopilot-orders-redis7' },
    ],
    ['CreateSnapshot', 'SnapshotAlreadyExistsFault', { ReplicationGroupId: 'orders', SnapshotName: 's' }],
    ['IncreaseReplicaCount', 'NoOperationFault', { ReplicationGroupId: 'orders', NewReplicaCount: 5 }],
  ])('takes %s for done when ElastiCache says so', async (operation, refuses, parameters) => {
    expect(await take(aStep(operation, parameters), world({ refuses }))).toMatchObject({ made: false });
  });

  it('leaves it to the client that verifies whether a token is demanded already', async () => {
    const refuses = 'InvalidParameterCombinationException';
    const demand = modify(
      { AuthTokenUpdateStrategy: 'SET' },
      { id: 'demand-token', usesToken: true, secretArn: SECRET },
    );
    expect(await take(demand, world({ refuses }))).toMatchObject({ made: false });
    const other = modify({}, { id: 'another-step', usesToken: true, secretArn: SECRET });
    await expect(take(other, world({ refuses }))).rejects.toMatchObject({ name: refuses });
    // Of a cache without a token it is refused for another reason.
    const open = world({ refuses, cache: { authToken: false } });
    await expect(take(demand, open)).rejects.toMatchObject({ name: refuses });
  });

  it.each([
    ['available', { made: false }],
    ['creating', 'NotReady'],
    ['failed', 'VerificationFailed'],
  ])('looks for the snapshot of an earlier attempt, which is %s', async (snapshot, then) => {
    const step = aStep('CreateSnapshot', { ReplicationGroupId: 'orders', SnapshotName: 'orders-before-1' });
    const taking = take(step, world({ snapshot, cache: { status: 'snapshotting' } }));
    if (typeof then === 'string') await expect(taking).rejects.toMatchObject({ name: then });
    else expect(await taking).toMatchObject(then);
  });

  it('says what is the matter when the cache is gone', async () => {
    const tools = { ...world(), caches: inMemoryCaches() };
    const make = vi.spyOn(tools.changes, 'make');
    await expect(take(modify(), tools)).rejects.toThrow('orders is not there any more');
    expect(make).not.toHaveBeenCalled();
  });
});

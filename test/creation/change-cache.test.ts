import { describe, expect, it, vi } from 'vitest';
import { changeCache } from '../../functions/creation/change-cache.ts';
import type { ChangeStep } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { tokenSecretText } from '../../functions/platform/secrets.ts';
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
    value: tokenSecretText('redis', 'orders', TOKEN),
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

  it.each([
    [
      'the shards',
      aStep('ModifyReplicationGroupShardConfiguration', { ReplicationGroupId: 'orders', NodeGroupCount: 3 }),
    ],
    ['the replicas', aStep('IncreaseReplicaCount', { ReplicationGroupId: 'orders', NewReplicaCount: 2 })],
    ['the restart', aStep('RebootCacheCluster', { CacheClusterId: 'orders-001' })],
  ])('does not order again what is done: %s', async (_what, step) => {
    const members = [{ id: 'orders-001', parameterStatus: 'in-sync' }];
    const tools = world({ cache: { members } });
    expect(await take(step, tools)).toMatchObject({ made: false });
    expect(tools.made).toEqual([]);
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
    const demand = modify({}, { id: 'demand-token', usesToken: true, secretArn: SECRET });
    expect(await take(demand, world({ refuses }))).toMatchObject({ made: false });
    const offer = modify({}, { id: 'offer-token', usesToken: true, secretArn: SECRET });
    await expect(take(offer, world({ refuses }))).rejects.toMatchObject({ name: refuses });
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

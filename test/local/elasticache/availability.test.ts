import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
});
afterEach(() => cache.close());

const create = async (request: CreateReplicationGroupCommandInput) => {
  await cache.client.send(new CreateReplicationGroupCommand(request));
  await cache.handle.idle();
};
const modify = async (change: Partial<ModifyReplicationGroupCommandInput>, ReplicationGroupId = 'sessions') =>
  (await cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId, ...change }))).ReplicationGroup;
const now = async (change: Partial<ModifyReplicationGroupCommandInput>, id?: string) => {
  const answer = await modify({ ApplyImmediately: true, ...change }, id);
  await cache.handle.idle();
  return answer;
};
const shown = async (ReplicationGroupId = 'sessions') => {
  const query = new DescribeReplicationGroupsCommand({ ReplicationGroupId });
  const [group] = (await cache.client.send(query)).ReplicationGroups ?? [];
  return { failover: group?.AutomaticFailover, multiAz: group?.MultiAZ, pending: group?.PendingModifiedValues };
};

describe('automatic failover', () => {
  it('is disabling and enabling on its way, as its pending value says', async () => {
    await create(aGroup());
    const off = await now({ AutomaticFailoverEnabled: false });
    expect(off).toMatchObject({
      Status: 'modifying',
      AutomaticFailover: 'disabling',
      PendingModifiedValues: { AutomaticFailoverStatus: 'disabled' },
    });
    expect(await shown()).toEqual({ failover: 'disabled', multiAz: 'disabled', pending: {} });
    const on = await now({ AutomaticFailoverEnabled: true });
    expect(on).toMatchObject({
      AutomaticFailover: 'enabling',
      PendingModifiedValues: { AutomaticFailoverStatus: 'enabled' },
    });
    expect(await shown()).toEqual({ failover: 'enabled', multiAz: 'disabled', pending: {} });
  });

  it('waits for the maintenance window unless it is immediate, and can be called off until then', async () => {
    await create(aGroup());
    const answer = await modify({ AutomaticFailoverEnabled: false });
    expect(answer).toMatchObject({ Status: 'available', AutomaticFailover: 'enabled' });
    expect((await shown()).pending).toEqual({ AutomaticFailoverStatus: 'disabled' });
    await modify({ AutomaticFailoverEnabled: true });
    expect(await shown()).toEqual({ failover: 'enabled', multiAz: 'disabled', pending: {} });
    expect((await now({}))?.Status).toBe('available');
  });

  it('comes back as it was when the engine cannot be changed', async () => {
    await create(aGroup());
    cache.engine.failNextChange('no');
    await now({ AutomaticFailoverEnabled: false, CacheNodeType: 'cache.r7g.xlarge' });
    expect(await shown()).toEqual({ failover: 'enabled', multiAz: 'disabled', pending: {} });
  });
});

describe('Multi-AZ', () => {
  it('goes on together with failover, and off again', async () => {
    await create(aGroup({ AutomaticFailoverEnabled: false }));
    await now({ AutomaticFailoverEnabled: true, MultiAZEnabled: true });
    expect(await shown()).toEqual({ failover: 'enabled', multiAz: 'enabled', pending: {} });
    await now({ AutomaticFailoverEnabled: false, MultiAZEnabled: false });
    expect(await shown()).toEqual({ failover: 'disabled', multiAz: 'disabled', pending: {} });
  });

  it('is for clusters with replicas too', async () => {
    await create(aCluster());
    await now({ MultiAZEnabled: true }, 'orders');
    expect(await shown('orders')).toEqual({ failover: 'enabled', multiAz: 'enabled', pending: {} });
  });

  it('may rest on a failover that is pending already', async () => {
    await create(aGroup({ AutomaticFailoverEnabled: false }));
    await modify({ AutomaticFailoverEnabled: true });
    await now({ MultiAZEnabled: true });
    expect(await shown()).toEqual({ failover: 'enabled', multiAz: 'enabled', pending: {} });
  });
});

const alone = { NumCacheClusters: 1, AutomaticFailoverEnabled: false };
const oneZone = { PreferredCacheClusterAZs: ['us-east-1a', 'us-east-1a'] };
const refused: [
  rule: string,
  group: Partial<CreateReplicationGroupCommandInput>,
  change: Partial<ModifyReplicationGroupCommandInput>,
  error: string,
][] = [
  ['failover needs a replica', alone, { AutomaticFailoverEnabled: true }, COMBINATION],
  ['Multi-AZ needs failover', { AutomaticFailoverEnabled: false }, { MultiAZEnabled: true }, COMBINATION],
  ['Multi-AZ needs failover to stay', {}, { MultiAZEnabled: true, AutomaticFailoverEnabled: false }, COMBINATION],
  ['failover stays under Multi-AZ', { MultiAZEnabled: true }, { AutomaticFailoverEnabled: false }, COMBINATION],
  ['Multi-AZ needs a second zone', oneZone, { MultiAZEnabled: true }, COMBINATION],
];
describe('is refused, and nothing changes:', () => {
  it.each(refused)('%s', async (_rule, group, change, error) => {
    await create(aGroup(group));
    const before = await shown();
    expect(await outcomeOf(now(change))).toBe(error);
    expect(await shown()).toEqual(before);
  });

  it('a cluster without failover', async () => {
    await create(aCluster());
    expect(await outcomeOf(now({ AutomaticFailoverEnabled: false }, 'orders'))).toBe(COMBINATION);
  });

  it('Multi-AZ for a cluster without replicas', async () => {
    await create(aCluster({ ReplicasPerNodeGroup: 0 }));
    expect(await outcomeOf(now({ MultiAZEnabled: true }, 'orders'))).toBe(VALUE);
  });
});

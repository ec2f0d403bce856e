import {
  AddTagsToResourceCommand,
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DeleteReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../local/service.ts';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const ARN = 'arn:aws:elasticache:us-east-1:111122223333';
const Tags = [
  { Key: 'autopilot:managed', Value: 'true' },
  { Key: 'team', Value: 'shop' },
];

let cache: AnElastiCache;
let denied: (action: string, resource: string) => boolean;
beforeEach(async () => {
  denied = () => false;
  cache = await anElastiCache({
    authorize: async (_principal, { action, resource }) => {
      if (denied(action, resource)) throw new ServiceError('AccessDenied', `${action} on ${resource}`, 403);
    },
  });
});
afterEach(() => cache.close());

const askedFor = async (call: () => Promise<unknown>) => {
  const before = cache.world.asked.length;
  await call();
  return cache.world.asked.slice(before).map(({ permission }) => permission);
};

describe('IAM is asked', () => {
  it('for every resource that a creation touches, with its tags and what it asks for', async () => {
    const group = aCluster({ Tags, CacheNodeType: 'cache.r7g.large', MultiAZEnabled: true });
    const asked = await askedFor(() => cache.client.send(new CreateReplicationGroupCommand(group)));
    expect(asked.map(({ action, resource }) => [action, resource])).toEqual([
      ['elasticache:CreateReplicationGroup', `${ARN}:replicationgroup:orders`],
      ['elasticache:CreateReplicationGroup', `${ARN}:parametergroup:default.redis7.cluster.on`],
      ['elasticache:CreateReplicationGroup', `${ARN}:subnetgroup:default`],
      ['elasticache:AddTagsToResource', `${ARN}:replicationgroup:orders`],
    ]);
    expect(asked[0]?.context).toMatchObject({
      'aws:RequestTag/autopilot:managed': 'true',
      'aws:TagKeys': ['autopilot:managed', 'team'],
      'elasticache:CacheNodeType': 'cache.r7g.large',
      'elasticache:EngineType': 'redis',
      'elasticache:NumNodeGroups': '3',
      'elasticache:ReplicasPerNodeGroup': '2',
      'elasticache:ClusterModeEnabled': 'true',
      'elasticache:MultiAZEnabled': 'true',
      'elasticache:AutomaticFailoverEnabled': 'true',
    });
    expect(Object.keys(asked[0]?.context ?? {})).not.toContain('elasticache:AuthTokenEnabled');
    expect(asked[3]?.context).toMatchObject({ 'aws:RequestTag/team': 'shop' });
  });

  it('with the tags that a resource has, whatever the case of its name in the request', async () => {
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ Tags })));
    await cache.handle.idle();
    const calls = [
      () => cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId: 'SESSIONS' })),
      () => cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId: 'sessions-002' })),
      () =>
        cache.client.send(
          new AddTagsToResourceCommand({
            ResourceName: `${ARN}:replicationgroup:sessions`,
            Tags: [{ Key: 'x', Value: 'y' }],
          }),
        ),
      () => cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' })),
    ];
    for (const call of calls) {
      const [permission] = await askedFor(call);
      expect(permission?.resource).toBe(permission?.resource.toLowerCase());
      expect(permission?.context).toMatchObject({ 'aws:ResourceTag/autopilot:managed': 'true' });
    }
  });

  it('for all resources of a kind by a list that names none', async () => {
    const asked = await askedFor(() => cache.client.send(new DescribeReplicationGroupsCommand({})));
    expect(asked).toEqual([
      { action: 'elasticache:DescribeReplicationGroups', resource: `${ARN}:replicationgroup:*`, context: {} },
    ]);
  });

  it('and a denial of any one of them leaves nothing behind', async () => {
    for (const kind of ['parametergroup', 'subnetgroup', 'AddTagsToResource']) {
      denied = (action, resource) => resource.includes(`:${kind}:`) || action.endsWith(kind);
      const call = cache.client.send(new CreateReplicationGroupCommand(aGroup({ Tags })));
      expect([kind, await outcomeOf(call)]).toEqual([kind, 'AccessDenied']);
    }
    denied = () => false;
    expect((await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups ?? []).toEqual([]);
  });

  it('for the key that a group is to be encrypted with', async () => {
    const group = aGroup({ KmsKeyId: 'abcd', AtRestEncryptionEnabled: true });
    const asked = await askedFor(() => cache.client.send(new CreateReplicationGroupCommand(group)));
    const key = {
      resource: 'arn:aws:kms:us-east-1:111122223333:key/abcd',
      context: { 'kms:ViaService': 'elasticache.us-east-1.amazonaws.com' },
    };
    expect(asked).toContainEqual(expect.objectContaining({ action: 'kms:CreateGrant', ...key }));
    expect(asked).toContainEqual(expect.objectContaining({ action: 'kms:DescribeKey', ...key }));
  });

  it('for a parameter group by its own ARN', async () => {
    const group = {
      CacheParameterGroupName: 'autopilot-orders',
      CacheParameterGroupFamily: 'redis7',
      Description: 'x',
      Tags,
    };
    const asked = await askedFor(() => cache.client.send(new CreateCacheParameterGroupCommand(group)));
    expect(asked.map(({ action, resource }) => [action, resource])).toEqual([
      ['elasticache:CreateCacheParameterGroup', `${ARN}:parametergroup:autopilot-orders`],
      ['elasticache:AddTagsToResource', `${ARN}:parametergroup:autopilot-orders`],
    ]);
  });
});

import {
  CreateCacheClusterCommand,
  type CreateCacheClusterCommandInput,
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  CreateUserCommand,
  CreateUserGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const LATER = 'NotImplemented';
const TOKEN = 'abcdefgh-0123456789';
const TLS = { TransitEncryptionEnabled: true };

let cache: AnElastiCache;
beforeAll(async () => {
  cache = await anElastiCache({ quotas: { nodesPerRegion: 100 } });
  const { client } = cache;
  const user = { UserName: 'default', Passwords: ['a-password-of-many-letters'], AccessString: 'on ~* +@all' };
  await client.send(new CreateUserCommand({ ...user, UserId: 'v', Engine: 'valkey' }));
  await client.send(new CreateUserGroupCommand({ UserGroupId: 'redis-users', Engine: 'redis', UserIds: ['default'] }));
  await client.send(new CreateUserGroupCommand({ UserGroupId: 'valkey-users', Engine: 'valkey', UserIds: ['v'] }));
  await cache.handle.idle();
  cache.handle.pauseCreation();
});
afterAll(() => cache.close());

type Fields = Partial<CreateReplicationGroupCommandInput>;
const refusedGroups: [rule: string, input: Fields, error: string][] = [
  ['an id has a letter first', { ReplicationGroupId: '1cache' }, VALUE],
  ['an id has no double hyphen', { ReplicationGroupId: 'a--b' }, VALUE],
  ['an id has no hyphen at its end', { ReplicationGroupId: 'a-' }, VALUE],
  ['an id has at most 40 characters', { ReplicationGroupId: 'a'.repeat(41) }, VALUE],
  ['an engine is redis or valkey', { Engine: 'mongo' }, VALUE],
  ['memcached has no groups', { Engine: 'memcached' }, VALUE],
  ['a version is one that is offered', { EngineVersion: '7.9' }, VALUE],
  ['a version belongs to its engine', { Engine: 'valkey', EngineVersion: '7.1' }, VALUE],
  ['a node type is needed', { CacheNodeType: undefined }, VALUE],
  ['a node type exists', { CacheNodeType: 'cache.r7g.tiny' }, VALUE],
  ['data tiering is not there', { CacheNodeType: 'cache.r6gd.xlarge' }, LATER],
  ['at most six clusters without cluster mode', { NumCacheClusters: 7 }, VALUE],
  ['at least one cluster', { NumCacheClusters: 0 }, VALUE],
  ['failover needs a replica', { NumCacheClusters: 1 }, COMBINATION],
  ['clusters and shards are two styles', { NumNodeGroups: 2 }, COMBINATION],
  ['clusters and replicas are two styles', { ReplicasPerNodeGroup: 1 }, COMBINATION],
  ['Multi-AZ needs failover', { MultiAZEnabled: true, AutomaticFailoverEnabled: false }, COMBINATION],
  ['a token has 16 characters', { ...TLS, AuthToken: 'short' }, VALUE],
  ['a token has at most 128 characters', { ...TLS, AuthToken: 'a'.repeat(129) }, VALUE],
  ['a token has only some signs', { ...TLS, AuthToken: `${TOKEN}@` }, VALUE],
  ['a token needs TLS', { AuthToken: TOKEN }, VALUE],
  ['a token excludes user groups', { ...TLS, AuthToken: TOKEN, UserGroupIds: ['redis-users'] }, COMBINATION],
  ['user groups need TLS', { UserGroupIds: ['redis-users'] }, COMBINATION],
  ['one user group only', { ...TLS, UserGroupIds: ['redis-users', 'valkey-users'] }, COMBINATION],
  ['a user group exists', { ...TLS, UserGroupIds: ['nobody'] }, 'UserGroupNotFoundFault'],
  ['a user group fits the engine', { ...TLS, UserGroupIds: ['valkey-users'] }, COMBINATION],
  ['user groups need version 6', { ...TLS, EngineVersion: '5.0.6', UserGroupIds: ['redis-users'] }, COMBINATION],
  ['retention has at most 35 days', { SnapshotRetentionLimit: 36 }, VALUE],
  ['retention is not negative', { SnapshotRetentionLimit: -1 }, VALUE],
  ['a snapshot window has a form', { SnapshotWindow: '3-5' }, VALUE],
  ['a snapshot window has an hour', { SnapshotWindow: '03:00-03:59' }, VALUE],
  ['a maintenance window has a form', { PreferredMaintenanceWindow: '05:00-06:00' }, VALUE],
  ['a maintenance window has an hour', { PreferredMaintenanceWindow: 'sun:05:00-sun:05:30' }, VALUE],
  [
    'the windows do not meet',
    { SnapshotWindow: '05:30-06:30', PreferredMaintenanceWindow: 'sun:05:00-sun:06:00' },
    COMBINATION,
  ],
  ['a topic is in the Region', { NotificationTopicArn: topicArn('t').replace('us-east-1', 'eu-west-1') }, VALUE],
  ['a topic is in the account', { NotificationTopicArn: topicArn('t').replace('111122223333', '444455556666') }, VALUE],
  ['a port is in range', { Port: 80 }, VALUE],
  ['a parameter group exists', { CacheParameterGroupName: 'nothing' }, 'CacheParameterGroupNotFoundFault'],
  ['a parameter group fits the version', { CacheParameterGroupName: 'default.redis6.x' }, COMBINATION],
  ['a subnet group exists', { CacheSubnetGroupName: 'nothing' }, 'CacheSubnetGroupNotFoundFault'],
  ['a security group exists', { SecurityGroupIds: ['sg-nothing'] }, VALUE],
  ['a security group is in the VPC', { SecurityGroupIds: ['sg-other'] }, COMBINATION],
  ['a zone for each node', { PreferredCacheClusterAZs: ['us-east-1a'] }, COMBINATION],
  ['zones are in the subnet group', { PreferredCacheClusterAZs: ['us-east-1a', 'us-east-1z'] }, VALUE],
  [
    'Multi-AZ has two zones',
    { MultiAZEnabled: true, PreferredCacheClusterAZs: ['us-east-1a', 'us-east-1a'] },
    COMBINATION,
  ],
  ['a tag key is not reserved', { Tags: [{ Key: 'aws:x', Value: '1' }] }, VALUE],
  ['a tag key is given once', { Tags: [{ Key: 'x' }, { Key: 'x' }] }, VALUE],
  [
    'at most 50 tags',
    { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' })) },
    'TagQuotaPerResourceExceeded',
  ],
  ['a KMS key needs encryption at rest', { KmsKeyId: 'k' }, COMBINATION],
  ['a TLS mode needs TLS', { TransitEncryptionMode: 'required' }, COMBINATION],
  ['a TLS mode is one of two', { ...TLS, TransitEncryptionMode: 'sometimes' as 'preferred' }, VALUE],
  ['TLS preferred needs engine 7', { ...TLS, TransitEncryptionMode: 'preferred', EngineVersion: '6.2' }, COMBINATION],
  ['restoring is not there', { SnapshotName: 's' }, LATER],
  ['seeding is not there', { SnapshotArns: ['arn:aws:s3:::bucket/a.rdb'] }, LATER],
  ['IPv6 is not there', { NetworkType: 'ipv6' }, LATER],
  ['cluster mode compatible is not there', { ClusterMode: 'compatible' }, LATER],
];

const refusedClusters: [rule: string, input: Fields, error: string][] = [
  ['cluster mode needs failover', { AutomaticFailoverEnabled: false }, COMBINATION],
  ['at most five replicas', { ReplicasPerNodeGroup: 6 }, VALUE],
  ['at least one shard', { NumNodeGroups: 0 }, VALUE],
  ['whole shards', { NumNodeGroups: 1.5 }, VALUE],
  [
    'at most 90 shards',
    { NumNodeGroups: 91, ReplicasPerNodeGroup: 0 },
    'NodeGroupsPerReplicationGroupQuotaExceededFault',
  ],
  ['at most 90 nodes', { NumNodeGroups: 31 }, 'NodeQuotaForClusterExceededFault'],
  ['ClusterMode says the same', { ClusterMode: 'disabled' }, COMBINATION],
  ['the parameter group says the same', { CacheParameterGroupName: 'default.redis7' }, COMBINATION],
  ['Multi-AZ needs a replica', { MultiAZEnabled: true, ReplicasPerNodeGroup: 0 }, VALUE],
  ['a configuration for each shard', { NodeGroupConfiguration: [{ ReplicaCount: 1 }] }, COMBINATION],
  [
    'slots for all shards or none',
    { NodeGroupConfiguration: [{ Slots: '0-16383' }, { ReplicaCount: 1 }, { ReplicaCount: 1 }] },
    COMBINATION,
  ],
  ['slots are numbers', { NodeGroupConfiguration: [{ Slots: 'a' }, { Slots: 'b' }, { Slots: 'c' }] }, VALUE],
  [
    'slots without gaps',
    { NodeGroupConfiguration: [{ Slots: '0-5' }, { Slots: '7-9' }, { Slots: '10-16383' }] },
    COMBINATION,
  ],
  [
    'slots only once',
    { NodeGroupConfiguration: [{ Slots: '0-5' }, { Slots: '5-9' }, { Slots: '10-16383' }] },
    COMBINATION,
  ],
  [
    'shard ids are digits',
    { NodeGroupConfiguration: [{ NodeGroupId: 'a' }, { NodeGroupId: 'b' }, { NodeGroupId: 'c' }] },
    VALUE,
  ],
  [
    'shard ids differ',
    { NodeGroupConfiguration: [{ NodeGroupId: '1' }, { NodeGroupId: '0001' }, { NodeGroupId: '2' }] },
    VALUE,
  ],
  [
    'replicas of a shard',
    { NodeGroupConfiguration: [{ ReplicaCount: 6 }, { ReplicaCount: 1 }, { ReplicaCount: 1 }] },
    VALUE,
  ],
  [
    'a zone for each replica',
    {
      NodeGroupConfiguration: [{ ReplicaAvailabilityZones: ['us-east-1a'] }, { ReplicaCount: 1 }, { ReplicaCount: 1 }],
    },
    COMBINATION,
  ],
];

describe('CreateReplicationGroup refuses', () => {
  const create = (input: CreateReplicationGroupCommandInput) =>
    outcomeOf(cache.client.send(new CreateReplicationGroupCommand(input)));

  it.each(refusedGroups)('without cluster mode: %s', async (_rule, input, error) => {
    expect(await create(aGroup(input))).toBe(error);
  });

  it.each(refusedClusters)('with cluster mode: %s', async (_rule, input, error) => {
    expect(await create(aCluster(input))).toBe(error);
  });

  it('a request without a description, before anything else', async () => {
    expect(await create({ ...aGroup(), ReplicationGroupDescription: undefined })).toBe('MissingParameter');
  });

  it('more nodes than the Region may have, and counts those that are still being made', async () => {
    const many = { NumNodeGroups: 30, ReplicasPerNodeGroup: 2 };
    expect(await create(aCluster({ ReplicationGroupId: 'first', ...many }))).toBe('accepted');
    expect(await create(aCluster({ ReplicationGroupId: 'second', ...many }))).toBe('NodeQuotaForCustomerExceededFault');
  });

  it('without a trace: what was refused is not there', async () => {
    expect(cache.engine.caches.has('us-east-1.sessions')).toBe(false);
    expect(await create(aGroup())).toBe('accepted');
  });
});

describe('CreateCacheCluster refuses', () => {
  const refused: [rule: string, input: Partial<CreateCacheClusterCommandInput>, error: string][] = [
    ['an id has at most 50 characters', { CacheClusterId: 'a'.repeat(51) }, VALUE],
    ['valkey needs a group', { Engine: 'valkey' }, VALUE],
    ['redis has one node', { NumCacheNodes: 2 }, VALUE],
    ['AZMode is for memcached', { AZMode: 'cross-az' }, COMBINATION],
    ['a parameter group with cluster mode', { CacheParameterGroupName: 'default.redis7.cluster.on' }, COMBINATION],
    ['a zone is in the subnet group', { PreferredAvailabilityZone: 'us-east-1z' }, VALUE],
    ['a replica of a group is not there', { ReplicationGroupId: 'sessions' }, LATER],
    ['a member id is taken', { CacheClusterId: 'sessions-001' }, 'CacheClusterAlreadyExistsFault'],
  ];
  it.each(refused)('%s', async (_rule, input, error) => {
    await cache.client.send(new CreateReplicationGroupCommand(aGroup())).catch(() => undefined);
    const single = { CacheClusterId: 'single', Engine: 'redis', CacheNodeType: 'cache.t4g.small', NumCacheNodes: 1 };
    expect(await outcomeOf(cache.client.send(new CreateCacheClusterCommand({ ...single, ...input })))).toBe(error);
  });
});

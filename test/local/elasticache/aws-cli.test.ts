import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator } from '../../builders/a-world.ts';
import { type AnElastiCache, anElastiCache } from './an-elasticache.ts';

const awsCli = (() => {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
})();

/** Each call starts a Python: seconds on a busy machine. */
const SLOW = { timeout: 90_000 };

describe.skipIf(!awsCli)('the Python AWS CLI (skipped where there is no aws on PATH)', SLOW, () => {
  let cache: AnElastiCache;
  beforeAll(async () => {
    cache = await anElastiCache();
  });
  afterAll(() => cache.close());

  const aws = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('aws', ['elasticache', ...args, '--output', 'json'], {
      env: { ...process.env, ...cache.world.environmentFor(operator, 'us-east-1') },
    });
    return stdout ? JSON.parse(stdout) : undefined;
  };

  it('creates a cluster shard by shard, sees it become available, and reads it back', async () => {
    const shards = [
      'NodeGroupId=0001,Slots=0-8191,ReplicaCount=1,PrimaryAvailabilityZone=us-east-1b,ReplicaAvailabilityZones=us-east-1c',
      'NodeGroupId=0002,Slots=8192-16383,ReplicaCount=1',
    ];
    const made = await aws(
      ...['create-replication-group', '--replication-group-id', 'Orders', '--replication-group-description', 'orders'],
      ...['--engine', 'valkey', '--cache-node-type', 'cache.r7g.large', '--automatic-failover-enabled'],
      ...['--node-group-configuration', ...shards, '--security-group-ids', 'sg-caches'],
      ...['--tags', 'Key=autopilot:managed,Value=true', '--transit-encryption-enabled'],
    );
    expect(made.ReplicationGroup).toMatchObject({ ReplicationGroupId: 'orders', Status: 'creating', Engine: 'valkey' });
    // The waiter asks at once, and then only every 15 real seconds: so the group has to be there already.
    await cache.handle.idle();
    await aws('wait', 'replication-group-available', '--replication-group-id', 'orders');
    const { ReplicationGroups } = await aws('describe-replication-groups', '--replication-group-id', 'ORDERS');
    expect(ReplicationGroups[0]).toMatchObject({
      AtRestEncryptionEnabled: true,
      AutomaticFailover: 'enabled',
      ClusterEnabled: true,
      NodeGroups: [
        {
          NodeGroupId: '0001',
          Slots: '0-8191',
          NodeGroupMembers: [{ PreferredAvailabilityZone: 'us-east-1b' }, { PreferredAvailabilityZone: 'us-east-1c' }],
        },
        { NodeGroupId: '0002', Slots: '8192-16383' },
      ],
    });
  });

  it('sets parameters and lists them in pages', async () => {
    const name = ['--cache-parameter-group-name', 'own'];
    await aws(
      'create-cache-parameter-group',
      ...name,
      '--cache-parameter-group-family',
      'redis7',
      '--description',
      'd',
    );
    const values = [
      'ParameterName=maxmemory-policy,ParameterValue=allkeys-lru',
      'ParameterName=timeout,ParameterValue=300',
    ];
    await aws('modify-cache-parameter-group', ...name, '--parameter-name-values', ...values);
    const { Parameters } = await aws('describe-cache-parameters', ...name, '--source', 'user');
    expect(Parameters.map((one: { ParameterName: string }) => one.ParameterName)).toEqual([
      'maxmemory-policy',
      'timeout',
    ]);
    const all = await aws('describe-cache-parameters', ...name, '--page-size', '20');
    expect(all.Parameters.length).toBeGreaterThan(60);
    await aws('delete-cache-parameter-group', ...name);
  });

  it('gets errors in their wire spelling', async () => {
    const describeNothing = aws('describe-cache-clusters', '--cache-cluster-id', 'nothing');
    await expect(describeNothing).rejects.toThrow('An error occurred (CacheClusterNotFound) when calling');
    const window = [
      '--snapshot-window',
      '01:00-01:30',
      '--replication-group-id',
      'x',
      '--cache-node-type',
      'cache.t4g.micro',
    ];
    const create = aws('create-replication-group', '--replication-group-description', 'x', ...window);
    await expect(create).rejects.toThrow(
      '(InvalidParameterValue) when calling the CreateReplicationGroup operation: Snapshot window must be at least 60 minutes.',
    );
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateCacheSubnetGroupCommand,
  DeleteCacheClusterCommand,
  DeleteReplicationGroupCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { anAccount, type JourneyAccount } from './an-account.ts';

const SPECS = path.resolve(import.meta.dirname, '../creation/specs');
type Spec = Record<string, unknown> & { cacheId: string; securityGroupIds?: string[]; cacheSubnetGroupName?: string };

const specIn = (file: string): Spec => parse(readFileSync(path.join(SPECS, file), 'utf8'));
const filesIn = (folder: string) =>
  readdirSync(path.join(SPECS, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.join(folder, file));

/** The groups that the files name, as they are in this account: EC2 gives ids of its own. */
const groupIds = new Map<string, string>();

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
  const ec2 = account.as(EC2Client);
  const cache = account.as(ElastiCacheClient);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const all = [...filesIn('.'), ...filesIn('invalid')].map(specIn);

  const makeGroup = async (name: string, CidrIp: string) => {
    const ordered = { GroupName: name.replace('sg-', 'caches-'), Description: name, VpcId: Subnets[0]?.VpcId ?? '' };
    const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(ordered));
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 6379, ToPort: 11_211, IpRanges: [{ CidrIp }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    groupIds.set(name, GroupId);
  };
  for (const name of new Set(all.flatMap(({ securityGroupIds = [] }) => securityGroupIds))) {
    await makeGroup(name, name.startsWith('sg-open') ? '0.0.0.0/0' : '172.31.0.0/16');
  }
  for (const name of new Set(all.flatMap(({ cacheSubnetGroupName = [] }) => cacheSubnetGroupName))) {
    const there = name === 'one-az-only' ? Subnets.slice(0, 1) : Subnets;
    const SubnetIds = there.map(({ SubnetId = '' }) => SubnetId);
    const ordered = { CacheSubnetGroupName: name, CacheSubnetGroupDescription: name, SubnetIds };
    await cache.send(new CreateCacheSubnetGroupCommand(ordered));
  }
  const kms = account.as(KMSClient);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/cache-cmk', TargetKeyId: KeyMetadata?.KeyId }));
});
afterAll(() => account?.stop());

const create = (file: string) => {
  const spec = specIn(file);
  const securityGroupIds = spec.securityGroupIds?.map((id) => groupIds.get(id) ?? id);
  const own = securityGroupIds ? { ...spec, securityGroupIds } : spec;
  const operationId = file.replace(/[^a-z0-9]/gi, '-');
  return account.run('create-cache', { spec: own, requestedBy: 'alice', mode: 'act' }, operationId);
};

/** Makes room for the next one. */
const remove = async ({ cacheId, engine }: Spec) => {
  const client = account.as(ElastiCacheClient);
  if (engine === 'memcached') await client.send(new DeleteCacheClusterCommand({ CacheClusterId: cacheId }));
  else await client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: cacheId }));
  await account.service<Service & ElastiCacheHandle>('elasticache').idle();
};

describe('the specifications of real teams', () => {
  it.each(filesIn('.'))('%s is created, and a client has used every shard or node of it', async (file) => {
    const spec = specIn(file);
    const run = await create(file);
    const { output, status, error, cause } = run;
    expect(output, `${status} ${error} ${cause} ${JSON.stringify(output)}`).toMatchObject({
      outcome: 'done',
      evidence: { tls: spec.transitEncryptionEnabled ?? false, authRequired: spec.authToken !== undefined },
    });
    const { shards } = (output as { evidence: { shards: readonly { replicas: number }[] } }).evidence;
    const nodes = shards.reduce((sum, { replicas }) => sum + 1 + replicas, 0);
    const {
      numNodeGroups = 1,
      replicasPerNodeGroup = 0,
      numCacheClusters = 1,
      numCacheNodes = 1,
    } = spec as Record<string, number>;
    expect(nodes).toBe(
      spec.numNodeGroups ? numNodeGroups * (1 + replicasPerNodeGroup) : Math.max(numCacheClusters, numCacheNodes),
    );
    await remove(spec);
  });
});

/** What the first line of each file says, as the paths of the faults. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  'bad-id': ['cacheId', 'cacheId', 'cacheId'],
  'failover-without-replica': ['multiAZEnabled'],
  'id-too-long': ['cacheId'],
  'memcached-with-snapshots': ['authToken', 'multiAZEnabled', 'snapshotRetentionLimit'],
  'open-to-the-world': ['securityGroupIds.0'],
  'retention-too-long': ['snapshotRetentionLimit'],
  'shards-and-cluster-count': ['numCacheClusters'],
  'six-faults-at-once': [
    'authToken',
    'cacheId',
    'deletionPolicy',
    'numNodeGroups',
    'replicasPerNodeGroup',
    'snapshotWindow',
  ],
  'subnet-group-one-az': ['cacheSubnetGroupName'],
  'token-without-tls': ['authToken'],
  'too-many-replicas': ['replicasPerNodeGroup'],
  'too-many-shards': ['numNodeGroups'],
  'unknown-field': ['replicasPerNodeGroups'],
  'window-too-short': ['snapshotWindow'],
  'windows-overlap': ['preferredMaintenanceWindow'],
};

describe('the wrong ones', () => {
  it.each(filesIn('invalid'))('%s is refused with exactly its faults, each with a remedy', async (file) => {
    const { output } = await create(file);
    expect(output).toMatchObject({ outcome: 'refused', reason: 'InvalidSpec' });
    const { faults } = (output as { plan: { faults: readonly { path: string; rule: string; remedy: string }[] } }).plan;
    expect(faults.map(({ path: at }) => at).toSorted()).toEqual(PATHS[path.basename(file, '.yaml')]);
    for (const { rule, remedy } of faults) expect(`${rule} ${remedy}`).toMatch(/^.+\. .+[.?]$/);
  });
});

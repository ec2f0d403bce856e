import { CreateSubnetCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateCacheSubnetGroupCommand,
  DescribeCacheParameterGroupsCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import type { Service } from '../../local/service.ts';
import type { Ec2Handle } from '../../local/services/ec2/ec2.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus } from './bus-listener.ts';
import { aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
});
afterAll(() => account?.stop());

const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const aSpecOf = (cacheId: string, more: object = {}) =>
  aPairSpec({ cacheId, parameters: { 'maxmemory-policy': 'allkeys-lru' }, ...more });
const start = (spec: { readonly cacheId: string }) =>
  account.startWorkflow('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);
const create = async (spec: { readonly cacheId: string }) => account.finish(await start(spec));

/** The account's owner changes what becomes of failed creations, without deploying anything. */
const failedCreations = (word: 'remove' | 'keep') =>
  account.as(SSMClient).send(
    new PutParameterCommand({
      Name: '/autopilot/policy',
      Value: JSON.stringify({ modes: { creation: 'act' }, failedCreations: word }),
      Overwrite: true,
    }),
  );

interface Report {
  readonly outcome: string;
  readonly summary: string;
  readonly undo: unknown;
  readonly problem: {
    readonly diagnosis: {
      readonly evidence: unknown;
      readonly diagnosis: string;
      readonly findings: readonly { cause: string; says: string }[];
    };
  };
}
/** What the bus was told about the end of a creation. */
const reportOf = async (cacheId: string): Promise<Report> => {
  const isIt = ({ detail, ...event }: { detail: Readonly<Record<string, unknown>>; 'detail-type': string }) =>
    event['detail-type'] === 'OperationClosed' && detail.operationId === `create-${cacheId}`;
  const heard = await eventually(
    () => bus.heard(),
    (events) => events.some(isIt),
  );
  return heard.find(isIt)?.detail as unknown as Report;
};
const findingsOf = ({ problem }: Report) => problem.diagnosis.findings.map(({ cause }) => cause);
const said = ({ status, error, cause, steps }: Followed) =>
  `${status} ${error} ${cause} ${steps.map(({ name }) => name).join(' → ')}`;

const isThere = async (cacheId: string) => {
  const elastiCache = account.as(ElastiCacheClient);
  const { ReplicationGroups = [] } = await elastiCache.send(new DescribeReplicationGroupsCommand({}));
  return ReplicationGroups.some(({ ReplicationGroupId }) => ReplicationGroupId === cacheId);
};
const leftOf = async (cacheId: string) => {
  const { CacheParameterGroups = [] } = await account
    .as(ElastiCacheClient)
    .send(new DescribeCacheParameterGroupsCommand({}));
  const { SecretList = [] } = await account.as(SecretsManagerClient).send(new ListSecretsCommand({}));
  return {
    cache: await isThere(cacheId),
    parameterGroup: CacheParameterGroups.some(
      ({ CacheParameterGroupName }) => CacheParameterGroupName === `autopilot-${cacheId}-valkey8`,
    ),
    secret: SecretList.some(({ Name }) => Name === `autopilot/${cacheId}/auth-token`),
  };
};
const NOTHING = { cache: false, parameterGroup: false, secret: false };
const ALL = { cache: true, parameterGroup: true, secret: true };

describe('a creation that ElastiCache fails', () => {
  it('is removed after it was found out why, in ElastiCache’s own words', async () => {
    const { KeyMetadata } = await account.as(KMSClient).send(new CreateKeyCommand({}));
    elasticache().failNextCreation('insufficient capacity');
    const run = await create(aSpecOf('unlucky', { atRestEncryptionEnabled: true, kmsKeyId: KeyMetadata?.Arn }));
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'CreateFailed' });
    const report = await reportOf('unlucky');
    expect(report.outcome).toBe('undone');
    expect(report.summary).toContain('“Failed to create the replication group: insufficient capacity”');
    expect(run.cause).toBe(report.summary);
    expect(findingsOf(report)).toEqual(['ElastiCacheSaid', 'ElastiCacheSaid', 'NoCapacity']);
    expect(report.problem.diagnosis.findings[2]?.says).toMatch(/2 nodes of cache.t4g.small in us-east-1a, us-east-1b/);
    expect(report.problem.diagnosis.evidence).toMatchObject({
      cache: { value: { status: 'create-failed' } },
      key: { value: { state: 'Enabled' } },
      quotas: { value: { perRegion: 300, perCluster: 90 } },
      nodesInRegion: { value: { all: 2, own: 2 } },
    });
    expect(await leftOf('unlucky')).toEqual(NOTHING);
  });

  it('is kept where the policy says so, and what is left is listed with how to remove it', async () => {
    await failedCreations('keep');
    elasticache().failNextCreation('insufficient capacity');
    const run = await create(aSpecOf('kept'));
    await failedCreations('remove');
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'CreateFailed' });
    const report = await reportOf('kept');
    expect(report).toMatchObject({
      outcome: 'failed',
      undo: {
        left: [
          {
            what: 'cache kept',
            arn: `arn:aws:elasticache:us-east-1:${account.world.accountId}:replicationgroup:kept`,
            status: 'create-failed',
            remove: 'aws elasticache delete-replication-group --replication-group-id kept',
          },
          { what: 'parameter group autopilot-kept-valkey8' },
          {
            what: 'secret autopilot/kept/auth-token',
            arn: expect.stringContaining(':secret:autopilot/kept/auth-token-'),
          },
        ],
      },
    });
    expect(report.summary).toContain('Kept, as the policy says: cache kept (create-failed, arn:aws:elasticache:');
    expect(findingsOf(report)).toContain('NoCapacity');
    expect(await leftOf('kept')).toEqual(ALL);
  });

  it('because its subnets have run out of addresses meanwhile, tells how many are free and were needed', async () => {
    const ec2 = account.as(EC2Client);
    const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
    const subnetIds = await Promise.all(
      ['172.31.240.0/28', '172.31.241.0/28'].map(async (CidrBlock, index) => {
        const AvailabilityZone = `${HOME_REGION}${'ab'[index]}`;
        const { Subnet } = await ec2.send(
          new CreateSubnetCommand({ VpcId: Vpcs[0]?.VpcId, CidrBlock, AvailabilityZone }),
        );
        return Subnet?.SubnetId ?? '';
      }),
    );
    const group = { CacheSubnetGroupName: 'small', CacheSubnetGroupDescription: 'small', SubnetIds: subnetIds };
    await account.as(ElastiCacheClient).send(new CreateCacheSubnetGroupCommand(group));

    const resume = elasticache().pauseCreation();
    elasticache().failNextCreation('the nodes got no addresses');
    const execution = await start(aSpecOf('crowded', { cacheSubnetGroupName: 'small' }));
    await eventually(() => isThere('crowded'), Boolean);
    const handle = account.service<Service & Ec2Handle>('ec2');
    for (const [index, id] of subnetIds.entries()) handle.leaveAddresses(HOME_REGION, id, index);
    resume();
    const run = await account.finish(execution);
    expect(run, said(run)).toMatchObject({ error: 'CreateFailed' });
    const report = await reportOf('crowded');
    const finding = report.problem.diagnosis.findings.find(({ cause }) => cause === 'NoFreeAddresses');
    expect(finding?.says).toContain(
      `The subnet group small has 1 free address (${subnetIds[0]} in us-east-1a: 0, ${subnetIds[1]} in us-east-1b: 1), and crowded needs up to 2`,
    );
    expect(report.outcome).toBe('undone');
    expect(await leftOf('crowded')).toEqual(NOTHING);
  });
});

describe('an order that ElastiCache refuses for a quota', () => {
  it('is told with the nodes that are used, allowed and needed', async () => {
    const { quotas } = elasticache();
    const usual = quotas.nodesPerRegion;
    // Somebody else's nodes come between the plan and the order.
    account.world.faults.add({
      service: 'elasticache',
      operation: 'CreateCacheParameterGroup',
      times: 1,
      afterwards: () => {
        quotas.nodesPerRegion = 1;
      },
    });
    const run = await create(aSpecOf('too-many'));
    quotas.nodesPerRegion = usual;
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'RaiseNodeQuota' });
    const report = await reportOf('too-many');
    expect(findingsOf(report)).toEqual(['QuotaUsedUp']);
    // Those of the creation that was kept.
    expect(report.summary).toContain('2 of 1 are other caches’, and too-many needs 2.');
    expect(report.outcome).toBe('undone');
    expect(await leftOf('too-many')).toEqual(NOTHING);
  });
});

describe('a creation that takes more than half an hour', () => {
  it('is one for AWS Support when nothing explains it; what could not be read is said, and kept it stays', async () => {
    await failedCreations('keep');
    const resume = elasticache().pauseCreation();
    const denied = { code: 'AccessDenied', message: 'not authorized to perform: elasticache:DescribeEvents' };
    const allow = account.world.faults.add({ service: 'elasticache', operation: 'DescribeEvents', error: denied });
    const run = await create(aSpecOf('stuck'));
    allow();
    await failedCreations('remove');
    resume();
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'SettleDeadline' });
    const report = await reportOf('stuck');
    expect(findingsOf(report)).toEqual(['NotExplained', 'NotRead']);
    const arn = `arn:aws:elasticache:us-east-1:${account.world.accountId}:replicationgroup:stuck`;
    expect(report.summary).toMatch(
      new RegExp(
        `stuck has been creating for 3\\d minutes\\. Nothing of what could be read explains it: ask AWS Support with ${arn}`,
      ),
    );
    expect(report.summary).toContain('Could not be read: ElastiCache’s events (AccessDenied');
    expect(report).toMatchObject({
      outcome: 'failed',
      undo: { left: [{ what: 'cache stuck', status: 'creating' }, {}, {}] },
    });
    expect(await leftOf('stuck')).toEqual(ALL);
  });
});

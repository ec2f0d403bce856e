import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeCacheParameterGroupsCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listCaches } from '../../cli/caches.ts';
import { answer } from '../../cli/commands/answer.ts';
import { useCache } from '../../cli/demo/application.ts';
import type { Followed, Step } from '../../cli/follow.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { LambdaService } from '../../local/services/lambda/lambda.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus } from './bus-listener.ts';
import { everythingLeftBehind } from './everything-left-behind.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
});
afterAll(() => account?.stop());

const create = (spec: object, operationId: string) =>
  account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, operationId);
const names = (steps: readonly Step[]) => steps.map(({ name }) => name);
const groups = async () => {
  const { ReplicationGroups = [] } = await account.as(ElastiCacheClient).send(new DescribeReplicationGroupsCommand({}));
  return ReplicationGroups.map(({ ReplicationGroupId }) => ReplicationGroupId);
};
const ownParameterGroups = async () => {
  const { CacheParameterGroups = [] } = await account
    .as(ElastiCacheClient)
    .send(new DescribeCacheParameterGroupsCommand({}));
  return CacheParameterGroups.map(({ CacheParameterGroupName = '' }) => CacheParameterGroupName).filter((name) =>
    name.startsWith('autopilot-'),
  );
};
const secretNames = async () => {
  const { SecretList = [] } = await account.as(SecretsManagerClient).send(new ListSecretsCommand({}));
  return SecretList.map(({ Name }) => Name);
};
const closedEventOf = async (operationId: string) => {
  const isIt = ({ detail, ...event }: { detail: Readonly<Record<string, unknown>>; 'detail-type': string }) =>
    event['detail-type'] === 'OperationClosed' && detail.operationId === operationId;
  const heard = await eventually(
    () => bus.heard(),
    (events) => events.some(isIt),
  );
  return heard.filter(isIt).map(({ detail }) => detail);
};
/** How many calls of a kind the API log shows. */
const callsLike = (kind: RegExp) => {
  const lines = readFileSync(path.join(account.folder, 'logs', 'api.log'), 'utf8').split('\n');
  return lines.filter((line) => kind.test(line)).length;
};
const mutatingCalls = () => callsLike(/(elasticache|secretsmanager):(Create|Modify|Delete|Put|Update|AddTags|Restore)/);
const createdGroups = () => callsLike(/ 200 .*elasticache:CreateReplicationGroup/);
const alarmStates = async () => {
  const { MetricAlarms = [] } = await account.as(CloudWatchClient).send(new DescribeAlarmsCommand({}));
  return new Map(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
};
const secretOf = async (cacheId: string) => {
  const { SecretString = '{}' } = await account
    .as(SecretsManagerClient)
    .send(new GetSecretValueCommand({ SecretId: `autopilot/${cacheId}/auth-token` }));
  return JSON.parse(SecretString);
};
const tokenOf = async (cacheId: string): Promise<string> => (await secretOf(cacheId)).authToken;
/** Where ElastiCache says that its clients connect, in the words of its secret. */
const addressOf = async (ReplicationGroupId: string) => {
  const { ReplicationGroups: [group] = [] } = await account
    .as(ElastiCacheClient)
    .send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }));
  const { Address, Port } = group?.ConfigurationEndpoint ?? group?.NodeGroups?.[0]?.PrimaryEndpoint ?? {};
  return { host: z.string().parse(Address), port: z.int().parse(Port) };
};
const useNamed = async (cacheId: string) => {
  const cache = (await listCaches(HOME_REGION)).find(({ id }) => id === cacheId);
  if (!cache) throw new Error(`${cacheId} is not there`);
  return useCache(cache, HOME_REGION, account.world.certificateAuthority.certFile);
};
const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const lambda = () => account.service<LambdaService>('lambda');
const failure = ({ status, error, cause, steps }: Followed) =>
  `${status} ${error} ${cause} ${names(steps).join(' → ')}`;

describe('a cache with cluster mode enabled', () => {
  it('is created, verified by a real client, reported, and usable', async () => {
    const run = await create(aClusterSpec(), 'create-orders');
    expect(run.status, failure(run)).toBe('SUCCEEDED');
    expect(run.output).toMatchObject({
      outcome: 'done',
      cacheId: 'orders',
      evidence: {
        tls: true,
        authRequired: true,
        shards: [
          { replicas: 1, wroteAndRead: true },
          { replicas: 1, wroteAndRead: true },
        ],
      },
    });
    expect(await useNamed('orders')).toMatchObject({ keys: 60 });
    const token = await tokenOf('orders');
    expect(await secretOf('orders')).toMatchObject({
      ...(await addressOf('orders')),
      ...{ username: 'default', password: token, tls: true },
    });
    expect(await closedEventOf('create-orders')).toMatchObject([{ outcome: 'done', cacheId: 'orders' }]);
  });

  it('is left alone when the same specification comes again: no call changes anything', async () => {
    const before = mutatingCalls();
    const run = await create(aClusterSpec(), 'create-orders-again');
    expect(run.output, failure(run)).toMatchObject({
      ...{ outcome: 'nothing-to-do', reason: 'AlreadyAsSpecified' },
      evidence: { tls: true, authRequired: true, shards: [{ wroteAndRead: true }, { wroteAndRead: true }] },
    });
    expect(mutatingCalls()).toBe(before);
  });
});

describe('a cache with cluster mode disabled', () => {
  it('is created behind a primary and a reader endpoint', async () => {
    const run = await create(aPairSpec(), 'create-sessions');
    expect(run.status, failure(run)).toBe('SUCCEEDED');
    expect(run.output).toMatchObject({ outcome: 'done', evidence: { shards: [{ replicas: 1, wroteAndRead: true }] } });
    const seen = await useNamed('sessions');
    expect(seen.keys).toBe(60);
    expect(seen.endpoints).toHaveLength(2);
    expect(await secretOf('sessions')).toMatchObject(await addressOf('sessions'));
  });
});

describe('a wrong specification', () => {
  it('is refused with all its faults, and nothing is made', async () => {
    const wrong = aClusterSpec({ cacheId: 'Wrong_Id', replicasPerNodeGroup: 9, snapshotWindow: '25:00-26:00' });
    const run = await create(wrong, 'create-wrong');
    expect(run.output).toMatchObject({ outcome: 'refused', reason: 'InvalidSpec' });
    const { faults } = (run.output as { plan: { faults: { path: string }[] } }).plan;
    expect(faults.map((fault) => fault.path)).toEqual(
      expect.arrayContaining(['cacheId', 'replicasPerNodeGroup', 'snapshotWindow']),
    );
    expect(await groups()).not.toContain('wrong_id');
    expect(await closedEventOf('create-wrong')).toHaveLength(1);
  });
});

describe('a security group that shuts the verifier out', () => {
  it('is refused before anything is made', async () => {
    const ec2 = account.as(EC2Client);
    const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
    const closed = { GroupName: 'closed', Description: 'lets nobody in', VpcId: Vpcs[0]?.VpcId };
    const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(closed));
    const run = await create(aPairSpec({ cacheId: 'shut', securityGroupIds: [GroupId] }), 'create-shut');
    expect(run.output).toMatchObject({
      reason: 'InvalidSpec',
      plan: { faults: [{ path: 'securityGroupIds', rule: expect.stringContaining('Nobody could verify the cache') }] },
    });
    expect(await groups()).not.toContain('shut');
  });
});

describe('requests by event', () => {
  const ask = async (spec: object) => {
    const Detail = JSON.stringify({ spec, requestedBy: 'ci', mode: 'act' });
    const entry = { EventBusName: 'autopilot', Source: 'autopilot.requests', DetailType: 'CacheRequested', Detail };
    const { Entries = [] } = await account.as(EventBridgeClient).send(new PutEventsCommand({ Entries: [entry] }));
    return Entries[0]?.EventId ?? '';
  };
  const executions = async () => {
    const stateMachineArn = `arn:aws:states:${HOME_REGION}:${account.world.accountId}:stateMachine:create-cache`;
    const found = await account.as(SFNClient).send(new ListExecutionsCommand({ stateMachineArn }));
    return found.executions ?? [];
  };

  it('the same event delivered twice is one operation', async () => {
    const events = account.service<Service & { deliverTwice(): () => void }>('events');
    const stop = events.deliverTwice();
    const eventId = await ask(
      aPairSpec({ cacheId: 'by-event', numCacheClusters: 1, automaticFailoverEnabled: false, multiAZEnabled: false }),
    );
    const mine = await eventually(
      async () => (await executions()).filter(({ name = '' }) => name.includes(eventId)),
      (found) => found.length > 0 && found.every(({ status }) => status !== 'RUNNING'),
    );
    stop();
    expect(mine).toHaveLength(1);
    expect(mine[0]?.status).toBe('SUCCEEDED');
    expect(await closedEventOf(mine[0]?.name ?? '')).not.toHaveLength(0);
  });
});

describe('a policy that asks a person', () => {
  const spec = (cacheId: string) =>
    aPairSpec({ cacheId, numCacheClusters: 1, automaticFailoverEnabled: false, multiAZEnabled: false });
  const ask = (operationId: string) =>
    account.startWorkflow(
      'create-cache',
      { spec: spec(operationId), requestedBy: 'alice', mode: 'approve' },
      operationId,
    );
  const asked = (operationId: string) =>
    eventually(
      async () => (await bus.heard()).filter(({ detail }) => detail.operationId === operationId),
      (events) => events.some((event) => event['detail-type'] === 'ApprovalRequested'),
    );

  it('lets nothing happen before a yes, and does it after', async () => {
    const execution = await ask('asked-yes');
    const [question] = await asked('asked-yes');
    expect(question?.detail.summary).toContain('Shall this be done?');
    expect(await groups()).not.toContain('asked-yes');
    expect(await answer('asked-yes', 'approve', { local: false })).toBe(0);
    const run = await account.finish(execution);
    expect(run.output, failure(run)).toMatchObject({ outcome: 'done' });
    expect(await answer('asked-yes', 'approve', { local: false })).toBe(4);
  });

  it('takes a no for a no', async () => {
    const execution = await ask('asked-no');
    await asked('asked-no');
    expect(await answer('asked-no', 'reject', { local: false })).toBe(0);
    const run = await account.finish(execution);
    expect(run.output).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
    expect(await groups()).not.toContain('asked-no');
  });

  it('only observes where it was told to', async () => {
    const input = { spec: spec('only-seen'), requestedBy: 'alice', mode: 'observe' };
    const run = await account.run('create-cache', input, 'only-seen');
    expect(run.output).toMatchObject({ outcome: 'observed', plan: { calls: expect.anything() } });
    expect(await groups()).not.toContain('only-seen');
  });
});

describe('trouble', () => {
  it('two creates of one id at once: one makes it, the other finds it made or being made', async () => {
    const spec = aPairSpec({ cacheId: 'contested' });
    const before = createdGroups();
    const runs = await Promise.all([create(spec, 'create-contested-1'), create(spec, 'create-contested-2')]);
    const reasons = runs.map(({ output }) => (output as { reason: string })?.reason).sort();
    expect(['AlreadyAsSpecified', 'CacheBusy'], runs.map(failure).join('\n')).toContain(reasons[0]);
    expect(reasons[1]).toBe('Created');
    expect(createdGroups() - before).toBe(1);
  });

  it('a cache whose creation was ended by hand counts only when a client has verified it, and stays if that fails', async () => {
    const spec = aPairSpec({ cacheId: 'left-alone' });
    const input = { spec, requestedBy: 'alice', mode: 'act' };
    const execution = await account.startWorkflow('create-cache', input, 'left-alone-1');
    await eventually(groups, (there) => there.includes('left-alone'));
    await account.as(SFNClient).send(new StopExecutionCommand({ executionArn: execution }));
    const find = new DescribeReplicationGroupsCommand({ ReplicationGroupId: 'left-alone' });
    await eventually(
      () => account.as(ElastiCacheClient).send(find),
      ({ ReplicationGroups }) => ReplicationGroups?.[0]?.Status === 'available',
    );
    const before = createdGroups();
    const again = await create(spec, 'left-alone-2');
    expect(again.output, failure(again)).toMatchObject({
      outcome: 'nothing-to-do',
      evidence: { authRequired: true, shards: [{ wroteAndRead: true }] },
    });

    const secret = { SecretId: 'autopilot/left-alone/auth-token' };
    const { SecretString = '' } = await account.as(SecretsManagerClient).send(new GetSecretValueCommand(secret));
    const other = SecretString.replaceAll(await tokenOf('left-alone'), 'x'.repeat(64));
    await account.as(SecretsManagerClient).send(new PutSecretValueCommand({ ...secret, SecretString: other }));
    const wrong = await create(spec, 'left-alone-3');
    expect(wrong).toMatchObject({ status: 'FAILED', error: 'VerificationFailed' });
    expect(await groups()).toContain('left-alone');
    expect(createdGroups()).toBe(before);
  });

  it('a throttled API only slows it down', async () => {
    const throttled = { code: 'Throttling', message: 'Rate exceeded' };
    for (const operation of ['DescribeReplicationGroups', 'CreateCacheParameterGroup', 'CreateReplicationGroup']) {
      account.world.faults.add({ service: 'elasticache', operation, times: 3, error: throttled });
    }
    const run = await create(aClusterSpec({ cacheId: 'throttled', numNodeGroups: 1 }), 'create-throttled');
    expect(run.output, failure(run)).toMatchObject({ outcome: 'done' });
  });

  it('a creation that AWS fails is undone: nothing is left, and the reason is told', async () => {
    elasticache().failNextCreation('insufficient capacity');
    const run = await create(aClusterSpec({ cacheId: 'unlucky' }), 'create-unlucky');
    expect(run.status).toBe('FAILED');
    expect(run.error).toBe('CreateFailed');
    expect(await closedEventOf('create-unlucky')).toMatchObject([{ outcome: 'undone' }]);
    expect(await groups()).not.toContain('unlucky');
    expect(await ownParameterGroups()).not.toContain('autopilot-unlucky-redis7');
    expect(await secretNames()).not.toContain('autopilot/unlucky/auth-token');
    const alarms = await eventually(alarmStates, (states) => states.get('autopilot-create-cache-failed') === 'ALARM');
    expect(alarms.get('autopilot-create-cache-timed-out')).toBe('OK');
  });

  it('a function that Lambda has put to sleep is waited for: no good cache is undone for it', async () => {
    const functions = await account.as(LambdaClient).send(new ListFunctionsCommand({}));
    const verify = functions.Functions?.find(({ FunctionName = '' }) => FunctionName.includes('creation-verify'));
    // Three minutes after the cache is there: time for its network to come back.
    lambda().fallAsleep(verify?.FunctionName ?? '', 240_000);
    const spec = { cacheId: 'sleepy', numCacheClusters: 1, automaticFailoverEnabled: false, multiAZEnabled: false };
    const run = await create(aPairSpec(spec), 'create-sleepy');
    expect(run.output, failure(run)).toMatchObject({ outcome: 'done' });
    expect(run.steps.find(({ name }) => name === 'Verify the cache')?.retries).toBeGreaterThan(0);
  });

  it('a function killed right after it created the cache is run again, and there is one cache', async () => {
    lambda().killOnNextCall('autopilot-creation-create', { afterApiCall: 'elasticache:CreateReplicationGroup' });
    const run = await create(aClusterSpec({ cacheId: 'survivor', numNodeGroups: 1 }), 'create-survivor');
    expect(run.output, failure(run)).toMatchObject({ outcome: 'done' });
    const created = run.steps.find(({ name }) => name === 'Create the cache');
    expect(created?.retries).toBeGreaterThan(0);
  });
});

describe('secrets', () => {
  it('no token is anywhere in what the runs left behind', async () => {
    const left = await everythingLeftBehind(account);
    expect(left.size).toBeGreaterThan(20);
    for (const cacheId of ['orders', 'sessions', 'by-event', 'contested', 'survivor']) {
      const token = await tokenOf(cacheId);
      expect(token).toMatch(/^[A-Za-z0-9]{64}$/);
      const found = [...left].filter(([, text]) => text.includes(token)).map(([place]) => place);
      expect(found).toEqual([]);
    }
  });
});

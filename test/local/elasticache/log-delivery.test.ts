import { CloudWatchLogsClient, DescribeResourcePoliciesCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateCacheClusterCommand,
  CreateReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  type LogDeliveryConfigurationRequest,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createLogs } from '../../../local/services/logs/logs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { type AnElastiCache, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';

let cache: AnElastiCache;
let logs: Service;
beforeEach(async () => {
  cache = await anElastiCache({ services: [(world) => (logs = createLogs(world))] });
  for (const LogGroupName of ['/cache/slow', '/cache/engine'])
    await build(logs, 'AWS::Logs::LogGroup', { LogGroupName });
});
afterEach(() => cache.close());

const aLog = (LogType: 'slow-log' | 'engine-log', LogGroup: string): LogDeliveryConfigurationRequest => ({
  LogType,
  DestinationType: 'cloudwatch-logs',
  DestinationDetails: { CloudWatchLogsDetails: { LogGroup } },
  LogFormat: 'json',
});
const SLOW = aLog('slow-log', '/cache/slow');
const ENGINE = aLog('engine-log', '/cache/engine');
const off = (LogType: 'slow-log' | 'engine-log') => ({ LogType, Enabled: false });

const create = async (...LogDeliveryConfigurations: LogDeliveryConfigurationRequest[]) => {
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ LogDeliveryConfigurations })));
  await cache.handle.idle();
};
const modify = async (change: Partial<ModifyReplicationGroupCommandInput>) =>
  (await cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ...change })))
    .ReplicationGroup;
const now = async (...LogDeliveryConfigurations: LogDeliveryConfigurationRequest[]) => {
  const answer = await modify({ LogDeliveryConfigurations, ApplyImmediately: true });
  await cache.handle.idle();
  return answer;
};
const group = async () => (await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0];
const statuses = async () =>
  (await group())?.LogDeliveryConfigurations?.map(({ LogType, Status }) => `${LogType} ${Status}`);

describe('log delivery', () => {
  it('of a new cache is enabling until the cache is there, and shown with its members too', async () => {
    const request = aGroup({ LogDeliveryConfigurations: [SLOW] });
    const { ReplicationGroup } = await cache.client.send(new CreateReplicationGroupCommand(request));
    expect(ReplicationGroup?.LogDeliveryConfigurations).toEqual([{ ...SLOW, Status: 'enabling' }]);
    await cache.handle.idle();
    expect((await group())?.LogDeliveryConfigurations).toEqual([{ ...SLOW, Status: 'active' }]);
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand({}));
    expect(CacheClusters?.[1]).toMatchObject({
      ReplicationGroupLogDeliveryEnabled: true,
      LogDeliveryConfigurations: [{ ...SLOW, Status: 'active' }],
    });
  });

  it('is also for a cluster that stands alone', async () => {
    const alone = { CacheClusterId: 'alone', Engine: 'redis', CacheNodeType: 'cache.t4g.micro' };
    await cache.client.send(new CreateCacheClusterCommand({ ...alone, LogDeliveryConfigurations: [ENGINE] }));
    await cache.handle.idle();
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand({}));
    expect(CacheClusters?.[0]).toMatchObject({
      ReplicationGroupLogDeliveryEnabled: false,
      LogDeliveryConfigurations: [{ ...ENGINE, Status: 'active' }],
    });
  });

  it('is switched on, moved and switched off, each log by itself', async () => {
    await create(SLOW);
    const answer = await now(ENGINE);
    expect(answer?.Status).toBe('modifying');
    expect(answer?.LogDeliveryConfigurations?.map(({ Status }) => Status)).toEqual(['active', 'enabling']);
    expect(answer?.PendingModifiedValues?.LogDeliveryConfigurations).toEqual([SLOW, ENGINE]);
    expect(await statuses()).toEqual(['slow-log active', 'engine-log active']);
    expect((await group())?.PendingModifiedValues).toEqual({});
    const moved = await now({ ...SLOW, LogFormat: 'text' });
    expect(moved?.LogDeliveryConfigurations?.[0]).toEqual({ ...SLOW, Status: 'modifying' });
    expect((await group())?.LogDeliveryConfigurations).toContainEqual({ ...SLOW, LogFormat: 'text', Status: 'active' });
    const ended = await now(off('slow-log'), off('engine-log'));
    expect(ended?.LogDeliveryConfigurations?.map(({ Status }) => Status)).toEqual(['disabling', 'disabling']);
    expect(await statuses()).toEqual([]);
  });

  it('that is so already is no change', async () => {
    await create(SLOW);
    expect((await now(SLOW, off('engine-log')))?.Status).toBe('available');
    expect((await modify({ LogDeliveryConfigurations: [SLOW] }))?.Status).toBe('available');
  });

  it('stays as it was when the engine cannot be changed', async () => {
    await create(SLOW);
    cache.engine.failNextChange('no');
    const change = { LogDeliveryConfigurations: [ENGINE], CacheNodeType: 'cache.r7g.xlarge', ApplyImmediately: true };
    await modify(change);
    await cache.handle.idle();
    expect(await statuses()).toEqual(['slow-log active']);
  });

  it('asks for the rights of whoever orders it, and lets log delivery write to these groups only', async () => {
    await create(SLOW, ENGINE);
    const asked = cache.world.asked.map(({ permission }) => permission.action);
    expect(asked).toEqual(
      expect.arrayContaining([
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:PutResourcePolicy',
      ]),
    );
    const client = cache.world.operatorClient(CloudWatchLogsClient);
    const [policy] = (await client.send(new DescribeResourcePoliciesCommand({}))).resourcePolicies ?? [];
    const { Statement } = JSON.parse(policy?.policyDocument ?? '{}') as { Statement: { Resource: string[] }[] };
    expect(Statement.flatMap(({ Resource }) => Resource)).toEqual([
      'arn:aws:logs:us-east-1:111122223333:log-group:/cache/slow:log-stream:*',
      'arn:aws:logs:us-east-1:111122223333:log-group:/cache/engine:log-stream:*',
    ]);
  });
});

const refused: [rule: string, log: LogDeliveryConfigurationRequest, error: string][] = [
  ['a log group exists', aLog('slow-log', '/cache/none'), VALUE],
  ['and not only the beginning of its name', aLog('slow-log', '/cache/slo'), VALUE],
  ['a log is one of two', { ...SLOW, LogType: 'command-log' as 'slow-log' }, VALUE],
  ['a destination is known', { ...SLOW, DestinationType: 's3' as 'cloudwatch-logs' }, VALUE],
  ['a destination is named', { LogType: 'slow-log', DestinationType: 'cloudwatch-logs', LogFormat: 'json' }, VALUE],
  ['a format is one of two', { ...SLOW, LogFormat: 'xml' as 'json' }, VALUE],
  ['Firehose is not there', { ...SLOW, DestinationType: 'kinesis-firehose' }, 'NotImplemented'],
];
describe('log delivery is refused unless', () => {
  it.each(refused)('%s', async (_rule, log, error) => {
    const creation = cache.client.send(new CreateReplicationGroupCommand(aGroup({ LogDeliveryConfigurations: [log] })));
    expect(await outcomeOf(creation)).toBe(error);
    await create();
    expect(await outcomeOf(now(log))).toBe(error);
    expect(await statuses()).toEqual([]);
  });

  it('it is changed at once', async () => {
    await create();
    expect(await outcomeOf(modify({ LogDeliveryConfigurations: [SLOW] }))).toBe(COMBINATION);
  });

  it('each log is named once', async () => {
    await create();
    expect(await outcomeOf(now(SLOW, off('slow-log')))).toBe(COMBINATION);
  });

  it.each<[string, LogDeliveryConfigurationRequest, string]>([
    ['5.0.6', SLOW, COMBINATION],
    ['6.0', SLOW, 'accepted'],
    ['6.0', ENGINE, COMBINATION],
    ['6.2', ENGINE, 'accepted'],
  ])('the engine has it: Redis OSS %s and %j is %s', async (EngineVersion, log, expected) => {
    const request = aGroup({ EngineVersion, LogDeliveryConfigurations: [log] });
    expect(await outcomeOf(cache.client.send(new CreateReplicationGroupCommand(request)))).toBe(expected);
  });
});

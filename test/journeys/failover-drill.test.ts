import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  AddTagsToResourceCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-elasticache';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../../cli/commands/answer.ts';
import type { Followed } from '../../cli/follow.ts';
import { ledgerOf } from '../../cli/ledger.ts';
import type { Measurement } from '../../functions/failover-drill/measurement.ts';
import { FAILOVERS_PER_DAY } from '../../functions/failover-drill/pre-flight.ts';
import type { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import { secondsAfter } from '../../functions/platform/units.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount, type Template } from './an-account.ts';
import { listenToBus, toldAbout } from './bus-listener.ts';
import { allEvidence, drillEvidence, evidenceBucket, failoversOrdered, probeKeys } from './drill-evidence.ts';
import { everythingLeftBehind } from './everything-left-behind.ts';
import { onlyFailing, plannedDrill, putDrillPolicy, takeSnapshot } from './planned-drill.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

/** A person has a quarter of an hour here instead of a day, so that nobody has to wait for it: 15 s of ours. */
const askForAQuarterOfAnHour = ({ Resources }: Template) => {
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::StepFunctions::StateMachine' || Properties.StateMachineName !== 'failover-drill') continue;
    Properties.DefinitionString = String(Properties.DefinitionString).replaceAll('86400', '900');
  }
};

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount({ change: askForAQuarterOfAnHour });
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
  await putDrillPolicy(account, {});
  const made = await Promise.all([
    create(aClusterSpec()),
    ...['sessions', 'baskets', 'nightly', 'asked'].map((cacheId) => create(aPairSpec({ cacheId }))),
  ]);
  expect(made.map(({ output }) => output)).toMatchObject(made.map(() => ({ outcome: 'done' })));
  // What is due the schedule may start here; of the others it may only say so, as of all new caches.
  const Tags = [{ Key: 'autopilot:mode', Value: 'act' }];
  const ResourceName = (await groupOf('nightly'))?.ARN;
  await account.as(ElastiCacheClient).send(new AddTagsToResourceCommand({ ResourceName, Tags }));
}, 180_000);
afterAll(() => account?.stop());

const create = (spec: { readonly cacheId: string }) =>
  account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);
const asked = (cacheId: string, more: object = {}) => ({ cacheId, requestedBy: 'alice', ...more });
const drill = (cacheId: string, operationId: string, more?: object) =>
  account.run('failover-drill', asked(cacheId, more), operationId);
interface DrillLookedAt {
  readonly cacheId: string;
  readonly drillId: string;
  readonly started: boolean;
}
/** What the schedule does every hour. The answer is what it found due. */
const look = async (operationId: string) => {
  const run = await account.run('drill-when-due', {}, operationId);
  expect(run.status, said(run)).toBe('SUCCEEDED');
  return (run.output as { readonly drills: readonly DrillLookedAt[] }).drills;
};
const executionsOf = async (workflow: string) => {
  const stateMachineArn = `arn:aws:states:${HOME_REGION}:${account.world.accountId}:stateMachine:${workflow}`;
  return (await account.as(SFNClient).send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];
};
/** The drill that somebody has started with an id of their own. */
const executionLike = async (prefix: string) => {
  const isIt = ({ name = '' }) => name.startsWith(prefix);
  const executions = await eventually(
    () => executionsOf('failover-drill'),
    (found) => found.some(isIt),
  );
  return executions.find(isIt)?.executionArn ?? '';
};
const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const ledger = () => ledgerOf(HOME_REGION);
const said = ({ status, error, cause, output, steps }: Followed) =>
  `${status} ${error} ${cause} ${JSON.stringify(output)?.slice(0, 3000)} ${steps.map(({ name }) => name).join(' → ')}`;
const groupOf = async (ReplicationGroupId: string) => {
  const find = new DescribeReplicationGroupsCommand({ ReplicationGroupId });
  return (await account.as(ElastiCacheClient).send(find)).ReplicationGroups?.[0];
};
/** Who is primary of a cache without cluster mode, as ElastiCache tells it. */
const primaryOf = async (cacheId: string) =>
  (await groupOf(cacheId))?.NodeGroups?.[0]?.NodeGroupMembers?.find(({ CurrentRole }) => CurrentRole === 'primary')
    ?.CacheClusterId;
/** Who is primary of each shard, as the engine itself says. */
const primariesOf = async (cacheId: string) => elasticache().running(HOME_REGION, cacheId)?.primaries();
/** The account's owner changes the policy of drills, without deploying anything; the answer puts it back. */
const policy = async (failoverDrills: Partial<FailoverDrillPolicy>) => {
  await putDrillPolicy(account, failoverDrills);
  return () => putDrillPolicy(account, {});
};

interface DrillOutput {
  readonly outcome: string;
  readonly reason: string;
  readonly summary: string;
  readonly figures: Omit<Measurement, 'clients'> & {
    readonly shardId: string;
    readonly pictures: { readonly svg: string; readonly png: string };
  };
  readonly evidence: {
    readonly before: { readonly primary: string };
    readonly after: { readonly oldPrimary: string; readonly newPrimary: string };
    readonly events: readonly { readonly says: string }[];
    readonly clients: Measurement['clients'];
    readonly trend: readonly { readonly operationId: string; readonly writeOutageMs: number }[];
  };
}
const outputOf = ({ output }: Followed) => output as DrillOutput;
/** How long each client could not write to the tested shard. */
const writeOutages = (run: Followed) =>
  outputOf(run)
    .evidence.clients.filter(({ does, shard }) => does === 'write' && shard === 'tested')
    .map(({ client, outageMs }) => [client, outageMs]);

describe('a drill that may not be held', () => {
  it('for want of a young snapshot says what to do, and lets nothing fail over', async () => {
    await onlyFailing(account, 'sessions', 'snapshot');
    const run = await drill('sessions', 'no-snapshot');
    expect(run, said(run)).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'refused', reason: 'NoYoungSnapshot', summary: expect.stringContaining('take one first') },
    });
    expect(await toldAbout(bus, 'OperationClosed', 'no-snapshot')).toMatchObject([
      { outcome: 'refused', reason: 'NoYoungSnapshot', workflow: 'failover-drill', cacheId: 'sessions' },
    ]);
    expect(run.steps.map(({ name }) => name)).not.toContain('Take the lock');
  });

  it('because a snapshot has just begun, is refused although the cache still called itself available', async () => {
    account.world.faults.add({
      ...{ service: 'dynamodb', operation: 'Query', times: 1 },
      afterwards: async () => void (await takeSnapshot(account, 'sessions')),
    });
    const run = await drill('sessions', 'snapshot-running');
    expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason: 'SnapshotRunning' });
    await Promise.all(['orders', 'nightly'].map((cacheId) => takeSnapshot(account, cacheId)));
    await Promise.all(['sessions', 'orders', 'nightly'].map((cacheId) => onlyFailing(account, cacheId)));
  });

  const inAWeek = () => secondsAfter(account.world.clock.iso(), 7 * 86_400);
  const yesterday = () => secondsAfter(account.world.clock.iso(), -86_400);
  const dayAfterTomorrow = () => {
    const weekday = new Date(account.world.clock.now() + 2 * 86_400_000).getUTCDay();
    return ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][weekday];
  };
  const alarmFires = async () => {
    const AlarmName = 'sessions-in-use';
    const watched = { Namespace: 'AWS/ElastiCache', MetricName: 'CurrConnections', Statistic: 'Maximum' as const };
    await account.as(CloudWatchClient).send(
      new PutMetricAlarmCommand({
        AlarmName,
        ...watched,
        Dimensions: [{ Name: 'CacheClusterId', Value: 'sessions-002' }],
        ...{ Period: 60, EvaluationPeriods: 1, Threshold: 0 },
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      }),
    );
    await eventually(
      () => account.as(CloudWatchClient).send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] })),
      ({ MetricAlarms }) => MetricAlarms?.[0]?.StateValue === 'ALARM',
    );
    return () => account.as(CloudWatchClient).send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
  };
  const notManaged = async () => {
    const ResourceName = (await groupOf('sessions'))?.ARN;
    const tags = account.as(ElastiCacheClient);
    await tags.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['autopilot:managed'] }));
    const Tags = [{ Key: 'autopilot:managed', Value: 'true' }];
    return () => tags.send(new AddTagsToResourceCommand({ ResourceName, Tags }));
  };
  const allowanceIsUsed = async () => {
    const allowance = { region: HOME_REGION, limit: FAILOVERS_PER_DAY, withinSeconds: 86_400 };
    const others = Array.from({ length: FAILOVERS_PER_DAY }, (_, index) => `somebody-elses-${index}`);
    for (const other of others) await ledger().takeFailoverPlace(allowance, other, account.world.clock.iso());
    return async () => {
      for (const other of others) await ledger().giveFailoverPlaceBack(HOME_REGION, other);
    };
  };

  it.each<readonly [because: string, reason: string, put: () => Promise<() => unknown>]>([
    [
      'a service update is scheduled',
      'ServiceUpdatePending',
      async () => elasticache().announceServiceUpdate(HOME_REGION, 'sessions', { status: 'scheduled' }),
    ],
    ['an alarm of the cache is firing', 'AlarmFiring', alarmFires],
    [
      'it is outside the windows of the policy',
      'OutsideWindow',
      () => policy({ windows: [`${dayAfterTomorrow()}:03:00-${dayAfterTomorrow()}:06:00`] }),
    ],
    [
      'the policy has frozen all drills',
      'Frozen',
      () => policy({ freezes: [{ from: yesterday(), to: inAWeek(), because: 'the sale' }] }),
    ],
    ['the cache is not the autopilot’s', 'NotOurs', notManaged],
    ['all failovers of the day are used', 'AllowanceUsedUp', allowanceIsUsed],
  ])('because %s, is refused by that name', async (_because, reason, put) => {
    const takeAway = await put();
    const run = await drill('sessions', `refused-${reason}`);
    await takeAway();
    expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason });
  });

  it('has let nothing fail over, by ElastiCache’s own account', async () => {
    expect(await failoversOrdered(account, 'sessions')).toBe(0);
  });
});

describe('drills of two caches at once', () => {
  let orders: Followed;
  let sessions: readonly [held: Followed, refused: Followed];
  let primaries: ReadonlyMap<string, string> | undefined;
  beforeAll(async () => {
    primaries = await primariesOf('orders');
    const startOrders = () => account.startWorkflow('failover-drill', asked('orders'), 'drill-orders');
    const [once, again, one, other] = await Promise.all([
      startOrders(),
      startOrders(),
      drill('sessions', 'drill-sessions-a'),
      drill('sessions', 'drill-sessions-b'),
    ]);
    expect(again).toBe(once);
    // Which of the two came first is open.
    sessions = outputOf(one)?.outcome === 'refused' ? [other, one] : [one, other];
    orders = await account.finish(once);
  }, 180_000);

  it('pass in a cluster: writes came back within the target, and the other shard noticed nothing', () => {
    expect(orders.output, said(orders)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    const { figures, evidence, summary } = outputOf(orders);
    expect(summary).toMatch(/^Drill passed: Writes to shard 0001 of orders failed for .* The cache has healed\./);
    expect(figures).toMatchObject({ shardId: '0001', controlOutageMs: 0, lostAcknowledgedWrites: expect.any(Number) });
    expect(figures.writeOutageMs).toBeGreaterThan(0);
    expect(figures.writeOutageMs).toBeLessThan(60_000);
    expect(writeOutages(orders)).toEqual([
      ['cluster', expect.any(Number)],
      ['plain', expect.any(Number)],
      // Whoever does nothing about MOVED stays broken: that is why it is measured.
      ['naive', 'not-over'],
    ]);
    expect(evidence.events.map(({ says }) => says)).toEqual([
      'Test Failover API called for node group 0001',
      expect.stringMatching(/^Failover from primary node orders-0001-001 to replica node orders-0001-002 completed/),
      'Recovering cache nodes 0001',
      'Finished recovery for cache nodes 0001',
    ]);
    expect(evidence.after.oldPrimary).toBe(evidence.before.primary);
    expect(evidence.after.newPrimary).not.toBe(evidence.before.primary);
  });

  it('change the primary of the tested shard and of no other, and leave none of the prober’s keys', async () => {
    expect(primaries?.get('0001')).toBe('orders-0001-001');
    expect(await primariesOf('orders')).toEqual(new Map([...(primaries ?? []), ['0001', 'orders-0001-002']]));
    expect(await probeKeys(account, 'orders')).toEqual([]);
    expect(await probeKeys(account, 'sessions')).toEqual([]);
  });

  it('leave their evidence in the bucket: the raw log, and the picture as SVG and PNG', async () => {
    const { log, svg, png } = await drillEvidence(account, 'orders', 'drill-orders');
    expect(log).toMatchObject({ operationId: 'drill-orders', shardId: '0001', endedBecause: 'told' });
    // Three clients of the tested shard and two of the other, each writes and reads.
    expect(log?.lanes).toHaveLength(10);
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    expect(png?.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  });

  it('are reported with their figures: on the bus, in the ledger, and as metrics of the cache', async () => {
    const folder = `s3://${evidenceBucket(account)}/drills/orders/drill-orders`;
    const { figures } = outputOf(orders);
    expect(figures.pictures).toEqual({ svg: `${folder}/timeline.svg`, png: `${folder}/timeline.png` });
    expect(await toldAbout(bus, 'OperationClosed', 'drill-orders')).toMatchObject([
      { outcome: 'done', reason: 'DrillPassed', requestedBy: 'alice', figures },
    ]);
    expect(await ledger().record('drill-orders')).toMatchObject({ outcome: 'done', reason: 'DrillPassed', figures });
    const key = { region: HOME_REGION, cacheId: 'orders' };
    expect(await ledger().holder(key)).toBeUndefined();
    expect(await ledger().quarantineOf(key)).toBeUndefined();
    const places = await ledger().failoversSince(HOME_REGION, orders.startedAt.toISOString());
    expect([...places.keys()].sort()).toEqual(['drill-orders', sessions[0].name]);
    const { Datapoints = [] } = await account.as(CloudWatchClient).send(
      new GetMetricStatisticsCommand({
        ...{ Namespace: 'ElastiCacheAutopilot', MetricName: 'DrillWriteOutage', Period: 3600, Statistics: ['Maximum'] },
        Dimensions: [
          { Name: 'service', Value: 'failover-drill' },
          { Name: 'CacheId', Value: 'orders' },
        ],
        StartTime: new Date(orders.startedAt.getTime() - 3_600_000),
        EndTime: new Date(account.world.clock.now() + 3_600_000),
      }),
    );
    expect(Datapoints.map(({ Maximum }) => Maximum)).toEqual([figures.writeOutageMs]);
  });

  it('of one id are one operation, and of two ids one is refused for the lock of the other', async () => {
    const [held, refused] = sessions;
    expect(held.output, said(held)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    expect(refused.output, said(refused)).toMatchObject({
      outcome: 'refused',
      reason: 'CacheLocked',
      summary: expect.stringContaining(held.name),
    });
    expect(await failoversOrdered(account, 'orders')).toBe(1);
    expect(await failoversOrdered(account, 'sessions')).toBe(1);
  });

  it('swap the roles that ElastiCache tells without cluster mode', async () => {
    expect(await primaryOf('sessions')).toBe('sessions-002');
    expect(writeOutages(sessions[0]).slice(0, 2)).toEqual([
      ['cluster', expect.any(Number)],
      ['plain', expect.any(Number)],
    ]);
  });
});

describe.concurrent('a drill', () => {
  beforeAll(async () => {
    await takeSnapshot(account, 'baskets');
    await Promise.all(['orders', 'sessions', 'baskets'].map((cacheId) => onlyFailing(account, cacheId)));
    // Two caches are due, and one is started at a look. The clock, which looks every hour, may have come first.
    for (const operationId of ['look-by-hand', 'look-once-more']) {
      const started = (await look(operationId)).filter((drilled) => drilled.started);
      expect(started.length).toBeLessThanOrEqual(1);
      for (const { drillId } of started) await eventually(() => ledger().record(drillId), Boolean);
    }
    await takeSnapshot(account, 'asked');
    await onlyFailing(account, 'asked');
  });
  const waiting = async (cacheId: string, operationId: string) => {
    const execution = await account.startWorkflow('failover-drill', asked(cacheId, { mode: 'approve' }), operationId);
    const [question] = await toldAbout(bus, 'ApprovalRequested', operationId);
    return { execution, question };
  };

  it('of a cache that had one swaps the roles back, and tells how the two compare', async () => {
    const run = await drill('sessions', 'drill-sessions-again');
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    expect(await primaryOf('sessions')).toBe('sessions-001');
    const { summary, evidence } = outputOf(run);
    expect(summary).toMatch(/The one drill before took .*: this one was (slower|faster|about the same)/);
    expect(evidence.trend).toMatchObject([{ operationId: expect.stringMatching(/^drill-sessions-[ab]$/) }]);
  });

  it('waits for a person where it is told to, holds no lock meanwhile, and goes on with a yes', async () => {
    const { execution, question } = await waiting('baskets', 'asked-yes');
    expect(question?.summary).toMatch(/^Shall this be done\? Let shard 0001 of baskets fail over to a replica/);
    expect(question?.figures).toMatchObject({ shardId: '0001', checks: expect.arrayContaining([expect.anything()]) });
    expect(await ledger().holder({ region: HOME_REGION, cacheId: 'baskets' })).toBeUndefined();
    expect(await failoversOrdered(account, 'baskets')).toBe(0);
    expect(await answer('asked-yes', 'approve', { local: false })).toBe(0);
    const run = await account.finish(execution);
    expect(run.output, said(run)).toMatchObject({
      ...{ outcome: 'done', reason: 'DrillPassed' },
      answeredBy: expect.stringContaining('user/operator'),
    });
  });

  it('is not held after a no, nor when nobody answers in time, and is not asked for twice meanwhile', async () => {
    const refused = await waiting('asked', 'asked-no');
    const twice = await drill('asked', 'asked-twice', { mode: 'approve' });
    expect(twice.output, said(twice)).toMatchObject({ outcome: 'refused', reason: 'AlreadyAsked' });
    expect(await answer('asked-no', 'reject', { local: false })).toBe(0);
    const no = await account.finish(refused.execution);
    expect(no.output, said(no)).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });

    const nobody = await drill('asked', 'asked-nobody', { mode: 'approve' });
    expect(nobody.output, said(nobody)).toMatchObject({ outcome: 'rejected', reason: 'NobodyAnswered' });
    expect(await answer('asked-nobody', 'approve', { local: false })).toBe(4);
    expect(await toldAbout(bus, 'OperationClosed', 'asked-nobody')).toMatchObject([{ outcome: 'rejected' }]);
    expect(await failoversOrdered(account, 'asked')).toBe(0);
  });

  it('is refused by the lock while the cache is being scaled, and is due when that is done', async () => {
    // What ElastiCache answers late leaves the cache available, and locked, for as long.
    account.world.faults.add({
      ...{ service: 'elasticache', operation: 'ModifyReplicationGroupShardConfiguration' },
      ...{ times: 1, delayMs: 4000 },
    });
    const input = { spec: aClusterSpec({ numNodeGroups: 3 }), requestedBy: 'bob', mode: 'act' };
    const scaling = await account.startWorkflow('create-cache', input, 'scale-orders');
    await eventually(
      () => ledger().holder({ region: HOME_REGION, cacheId: 'orders' }),
      (holder) => holder?.operationId === 'scale-orders',
    );
    const run = await drill('orders', 'drill-while-scaling');
    expect(run.output, said(run)).toMatchObject({
      ...{ outcome: 'refused', reason: 'CacheLocked' },
      summary: expect.stringContaining('scale-orders'),
    });
    const scaled = await account.finish(scaling);
    expect(scaled.output, said(scaled)).toMatchObject({ outcome: 'done' });
    expect((await plannedDrill(account, 'orders')).why).toMatch(
      /the turn of shard 0002: it was never drilled; the cache is due, because it was changed since its last/,
    );
  });

  it('that is due is started by the schedule where the tag of the cache lets it, and else only planned', async () => {
    const nightly = await account.finish(await executionLike('drill-nightly-'));
    expect(nightly.output, said(nightly)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    expect(await ledger().record(nightly.name)).toMatchObject({ requestedBy: 'autopilot:drill-when-due' });
    const baskets = await account.finish(await executionLike('drill-baskets-'));
    expect(baskets.output, said(baskets)).toMatchObject({ outcome: 'observed', reason: 'ReadyToDrill' });
    const dueAgain = (await look('look-again')).map(({ cacheId }) => cacheId);
    expect(dueAgain).not.toContain('nightly');
    expect(dueAgain).not.toContain('baskets');
  });
});

describe('an order that ElastiCache refuses', () => {
  const leftBehind = async (cacheId: string, operationId: string) => {
    const places = await ledger().failoversSince(HOME_REGION, secondsAfter(account.world.clock.iso(), -86_400));
    expect([...places.keys()]).not.toContain(operationId);
    expect(await ledger().holder({ region: HOME_REGION, cacheId })).toBeUndefined();
    // The prober sees within a second or two that its drill has ended.
    const { log } = await eventually(
      () => drillEvidence(account, cacheId, operationId),
      (evidence) => evidence.log !== undefined,
    );
    expect(log?.endedBecause).toBe('drill-ended');
    expect(await probeKeys(account, cacheId)).toEqual([]);
  };

  it('because AWS has blocked tests, is no failure; its place in the allowance is free again', async () => {
    await onlyFailing(account, 'nightly');
    elasticache().failNextFailover({ cacheId: 'nightly', isBlocked: true });
    const run = await drill('nightly', 'blocked');
    expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason: 'FailoverTestsBlocked' });
    await leftBehind('nightly', 'blocked');
  });

  it('because others have used the allowance of the account, is no failure either', async () => {
    await onlyFailing(account, 'baskets');
    const { quotas } = elasticache();
    const usual = quotas.failoverTestsPerDay;
    quotas.failoverTestsPerDay = 0;
    const run = await drill('baskets', 'no-allowance');
    quotas.failoverTestsPerDay = usual;
    expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason: 'WaitForFailoverAllowance' });
    await leftBehind('baskets', 'no-allowance');
    expect(await failoversOrdered(account, 'baskets')).toBe(1);
  });
});

describe('in the end', () => {
  it('the schedule has looked by itself, every hour', async () => {
    const executions = await eventually(
      () => executionsOf('drill-when-due'),
      (found) => found.some(({ name = '', status }) => !name.startsWith('look-') && status === 'SUCCEEDED'),
    );
    expect(executions.filter(({ status }) => !['SUCCEEDED', 'RUNNING'].includes(status ?? ''))).toEqual([]);
  });

  it('no token is anywhere in what the drills left behind', async () => {
    const evidence = [...(await allEvidence(account))].map(([key, bytes]) => [key, bytes.toString('latin1')] as const);
    const left = new Map([...(await everythingLeftBehind(account)), ...evidence]);
    left.set('what was said on the bus', JSON.stringify(await bus.heard()));
    expect(evidence.length).toBeGreaterThan(15);
    for (const cacheId of ['orders', 'sessions', 'baskets', 'nightly', 'asked']) {
      const SecretId = `autopilot/${cacheId}/auth-token`;
      const { SecretString = '{}' } = await account
        .as(SecretsManagerClient)
        .send(new GetSecretValueCommand({ SecretId }));
      const token: string = JSON.parse(SecretString).authToken;
      expect(token).toMatch(/^[A-Za-z0-9]{64}$/);
      expect([...left].filter(([, text]) => text.includes(token)).map(([place]) => place)).toEqual([]);
    }
  });
});

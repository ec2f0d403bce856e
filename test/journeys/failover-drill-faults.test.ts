import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Followed, lookAt } from '../../cli/follow.ts';
import { ledgerOf } from '../../cli/ledger.ts';
import type { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { LambdaService } from '../../local/services/lambda/lambda.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus, toldAbout } from './bus-listener.ts';
import { drillEvidence, failoversOrdered, probeKeys } from './drill-evidence.ts';
import { onlyFailing, putDrillPolicy, takeSnapshot } from './planned-drill.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

const CACHES = ['headless', 'slow', 'lame', 'silent'];
const PROBER = 'autopilot-failover-drill-probe-vpc-0b278ecaeca40c547';

/** Some wait for others first. */
vi.setConfig({ testTimeout: 300_000 });

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
  await policy({});
  const create = (spec: { readonly cacheId: string }) =>
    account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);
  const [cluster = '', ...pairs] = CACHES;
  const made = await Promise.all([
    create(aClusterSpec({ cacheId: cluster })),
    ...pairs.map((cacheId) => create(aPairSpec({ cacheId }))),
  ]);
  expect(made.map(({ output }) => output)).toMatchObject(made.map(() => ({ outcome: 'done' })));
  await Promise.all(CACHES.map((cacheId) => takeSnapshot(account, cacheId)));
  await Promise.all(CACHES.map((cacheId) => onlyFailing(account, cacheId)));
}, 180_000);
afterAll(() => account?.stop());

const start = (cacheId: string, operationId: string) =>
  account.startWorkflow('failover-drill', { cacheId, requestedBy: 'alice' }, operationId);
const drill = async (cacheId: string, operationId: string) => account.finish(await start(cacheId, operationId));
const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const lambda = () => account.service<LambdaService>('lambda');
const ledger = () => ledgerOf(HOME_REGION);
const keyOf = (cacheId: string) => ({ region: HOME_REGION, cacheId });
const said = ({ status, error, cause, output, steps }: Followed) =>
  `${status} ${error} ${cause} ${JSON.stringify(output)?.slice(0, 3000)} ${steps.map(({ name }) => name).join(' → ')}`;
const policy = (failoverDrills: Partial<FailoverDrillPolicy>) => putDrillPolicy(account, failoverDrills);
/** What the bus was told about the end of a drill, whose execution fails and so has no output. */
const reportOf = async (operationId: string) => {
  const [report] = await toldAbout(bus, 'OperationClosed', operationId);
  return report as {
    readonly outcome: string;
    readonly reason: string;
    readonly summary: string;
    readonly figures: { readonly writeOutageMs?: number | 'not-over'; readonly pictures?: object };
    readonly evidence?: { readonly after?: { readonly newPrimary: string } };
  };
};
const incidentsOf = async (operationId: string) =>
  (await bus.heard()).filter(
    (event) => event['detail-type'] === 'IncidentRaised' && event.detail.operationId === operationId,
  );
/** ElastiCache has accepted the order; the failover goes on. */
const ordered = (cacheId: string, times: number) =>
  eventually(
    () => failoversOrdered(account, cacheId),
    (count) => count === times,
  );
/** A person has looked. */
const cleared = (cacheId: string) =>
  ledger().clearQuarantine(keyOf(cacheId), { clearedBy: 'bob', at: account.world.clock.iso() });
const isFree = async (cacheId: string) => expect(await ledger().holder(keyOf(cacheId))).toBeUndefined();

describe('a failover that goes wrong', () => {
  beforeAll(() => policy({ targetSeconds: 4 }));
  // The account and its probers share a machine: three drills at once are what two processors can measure.
  const slowIsOrdered = Promise.withResolvers<void>();
  const slowIsOver = Promise.withResolvers<void>();
  const silentIsOver = Promise.withResolvers<void>();

  it.concurrent('because its order is never answered, and it takes too long, is ordered once and not passed', async () => {
    try {
      lambda().killOnNextCall('autopilot-failover-drill-fail-over', { afterApiCall: 'elasticache:TestFailover' });
      elasticache().failNextFailover({ cacheId: 'slow', promotionSeconds: 330 });
      const execution = await start('slow', 'slow');
      await ordered('slow', 1);
      await policy({});
      slowIsOrdered.resolve();
      const run = await account.finish(execution);
      expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'OutageTooLong' });
      expect(run.steps.find(({ name }) => name === 'Order the failover')?.retries).toBe(1);
      expect(await failoversOrdered(account, 'slow')).toBe(1);
      const { outcome, summary, figures, evidence } = await reportOf('slow');
      expect(outcome).toBe('failed');
      expect(summary).toMatch(/failed for \d.* \(the target is 4 s\).* The cache has healed\./);
      // 330 s of the account are 5.5 s of the clients.
      expect(figures.writeOutageMs).toBeGreaterThan(5_000);
      expect(figures.pictures).toBeDefined();
      expect(evidence?.after?.newPrimary).toBeDefined();
      expect(await incidentsOf('slow')).toEqual([]);
      expect(await ledger().quarantineOf(keyOf('slow'))).toBeUndefined();
      await isFree('slow');
      const AlarmNames = ['autopilot-failover-drill-failed'];
      await eventually(
        () => account.as(CloudWatchClient).send(new DescribeAlarmsCommand({ AlarmNames })),
        ({ MetricAlarms }) => MetricAlarms?.[0]?.StateValue === 'ALARM',
      );
    } finally {
      slowIsOrdered.resolve();
      slowIsOver.resolve();
    }
  });

  it.concurrent('because the old primary never gets into step is an incident, although writes came back in time', async () => {
    await slowIsOrdered.promise;
    const end = elasticache().failNextFailover({ cacheId: 'lame', neverFollows: true });
    const run = await drill('lame', 'lame');
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'DidNotHeal' });
    const { figures, summary } = await reportOf('lame');
    expect(figures.writeOutageMs).toBeLessThan(60_000);
    expect(summary).toMatch(/and the old primary is being rebuilt, 4\d minutes after the order/);
    expect(await toldAbout(bus, 'IncidentRaised', 'lame')).toMatchObject([{ reason: 'DidNotHeal', quarantined: true }]);
    expect(await ledger().quarantineOf(keyOf('lame'))).toMatchObject({ operationId: 'lame', reason: 'DidNotHeal' });
    expect(await probeKeys(account, 'lame')).toEqual([]);
    end();
    expect(await cleared('lame')).toBe(true);
  });

  it.concurrent('only in what ElastiCache tells of it is passed, when a real client finds the cache healed', async () => {
    await slowIsOrdered.promise;
    try {
      elasticache().failNextFailover({ cacheId: 'silent', lostEvents: ['recovered'] });
      const run = await drill('silent', 'silent');
      expect(run.output, said(run)).toMatchObject({
        ...{ outcome: 'done', reason: 'DrillPassed' },
        summary: expect.stringMatching(
          /The cache has healed, as a real client saw; by its events, a replica was promoted, and the old primary is being rebuilt, 4\d minutes after the order/,
        ),
      });
      expect(await incidentsOf('silent')).toEqual([]);
    } finally {
      silentIsOver.resolve();
    }
  });

  it.concurrent('because nobody is promoted is an incident; the cache is left alone until a person clears it', async () => {
    await slowIsOver.promise;
    const end = elasticache().failNextFailover({ cacheId: 'headless', promotesNobody: true });
    const run = await drill('headless', 'nobody');
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'FailoverNotSeen' });
    expect(await toldAbout(bus, 'IncidentRaised', 'nobody')).toMatchObject([
      {
        ...{ severity: 'page', reason: 'FailoverNotSeen', cacheId: 'headless', quarantined: true },
        summary: expect.stringContaining('ElastiCache has told that the failover was called for, and of no promotion'),
        evidence: {
          status: 'available',
          events: [{ source: 'headless', message: 'Test Failover API called for node group 0001' }],
          notRead: [],
        },
      },
    ]);
    const report = await reportOf('nobody');
    expect(report).toMatchObject({ outcome: 'failed', reason: 'FailoverNotSeen' });
    // What the clients felt was not over, if their log was there in time.
    expect(['not-over', undefined]).toContain(report.figures.writeOutageMs);
    expect(report.summary).toContain('until a person clears the quarantine');
    await isFree('headless');

    const again = await drill('headless', 'too-early');
    expect(again.output, said(again)).toMatchObject({
      ...{ outcome: 'refused', reason: 'Quarantined' },
      summary: expect.stringContaining('nobody left it in quarantine'),
    });
    end();
    // It heals, and stays in quarantine all the same.
    await onlyFailing(account, 'headless', 'quarantine');
    expect(await cleared('headless')).toBe(true);
    await onlyFailing(account, 'headless');
  });

  it.concurrent('because somebody stops the drill leaves no lock and no prober’s key, and the cache for a person to look at', async () => {
    await silentIsOver.promise;
    await onlyFailing(account, 'silent');
    const executionArn = await start('silent', 'stopped');
    const states = account.as(SFNClient);
    await eventually(
      () => lookAt(states, executionArn),
      ({ steps }) => steps.some(({ name }) => name === 'Follow the failover'),
    );
    await states.send(
      new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'somebody pressed the button' }),
    );
    expect(await reportOf('stopped')).toMatchObject({ outcome: 'failed', reason: 'Abandoned' });
    await isFree('silent');
    const { log } = await eventually(
      () => drillEvidence(account, 'silent', 'stopped'),
      (evidence) => evidence.log !== undefined,
    );
    expect(log?.endedBecause).toBe('drill-ended');
    expect(await probeKeys(account, 'silent')).toEqual([]);
    // What it had ordered goes on, and nobody of ours looks any more whether it heals.
    await onlyFailing(account, 'silent', 'quarantine');
    expect(await cleared('silent')).toBe(true);
  });
});

describe('a drill that goes wrong', () => {
  const ALARM = 'shop-down';
  const alarmIs = (StateValue: 'OK' | 'ALARM') =>
    account
      .as(CloudWatchClient)
      .send(new SetAlarmStateCommand({ AlarmName: ALARM, StateValue, StateReason: 'the shop says so' }));
  /** Probers of all caches are one function: who needs one waits until those that are to die are dead. */
  const dead = Promise.withResolvers<void>();

  beforeAll(async () => {
    await account.as(CloudWatchClient).send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: ALARM, Namespace: 'Shop', MetricName: 'Orders', Statistic: 'Sum', Period: 60 },
        ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'ignore' },
      }),
    );
    await alarmIs('OK');
    await policy({ abortOnAlarms: [ALARM] });
    await Promise.all(['headless', 'slow', 'silent'].map((cacheId) => onlyFailing(account, cacheId)));
  });

  it.concurrent('because its prober dies lets nothing fail over before, and is never passed after; the keys expire', async () => {
    try {
      lambda().killOnNextCall(PROBER, { afterMs: 2_500 });
      const early = await start('slow', 'dies-early');
      await eventually(
        async () => readFileSync(path.join(account.folder, 'logs', 'lambda', `${PROBER}.log`), 'utf8'),
        (log) => log.includes('signal: killed'),
      );
      account.world.faults.add({
        ...{ service: 'elasticache', operation: 'TestFailover', times: 1 },
        afterwards: () => lambda().kill(PROBER),
      });
      const late = await start('silent', 'dies-late');
      await ordered('silent', 3);
      dead.resolve();

      const notOrdered = await account.finish(early);
      expect(notOrdered, said(notOrdered)).toMatchObject({ status: 'FAILED', error: 'Timeout' });
      expect(notOrdered.steps.map(({ name }) => name)).not.toContain('Order the failover');
      expect(await failoversOrdered(account, 'slow')).toBe(1);
      await isFree('slow');

      const notMeasured = await account.finish(late);
      expect(notMeasured, said(notMeasured)).toMatchObject({ status: 'FAILED', error: 'NotMeasured' });
      const report = await reportOf('dies-late');
      expect(report.summary).toContain('the prober left no log');
      expect(report.figures).not.toHaveProperty('writeOutageMs');
      expect(report.evidence?.after?.newPrimary).toBeDefined();
      expect(await drillEvidence(account, 'silent', 'dies-late')).toEqual({});
      await isFree('silent');
      const keys = await probeKeys(account, 'silent');
      expect(keys).not.toEqual([]);
      for (const left of keys) {
        const [nodeId = '', key = ''] = left.split(' ');
        const seconds = await elasticache().running(HOME_REGION, 'silent')?.command(nodeId, 'TTL', key);
        expect(seconds).toBeGreaterThan(0);
      }
    } finally {
      dead.resolve();
    }
  });

  it.concurrent('because a chosen alarm goes off is stopped and raised; the cache is looked at all the same', async () => {
    await dead.promise;
    const execution = await start('headless', 'alarmed');
    await ordered('headless', 2);
    await alarmIs('ALARM');
    const run = await account.finish(execution);
    expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'AlarmDuringDrill' });
    expect(await toldAbout(bus, 'IncidentRaised', 'alarmed')).toMatchObject([
      {
        reason: 'AlarmDuringDrill',
        quarantined: false,
        summary: expect.stringContaining(`the alarm ${ALARM} went off`),
      },
    ]);
    expect((await reportOf('alarmed')).evidence?.after?.newPrimary).toBeDefined();
    expect(await ledger().quarantineOf(keyOf('headless'))).toBeUndefined();
    const again = await drill('headless', 'while-alarmed');
    expect(again.output, said(again)).toMatchObject({ outcome: 'refused', reason: 'AlarmFiring' });
  });
});

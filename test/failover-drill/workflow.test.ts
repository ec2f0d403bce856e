import { describe, expect, it } from 'vitest';
import {
  DRILL_REASONS,
  type DrillPlan,
  PlanDrillInput,
  ProbeInput,
  RaiseIncidentInput,
  type Verdict,
} from '../../functions/failover-drill/schemas.ts';
import { AskApprovalInput, CloseInput, OpenInput } from '../../functions/operations/schemas.ts';
import type { Json } from '../../local/states/json.ts';
import { MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES } from '../../local/states/limits.ts';
import {
  type Attempt,
  aDrillPlan,
  aVerdict,
  BEFORE,
  CALLED,
  called,
  callsTo,
  EVIDENCE,
  failsByToken,
  HEALED,
  holdDrill,
  judges,
  PROBE_ENDED,
  PROMOTED,
  plans,
  RECOVERED,
  RECOVERING,
  reportOf,
  staysSilent,
} from '../builders/a-drill-story.ts';
import {
  answers,
  fails,
  inTurn,
  OPERATION_ID,
  returns,
  runWorkflow,
  type Stub,
  throws,
  works,
} from '../builders/run-workflow.ts';

const TO_THE_ORDER = ['Plan', 'Open', 'Probe', 'FailOver'];
const PASSED = [...TO_THE_ORDER, 'Follow', 'EndProbe', 'Verify', 'Judge', 'Close'];
const RAISED = [...TO_THE_ORDER, 'Follow', 'EndProbe', 'Verify', 'RaiseIncident', 'Judge', 'Close'];
const REFUSALS = DRILL_REASONS.filter((reason) => reason !== 'ReadyToDrill');
/** When ElastiCache tells of the recovery's end: it is asked every ten seconds. */
const [HEALED_AFTER_SECONDS] = RECOVERED;
const isGone = throws('NotReady', 'Shard 0001 of orders has no primaries.');

describe('failover-drill', () => {
  it('plans, probes, orders, follows, verifies, judges and reports', async () => {
    const story = await holdDrill({ Plan: works(PlanDrillInput, async () => aDrillPlan()) });
    expect(
      story.path.filter((name) => !['Give it time', 'Follow the failover', 'How far is it?'].includes(name)),
    ).toEqual([
      'Take the request',
      'Plan the drill',
      'Is a drill possible?',
      'What does the policy say?',
      'Take the lock',
      'Look again',
      'Is it still possible?',
      'Start the prober',
      'Look a last time',
      'Is it possible still?',
      'Order the failover',
      'Stop the prober',
      'Verify that it healed',
      'Did an alarm go off?',
      'Judge the drill',
      'Gather the evidence',
      'Was the drill passed?',
      'Report the outcome',
      'How did it end?',
      'Done',
    ]);
    expect(called(story)).toEqual(PASSED);
    expect(story.failovers).toBe(1);
    expect(callsTo(story, 'Follow')).toHaveLength(HEALED_AFTER_SECONDS / 10);
    expect(story.seconds).toBe(HEALED_AFTER_SECONDS);
  });

  it('reports what docs and command line read: figures of the well-behaved clients, and all evidence', async () => {
    const trend = [
      {
        operationId: 'drill-0',
        at: '2026-08-21T07:00:00.000Z',
        shardId: '0001',
        outcome: 'done',
        reason: 'DrillPassed',
        writeOutageMs: 2000,
      },
    ];
    const story = await holdDrill({ Judge: judges({ trend }) });
    const report = reportOf(story);
    const { clients, ...measured } = aVerdict().measurement ?? expect.fail();
    const plan = aDrillPlan() as unknown as DrillPlan;
    expect(report).toMatchObject({
      operationId: OPERATION_ID,
      workflow: 'failover-drill',
      cacheId: 'orders',
      requestedBy: 'alice',
      outcome: 'done',
      reason: 'DrillPassed',
      summary:
        'Drill passed: Writes to shard 0001 of orders failed for 1.42 s (the target is 60 s). The cache has healed. It is the first measured drill of this cache.',
      decision: {
        action: 'drill',
        mode: 'act',
        calls: [{ operation: 'TestFailover', parameters: { ReplicationGroupId: 'orders', NodeGroupId: '0001' } }],
      },
    });
    expect(report.figures).toEqual({
      shardId: '0001',
      targetSeconds: 60,
      why: plan.why,
      ...measured,
      pictures: aVerdict().pictures,
      checks: plan.checks,
    });
    const mark = ([seconds, , says]: typeof CALLED) => ({
      at: new Date(Date.parse('2026-11-21T07:00:00.000Z') + seconds * 1000).toISOString(),
      says,
    });
    expect(report.evidence).toEqual({
      before: BEFORE,
      after: HEALED,
      events: [CALLED, PROMOTED, RECOVERING, RECOVERED].map(mark),
      clients,
      trend,
      probe: PROBE_ENDED,
    });
    expect(story.outcome).toEqual({
      status: 'SUCCEEDED',
      output: {
        outcome: 'done',
        reason: report.reason,
        cacheId: 'orders',
        operationId: OPERATION_ID,
        summary: report.summary,
        plan,
        figures: { ...report.figures, checks: undefined },
        evidence: report.evidence,
      },
    });
  });

  it('keeps lists of one and of none lists', async () => {
    const [check] = (aDrillPlan() as unknown as DrillPlan).checks;
    const mark = { at: '2026-11-21T07:00:20.000Z', says: 'promoted' };
    for (const [checks, doubts, marks] of [
      [[check ?? expect.fail()], ['The policy is old.'], [mark]],
      [[], [], []],
    ]) {
      const story = await holdDrill({
        Plan: plans({ mode: 'approve', checks: checks as DrillPlan['checks'], doubts: doubts as string[] }),
        AskApproval: answers({ approved: true, answeredBy: 'bob' }),
        Follow: returns({ stage: 'recovered', verdict: 'recovered', says: 'so', marks: marks as Json }),
      });
      const says = checks?.map((each) => (each as typeof check)?.says);
      expect(callsTo(story, 'AskApproval')).toMatchObject([{ with: { figures: { checks: says } } }]);
      expect(callsTo(story, 'Judge')).toMatchObject([{ with: { marks } }]);
      expect(reportOf(story)).toMatchObject({ figures: { checks }, decision: { doubts }, evidence: { events: marks } });
    }
  });

  it('gives each step what the newest plan says', async () => {
    const later: Partial<DrillPlan> = {
      nodesInShard: 2,
      nodeIds: ['orders-0001-001', 'orders-0001-002'],
      targetSeconds: 20,
    };
    const story = await holdDrill({ Plan: inTurn(plans(), plans(later)) });
    const drill = { operationId: OPERATION_ID, cacheId: 'orders', shardId: '0001' };
    expect(callsTo(story, 'Probe')).toMatchObject([{ with: { ...drill, nodesInShard: 2 } }]);
    expect(callsTo(story, 'FailOver')).toMatchObject([{ with: { ...drill, fencing: 7 } }]);
    expect(callsTo(story, 'Follow')[0]).toMatchObject({ with: { ...drill, nodeIds: later.nodeIds } });
    expect(callsTo(story, 'Verify')).toMatchObject([
      { with: { ...drill, nodesInShard: 2, shards: 3, clusterMode: true, oldPrimary: BEFORE.primary } },
    ]);
    expect(callsTo(story, 'Judge')).toMatchObject([{ with: { ...drill, targetSeconds: 20 } }]);
  });

  it.each(REFUSALS)(
    'lets nothing fail over when the plan says %s, now, under the lock, or at the end',
    async (reason) => {
      const refusal = plans({ action: 'refuse', reason, summary: `No drill of orders: ${reason}.` });
      const before = await holdDrill({ Plan: refusal });
      expect(called(before)).toEqual(['Plan', 'Close']);
      const under = await holdDrill({ Plan: inTurn(plans(), refusal) });
      expect(called(under)).toEqual(['Plan', 'Open', 'Close']);
      const atTheEnd = await holdDrill({ Plan: inTurn(plans(), plans(), refusal) });
      expect(called(atTheEnd)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      for (const story of [before, under, atTheEnd]) {
        expect(story.outcome.status).toBe('SUCCEEDED');
        expect(reportOf(story)).toMatchObject({
          outcome: 'refused',
          reason,
          summary: `No drill of orders: ${reason}.`,
        });
      }
    },
  );

  it('only observes where the policy says so, also when it says so only under the lock', async () => {
    const before = await holdDrill({ Plan: plans({ mode: 'observe' }) });
    expect(called(before)).toEqual(['Plan', 'Close']);
    expect(reportOf(before)).toMatchObject({ outcome: 'observed', reason: 'ReadyToDrill' });
    for (const mode of ['observe', 'approve'] as const) {
      const under = await holdDrill({ Plan: inTurn(plans(), plans({ mode })) });
      expect(called(under)).toEqual(['Plan', 'Open', 'Close']);
      const atTheEnd = await holdDrill({ Plan: inTurn(plans(), plans(), plans({ mode })) });
      expect(called(atTheEnd)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      for (const story of [under, atTheEnd]) expect(reportOf(story)).toMatchObject({ outcome: 'observed' });
    }
  });

  it('takes no drill that let nothing fail over for a drill of that shard', async () => {
    const notHeld: Record<string, Stub>[] = [
      { Plan: plans({ action: 'refuse', reason: 'CacheBusy' }) },
      { Plan: plans({ mode: 'observe' }) },
      { Plan: plans({ mode: 'approve' }) },
      { Open: throws('CacheLocked') },
      { Probe: failsByToken('NotReady') },
      { FailOver: throws('GrantPermission') },
    ];
    for (const stubs of notHeld) expect(reportOf(await holdDrill(stubs)).figures).not.toHaveProperty('shardId');
  });

  describe('asks a person', () => {
    const asks = (answer: Json, meanwhile: Partial<DrillPlan> = { mode: 'approve' }) =>
      holdDrill({ Plan: inTurn(plans({ mode: 'approve' }), plans(meanwhile)), AskApproval: answers(answer) });

    it('what exactly shall be done, who asks, and why now', async () => {
      const { calls } = await asks({ approved: true, answeredBy: 'bob' });
      const question = AskApprovalInput.parse(calls.find(({ to }) => to === 'AskApproval')?.with);
      const plan = aDrillPlan() as unknown as DrillPlan;
      expect(question).toMatchObject({
        workflow: 'failover-drill',
        cacheId: 'orders',
        requestedBy: 'alice',
        startedAt: '2026-11-21T07:00:00.000Z',
        expiresAt: '2026-11-22T07:00:00.000Z',
        question: `Shall this be done? ${plan.summary} ${plan.why}`,
        figures: { shardId: '0001', why: plan.why, checks: plan.checks.map(({ says }) => says) },
      });
    });

    it('and goes on after a yes, whether it would still ask or not', async () => {
      for (const mode of ['approve', 'act'] as const) {
        const story = await asks({ approved: true, answeredBy: 'bob' }, { mode });
        expect(reportOf(story)).toMatchObject({ outcome: 'done', answeredBy: 'bob' });
        expect(story.outcome).toMatchObject({ output: { answeredBy: 'bob' } });
      }
    });

    it('and takes only a yes for one', async () => {
      for (const no of [
        { approved: false, answeredBy: 'bob' },
        { approved: 'true' },
        { approved: 1 },
        {},
        [],
        null,
        'yes',
      ]) {
        const story = await asks(no);
        expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
        expect(called(story)).toEqual(['Plan', 'AskApproval', 'Close']);
      }
    });

    it('and takes the silence of a day for a no', async () => {
      const story = await holdDrill({ Plan: plans({ mode: 'approve' }), AskApproval: staysSilent });
      expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'NobodyAnswered' });
      expect(story.seconds).toBe(86_400);
      expect(called(story)).toEqual(['Plan', 'AskApproval', 'Close']);
    });

    it('and does nothing that they were not asked: another shard, or after they wanted to be asked no more', async () => {
      const other = await asks({ approved: true, answeredBy: 'bob' }, { mode: 'approve', shardId: '0002' });
      expect(reportOf(other)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged', answeredBy: 'bob' });
      expect(called(other)).toEqual(['Plan', 'AskApproval', 'Open', 'Close']);
      const late = await holdDrill({
        Plan: inTurn(
          plans({ mode: 'approve' }),
          plans({ mode: 'approve' }),
          plans({ mode: 'approve', shardId: '0002' }),
        ),
        AskApproval: answers({ approved: true, answeredBy: 'bob' }),
      });
      expect(reportOf(late)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged', answeredBy: 'bob' });
      expect(called(late)).toEqual(['Plan', 'AskApproval', 'Open', 'Probe', 'Close']);
      const careful = await asks({ approved: true, answeredBy: 'bob' }, { mode: 'observe' });
      expect(reportOf(careful)).toMatchObject({ outcome: 'observed', answeredBy: 'bob' });
      expect(called(careful)).not.toContain('FailOver');
    });

    it('and fails when it cannot even ask', async () => {
      const story = await holdDrill({ Plan: plans({ mode: 'approve' }), AskApproval: throws('FixInput') });
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'FixInput' });
    });
  });

  it('refuses at once while another operation has the cache', async () => {
    const Open = throws('CacheLocked', 'orders is held by the operation scale-1 until 08:00.');
    const story = await holdDrill({ Open });
    expect(called(story)).toEqual(['Plan', 'Open', 'Close']);
    expect(story.seconds).toBe(0);
    expect(story.outcome.status).toBe('SUCCEEDED');
    expect(reportOf(story)).toMatchObject({
      outcome: 'refused',
      reason: 'CacheLocked',
      summary: 'No drill of orders: orders is held by the operation scale-1 until 08:00.',
    });
  });

  it('opens the operation with its plan, for longer than all that follows can take', async () => {
    const { calls } = await holdDrill();
    const opening = OpenInput.parse(calls.find(({ to }) => to === 'Open')?.with);
    expect(opening).toMatchObject({ workflow: 'failover-drill', requestedBy: 'alice', leaseSeconds: 14_400 });
    expect(opening.decision).toMatchObject({ action: 'drill', calls: [{ operation: 'TestFailover' }] });
  });

  it('never takes what it does not know for a go', async () => {
    for (const strange of [{ action: 'explode' }, { mode: 'bold' }]) {
      const unknown = returns({ ...(aDrillPlan() as object), ...strange } as Json);
      for (const Plan of [unknown, inTurn(plans(), unknown), inTurn(plans(), plans(), unknown)]) {
        const story = await holdDrill({ Plan });
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'Unknown' });
        expect(called(story)).not.toContain('FailOver');
      }
    }
  });

  describe('orders nothing', () => {
    it('when it cannot look a last time', async () => {
      const story = await holdDrill({ Plan: inTurn(plans(), plans(), throws('GrantPermission')) });
      expect(called(story)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'GrantPermission' });
    });

    it('when the last look, right before the order, is at another time than the one before the prober', async () => {
      const Plan = works(PlanDrillInput, async ({ now }) =>
        now < '2026-11-21T07:05:00.000Z'
          ? aDrillPlan()
          : aDrillPlan({ action: 'refuse', reason: 'AlarmFiring', summary: 'No drill of orders: an alarm is firing.' }),
      );
      const slow = inTurn(fails('Lambda.ResourceNotReadyException', 'The function is not ready.'));
      let attempt = 0;
      const Probe: Stub = (request) => {
        attempt += 1;
        return attempt <= 20 ? slow(request) : answers(JSON.parse(JSON.stringify(BEFORE)))(request);
      };
      const story = await holdDrill({ Plan, Probe });
      expect(called(story)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      expect(story.failovers).toBe(0);
      expect(reportOf(story)).toMatchObject({ outcome: 'refused', reason: 'AlarmFiring' });
      expect(reportOf(story).figures).not.toHaveProperty('shardId');
    });

    it('when the prober finds the cache not as it should be before a failover: that is refused, and no failure', async () => {
      const story = await holdDrill({ Probe: failsByToken('NotReady', 'orders is modifying.') });
      expect(called(story)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      expect(story.outcome.status).toBe('SUCCEEDED');
      expect(reportOf(story)).toMatchObject({
        outcome: 'refused',
        reason: 'NotReady',
        summary: 'No drill of orders: orders is modifying.',
        problem: { step: 'Start the prober' },
      });
    });

    it.each(['VerificationFailed', 'FixSecret', 'AnUnknownFault'])('when the prober says %s', async (error) => {
      const story = await holdDrill({ Probe: failsByToken(error, 'orders is modifying.') });
      expect(called(story)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      expect(story.outcome).toMatchObject({ status: 'FAILED', error });
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason: error,
        summary: 'The drill of orders failed: orders is modifying.',
        problem: { step: 'Start the prober' },
      });
    });

    it('when the prober says nothing for as long as it can live', async () => {
      const story = await holdDrill({ Probe: staysSilent });
      expect(called(story)).toEqual(['Plan', 'Open', 'Probe', 'Close']);
      expect(story.seconds).toBe(900);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'Timeout' });
      expect(reportOf(story).summary).toContain('“Start the prober” did not end within its time');
    });

    it('where there is no prober', async () => {
      const story = await holdDrill({ Plan: plans({ vpcId: 'vpc-of-another' }) });
      expect(called(story)).toEqual(['Plan', 'Open', 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'QueryEvaluationError' });
    });

    it('when it lost the lock', async () => {
      const story = await holdDrill({ FailOver: throws('LockLost') });
      expect(called(story)).toEqual([...TO_THE_ORDER, 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'LockLost' });
    });
  });

  it.each([
    ['WaitForFailoverAllowance', 'refused', 0],
    ['FailoverTestsBlocked', 'refused', 0],
    ['WaitUntilAvailable', 'refused', 0],
    ['GrantPermission', 'failed', 45],
    ['AskAgain', 'failed', 0],
    ['FixInput', 'failed', 0],
    ['FixKey', 'failed', 0],
  ] as const)(
    'ends when ElastiCache surely refuses the order (%s): %s after %d s',
    async (reason, outcome, seconds) => {
      const story = await holdDrill({}, { attempts: [reason] });
      expect(called(story)).toEqual([...TO_THE_ORDER, 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome, reason });
      expect(story.outcome.status).toBe(outcome === 'refused' ? 'SUCCEEDED' : 'FAILED');
      expect(story.seconds).toBe(seconds);
      expect(story.failovers).toBe(0);
    },
  );

  describe('orders once', () => {
    it.each<[string, readonly [Attempt, ...Attempt[]]]>([
      ['killed before it began', ['dies-before', 'answers']],
      ['killed with the answer in its hands', ['dies-after', 'answers']],
      ['killed while it asked', ['dies-while-asking', 'answers']],
      ['not answered by ElastiCache', ['loses-the-answer']],
      ['told that AWS is busy', ['ServiceBusy', 'answers']],
    ])('when the function is %s', async (_what, attempts) => {
      const story = await holdDrill({}, { attempts });
      expect(story.failovers).toBe(1);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    });

    it('and verifies, whatever becomes of any two attempts', async () => {
      const all: Attempt[] = [
        'answers',
        'dies-before',
        'dies-while-asking',
        'dies-after',
        'loses-the-answer',
        'ServiceBusy',
        'FixInput',
      ];
      for (const first of all) {
        for (const second of all) {
          const story = await holdDrill({}, { attempts: [first, second] });
          expect(reportOf(story).outcome).toBe(story.failovers > 0 ? 'done' : 'failed');
        }
      }
    });

    it.each<[string, Partial<Record<string, Stub>>, readonly [Attempt, ...Attempt[]]]>([
      ['dies again and again', {}, ['dies-while-asking', 'dies-before']],
      ['was killed, and then Lambda takes no calls', {}, ['dies-after', 'dies-before']],
      ['answers what nobody understands', { FailOver: returns({ ordered: 'yes' }) }, ['answers']],
      ['ends with an error that nobody knows', { FailOver: throws('TypeError') }, ['answers']],
      ['does not end in time', { FailOver: fails('States.Timeout', '') }, ['answers']],
    ])('and follows and verifies what it may have ordered, when the function %s', async (_what, stubs, attempts) => {
      const story = await holdDrill({ ...(stubs as Record<string, Stub>) }, { attempts });
      expect(called(story)).toEqual(PASSED);
      expect(callsTo(story, 'Follow')[0]).toMatchObject({ with: { orderedAt: '2026-11-21T07:00:00.000Z' } });
      expect(reportOf(story)).toMatchObject({ outcome: 'done', problem: { step: 'Order the failover' } });
    });

    it('and says that it is not sure when nothing came of it', async () => {
      const story = await holdDrill({ Verify: isGone }, { attempts: ['dies-before'], events: [] });
      expect(story.failovers).toBe(0);
      expect(called(story)).toEqual(RAISED);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'FailoverNotSeen' });
      expect(reportOf(story).summary).toContain(
        'A failover of shard 0001 of orders was, or may have been, ordered for a drill',
      );
    });
  });

  describe('follows the failover', () => {
    it('for ten minutes without a word of ElastiCache, and believes a real client', async () => {
      const story = await holdDrill({}, { events: [CALLED] });
      expect(story.seconds).toBe(600);
      expect(called(story)).toEqual(PASSED);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'DrillPassed' });
    });

    it('for forty minutes when the last event is lost, far within a history’s 25,000 events, and says so', async () => {
      const story = await holdDrill({}, { events: [CALLED, PROMOTED, RECOVERING] });
      expect(callsTo(story, 'Follow')).toHaveLength(240);
      expect(story.seconds).toBe(2400);
      expect(story.events).toBeLessThan(MAX_HISTORY_EVENTS / 10);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
      expect(reportOf(story).summary).toContain(
        'The cache has healed, as a real client saw; by its events, a replica was promoted, and the old primary is being rebuilt, 40 minutes after the order. ',
      );
    });

    it('within a history’s 25,000 events even when each look is tried six times', async () => {
      let look = 0;
      const busy: Stub = () => {
        look += 1;
        if (look % 6 !== 0) return throws('ServiceBusy')({} as Parameters<Stub>[0]);
        return { stage: 'promoted', verdict: look < 240 * 6 ? 'go-on' : 'late', says: 'so', marks: [] };
      };
      const story = await holdDrill({ Follow: busy });
      expect(callsTo(story, 'Follow')).toHaveLength(240 * 6);
      expect(story.events).toBeLessThan(MAX_HISTORY_EVENTS / 2);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it('and verifies all the same when it cannot ask how far it is', async () => {
      const story = await holdDrill({ Follow: throws('GrantPermission') });
      expect(called(story)).toEqual(PASSED);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
      expect(reportOf(story).summary).toContain(
        'as a real client saw; by its events, ElastiCache could not be asked how far it is (GrantPermission).',
      );
      expect(callsTo(story, 'Judge')).toMatchObject([{ with: { marks: [] } }]);
    });

    it('keeps what it had heard when it can ask no more', async () => {
      const untilDenied = () =>
        inTurn(
          returns({
            stage: 'promoted',
            verdict: 'go-on',
            says: 'so',
            marks: [{ at: '2026-11-21T07:00:20.000Z', says: 'promoted' }],
          }),
          throws('GrantPermission'),
        );
      const story = await holdDrill({ Follow: untilDenied() });
      expect(callsTo(story, 'Judge')).toMatchObject([{ with: { marks: [{ says: 'promoted' }] } }]);
      expect(reportOf(story)).toMatchObject({ evidence: { events: [{ says: 'promoted' }] } });
      expect(reportOf(await holdDrill({ Follow: untilDenied(), Verify: isGone }))).toMatchObject({
        reason: 'DidNotHeal',
      });
    });
  });

  it('stops at an alarm, raises an incident without quarantine, and fails although the cache healed', async () => {
    const story = await holdDrill({}, { alarmAfterSeconds: 30 });
    expect(called(story)).toEqual(RAISED);
    expect(callsTo(story, 'Follow')).toHaveLength(3);
    const incident = RaiseIncidentInput.parse(callsTo(story, 'RaiseIncident')[0]?.with);
    expect(incident).toMatchObject({ reason: 'AlarmDuringDrill', quarantine: false });
    expect(incident.summary).toContain('the alarm orders-errors went off');
    expect(story.outcome).toMatchObject({ status: 'FAILED', error: 'AlarmDuringDrill' });
    expect(reportOf(story)).toMatchObject({
      outcome: 'failed',
      reason: 'AlarmDuringDrill',
      figures: { writeOutageMs: 1420 },
      evidence: { after: HEALED, incident: { quarantined: false } },
    });
    expect(reportOf(story).summary).not.toContain('quarantine');
  });

  it('puts a cache into quarantine that does not heal after an alarm', async () => {
    const story = await holdDrill({ Verify: isGone }, { alarmAfterSeconds: 30 });
    expect(callsTo(story, 'RaiseIncident')).toMatchObject([{ with: { reason: 'DidNotHeal', quarantine: true } }]);
    expect(reportOf(story).summary).toContain('the alarm orders-errors went off');
  });

  describe('does not pass', () => {
    const failing = [
      [
        'when writes failed for too long',
        { passed: false, reason: 'OutageTooLong', summary: 'Writes failed for 80 s.' },
      ],
      ['when writes did not come back', { passed: false, reason: 'OutageNotOver', summary: 'Writes still fail.' }],
    ] as const satisfies [string, Partial<Verdict>][];
    it.each(failing)('%s, and says that the cache healed', async (_what, verdict) => {
      const story = await holdDrill({ Judge: judges(verdict) });
      expect(called(story)).toEqual(PASSED);
      expect(story.outcome).toMatchObject({ status: 'FAILED', error: verdict.reason });
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason: verdict.reason,
        summary: `Drill not passed: ${verdict.summary} The cache has healed. It is the first measured drill of this cache.`,
        figures: { shardId: '0001', targetSeconds: 60 },
        evidence: { before: BEFORE, after: HEALED },
      });
    });

    it('when the prober died before its end', async () => {
      const unmeasured: Verdict = {
        passed: false,
        reason: 'NotMeasured',
        summary: 'It left no log.',
        trend: [],
        trendSays: '',
      };
      const story = await holdDrill({ EndProbe: staysSilent, Judge: returns(JSON.parse(JSON.stringify(unmeasured))) });
      expect(called(story)).toEqual(PASSED);
      expect(story.seconds).toBe(HEALED_AFTER_SECONDS + 900);
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason: 'NotMeasured',
        evidence: { after: HEALED, trend: [] },
      });
      expect(reportOf(story).summary).toBe('Drill not passed: It left no log. The cache has healed.');
      expect(Object.keys(reportOf(story).figures ?? {})).toEqual(['shardId', 'targetSeconds', 'why', 'checks']);
      expect(reportOf(story).evidence).not.toHaveProperty('clients');
      expect(reportOf(story).evidence).not.toHaveProperty('probe');
    });

    it('when nobody can judge it', async () => {
      const story = await holdDrill({ Judge: throws('GrantPermission') });
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason: 'NotMeasured',
        summary: 'Drill not passed: The prober’s log could not be judged (GrantPermission). The cache has healed.',
        evidence: { after: HEALED, probe: PROBE_ENDED },
      });
    });

    it('when the prober cannot be told to end', async () => {
      const story = await holdDrill({ EndProbe: throws('GrantPermission') });
      // The log decides, which a prober leaves that ended by itself.
      expect(called(story)).toEqual(PASSED);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });
  });

  describe('raises what does not heal, with quarantine', () => {
    it.each([
      ['nothing was told', [], 'FailoverNotSeen'],
      ['the failover was only called', [CALLED], 'FailoverNotSeen'],
      ['a replica was promoted', [CALLED, PROMOTED], 'DidNotHeal'],
      ['the recovery ended', [CALLED, PROMOTED, RECOVERING, RECOVERED], 'DidNotHeal'],
    ] as const)('when %s', async (_what, events, reason) => {
      const story = await holdDrill({ Verify: isGone }, { events });
      expect(called(story)).toEqual(RAISED);
      const incident = RaiseIncidentInput.parse(callsTo(story, 'RaiseIncident')[0]?.with);
      expect(incident).toMatchObject({ reason, quarantine: true, orderedAt: '2026-11-21T07:00:00.000Z' });
      expect(incident.summary).toContain('it is not as it should be after it: Shard 0001 of orders has no primaries.');
      expect(story.outcome).toMatchObject({ status: 'FAILED', error: reason });
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason,
        // What clients felt is measured all the same.
        figures: { shardId: '0001', writeOutageMs: 1420, pictures: {} },
        problem: { step: 'Verify that it healed', error: 'NotReady' },
        evidence: { before: BEFORE, incident: EVIDENCE },
      });
      expect(reportOf(story).evidence).not.toHaveProperty('after');
      expect(reportOf(story).summary).toContain('No more drills of it until a person clears the quarantine.');
    });

    it('when nobody can look whether it healed', async () => {
      const blind: [Stub, string][] = [
        [throws('GrantPermission', 'AWS denied it.'), 'AWS denied it.'],
        [throws('FixSecret', 'The secret holds no token.'), 'The secret holds no token.'],
        [throws('VerificationFailed', 'It refused the token.'), 'It refused the token.'],
        [throws('ServiceBusy', 'AWS is busy.'), 'AWS is busy.'],
        [fails('States.Timeout', 'Too late.'), 'States.Timeout Too late.'],
        [fails('Lambda.ResourceNotReadyException', 'No network.'), 'Lambda.ResourceNotReadyException No network.'],
      ];
      for (const [Verify, said] of blind) {
        for (const events of [[], [CALLED, PROMOTED, RECOVERING, RECOVERED]]) {
          const story = await holdDrill({ Verify }, { events });
          expect(called(story)).toEqual(RAISED);
          expect(RaiseIncidentInput.parse(callsTo(story, 'RaiseIncident')[0]?.with)).toMatchObject({
            reason: 'HealingUnknown',
            quarantine: true,
            summary: expect.stringContaining(
              `was ordered for a drill, and nobody could look whether the cache healed: ${said} By its events, `,
            ),
          });
          expect(story.outcome).toMatchObject({ status: 'FAILED', error: 'HealingUnknown' });
          expect(reportOf(story)).toMatchObject({ outcome: 'failed', problem: { step: 'Verify that it healed' } });
          expect(reportOf(story).summary).not.toContain('is not as it should be');
        }
      }
      expect(reportOf(await holdDrill({ Verify: returns(null) })).outcome).toBe('failed');
    });

    it('and does not say that there is a quarantine when raising it failed', async () => {
      const story = await holdDrill({ Verify: isGone, RaiseIncident: throws('ServiceBusy') });
      expect(called(story)).toEqual(RAISED);
      expect(reportOf(story)).toMatchObject({
        outcome: 'failed',
        reason: 'DidNotHeal',
        figures: { writeOutageMs: 1420 },
      });
      expect(reportOf(story).summary).toContain(
        'Raising the incident failed as well (ServiceBusy): whether the cache is in quarantine is not known.',
      );
      expect(reportOf(story).summary).not.toContain('until a person clears');
      expect(reportOf(story).evidence).not.toHaveProperty('incident');
    });

    it('and fails by it also when the drill itself could not be judged', async () => {
      const story = await holdDrill({ Verify: isGone, Judge: throws('GrantPermission') });
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'DidNotHeal' });
      expect(reportOf(story).summary).toContain('could not be judged (GrantPermission)');
    });
  });

  it('fails when it cannot plan, lock or report, with the lock’s end left to close-abandoned', async () => {
    const unplanned = await holdDrill({ Plan: throws('GrantPermission', 'AWS denied it.') });
    expect(called(unplanned)).toEqual(['Plan', 'Close']);
    expect(reportOf(unplanned)).toMatchObject({
      outcome: 'failed',
      reason: 'GrantPermission',
      summary: 'Planning a drill of orders failed: AWS denied it.',
    });
    expect(reportOf(await holdDrill({ Open: throws('GrantPermission') }))).toMatchObject({ outcome: 'failed' });
    expect((await holdDrill({ Close: throws('ServiceBusy') })).outcome).toMatchObject({ status: 'FAILED' });
  });

  it('reports also what was asked without sense', async () => {
    for (const request of [{}, null, [], 'drill', { cacheId: 7 }, { cacheId: '', requestedBy: {} }] as Json[]) {
      const refused = aDrillPlan({ action: 'refuse', reason: 'InvalidRequest', cacheId: 'unknown' });
      const story = await runWorkflow(
        'failover-drill',
        {
          Plan: works(PlanDrillInput, async () => refused),
          Close: works(CloseInput, async ({ outcome }) => ({ outcome, repeated: false })),
        },
        request,
      );
      expect(called(story)).toEqual(['Plan', 'Close']);
      expect(reportOf(story)).toMatchObject({ cacheId: 'unknown', requestedBy: 'unknown' });
      expect(['refused', 'failed']).toContain(reportOf(story).outcome);
    }
  });

  it('reports when reporting was only held up', async () => {
    const Close = inTurn(
      throws('ServiceBusy'),
      fails('States.Timeout', ''),
      returns({ outcome: 'done', repeated: false }),
    );
    const story = await holdDrill({ Close });
    expect(story.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'done' } });
    expect(callsTo(story, 'Close')).toHaveLength(3);
  });

  describe('does the sums of its comments', () => {
    const busy = throws('ServiceBusy');
    const noNetwork = fails('Lambda.ResourceNotReadyException', 'The function is not ready.');
    it.each<[string, Record<string, Stub>, number]>([
      ['planning', { Plan: busy }, 62],
      ['asking', { Plan: plans({ mode: 'approve' }), AskApproval: busy }, 62],
      ['locking', { Open: busy }, 62],
      ['looking again', { Plan: inTurn(plans(), busy) }, 62],
      ['looking a last time', { Plan: inTurn(plans(), plans(), busy) }, 62],
      ['starting the prober', { Probe: busy }, 62],
      ['giving the prober its network', { Probe: noNetwork }, 300],
      ['stopping the prober', { EndProbe: busy }, HEALED_AFTER_SECONDS + 62],
      ['verifying', { Verify: busy }, HEALED_AFTER_SECONDS + 62],
      ['waiting for the cache to heal', { Verify: isGone }, HEALED_AFTER_SECONDS + 600],
      ['giving the verifier its network', { Verify: noNetwork }, HEALED_AFTER_SECONDS + 300],
      ['raising', { Verify: throws('VerificationFailed'), RaiseIncident: busy }, HEALED_AFTER_SECONDS + 735],
      ['judging', { Judge: busy }, HEALED_AFTER_SECONDS + 62],
      ['reporting', { Close: busy }, HEALED_AFTER_SECONDS + 735],
    ])('%s', async (_what, stubs, seconds) => {
      expect((await holdDrill(stubs)).seconds).toBe(seconds);
    });

    it('ordering and following', async () => {
      // Nobody knows whether it was ordered: it is followed for ten minutes since, and then verified for ten.
      expect((await holdDrill({}, { attempts: ['ServiceBusy'], events: [] })).seconds).toBe(62 + 540 + 600);
      expect((await holdDrill({ Follow: busy })).seconds).toBe(10 + 62);
    });
  });

  it('is done only when a client saw the cache healed and the drill was passed, whatever a function answers', async () => {
    const odd: Json[] = [null, {}, [], 'yes', 0, { passed: 'true' }, { newPrimary: null }, { verdict: 'recovered' }];
    const byToken = ['Probe', 'EndProbe'];
    for (const name of called(await holdDrill()).concat('RaiseIncident')) {
      for (const answer of odd) {
        const stub = byToken.includes(name) ? answers(answer) : returns(answer);
        const story = await holdDrill({ [name]: stub }, { takesAnything: true });
        const isDone = JSON.stringify(story.outcome).includes('"outcome":"done"');
        // What they say is either not asked for, or verified by a client.
        if (isDone) expect(['FailOver', 'Follow', 'EndProbe', 'RaiseIncident', 'Close']).toContain(name);
        if (isDone) expect(called(story)).toEqual(PASSED);
      }
    }
  }, 30_000);

  it('keeps far below what Step Functions carries, with every check, client and trend at their longest', async () => {
    const long = 'x'.repeat(300);
    const plan = aDrillPlan() as unknown as DrillPlan;
    const { clients } = aVerdict().measurement ?? expect.fail();
    const [client] = clients;
    const errors = Object.fromEntries(Array.from({ length: 12 }, (_, kind) => [`KIND${kind}`, 100_000]));
    const latency = { p50Ms: 123.456_789, p99Ms: 123.456_789 };
    const felt = {
      ...(client ?? expect.fail()),
      errors,
      latency: { before: latency, during: latency, after: latency },
    };
    const verdict = aVerdict({
      summary: long,
      measurement: { ...(aVerdict().measurement ?? expect.fail()), clients: Array.from({ length: 12 }, () => felt) },
      trend: Array.from({ length: 12 }, (_, index) => ({
        operationId: `drill-${'x'.repeat(70)}-${index}`,
        at: '2026-08-21T07:00:00.000Z',
        shardId: '0001',
        outcome: 'done',
        reason: 'DrillPassed',
        writeOutageMs: 123_456.789,
      })),
    });
    const story = await holdDrill({
      Plan: plans({ checks: plan.checks.map((check) => ({ ...check, says: long })), doubts: [long, long] }),
      Judge: judges(verdict),
      Verify: throws('NotReady', 'x'.repeat(10_000)),
      RaiseIncident: returns({
        ...EVIDENCE,
        events: Array.from({ length: 50 }, () => ({
          at: '2026-08-21T07:00:00.000Z',
          source: 'orders-0001-001',
          message: long,
        })),
      }),
    });
    expect(plan.checks).toHaveLength(19);
    for (const { to, with: given } of story.calls) {
      expect(JSON.stringify(given).length, to).toBeLessThan(MAX_PAYLOAD_BYTES / 4);
    }
    expect(JSON.stringify(story.outcome).length).toBeLessThan(MAX_PAYLOAD_BYTES / 4);
  });

  it('starts a prober that knows the shard and the way in, and no secret', async () => {
    const story = await holdDrill();
    const given = ProbeInput.parse(callsTo(story, 'Probe')[0]?.with);
    expect(given).toMatchObject({ shardId: '0001', clusterMode: true, nodesInShard: 3, wayIn: { tls: true } });
  });
});

import { describe, expect, it } from 'vitest';
import { checkLines, checksIn, clientTable, drillLines, drillOutcomeOf } from '../../cli/drill-outcome.ts';
import { explanation } from '../../cli/explanation.ts';
import type { Followed } from '../../cli/follow.ts';
import { exitCodeOf } from '../../cli/outcome.ts';
import type { Felt } from '../../functions/failover-drill/measurement.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';

const felt = (overrides: Partial<Felt> = {}): Felt => ({
  client: 'cluster',
  does: 'write',
  shard: 'tested',
  attempts: 700,
  failures: 24,
  errors: { closed: 24 },
  outageMs: 560,
  outages: 1,
  unavailableMs: 560,
  unavailableSeenMs: 560,
  longestGapMs: 580,
  latency: { before: { p50Ms: 0.8, p99Ms: 3.3 } },
  lostAcknowledgedWrites: 2,
  ...overrides,
});
const record: OperationRecord = {
  operationId: 'drill-1',
  workflow: 'failover-drill',
  cacheId: 'orders',
  region: 'us-east-1',
  startedAt: '2026-11-21T07:00:00.000Z',
  summary: 'Drill passed.',
  outcome: 'done',
  reason: 'DrillPassed',
  closedAt: '2026-11-21T07:05:00.000Z',
  figures: {
    shardId: '0001',
    targetSeconds: 60,
    writeOutageMs: 560,
    readOutageMs: 540,
    longestGapMs: 580,
    lostAcknowledgedWrites: 2,
    staleReads: 0,
    pictures: { svg: 's3://bucket/timeline.svg', png: 's3://bucket/timeline.png' },
    checks: [{ name: 'status', passed: true, says: 'The cache is available.' }],
  },
  evidence: {
    events: [{ at: '2026-11-21T07:00:10Z', says: 'Test Failover API called for node group 0001' }],
    clients: [felt(), felt({ client: 'naive', outageMs: 'not-over', unavailableMs: 'not-over' })],
    trend: [
      {
        operationId: 'drill-0',
        at: '2026-08-21T07:00:00Z',
        shardId: '0002',
        outcome: 'done',
        reason: 'DrillPassed',
        writeOutageMs: 600,
      },
    ],
  },
};
const ended = (overrides: Partial<Followed>): Followed => ({
  executionArn: 'arn',
  name: 'drill-1',
  status: 'SUCCEEDED',
  startedAt: new Date(0),
  steps: [],
  ...overrides,
});
const output = {
  outcome: 'done',
  reason: 'DrillPassed',
  cacheId: 'orders',
  operationId: 'drill-1',
  summary: 'Drill passed.',
  plan: {},
};

describe('the outcome of a drill', () => {
  it('has the figures of the ledger beside the answer of the workflow', () => {
    const outcome = drillOutcomeOf(ended({ output }), record, 'drill-1', 'orders');
    expect(outcome).toMatchObject({ outcome: 'done', figures: { writeOutageMs: 560 }, trend: [{ shardId: '0002' }] });
    expect(outcome.clients).toHaveLength(2);
    expect(exitCodeOf(outcome, false)).toBe(0);
  });

  it('has them of a drill that failed, too', () => {
    const failed = ended({ status: 'FAILED', error: 'OutageTooLong', cause: 'Drill not passed.' });
    const outcome = drillOutcomeOf(failed, { ...record, outcome: 'failed' }, 'drill-1', 'orders');
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'OutageTooLong', figures: { shardId: '0001' } });
    expect(exitCodeOf(outcome, false)).toBe(3);
  });

  it('is failed, whatever the ledger says, when the workflow gave no clear answer', () => {
    const outcome = drillOutcomeOf(ended({ output: { outcome: 'fine' } }), record, 'drill-1', 'orders');
    expect(outcome.outcome).toBe('failed');
  });

  it('waits for a person as long as nobody has answered', () => {
    const steps = [{ id: 1, name: 'Ask a person', enteredAt: new Date(0), retries: 0 }];
    const outcome = drillOutcomeOf(ended({ status: 'RUNNING', steps }), undefined, 'drill-1', 'orders');
    expect(outcome).toMatchObject({ outcome: 'waiting', operationId: 'drill-1' });
  });

  it('says of each client what it felt, and never 0 for what is not over', () => {
    const lines = clientTable([
      felt(),
      felt({ client: 'naive', outageMs: 'not-over', unavailableMs: 'not-over', lostAcknowledgedWrites: 'unknown' }),
    ]);
    expect(lines).toContain('0.56 s');
    expect(lines).toContain('not over');
    expect(lines).toContain('unknown');
    expect(clientTable([felt({ outages: 3, unavailableMs: 1700 })])).toContain('1.70 s in 3');
  });

  it('marks the checks that speak against a drill', () => {
    const [passed = '', failed = ''] = checkLines([
      { name: 'status', passed: true, says: 'Available.' },
      { name: 'window', passed: false, says: 'Outside.', reason: 'OutsideWindow' },
    ]);
    expect(passed).toMatch(/^ {2}ok /);
    expect(failed).toMatch(/^ {2}NO /);
  });
});

describe('the explanation of a drill', () => {
  const sections = explanation(
    { operationId: 'drill-1', record },
    { now: '2026-11-21T08:00:00Z', runbook: () => undefined, flags: '' },
  );
  const linesOf = (title: string) => sections.find((section) => section.title === title)?.lines.join('\n') ?? '';

  it('tells the checks, what ElastiCache said, what clients felt and where the picture is', () => {
    expect(linesOf('Seen')).toContain('The cache is available.');
    expect(linesOf('Happened')).toContain('Test Failover API called for node group 0001');
    expect(linesOf('Happened')).toContain('cluster  tested  write  0.56 s');
    expect(linesOf('Happened')).toContain('timeline: s3://bucket/timeline.png');
  });

  it('tells the problem by its sentence, and leaves the trace to the log', () => {
    const cause = JSON.stringify({ errorType: 'NotReady', errorMessage: 'One “replica” is missing.', trace: ['at x'] });
    const failed = { ...record, outcome: 'failed', problem: { step: 'Verify that it healed', cause } };
    const [happened] = explanation(
      { operationId: 'drill-1', record: failed },
      { now: '2026-11-21T08:00:00Z', runbook: () => undefined, flags: '' },
    ).filter(({ title }) => title === 'Happened');
    expect(happened?.lines).toContain('problem: cause: One “replica” is missing.');
  });

  it('says what the figures of a naive client mean without cluster mode, and only there', () => {
    const back = felt({ client: 'naive' });
    expect(clientTable([felt(), back])).toContain('Without cluster mode');
    expect(clientTable([felt(), back, felt({ shard: 'control' })])).not.toContain('Without cluster mode');
    expect(
      clientTable([felt(), felt({ client: 'naive', outageMs: 'not-over', unavailableMs: 'not-over' })]),
    ).not.toContain('Without cluster mode');
  });

  it('leaves out what a record does not have', () => {
    expect(drillLines({})).toEqual([]);
    expect(checksIn({})).toEqual([]);
  });
});

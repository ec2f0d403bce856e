import { describe, expect, it } from 'vitest';
import { explanation, type OperationSeen } from '../../cli/explanation.ts';
import { plannedIn } from '../../cli/planned.ts';
import { runbookEntry } from '../../cli/runbook.ts';
import { CREATION_REASONS } from '../../functions/creation/schemas.ts';
import type { DecisionRecord, OperationRecord, Question } from '../../functions/platform/ledger.ts';
import { OPERATOR_ACTIONS } from '../../functions/platform/operator-actions.ts';

const decision: DecisionRecord = {
  action: 'change',
  mode: 'approve',
  reason: 'CacheDiffers',
  summary: 'Change orders: add a replica.',
  differences: [{ field: 'replicasPerNodeGroup', wanted: 2, found: 1 }],
  calls: [{ service: 'elasticache', operation: 'IncreaseReplicaCount', parameters: { NewReplicaCount: 2 } }],
  doubts: ['The price is not known.'],
};
const aRecord = (more: Partial<OperationRecord> = {}): OperationRecord => ({
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  region: 'us-east-1',
  requestedBy: 'alice@example.com',
  startedAt: '2026-11-21T07:00:00Z',
  summary: 'Change orders.',
  ...more,
});
const question: Question = {
  operationId: 'operation-1',
  cacheId: 'orders',
  question: 'Shall this be done?',
  figures: {},
  answerBefore: '2026-11-22T07:00:00Z',
};
const told = (more: Partial<OperationSeen>, now = '2026-11-21T08:00:00Z') =>
  Object.fromEntries(
    explanation({ operationId: 'operation-1', ...more }, { now, runbook: runbookEntry, flags: ' --local' }).map(
      ({ title, lines }) => [title, lines.join('\n')],
    ),
  );

describe('explanation', () => {
  it('tells the whole story of an operation that ended', () => {
    const story = told({
      decision,
      question: {
        ...question,
        answer: { approved: true, answeredBy: 'bob@example.com', answeredAt: '2026-11-21T07:01:00Z' },
      },
      record: aRecord({
        outcome: 'done',
        reason: 'Changed',
        closedAt: '2026-11-21T07:12:03Z',
        figures: { steps: ['add a replica'] },
        evidence: { tls: true },
      }),
    });
    expect(story.Asked).toBe(
      'alice@example.com asked for operation-1 (create-cache for orders) at 2026-11-21T07:00:00Z.',
    );
    expect(story.Seen).toBe('replicasPerNodeGroup: specified 2, found 1.\nThe price is not known.');
    expect(story.Decided).toContain('change, in mode approve: Change orders: add a replica.');
    expect(story.Decided).toContain('docs/runbook.md#cachediffers');
    expect(story['Planned calls']).toBe('elasticache:IncreaseReplicaCount {"NewReplicaCount":2}');
    expect(story['A person']).toBe('bob@example.com approved it at 2026-11-21T07:01:00Z.');
    expect(story.Happened).toContain('done after 12 min 3 s: Change orders.');
    expect(story.Happened).toContain('done: add a replica');
    expect(story.Happened).toContain('seen by a real client: tls: true');
    expect(story.Next).toBe(runbookEntry('Changed')?.action);
  });

  it('says of an operation that waits how to answer, and until when', () => {
    const story = told({ question, decision });
    expect(story['A person']).toBe('Nobody has answered yet. Silence until 2026-11-22T07:00:00Z is a no.');
    expect(story.Happened).toBe('It waits for a person: Shall this be done?');
    expect(story.Next).toBe('npx autopilot approve operation-1 --local\nnpx autopilot reject operation-1 --local');
  });

  it('says the same of one that asks once more in the middle of its work, and not that it was approved', () => {
    const running = aRecord();
    const execution = { status: 'RUNNING', startedAt: '2026-11-21T07:00:00Z', step: 'Ask whether to retire' };
    const story = told({ record: running, question, execution });
    expect(story['A person']).toBe('Nobody has answered yet. Silence until 2026-11-22T07:00:00Z is a no.');
    expect(story.Happened).toBe('It waits for a person: Shall this be done?');
    expect(story.Next).toContain('npx autopilot approve operation-1 --local');
    const atWork = told({ record: running, question, execution: { ...execution, step: 'Take the lock again' } });
    expect(atWork['A person']).toBe('It was approved.');
  });

  it('asks nobody any more when the time is over, or somebody has answered', () => {
    expect(told({ question }, '2026-11-22T07:00:00Z').Next).not.toContain('approve');
    const answered = {
      ...question,
      answer: { approved: false, answeredBy: 'bob', answeredAt: '2026-11-21T07:01:00Z' },
    };
    expect(told({ question: answered })['A person']).toBe('bob rejected it at 2026-11-21T07:01:00Z.');
    expect(told({ question: answered }).Next).not.toContain('approve');
  });

  it('lists each fault of a refused one', () => {
    const faults = [{ path: 'port', value: 0, rule: 'A port is 1 to 65535.', remedy: 'Leave it out.' }];
    const story = told({ record: aRecord({ outcome: 'refused', reason: 'InvalidSpec', figures: { faults } }) });
    expect(story.Happened).toContain('port (found 0): A port is 1 to 65535. → Leave it out.');
  });

  it('says where a running one is', () => {
    const execution = { status: 'RUNNING', startedAt: '2026-11-21T07:00:00Z', step: 'Verify the cache' };
    expect(told({ record: aRecord(), execution }).Happened).toBe('It is running in “Verify the cache”.');
    expect(told({ execution: { ...execution, requestedBy: 'carol' } }).Asked).toContain('carol');
  });

  it.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'])(
    'claims no outcome of an execution that is %s, when the ledger has none',
    (status) => {
      const story = told({ execution: { status, startedAt: '2026-11-21T07:00:00Z' } });
      expect(story.Happened).toContain(`Its execution ended ${status}`);
      expect(story.Happened).toContain('the ledger has no outcome');
      expect(story.Decided).toContain('not known');
    },
  );

  it('tells what was undone, and no secret of it', () => {
    const record = aRecord({ outcome: 'undone', reason: 'CreateFailed', undo: { gone: ['orders'], token: 'abc' } });
    expect(told({ record }).Undone).toBe('gone: ["orders"]\ntoken: (masked)');
    const masked = { ...decision, calls: [{ service: 's', operation: 'o', parameters: { AuthToken: 'abc' } }] };
    expect(told({ decision: masked })['Planned calls']).toBe('s:o {"AuthToken":"(masked)"}');
  });
});

describe('runbookEntry', () => {
  it.each([...CREATION_REASONS, ...OPERATOR_ACTIONS])('knows what %s means and what to do', (reason) => {
    const entry = runbookEntry(reason);
    expect(entry?.meaning).toBeTruthy();
    expect(entry?.action).toBeTruthy();
  });
  it('knows nothing of a word without a heading', () => expect(runbookEntry('Splendid')).toBeUndefined());
});

describe('plannedIn', () => {
  const succeeded = (output: unknown) => ({
    id: 1,
    type: 'TaskSucceeded' as const,
    timestamp: new Date(0),
    taskSucceededEventDetails: {
      resourceType: 'lambda',
      resource: 'invoke',
      output: typeof output === 'string' ? output : JSON.stringify(output),
    },
  });

  it('reads the first plan, and not the shorter one that was made after a step', () => {
    const history = [
      succeeded('not JSON'),
      succeeded({ Payload: { fencing: 1 } }),
      succeeded({ Payload: { ...decision, vpcId: 'vpc-1' } }),
      succeeded({ Payload: { ...decision, action: 'keep' } }),
    ];
    expect(plannedIn(history)).toEqual(decision);
  });
  it('finds none where none was made', () => expect(plannedIn([])).toBeUndefined());
});

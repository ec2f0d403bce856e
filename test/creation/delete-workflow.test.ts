import { describe, expect, it } from 'vitest';
import {
  CleanUpInput,
  ConfirmSnapshotInput,
  DecideDeletionInput,
  DeleteInput,
  type DeletionPlan,
  LetGoInput,
} from '../../functions/creation/deletion-schemas.ts';
import { planDeletion } from '../../functions/creation/plan-deletion.ts';
import { AskApprovalInput, CloseInput, OpenInput } from '../../functions/operations/schemas.ts';
import type { Json } from '../../local/states/json.ts';
import { seenForDeletion, termsToDelete } from '../builders/a-deletion.ts';
import { aCache } from '../builders/an-observation.ts';
import {
  answers,
  fails,
  inTurn,
  OPERATION_ID,
  type Run,
  returns,
  runWorkflow,
  type Stub,
  throws,
  works,
} from '../builders/run-workflow.ts';

const SNAPSHOT = 'orders-final-20261121-0659';
const real = planDeletion({ cacheId: 'orders' }, seenForDeletion(), termsToDelete());
const aPlan = (changes: Partial<DeletionPlan> = {}): Json => JSON.parse(JSON.stringify({ ...real, ...changes }));
const plans = (changes: Partial<DeletionPlan> = {}): Stub => returns(aPlan(changes));
const LEFT = plans({ action: 'clean-up', reason: 'LeftOvers', there: [`secret autopilot/orders/auth-token`] });

/** Each function's input is parsed by its own schema: a payload that it would refuse fails the story. */
const run = (stubs: Readonly<Record<string, Stub>> = {}): Promise<Run> =>
  runWorkflow(
    'delete-cache',
    {
      DecideDeletion: plans(),
      Open: works(OpenInput, async () => ({ fencing: 7 })),
      Delete: works(DeleteInput, async () => ({ ordered: true })),
      settle: returns({ status: 'gone' }),
      ConfirmSnapshot: works(ConfirmSnapshotInput, async () => ({
        name: SNAPSHOT,
        status: 'available',
        sizes: ['12 MB', '11 MB'],
      })),
      CleanUp: works(CleanUpInput, async () => ({ gone: ['parameter group p', 'secret s'], kept: [] })),
      LetGo: works(LetGoInput, async () => ({ gone: ['tag t'], kept: ['cache orders, which is no longer ours'] })),
      Close: works(CloseInput, async ({ outcome }) => ({ outcome, repeated: false })),
      ...stubs,
    },
    { cacheId: 'orders', requestedBy: 'alice' },
  );
const reportOf = ({ calls }: Run) => CloseInput.parse(calls.findLast(({ to }) => to === 'Close')?.with);
const called = ({ calls }: Run) => [...new Set(calls.map(({ to }) => to))];

describe('delete-cache', () => {
  it('takes the snapshot, waits, verifies, cleans up and reports', async () => {
    const story = await run({ DecideDeletion: works(DecideDeletionInput, async () => aPlan()) });
    expect(story.path).toEqual([
      'Take the request',
      'Plan the deletion',
      'Is there anything to do?',
      'What does the policy say?',
      'Take the lock',
      'Look again',
      'Is it still to do?',
      'Order the deletion',
      'Wait until it is gone',
      'Was a snapshot taken?',
      'Verify the snapshot',
      'Clean up',
      'Report the outcome',
      'How did it end?',
      'Done',
    ]);
    expect(story.calls.find(({ to }) => to === 'settle')?.with).toMatchObject({
      until: 'deleted',
      kind: 'replication-group',
    });
    expect(reportOf(story)).toMatchObject({
      workflow: 'delete-cache',
      outcome: 'done',
      reason: 'Deleted',
      requestedBy: 'alice',
      decision: { action: 'delete', calls: [{ operation: 'DeleteReplicationGroup' }, {}, {}] },
      evidence: {
        finalSnapshot: { name: SNAPSHOT },
        gone: ['cache orders', 'parameter group p', 'secret s'],
        kept: [],
      },
      summary: `Deleted orders, kept in the snapshot ${SNAPSHOT} (12 MB, 11 MB). Gone: cache orders; parameter group p; secret s.`,
    });
  });

  it('asks for no snapshot where there is none', async () => {
    const cluster = seenForDeletion({ cache: aCache({ kind: 'cluster', description: '' }) });
    const plan = planDeletion({ cacheId: 'orders' }, cluster, termsToDelete());
    const story = await run({ DecideDeletion: returns(JSON.parse(JSON.stringify(plan))) });
    expect(story.path).not.toContain('Verify the snapshot');
    expect(story.calls.find(({ to }) => to === 'Delete')?.with).not.toHaveProperty('finalSnapshot');
    expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'Deleted' });
    expect(reportOf(story).summary).toContain('of which there is no snapshot');
  });

  it('lets go, and cleans up, without deleting a cache', async () => {
    const letGo = await run({ DecideDeletion: plans({ action: 'let-go', reason: 'CacheToLetGo', policy: 'Orphan' }) });
    expect(called(letGo)).toEqual(['DecideDeletion', 'Open', 'LetGo', 'Close']);
    expect(reportOf(letGo)).toMatchObject({ outcome: 'done', reason: 'LetGo', evidence: { gone: ['tag t'] } });
    const cleaned = await run({ DecideDeletion: LEFT });
    expect(called(cleaned)).toEqual(['DecideDeletion', 'Open', 'CleanUp', 'Close']);
    expect(reportOf(cleaned)).toMatchObject({ outcome: 'done', reason: 'CleanedUp' });
  });

  it.each<[Partial<DeletionPlan>, string]>([
    [{ action: 'refuse', reason: 'NotOurs' }, 'refused'],
    [{ action: 'keep', reason: 'Retained' }, 'nothing-to-do'],
    [{ mode: 'observe' }, 'observed'],
  ])('changes nothing when the plan is %j, now or under the lock', async (changes, outcome) => {
    const before = await run({ DecideDeletion: plans(changes) });
    expect(called(before)).toEqual(['DecideDeletion', 'Close']);
    expect(reportOf(before)).toMatchObject({ outcome });
    const under = await run({ DecideDeletion: inTurn(plans(), plans(changes)) });
    expect(called(under)).toEqual(['DecideDeletion', 'Open', 'Close']);
    expect(reportOf(under)).toMatchObject({ outcome });
  });

  it('asks a person where the policy says so, and only a yes is a yes', async () => {
    const asks = (answer: Json): Promise<Run> =>
      run({
        DecideDeletion: plans({ mode: 'approve' }),
        AskApproval: (request) => {
          AskApprovalInput.parse(request.arguments);
          return answers(answer)(request);
        },
      });
    expect(reportOf(await asks({ approved: true, answeredBy: 'bob' }))).toMatchObject({
      outcome: 'done',
      answeredBy: 'bob',
    });
    for (const no of [{ approved: false, answeredBy: 'bob' }, { approved: 'true' }]) {
      const story = await asks(no);
      expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
      expect(called(story)).not.toContain('Delete');
    }
    const silent = await run({ DecideDeletion: plans({ mode: 'approve' }), AskApproval: returns(null) });
    expect(reportOf(silent)).toMatchObject({ outcome: 'rejected', reason: 'NobodyAnswered' });
  });

  it('does nothing that was not agreed to, but finishes the same deletion when the cache has gone meanwhile', async () => {
    const other = await run({ DecideDeletion: inTurn(plans({ action: 'let-go' }), plans()) });
    expect(reportOf(other)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
    expect(called(other)).toEqual(['DecideDeletion', 'Open', 'Close']);
    const successor = await run({ DecideDeletion: inTurn(plans({ madeBy: 'one' }), plans({ madeBy: 'another' })) });
    expect(reportOf(successor)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
    expect(called(successor)).not.toContain('Delete');
    const careful = await run({ DecideDeletion: inTurn(plans(), plans({ mode: 'approve' })) });
    expect(reportOf(careful)).toMatchObject({ outcome: 'observed' });
    expect(called(careful)).not.toContain('Delete');
    expect(reportOf(await run({ DecideDeletion: inTurn(plans(), LEFT) }))).toMatchObject({ reason: 'CleanedUp' });
  });

  it('never takes what it does not know for a go', async () => {
    for (const strange of [{ action: 'explode' }, { mode: 'bold' }]) {
      const unknown = returns({ ...(aPlan() as object), ...strange } as Json);
      for (const DecideDeletion of [unknown, inTurn(plans(), unknown)]) {
        const story = await run({ DecideDeletion });
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'Unknown' });
        expect(called(story)).not.toContain('Delete');
      }
    }
  });

  it.each<[string, Record<string, Stub>, string, readonly string[]]>([
    ['the order is refused', { Delete: throws('GrantPermission') }, 'GrantPermission', []],
    ['the lock is lost', { Delete: throws('LockLost') }, 'LockLost', []],
    [
      'the cache does not go',
      { settle: fails('States.TaskFailed', JSON.stringify({ Error: 'SettleDeadline', Cause: 'It was still there.' })) },
      'SettleDeadline',
      [],
    ],
    ['there is no snapshot', { ConfirmSnapshot: throws('VerificationFailed') }, 'VerificationFailed', ['cache orders']],
    ['a group stays busy', { CleanUp: throws('WaitUntilAvailable') }, 'WaitUntilAvailable', ['cache orders']],
  ])('says what is left when %s', async (_what, failing, reason, gone) => {
    const story = await run({ DecideDeletion: inTurn(plans(), plans(), LEFT), ...failing });
    expect(story.outcome).toMatchObject({ status: 'FAILED', error: reason });
    expect(reportOf(story)).toMatchObject({
      outcome: 'failed',
      reason,
      undo: { left: ['secret autopilot/orders/auth-token'] },
      evidence: { gone },
    });
    expect(reportOf(story).summary).toContain('There is still: secret autopilot/orders/auth-token.');
    if (reason === 'VerificationFailed') expect(called(story)).not.toContain('CleanUp');
  });

  it('says that it does not know what is left when nobody can look', async () => {
    const DecideDeletion = inTurn(plans(), plans(), throws('GrantPermission'));
    const story = await run({ DecideDeletion, Delete: throws('LockLost') });
    expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'LockLost', undo: { left: 'not known' } });
    expect(reportOf(story).summary).toContain('What is left is not known.');
  });

  it('fails when it cannot plan or report, with the lock’s end left to close-abandoned', async () => {
    expect(reportOf(await run({ DecideDeletion: throws('ServiceBusy') }))).toMatchObject({
      outcome: 'failed',
      reason: 'ServiceBusy',
      operationId: OPERATION_ID,
    });
    expect((await run({ Close: throws('ServiceBusy') })).outcome).toMatchObject({ status: 'FAILED' });
  });
});

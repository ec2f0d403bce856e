import { describe, expect, it } from 'vitest';
import { OperationId } from '../../functions/platform/names.ts';
import { WantedRotation } from '../../functions/token-rotation/plan-rotation.ts';
import { ListDueInput, ListDueOutput } from '../../functions/token-rotation/schemas.ts';
import { MAX_PAYLOAD_BYTES } from '../../local/states/limits.ts';
import {
  fails,
  inTurn,
  OPERATION_ID,
  returns,
  runWorkflow,
  type Stub,
  throws,
  works,
} from '../builders/run-workflow.ts';

type Target = string | readonly [cacheId: string, userId: string];
const BECAUSE = 'it is 40 days old, and 30 are allowed';
const dueOf = (target: Target): ListDueOutput['due'][number] => {
  const [cacheId, userId] = typeof target === 'string' ? [target, undefined] : target;
  return {
    cacheId,
    ...(userId === undefined ? {} : { userId }),
    operationId: OperationId.parse(`rotate-${cacheId}${userId ?? ''}-2026112107`),
    because: BECAUSE,
  };
};
/** Those are due; of them so many may be started. */
const some = (startedPerLook: number, ...targets: readonly Target[]): Stub =>
  works(ListDueInput, async () => ListDueOutput.parse({ startedPerLook, due: targets.map(dueOf) }));
const due = (...targets: readonly Target[]): Stub => some(10, ...targets);

const look = (stubs: Readonly<Record<string, Stub>>) =>
  runWorkflow('rotate-when-due', { 'rotate-token': returns({}), ...stubs });
const started = ({ calls }: Awaited<ReturnType<typeof look>>) =>
  calls.filter(({ to }) => to === 'rotate-token').map(({ with: input }) => input);

describe('rotate-when-due', () => {
  it('has nothing to do where nothing is due', async () => {
    const run = await look({ ListDue: due() });
    expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { rotations: [] } });
    expect(run.calls).toMatchObject([
      { to: 'ListDue', with: { operationId: OPERATION_ID, now: '2026-11-21T07:00:00.000Z' } },
    ]);
  });

  it('starts what is due, unasked, also when there is only one', async () => {
    const alone = await look({ ListDue: due('orders') });
    const link = {
      requestedBy: 'autopilot:rotate-when-due',
      unasked: true,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: expect.stringContaining(`:execution:rotate-when-due:${OPERATION_ID}`),
    };
    expect(started(alone)).toEqual([{ cacheId: 'orders', ...link }]);
    expect(alone.outcome).toEqual({
      status: 'SUCCEEDED',
      output: { rotations: [{ ...dueOf('orders'), started: true }] },
    });
    const both = await look({ ListDue: due('orders', ['carts', 'app']) });
    expect(started(both)).toEqual([
      { cacheId: 'orders', ...link },
      { cacheId: 'carts', userId: 'app', ...link },
    ]);
    for (const request of started(both)) expect(WantedRotation.safeParse(request).error).toBeUndefined();
  });

  it('starts only so many as the policy says, the first, and tells of the others', async () => {
    const targets = ['a', ['b', 'app'], 'c', 'd', 'e'] as const;
    for (let startedPerLook = 1; startedPerLook <= 6; startedPerLook += 1) {
      const run = await look({ ListDue: some(startedPerLook, ...targets) });
      expect(started(run)).toHaveLength(Math.min(5, startedPerLook));
      expect(run.outcome).toEqual({
        status: 'SUCCEEDED',
        output: {
          rotations: targets.map((target, index) => ({ ...dueOf(target), started: index < startedPerLook })),
        },
      });
    }
  });

  it('does not say that it started what was started before in this hour, and may have been refused', async () => {
    const run = await look({
      ListDue: due('orders'),
      'rotate-token': fails('StepFunctions.ExecutionAlreadyExistsException', 'It exists.'),
    });
    expect(run.outcome).toEqual({
      status: 'SUCCEEDED',
      output: { rotations: [{ ...dueOf('orders'), started: false, already: true }] },
    });
  });

  it('starts the others when one cannot be started, and then fails, naming it', async () => {
    const gone = fails('StepFunctions.StateMachineDoesNotExistException', 'No such machine.');
    const run = await look({ ListDue: due('orders', 'carts'), 'rotate-token': inTurn(gone, returns({})) });
    expect(started(run)).toMatchObject([{ cacheId: 'orders' }, { cacheId: 'carts' }]);
    expect(run.outcome).toMatchObject({
      status: 'FAILED',
      error: 'NotAllStarted',
      cause:
        'Could not start the rotation that is due of orders (StepFunctions.StateMachineDoesNotExistException). The others were started.',
    });
  });

  it('fails, and starts nothing, when it cannot see what is due', async () => {
    for (const ListDue of [throws('GrantPermission'), returns({}), returns({ due: [] }), returns(null)]) {
      const run = await look({ ListDue });
      expect(run.outcome).toMatchObject({ status: 'FAILED' });
      expect(started(run)).toEqual([]);
    }
    expect((await look({ ListDue: returns({ due: 'orders', startedPerLook: 1 }) })).outcome.status).toBe('FAILED');
  });

  it('repeats what was only in the way, as long as its comments say', async () => {
    const run = await look({
      ListDue: inTurn(throws('ServiceBusy'), due('orders')),
      'rotate-token': inTurn(fails('StepFunctions.ThrottlingException', ''), returns({})),
    });
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { rotations: [{ started: true }] } });
    expect(run.seconds).toBe(4);
    expect((await look({ ListDue: throws('ServiceBusy') })).seconds).toBe(62);
    const busy = fails('StepFunctions.ThrottlingException', '');
    expect((await look({ ListDue: due('orders'), 'rotate-token': busy })).seconds).toBe(62);
  });

  it('stays within a payload of Step Functions with as many as are ever listed', async () => {
    const long = 'x'.repeat(40);
    const run = await look({
      ListDue: due(...Array.from({ length: 10 }, (_, index) => [`${long}${index}`.slice(0, 40), `u${index}`] as const)),
    });
    expect(started(run)).toHaveLength(10);
    expect(JSON.stringify(run.outcome).length).toBeLessThan(MAX_PAYLOAD_BYTES / 10);
  });
});

import { describe, expect, it } from 'vitest';
import { findDue } from '../../functions/failover-drill/find-due.ts';
import { ListDueInput, ListDueOutput, PlanDrillInput } from '../../functions/failover-drill/schemas.ts';
import { OperationId } from '../../functions/platform/names.ts';
import { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import type { Json } from '../../local/states/json.ts';
import { MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES } from '../../local/states/limits.ts';
import { aDrillableCache } from '../builders/a-drill.ts';
import { aDrillPlan } from '../builders/a-drill-story.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
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

const HOUR = '2026112107';
const BECAUSE = 'no failover of it was ever rehearsed and measured';
/** Those are due; of them so many may be started. */
const some = (startedPerLook: number, ...cacheIds: readonly string[]): Stub =>
  works(ListDueInput, async () =>
    ListDueOutput.parse({
      startedPerLook,
      due: cacheIds.map((cacheId) => ({ cacheId, operationId: `drill-${cacheId}-${HOUR}`, because: BECAUSE })),
    }),
  );
const due = (...cacheIds: readonly string[]): Stub => some(10, ...cacheIds);
const READY = aDrillPlan();
const REFUSED = aDrillPlan({ action: 'refuse', reason: 'OutsideWindow', summary: 'No drill now: outside its window.' });

const look = (stubs: Readonly<Record<string, Stub>>) => runWorkflow('drill-when-due', stubs);
const byCache =
  (answers: Readonly<Record<string, Stub>>, otherwise: Stub = returns(REFUSED)): Stub =>
  (request) => {
    const { request: asked } = PlanDrillInput.parse(request.arguments);
    return (answers[String(asked.cacheId)] ?? otherwise)(request);
  };
const drillOf = (cacheId: string) => ({ cacheId, drillId: `drill-${cacheId}-${HOUR}`, because: BECAUSE });
const started = ({ calls }: Awaited<ReturnType<typeof look>>) =>
  calls.filter(({ to }) => to === 'failover-drill').map(({ with: input }) => input);

describe('drill-when-due', () => {
  it('has nothing to do where no drill is due', async () => {
    const run = await look({ ListDue: due() });
    expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { drills: [] } });
    expect(run.calls).toMatchObject([
      { to: 'ListDue', with: { operationId: OPERATION_ID, now: '2026-11-21T07:00:00.000Z' } },
    ]);
  });

  it('starts the drill of each cache that may fail over now, also when there is only one, and tells of the others', async () => {
    const alone = await look({ ListDue: due('orders'), Plan: returns(READY), 'failover-drill': returns({}) });
    expect(started(alone)).toEqual([
      {
        cacheId: 'orders',
        requestedBy: 'autopilot:drill-when-due',
        unasked: true,
        AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: expect.stringContaining(
          `:execution:drill-when-due:${OPERATION_ID}`,
        ),
      },
    ]);
    expect(alone.outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: { drills: [{ ...drillOf('orders'), action: 'drill', started: true }] },
    });

    const Plan = byCache({ orders: returns(READY), pages: returns(READY) });
    const run = await look({ ListDue: due('orders', 'sessions', 'pages'), Plan, 'failover-drill': returns({}) });
    expect(started(run)).toMatchObject([{ cacheId: 'orders' }, { cacheId: 'pages' }]);
    expect(run.outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        drills: [
          { ...drillOf('orders'), started: true },
          { ...drillOf('sessions'), action: 'refuse', says: 'No drill now: outside its window.', started: false },
          { ...drillOf('pages'), started: true },
        ],
      },
    });
  });

  it('starts only so many as the policy says, the first that are possible, and tells of the others', async () => {
    const Plan = byCache({ orders: returns(REFUSED), pages: throws('GrantPermission') }, returns(READY));
    const cacheIds = ['orders', 'sessions', 'pages', 'carts', 'users'];
    const startsOf = async (startedPerLook: number, plan = Plan) => {
      const run = await look({ ListDue: some(startedPerLook, ...cacheIds), Plan: plan, 'failover-drill': returns({}) });
      return started(run).map((input) => (input as { cacheId: string }).cacheId);
    };
    expect(await startsOf(1)).toEqual(['sessions']);
    expect(await startsOf(2)).toEqual(['sessions', 'carts']);
    expect(await startsOf(3)).toEqual(['sessions', 'carts', 'users']);
    expect(await startsOf(4)).toEqual(['sessions', 'carts', 'users']);
    expect(await startsOf(1, returns(REFUSED))).toEqual([]);

    const run = await look({
      ListDue: some(1, 'orders', 'sessions', 'carts'),
      Plan: byCache({ orders: returns(REFUSED) }, returns(READY)),
      'failover-drill': returns({}),
    });
    expect(run.outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        drills: [
          { ...drillOf('orders'), action: 'refuse', started: false },
          { ...drillOf('sessions'), action: 'drill', started: true },
          { ...drillOf('carts'), action: 'drill', started: false },
        ],
      },
    });
  });

  it('asks the next when the first cannot be started, at the next look and not at this one', async () => {
    const gone = fails('StepFunctions.StateMachineDoesNotExistException', 'No such machine.');
    const run = await look({ ListDue: some(1, 'orders', 'carts'), Plan: returns(READY), 'failover-drill': gone });
    expect(started(run)).toMatchObject([{ cacheId: 'orders' }]);
    expect(run.outcome).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('orders (StepFunctions') });
  });

  it('plans as the drill will: unasked, by the drill’s own id', async () => {
    const run = await look({ ListDue: due('orders'), Plan: returns(REFUSED) });
    const plan = PlanDrillInput.parse(run.calls.find(({ to }) => to === 'Plan')?.with);
    expect(plan).toEqual({
      operationId: `drill-orders-${HOUR}`,
      request: { cacheId: 'orders', requestedBy: 'autopilot:drill-when-due', unasked: true },
      now: '2026-11-21T07:00:00.000Z',
    });
  });

  it.each(['refuse', 'observe', 'explode', null])('starts nothing on the word %s', async (action) => {
    const Plan = returns({ ...(READY as object), action } as Json);
    const run = await look({ ListDue: due('orders'), Plan });
    expect(started(run)).toEqual([]);
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { drills: [{ started: false }] } });
  });

  it('starts it also where it will only be observed, or a person be asked: the drill says so', async () => {
    for (const mode of ['observe', 'approve'] as const) {
      const Plan = returns(aDrillPlan({ mode }));
      const run = await look({ ListDue: due('orders'), Plan, 'failover-drill': returns({}) });
      expect(started(run)).toHaveLength(1);
    }
  });

  it('does not say that it started what was started before in this hour, and may have been refused', async () => {
    const run = await look({
      ListDue: due('orders'),
      Plan: returns(READY),
      'failover-drill': fails('StepFunctions.ExecutionAlreadyExistsException', 'It exists.'),
    });
    expect(run.outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: { drills: [{ ...drillOf('orders'), started: false, already: true }] },
    });
  });

  it('names each drill so that Step Functions takes it, whatever the cache is called', async () => {
    const cache = aDrillableCache({ cacheId: 'x'.repeat(100) });
    const fleet = { managed: [{ cache, modes: {} as never, doubts: [] }], unknown: [] };
    const { due: found } = await findDue(fleet, '2026-11-21T07:00:00.000Z', FailoverDrillPolicy.parse({}), {
      region: 'us-east-1',
      ledger: inMemoryLedger(),
    });
    expect(found).toHaveLength(1);
    for (const { operationId } of found) expect(OperationId.safeParse(operationId).success).toBe(true);
  });

  it('looks at the others when one cannot be looked at or started, and then fails, naming it', async () => {
    const Plan = byCache({ orders: throws('GrantPermission') }, returns(READY));
    const unseen = await look({ ListDue: due('orders', 'sessions'), Plan, 'failover-drill': returns({}) });
    expect(started(unseen)).toMatchObject([{ cacheId: 'sessions' }]);
    expect(unseen.outcome).toMatchObject({
      status: 'FAILED',
      error: 'NotAllLookedAt',
      cause: expect.stringContaining('at orders (GrantPermission). The others'),
    });

    const failing = fails('StepFunctions.StateMachineDoesNotExistException', 'No such machine.');
    const unstarted = await look({
      ListDue: due('orders', 'sessions'),
      Plan: returns(READY),
      'failover-drill': inTurn(failing, returns({})),
    });
    expect(started(unstarted)).toHaveLength(2);
    expect(unstarted.outcome).toMatchObject({
      status: 'FAILED',
      cause: expect.stringMatching(/at (orders|sessions) \(StepFunctions\.StateMachineDoesNotExistException\)/),
    });
  });

  it('fails when it cannot see what is due', async () => {
    expect((await look({ ListDue: throws('GrantPermission') })).outcome).toMatchObject({ error: 'GrantPermission' });
    expect((await look({ ListDue: returns({}) })).outcome).toMatchObject({ status: 'FAILED' });
    expect((await look({ ListDue: returns({ due: 'orders' }) })).outcome).toMatchObject({ status: 'FAILED' });
  });

  it('repeats what was only in the way, as long as its comments say', async () => {
    const run = await look({
      ListDue: inTurn(throws('ServiceBusy'), due('orders')),
      Plan: inTurn(fails('Lambda.TooManyRequestsException', ''), returns(READY)),
      'failover-drill': inTurn(fails('StepFunctions.ThrottlingException', ''), returns({})),
    });
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { drills: [{ started: true }] } });
    expect(run.seconds).toBe(6);
    const busy = throws('ServiceBusy');
    expect((await look({ ListDue: busy })).seconds).toBe(62);
    expect((await look({ ListDue: due('orders'), Plan: busy })).seconds).toBe(62);
  });

  it('looks at hundreds of caches within a history and a payload of Step Functions', async () => {
    const cacheIds = Array.from({ length: 400 }, (_, index) => `a-cache-with-a-long-name-${index}`);
    const run = await look({ ListDue: some(400, ...cacheIds), Plan: returns(READY), 'failover-drill': returns({}) });
    expect(started(run)).toHaveLength(400);
    expect(run.events).toBeLessThan(MAX_HISTORY_EVENTS / 3);
    expect(JSON.stringify(run.outcome).length).toBeLessThan(MAX_PAYLOAD_BYTES);
  }, 30_000);
});

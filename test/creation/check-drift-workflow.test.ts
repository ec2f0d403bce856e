import { describe, expect, it } from 'vitest';
import type { Json } from '../../local/states/json.ts';
import { fails, inTurn, OPERATION_ID, returns, runWorkflow, type Stub, throws } from '../builders/run-workflow.ts';

const asSpecified = (cacheId: string) => ({ cacheId, checked: true, drifted: false, fields: [] });
const busy = (cacheId: string) => ({ ...asSpecified(cacheId), checked: false });
const drifted = (cacheId: string, repair?: Json) => ({
  cacheId,
  checked: true,
  drifted: true,
  fields: ['snapshotWindow'],
  ...(repair ? { repair } : {}),
});
const REPAIR = {
  operationId: 'repair-orders-1',
  request: { spec: { cacheId: 'orders' }, requestedBy: 'autopilot (drift)', initiative: 'own' },
};

const checkDrift = (cacheIds: readonly string[], stubs: Readonly<Record<string, Stub>>) =>
  runWorkflow('check-drift', { ListSpecified: returns({ cacheIds: [...cacheIds] }), ...stubs });
const byCache =
  (answers: Readonly<Record<string, Stub>>): Stub =>
  (request) => {
    const { cacheId } = request.arguments as { cacheId: string };
    return (answers[cacheId] ?? returns(asSpecified(cacheId)))(request);
  };

describe('check-drift', () => {
  it('has nothing to do where no cache has a specification', async () => {
    const run = await checkDrift([], {});
    expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { caches: [] } });
  });

  it('looks at every cache, also when there is only one', async () => {
    for (const cacheIds of [['orders'], ['orders', 'sessions']]) {
      const run = await checkDrift(cacheIds, { CheckDrift: byCache({}) });
      expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { caches: cacheIds.map(asSpecified) } });
      expect(run.calls.filter(({ to }) => to === 'CheckDrift').map(({ with: given }) => given)).toMatchObject(
        cacheIds.map((cacheId) => ({ cacheId, operationId: OPERATION_ID })),
      );
    }
  });

  it('starts the repair, by the name that the check has given it, and not for what it only reports', async () => {
    const run = await checkDrift(['orders', 'sessions'], {
      CheckDrift: byCache({ orders: returns(drifted('orders', REPAIR)), sessions: returns(drifted('sessions')) }),
      'create-cache': returns({}),
    });
    expect(run.calls.filter(({ to }) => to === 'create-cache')).toMatchObject([{ with: REPAIR.request }]);
    expect(run.outcome).toEqual({
      status: 'SUCCEEDED',
      output: { caches: [{ ...drifted('orders'), repairedBy: 'repair-orders-1' }, drifted('sessions')] },
    });
  });

  it('takes a repair for started that was started before', async () => {
    const run = await checkDrift(['orders'], {
      CheckDrift: returns(drifted('orders', REPAIR)),
      'create-cache': fails('StepFunctions.ExecutionAlreadyExistsException', 'It exists.'),
    });
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { caches: [{ repairedBy: 'repair-orders-1' }] } });
  });

  it('checks the others when one cannot be checked, and then fails, naming it', async () => {
    const run = await checkDrift(['orders', 'sessions'], {
      CheckDrift: byCache({ orders: throws('GrantPermission') }),
    });
    expect(run.calls.filter(({ with: given }) => JSON.stringify(given).includes('sessions'))).toHaveLength(1);
    expect(run.outcome).toMatchObject({
      status: 'FAILED',
      error: 'NotAllChecked',
      cause: expect.stringContaining('orders (GrantPermission)'),
    });
  });

  it('fails when a repair cannot be started', async () => {
    const run = await checkDrift(['orders'], {
      CheckDrift: returns(drifted('orders', REPAIR)),
      'create-cache': fails('StepFunctions.StateMachineDoesNotExistException', 'No such machine.'),
    });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'NotAllChecked' });
  });

  it('repeats what was only in the way', async () => {
    const run = await checkDrift(['orders'], {
      ListSpecified: inTurn(throws('ServiceBusy'), returns({ cacheIds: ['orders'] })),
      CheckDrift: inTurn(throws('ServiceBusy'), returns(asSpecified('orders'))),
    });
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('looks at a busy cache again after an hour, and not at the others', async () => {
    const run = await checkDrift(['orders', 'sessions', 'pages'], {
      CheckDrift: byCache({
        orders: inTurn(returns(busy('orders')), returns(drifted('orders', REPAIR))),
        pages: throws('GrantPermission'),
      }),
      'create-cache': returns({}),
    });
    const looks = run.calls.filter(({ to }) => to === 'CheckDrift').map(({ with: given }) => given);
    expect(looks).toMatchObject([
      ...['orders', 'sessions', 'pages'].map((cacheId) => ({ cacheId, lastLook: false })),
      { cacheId: 'orders', lastLook: false, now: '2026-11-21T08:00:00.000Z' },
    ]);
    expect(run.calls.filter(({ to }) => to === 'create-cache')).toHaveLength(1);
    expect(run.outcome).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('pages (GrantPermission)') });
  });

  it.each([[['orders']], [['orders', 'sessions']], [['sessions', 'orders', 'pages']]])(
    'has the third look say which of %j stayed busy, and does not say that it checked them',
    async (cacheIds) => {
      const lastLooks: Json[] = [];
      const run = await checkDrift(cacheIds, {
        CheckDrift: byCache({
          orders: ({ arguments: given }) => {
            lastLooks.push((given as { lastLook: boolean }).lastLook);
            return busy('orders');
          },
        }),
      });
      expect(lastLooks).toEqual([false, false, true]);
      expect(run.path.at(-1)).toBe('Some stayed busy');
      const others = cacheIds.filter((cacheId) => cacheId !== 'orders');
      expect(run.outcome).toEqual({
        status: 'SUCCEEDED',
        output: { caches: [...others.map(asSpecified), busy('orders')] },
      });
    },
  );
});

import { describe, expect, it } from 'vitest';
import { createCache } from '../../functions/creation/create-cache.ts';
import { makeTokenSecret } from '../../functions/creation/make-token-secret.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CreateInput, MakeTokenInput, UndoInput } from '../../functions/creation/schemas.ts';
import { undoCreation } from '../../functions/creation/undo-creation.ts';
import type { Json } from '../../local/states/json.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryParameterGroups } from '../builders/in-memory-parameter-groups.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';
import { fails, OPERATION_ID, returns, runWorkflow, type Stub, throws, works } from '../builders/run-workflow.ts';
import { termsToAct } from '../builders/terms.ts';

const GROUP = 'autopilot-orders-redis7';
const SECRET = 'autopilot/orders/auth-token';
const SIGNATURE = `(autopilot:operation=${OPERATION_ID})`;

const fence = async () => {};

/** What ElastiCache says of a cache each time that it is looked at: a status, `unlisted`, or `gone`. The last one lasts. */
type Seen = readonly string[];

/** An account in which the steps really do their work, on a cache that goes through these statuses while it is undone. */
const anAccount = (...whileUndone: Seen) => {
  const caches = inMemoryCaches();
  const secrets = inMemorySecrets();
  const groups = inMemoryParameterGroups({
    [GROUP]: { family: 'redis7', tags: { 'autopilot:operation': OPERATION_ID } },
  });
  const parameterGroups = {
    ...groups,
    // Like the service: a group cannot go while a cache of its own is there, whatever that cache's status is.
    async delete(name: string) {
      if (caches.there.size > 0)
        throw Object.assign(new Error('in use'), { name: 'InvalidCacheParameterGroupStateFault' });
      await groups.delete(name);
    },
  };
  let looks = 0;
  const passing = {
    ...caches,
    async find(cacheId: string) {
      const cache = caches.there.get(cacheId);
      const status = whileUndone[Math.min(looks, whileUndone.length - 1)];
      looks += 1;
      if (!cache || status === undefined || status === 'unlisted') return undefined;
      if (status === 'gone') caches.there.delete(cacheId);
      else caches.there.set(cacheId, { ...cache, status: cache.status === 'deleting' ? 'deleting' : status });
      return caches.find(cacheId);
    },
  };
  const plan = planCreation(aSpec(), anObservation(), termsToAct({ operationId: OPERATION_ID }));
  const workflowUndo = works(UndoInput, (input) =>
    undoCreation(input, { caches: passing, secrets, parameterGroups, fence }),
  );
  const stubs: Readonly<Record<string, Stub>> = {
    Plan: returns(JSON.parse(JSON.stringify(plan)) as Json),
    Open: returns({ fencing: 1 }),
    createCacheParameterGroup: returns({}),
    modifyCacheParameterGroup: returns({}),
    MakeToken: works(MakeTokenInput, (input) => makeTokenSecret(input, { secrets, fence })),
    Create: works(CreateInput, (input) => createCache(input, { caches, secrets, fence })),
    Diagnose: returns({ diagnosis: 'Nothing explains it.', findings: [], evidence: {} }),
    Undo: workflowUndo,
    Close: returns({ outcome: 'undone', repeated: false }),
  };
  const undo = async (failing: Readonly<Record<string, Stub>>) => {
    const run = await runWorkflow('create-cache', { ...stubs, ...failing });
    return { run, report: run.calls.findLast(({ to }) => to === 'Close')?.with };
  };
  const leftBehind = () => ({
    caches: [...caches.there.keys()],
    groups: groups.names(),
    secrets: [...secrets.kept].flatMap(([name, { deleted }]) => (deleted ? [] : [name])),
  });
  return { undo, leftBehind, workflowUndo, caches };
};

const NOTHING = { caches: [], groups: [], secrets: [] };
const createFailed = fails(
  'States.TaskFailed',
  JSON.stringify({ Status: 'FAILED', Error: 'CreateFailed', Cause: 'ElastiCache could not create orders.' }),
);

describe('create-cache leaves nothing behind', () => {
  it.each<[string, Seen]>([
    ['can be deleted at once', ['create-failed', 'deleting', 'gone']],
    ['takes half an hour to go', ['create-failed', ...Array.from({ length: 60 }, () => 'deleting'), 'gone']],
    ['is still `creating` when the first look comes', ['creating', 'creating', 'create-failed', 'deleting', 'gone']],
    ['becomes available after all', ['creating', 'available', 'deleting', 'gone']],
    ['somebody else deletes meanwhile', ['deleting', 'gone']],
  ])('of a cache that failed and %s', async (_what, whileUndone) => {
    const account = anAccount(...whileUndone);
    const { run, report } = await account.undo({ settle: createFailed });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'CreateFailed' });
    expect(report).toMatchObject({
      outcome: 'undone',
      reason: 'CreateFailed',
      undo: { gone: ['cache orders', `parameter group ${GROUP}`, `secret ${SECRET}`], kept: [] },
    });
    expect(account.leftBehind()).toEqual(NOTHING);
    expect(run.calls.filter(({ to }) => to === 'Undo').length).toBeLessThanOrEqual(whileUndone.length);
  });

  it.each([0, 1, 15, 29])('of an order that shows only %i s after its function died', async (lateSeconds) => {
    const account = anAccount('creating', 'create-failed', 'deleting', 'gone');
    const order = { ReplicationGroupId: 'orders', ReplicationGroupDescription: `Orders ${SIGNATURE}` };
    let showsAt: number | undefined;
    const arriveBy = async (seconds: number) => {
      if (showsAt === undefined || seconds < showsAt) return;
      showsAt = undefined;
      await account.caches.create(order);
    };
    const { run, report } = await account.undo({
      Create: (request) => {
        showsAt = request.seconds + lateSeconds;
        return throws('Sandbox.Timedout', 'Task timed out after 30.00 seconds')(request);
      },
      Undo: async (request) => {
        await arriveBy(request.seconds);
        return account.workflowUndo(request);
      },
    });
    await arriveBy(Number.POSITIVE_INFINITY);
    expect(run.path).toContain('Let a late order arrive');
    expect(report).toMatchObject({ outcome: 'undone' });
    expect(account.leftBehind()).toEqual(NOTHING);
  });

  it('but says so when the cache never lets itself be deleted', async () => {
    const account = anAccount('creating');
    const { report } = await account.undo({ settle: createFailed });
    expect(report).toMatchObject({ outcome: 'failed', undo: { left: { cache: true }, error: 'WaitUntilAvailable' } });
    expect(account.leftBehind().caches).toEqual(['orders']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheRequested } from '../../events/cache-requested.ts';
import { operationIdOf } from '../../functions/creation/operation-id.ts';
import { PlanInput } from '../../functions/creation/schemas.ts';
import { type Start, startCreation } from '../../functions/creation/start-creation.ts';
import { OperationId } from '../../functions/platform/names.ts';

const executions = () => {
  const started = new Map<string, unknown>();
  const start: Start = async (name, input) => {
    if (started.has(name)) return false;
    started.set(name, input);
    return true;
  };
  return { started, start };
};
const event = (detail: object = cacheRequested.sample.detail) =>
  cacheRequested.schema.parse({ ...cacheRequested.sample, detail });

describe('startCreation', () => {
  it('starts one execution for an event that comes twice', async () => {
    const { started, start } = executions();
    const operationId = `request-${cacheRequested.sample.id}`;
    expect(await startCreation(event(), start)).toEqual({ operationId, started: true });
    expect(await startCreation(event(), start)).toEqual({ operationId, started: false });
    expect(started.get(operationId)).toEqual(cacheRequested.sample.detail);
  });

  it.each([{}, { spec: 'nonsense' }, { spec: null, requestedBy: 7, mode: 'yolo' }])(
    'starts the workflow for %j too, in a form that the plan can refuse',
    async (detail) => {
      const { started, start } = executions();
      const { operationId } = await startCreation(event(detail), start);
      const request = JSON.parse(JSON.stringify(started.get(operationId)));
      expect(PlanInput.safeParse({ operationId, request, now: '2026-11-21T07:00:00Z' }).error).toBeUndefined();
    },
  );
});

it('makes a good name for an execution of any event id, the same for the same and another for another', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
      expect(OperationId.safeParse(operationIdOf(one)).success).toBe(true);
      expect(operationIdOf(one) === operationIdOf(other)).toBe(one === other);
    }),
  );
});

import { describe, expect, it } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import { exitCodeOf, resultOf } from '../../cli/outcome.ts';
import { newOperationId } from '../../cli/run-workflow.ts';
import { OUTCOMES } from '../../functions/operations/schemas.ts';
import { OperationId } from '../../functions/platform/names.ts';

const anExecution = (more: Partial<Followed>): Followed => ({
  executionArn: 'arn',
  name: 'op',
  status: 'SUCCEEDED',
  startedAt: new Date(0),
  steps: [],
  ...more,
});
const anOutput = (more: object = {}) => ({
  outcome: 'done',
  reason: 'Created',
  cacheId: 'orders',
  operationId: 'op',
  summary: 'Done.',
  ...more,
});

describe('resultOf', () => {
  it('takes over what the workflow answered', () => {
    const endpoints = { configuration: { Address: 'a', Port: 1 } };
    const result = resultOf(anExecution({ output: anOutput({ endpoints }) }), 'op', 'orders');
    expect(result).toMatchObject({ outcome: 'done', reason: 'Created', endpoints });
  });

  it.each([
    ['an output that is no answer', anExecution({ output: { outcome: 'splendid' } })],
    ['no output', anExecution({})],
    ['a failure', anExecution({ status: 'FAILED', error: 'CreateFailed', cause: 'no capacity' })],
    ['an abortion', anExecution({ status: 'ABORTED' })],
    ['a status nobody knows', anExecution({ status: 'PENDING_REDRIVE', output: anOutput() })],
  ])('never takes %s for success', (_name, execution) => {
    expect(resultOf(execution, 'op', 'orders').outcome).toBe('failed');
  });

  it('says where a running operation waits', () => {
    const steps = [{ id: 1, name: 'Ask a person', enteredAt: new Date(0), retries: 0 }];
    expect(resultOf(anExecution({ status: 'RUNNING', steps }), 'op', 'orders')).toMatchObject({
      outcome: 'waiting',
      summary: 'orders waits in "Ask a person" for a person.',
    });
  });
});

describe('exitCodeOf', () => {
  const codeOf = (outcome: string, reason = 'Any', planOnly = false) =>
    exitCodeOf({ outcome: outcome as never, reason, operationId: '', cacheId: '', summary: '' }, planOnly);

  it('keeps the numbers that scripts rely on', () => {
    expect(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, codeOf(outcome)]))).toEqual({
      done: 0,
      'nothing-to-do': 0,
      observed: 4,
      refused: 4,
      rejected: 4,
      failed: 3,
      undone: 3,
    });
    expect(codeOf('waiting')).toBe(4);
  });

  it('tells faults of the input from refusals of the policy', () => {
    expect(codeOf('refused', 'InvalidSpec')).toBe(2);
    expect(codeOf('refused', 'AboveCostLimit')).toBe(4);
  });

  it('counts a plan that was only asked for as done', () => expect(codeOf('observed', 'NewCache', true)).toBe(0));
});

describe('newOperationId', () => {
  it.each(['orders', 'A weird/id: ü', 'x'.repeat(200)])('is a valid, unique id for the cache %s', (cacheId) => {
    const ids = Array.from({ length: 50 }, () => newOperationId('create-cache', cacheId));
    for (const id of ids) expect(OperationId.safeParse(`${id}-settle`).success).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

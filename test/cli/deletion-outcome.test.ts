import { expect, it } from 'vitest';
import { deletionResultOf } from '../../cli/deletion-outcome.ts';
import type { Followed } from '../../cli/follow.ts';
import { planDeletion } from '../../functions/creation/plan-deletion.ts';
import { seenForDeletion, termsToDelete } from '../builders/a-deletion.ts';

const plan = planDeletion({ cacheId: 'orders' }, seenForDeletion(), termsToDelete());
const anExecution = (output: unknown, more: Partial<Followed> = {}): Followed => ({
  executionArn: 'arn',
  name: 'op',
  status: 'SUCCEEDED',
  startedAt: new Date(0),
  steps: [],
  output,
  ...more,
});
const anOutput = { outcome: 'done', reason: 'Deleted', cacheId: 'orders', operationId: 'op', summary: 'Gone.' };

it('reads what became of a cache, with the plan of its deletion', () => {
  const evidence = { gone: ['cache orders'], kept: [] };
  const output = { ...anOutput, plan: JSON.parse(JSON.stringify(plan)), evidence };
  expect(deletionResultOf(anExecution(output), 'op', 'orders')).toMatchObject({ outcome: 'done', plan, evidence });
});

it.each([
  anExecution({ outcome: 'splendid' }),
  anExecution(undefined),
  anExecution(anOutput, { status: 'FAILED', error: 'LockLost', cause: 'gone' }),
])('never takes what is no clear answer for success', (execution) => {
  expect(deletionResultOf(execution, 'op', 'orders').outcome).toBe('failed');
});

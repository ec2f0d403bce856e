import { expect, it } from 'vitest';
import { approvalRequested } from '../../events/approval-requested.ts';
import { askPerson } from '../../functions/operations/ask-person.ts';
import { AskApprovalInput } from '../../functions/operations/schemas.ts';
import { inMemoryBus } from '../builders/in-memory-bus.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const input = (taskToken = 'the-task-token') =>
  AskApprovalInput.parse({
    operationId: 'operation-1',
    cacheId: 'orders',
    taskToken,
    question: 'Shall this be done?',
    figures: { monthlyCostUsd: 210.24 },
    expiresAt: '2026-11-22T07:00:00Z',
  });

it('keeps the task token in the ledger and asks without it', async () => {
  const tools = { ledger: inMemoryLedger(), bus: inMemoryBus(), region: 'us-east-1' };
  await askPerson(input(), tools);
  expect(tools.ledger.approvals.get('operation-1')).toMatchObject({ taskToken: 'the-task-token' });
  const [{ detail } = {}] = tools.bus.said;
  expect(approvalRequested.schema.shape.detail.parse(detail)).toMatchObject({ answerBefore: '2026-11-22T07:00:00Z' });
  expect(JSON.stringify(detail)).not.toContain('the-task-token');
});

it('replaces the token of a task that is repeated: only the newest can be answered', async () => {
  const tools = { ledger: inMemoryLedger(), bus: inMemoryBus(), region: 'us-east-1' };
  await askPerson(input('first'), tools);
  await askPerson(input('second'), tools);
  expect(tools.ledger.approvals.get('operation-1')).toMatchObject({ taskToken: 'second' });
});

it('does not say that there is a question which nobody could answer', async () => {
  const ledger = { ...inMemoryLedger(), ask: () => Promise.reject(new Error('The table does not answer.')) };
  const bus = inMemoryBus();
  await expect(askPerson(input(), { ledger, bus, region: 'us-east-1' })).rejects.toThrow('The table does not answer.');
  expect(bus.said).toEqual([]);
});

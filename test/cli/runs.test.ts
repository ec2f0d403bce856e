import { describe, expect, it } from 'vitest';
import { durationText } from '../../cli/duration.ts';
import { openQuestions } from '../../cli/open-questions.ts';
import { runsOf } from '../../cli/runs.ts';
import type { OperationRecord, Question } from '../../functions/platform/ledger.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const aRecord = (more: Partial<OperationRecord> = {}): OperationRecord => ({
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  region: 'us-east-1',
  startedAt: '2026-11-21T07:00:00.000Z',
  summary: 'Create orders.',
  ...more,
});
const aQuestion = (more: Partial<Question> = {}): Question => ({
  operationId: 'operation-2',
  cacheId: 'orders',
  question: 'Shall this be done?',
  figures: {},
  answerBefore: '2026-11-22T07:00:00.000Z',
  ...more,
});

describe('runsOf', () => {
  it('tells what runs, what waits and what ended apart, the waiting first', () => {
    const ended = aRecord({ operationId: 'operation-0', outcome: 'done', reason: 'Created', closedAt: 'later' });
    expect(runsOf([aRecord(), ended], [aQuestion()], { limit: 9 })).toMatchObject([
      { operationId: 'operation-2', outcome: 'waiting for a person' },
      { operationId: 'operation-1', outcome: 'running' },
      { operationId: 'operation-0', outcome: 'done', reason: 'Created' },
    ]);
  });

  it('counts an operation once that has a record and a question', () => {
    const runs = runsOf([aRecord({ operationId: 'operation-2' })], [aQuestion()], { limit: 9 });
    expect(runs).toMatchObject([{ operationId: 'operation-2', outcome: 'running' }]);
  });

  it('shows the questions of the asked cache only, and no more than asked', () => {
    const questions = [aQuestion(), aQuestion({ operationId: 'operation-3', cacheId: 'sessions' })];
    expect(runsOf([], questions, { cacheId: 'sessions', limit: 9 })).toMatchObject([{ operationId: 'operation-3' }]);
    for (const limit of [1, 2, 3]) expect(runsOf([aRecord()], questions, { limit })).toHaveLength(limit);
  });
});

describe('openQuestions', () => {
  it('leaves out what went on or ended, although nobody noted the answer', async () => {
    const ledger = inMemoryLedger();
    for (const operationId of ['operation-1', 'operation-2', 'operation-3']) {
      await ledger.ask({ ...aQuestion({ operationId }), taskToken: 'token' });
    }
    const { region, cacheId } = aRecord();
    await ledger.lock({ region, cacheId }, 'operation-1', '2026-11-21T07:00:00Z', '2026-11-21T19:00:00Z');
    await ledger.open(aRecord({ operationId: 'operation-1' }));
    await ledger.close(aRecord({ operationId: 'operation-2' }), {
      outcome: 'failed',
      reason: 'Abandoned',
      summary: 'It was stopped.',
      closedAt: '2026-11-21T08:00:00Z',
    });
    expect(await openQuestions(ledger, '2026-11-21T09:00:00Z', 9)).toMatchObject([{ operationId: 'operation-3' }]);
  });

  it('has the second question of an operation that has given its lock back, as after a grace period', async () => {
    const ledger = inMemoryLedger();
    await ledger.open(aRecord({ operationId: 'operation-1' }));
    await ledger.ask({ ...aQuestion({ operationId: 'operation-1' }), taskToken: 'token' });
    expect(await openQuestions(ledger, '2026-11-21T09:00:00Z', 9)).toMatchObject([{ operationId: 'operation-1' }]);
  });
});

it.each([
  ['07:00:42', '42 s'],
  ['07:12:03', '12 min 3 s'],
  ['09:05:59', '2 h 5 min'],
  // Clocks of two machines differ.
  ['06:59:59', '0 s'],
])('says of 07:00:00 to %s: %s', (end, text) => {
  expect(durationText('2026-11-21T07:00:00Z', `2026-11-21T${end}Z`)).toBe(text);
});

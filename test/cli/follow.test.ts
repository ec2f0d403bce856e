import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../cli/follow.ts';
import { table } from '../../cli/table.ts';

let id = 0;
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20, 0, 0, seconds));
const event = (type: string, previousEventId: number, more: object = {}): HistoryEvent => {
  id += 1;
  return { id, previousEventId, type: type as never, timestamp: at(id), ...more };
};
const entered = (name: string, previous: number) =>
  event('TaskStateEntered', previous, { stateEnteredEventDetails: { name } });

describe('stepsOf', () => {
  it('tells states in order, with the time in each, retries and the error met', () => {
    id = 0;
    const history = [
      event('ExecutionStarted', 0),
      entered('Plan', 0),
      event('TaskScheduled', 2),
      event('TaskFailed', 3, { taskFailedEventDetails: { error: 'Throttled', cause: 'slow down' } }),
      event('TaskScheduled', 4),
      event('TaskSucceeded', 5),
      event('TaskStateExited', 6),
      entered('Act', 7),
    ];
    expect(stepsOf(history)).toEqual([
      { id: 2, name: 'Plan', enteredAt: at(2), leftAt: at(7), retries: 1, error: 'Throttled', cause: 'slow down' },
      { id: 8, name: 'Act', enteredAt: at(8), retries: 0 },
    ]);
  });

  it('leaves a Map behind the last state inside it, and goes on from there', () => {
    id = 0;
    const exited = (name: string, previous: number) =>
      event('MapStateExited', previous, { stateExitedEventDetails: { name } });
    const history = [
      event('ExecutionStarted', 0),
      event('MapStateEntered', 0, { stateEnteredEventDetails: { name: 'Each' } }),
      event('MapIterationStarted', 2),
      entered('One', 3),
      exited('One', 4),
      event('MapIterationSucceeded', 5),
      event('MapStateSucceeded', 6),
      exited('Each', 7),
      entered('Next', 8),
      exited('Next', 9),
    ];
    expect(stepsOf(history).map(({ name, leftAt }) => [name, leftAt])).toEqual([
      ['Each', at(8)],
      ['One', at(5)],
      ['Next', at(10)],
    ]);
  });

  it('keeps parallel branches apart by the chain of previous events', () => {
    id = 0;
    const history = [
      event('ExecutionStarted', 0),
      event('ParallelStateEntered', 0, { stateEnteredEventDetails: { name: 'Both' } }),
      entered('Left', 2),
      entered('Right', 2),
      event('TaskStateExited', 3),
      event('TaskStateExited', 4),
    ];
    expect(stepsOf(history).map(({ name, leftAt }) => [name, leftAt])).toEqual([
      ['Both', undefined],
      ['Left', at(5)],
      ['Right', at(6)],
    ]);
  });
});

describe('table', () => {
  it('sets numbers right and shows what is missing as a dash', () => {
    const lines = table(
      ['cache', 'nodes'],
      [
        ['orders', 9],
        ['sessions', 12],
      ],
      '',
    ).split('\n');
    expect(lines).toEqual(['cache     nodes', '─'.repeat(15), 'orders        9', 'sessions     12']);
    expect(table(['a'], [[undefined]], '')).toContain('–');
  });
});

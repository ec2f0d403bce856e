import { describe, expect, it } from 'vitest';
import { startClock } from '../../../local/clock.ts';
import { readDefinition } from '../../../local/states/check/check-definition.ts';
import { startExecution } from '../../../local/states/execution.ts';
import { machine, named, run, single, task } from './harness.ts';

const waits = (Seconds: number) => single({ Type: 'Wait', Seconds });

describe('an execution', () => {
  it('times out by the TimeoutSeconds of its machine, whatever its states catch', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const definition = machine(
      { Slow: task('slow', { TimeoutSeconds: 500, Catch, End: true }), Caught: { Type: 'Succeed' } },
      { TimeoutSeconds: 60 },
    );
    const ran = await run(definition, { tasks: { slow: () => new Promise<never>(() => {}) } });
    expect(ran.outcome).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(ran.seconds).toBe(60);
    expect(ran.types.at(-1)).toBe('ExecutionTimedOut');
  });

  it('stops when it is told to, in the middle of a wait', async () => {
    const ran = await run(waits(3600), {
      meanwhile: ({ clock, execution }) => void clock.after(1000, () => execution.stop('Enough', 'said a person')),
    });
    expect(ran.outcome).toEqual({ status: 'ABORTED', error: 'Enough', cause: 'said a person' });
    expect(ran.seconds).toBe(1);
    expect(ran.types).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
    ran.execution.stop('Again');
    expect(ran.execution.outcome()?.outcome).toEqual(ran.outcome);
  });

  it('shows that it goes on while it does', async () => {
    const seen: unknown[] = [];
    const ran = await run(waits(10), {
      meanwhile: ({ clock, execution }) => void clock.after(5000, () => seen.push(execution.outcome())),
    });
    expect(seen).toEqual([undefined]);
    expect(ran.execution.outcome()?.outcome.status).toBe('SUCCEEDED');
  });

  it('leaves no timer behind', async () => {
    const real = startClock(3600);
    const started = performance.now();
    const execution = startExecution({
      definition: readDefinition(JSON.stringify({ ...waits(60), TimeoutSeconds: 99_999_999 })),
      stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:tested',
      roleArn: 'arn:aws:iam::111122223333:role/tested',
      region: 'us-east-1',
      name: 'op-1',
      input: {},
      clock: real,
      integrations: { find: () => undefined },
    });
    expect(await execution.ended).toMatchObject({ status: 'SUCCEEDED' });
    expect(performance.now() - started).toBeLessThan(5000);
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
    // Vitest has one for the test's own timeout.
    expect(timers.length).toBeLessThanOrEqual(1);
  });
});

describe('the payload limit', () => {
  const text = (bytes: number) => 'x'.repeat(bytes - 2);
  const caught = (fields: object) =>
    machine({
      Big: task('big', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }], Next: 'Caught', ...fields }),
      Caught: { Type: 'Succeed', Output: 'reached' },
    });

  it.each([
    ['a result of 262,144 bytes passes', {}, text(262_144), 'reached'],
    ['a byte more does not', {}, text(262_145), undefined],
    ['bytes count, not characters', {}, `ä${text(262_143)}`, undefined],
    ['an output that is small does not help a result that is not', { Output: null }, text(262_145), undefined],
    [
      'nor does a small result help a large output',
      { Output: '{% $states.result & $states.result %}' },
      text(200_000),
      undefined,
    ],
    [
      'nor large arguments',
      { Arguments: "{% $join($map([1..300], function($n) { $pad('', 1000, 'x') })) %}" },
      null,
      undefined,
    ],
  ])('%s', async (_, fields, result, expected) => {
    const { output, outcome } = await run(caught(fields), { tasks: { big: () => result } });
    expect(output).toBe(expected);
    if (expected === undefined) expect(outcome).toMatchObject({ error: 'States.DataLimitExceeded' });
  });
});

describe('the history', () => {
  it('tells a task from its schedule to its result', async () => {
    const fields = { Arguments: { a: 1 }, Assign: { two: '{% $states.result %}' }, TimeoutSeconds: 30 };
    const { execution } = await run(single(task('two', fields)), { input: { in: 1 }, tasks: { two: () => 2 } });
    expect(execution.history.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'TaskStateEntered'],
      [3, 2, 'TaskScheduled'],
      [4, 3, 'TaskStarted'],
      [5, 4, 'TaskSucceeded'],
      [6, 5, 'TaskStateExited'],
      [7, 6, 'ExecutionSucceeded'],
    ]);
    const [started, entered, scheduled, , succeeded, exited, ended] = execution.history;
    expect(started?.executionStartedEventDetails).toEqual({
      input: '{"in":1}',
      inputDetails: { truncated: false },
      roleArn: 'arn:aws:iam::111122223333:role/tested',
    });
    expect(entered?.stateEnteredEventDetails).toEqual({
      name: 'Only',
      input: '{"in":1}',
      inputDetails: { truncated: false },
    });
    expect(scheduled?.taskScheduledEventDetails).toEqual({
      resourceType: 'test',
      resource: 'two',
      region: 'us-east-1',
      parameters: '{"a":1}',
      timeoutInSeconds: 30,
    });
    expect(succeeded?.taskSucceededEventDetails).toMatchObject({ resource: 'two', output: '2' });
    expect(exited?.stateExitedEventDetails).toMatchObject({
      name: 'Only',
      output: '2',
      assignedVariables: { two: '2' },
    });
    expect(ended?.executionSucceededEventDetails).toEqual({ output: '2', outputDetails: { truncated: false } });
  });

  it('tells each attempt of a task, and the way out by a catch', async () => {
    const fields = {
      Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
      Next: 'Caught',
    };
    const flaky = () => {
      throw named('Busy', 'always');
    };
    const ran = await run(machine({ Try: task('flaky', fields), Caught: { Type: 'Succeed' } }), { tasks: { flaky } });
    expect(ran.types.slice(2, 9)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskStateExited',
    ]);
    expect(ran.events('TaskFailed')[0]?.taskFailedEventDetails).toEqual({
      resourceType: 'test',
      resource: 'flaky',
      error: 'Busy',
      cause: 'always',
    });
  });

  it('follows each branch from the event that began it', async () => {
    const branch = (name: string, Seconds: number) => ({
      StartAt: name,
      States: { [name]: { Type: 'Wait', Seconds, End: true } },
    });
    const { execution } = await run(single({ Type: 'Parallel', Branches: [branch('A', 20), branch('B', 10)] }));
    expect(execution.history.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'ParallelStateEntered'],
      [3, 2, 'ParallelStateStarted'],
      [4, 3, 'WaitStateEntered'],
      [5, 3, 'WaitStateEntered'],
      [6, 5, 'WaitStateExited'],
      [7, 4, 'WaitStateExited'],
      [8, 7, 'ParallelStateSucceeded'],
      [9, 8, 'ParallelStateExited'],
      [10, 9, 'ExecutionSucceeded'],
    ]);
  });

  it('tells where an evaluation failed', async () => {
    const ran = await run(single({ Type: 'Pass', Output: { a: ['{% $states.input.nothing %}'] } }));
    expect(ran.events('EvaluationFailed')[0]?.evaluationFailedEventDetails).toMatchObject({
      error: 'States.QueryEvaluationError',
      location: 'Output/a[0]',
      state: 'Only',
    });
  });

  it('ends the execution when it has 25,000 events, and nothing catches that', async () => {
    const definition = machine({
      Round: { Type: 'Pass', Next: 'Again?' },
      'Again?': { Type: 'Choice', Choices: [{ Condition: true, Next: 'Round' }], Default: 'End' },
      End: { Type: 'Succeed' },
    });
    const { outcome, execution } = await run(definition);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(execution.history).toHaveLength(25_000);
    expect(execution.history.at(-1)?.type).toBe('ExecutionFailed');
  });
});

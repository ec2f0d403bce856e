import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetries } from '../../../local/states/retries.ts';
import { StatesError, speaksOf } from '../../../local/states/states-error.ts';
import { machine, named, run, single, task } from './harness.ts';

const caught = { Type: 'Succeed' };
const never = () => new Promise<never>(() => {});

/** Fails as often as there are errors, then answers with the number of calls. */
const failing = (...errors: string[]) => {
  let calls = 0;
  return () => {
    const error = errors[calls];
    calls += 1;
    if (error !== undefined) throw named(error, `call ${calls}`);
    return calls;
  };
};

describe('a Task', () => {
  it('gets its arguments, or else the input', async () => {
    const tasks = { echo: (input: never) => input };
    expect((await run(single(task('echo')), { input: { a: 1 }, tasks })).output).toEqual({ a: 1 });
    const fields = { Arguments: { b: '{% $states.input.a %}' } };
    expect((await run(single(task('echo', fields)), { input: { a: 1 }, tasks })).output).toEqual({ b: 1 });
  });

  it('answers its result, or what Output makes of it', async () => {
    const tasks = { two: () => 2 };
    expect((await run(single(task('two')), { tasks })).output).toBe(2);
    const fields = { Output: '{% $states.result + $states.input.a %}' };
    expect((await run(single(task('two', fields)), { input: { a: 1 }, tasks })).output).toBe(3);
  });
});

describe('Retry', () => {
  const retried = (...Retry: object[]) => single(task('flaky', { Retry }));

  it.each([
    ['1 s, then twice as long each time, three times, by itself', { ErrorEquals: ['Busy'] }, 1 + 2 + 4],
    ['as long as it is told to', { ErrorEquals: ['Busy'], IntervalSeconds: 10, BackoffRate: 1 }, 30],
    ['growing as it is told to', { ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3 }, 2 + 6 + 18],
    [
      'never longer than MaxDelaySeconds',
      { ErrorEquals: ['Busy'], IntervalSeconds: 10, MaxDelaySeconds: 15 },
      10 + 15 + 15,
    ],
    [
      'with full jitter, a part of it',
      { ErrorEquals: ['Busy'], IntervalSeconds: 10, BackoffRate: 1, JitterStrategy: 'FULL' },
      15,
    ],
  ])('waits %s', async (_, retrier, seconds) => {
    const ran = await run(retried(retrier), { tasks: { flaky: failing('Busy', 'Busy', 'Busy') }, random: () => 0.5 });
    expect(ran.output).toBe(4);
    expect(ran.seconds).toBe(seconds);
  });

  it('gives up after MaxAttempts, with the last error', async () => {
    const { outcome } = await run(retried({ ErrorEquals: ['Busy'], MaxAttempts: 2 }), {
      tasks: { flaky: failing('Busy', 'Busy', 'Busy', 'Busy') },
    });
    expect(outcome).toEqual({ status: 'FAILED', error: 'Busy', cause: 'call 3' });
  });

  it.each([0, 1, 5])('tries %i times more when MaxAttempts says so', async (attempts) => {
    let calls = 0;
    const flaky = () => {
      calls += 1;
      throw named('Busy');
    };
    await run(retried({ ErrorEquals: ['Busy'], MaxAttempts: attempts }), { tasks: { flaky } });
    expect(calls).toBe(attempts + 1);
  });

  it('counts each retrier by itself, and asks only the first that speaks of an error', async () => {
    const definition = retried(
      { ErrorEquals: ['Busy'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2 },
    );
    const mixed = await run(definition, { tasks: { flaky: failing('Busy', 'Slow', 'Slow') } });
    expect(mixed.output).toBe(4);
    const exhausted = await run(definition, { tasks: { flaky: failing('Busy', 'Busy') } });
    expect(exhausted.outcome).toMatchObject({ error: 'Busy' });
  });

  it('tells the state how often it was tried again', async () => {
    const counts: number[] = [];
    const flaky = (input: never) => {
      counts.push(input);
      if (counts.length < 3) throw named('Busy');
      return null;
    };
    const fields = { Arguments: '{% $states.context.State.RetryCount %}', Retry: [{ ErrorEquals: ['Busy'] }] };
    await run(single(task('flaky', fields)), { tasks: { flaky } });
    expect(counts).toEqual([0, 1, 2]);
  });

  it('never waits longer than MaxDelaySeconds nor tries more often than MaxAttempts', () => {
    const retrier = fc.record({
      ErrorEquals: fc.constant<string[]>(['States.ALL']),
      IntervalSeconds: fc.integer({ min: 1, max: 1000 }),
      MaxAttempts: fc.integer({ min: 0, max: 30 }),
      BackoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
      MaxDelaySeconds: fc.integer({ min: 1, max: 2000 }),
      JitterStrategy: fc.constantFrom('NONE' as const, 'FULL' as const),
    });
    fc.assert(
      fc.property(retrier, fc.double({ min: 0, max: 0.999, noNaN: true }), (only, random) => {
        const retries = createRetries([only], () => random);
        const delays: number[] = [];
        for (let delay = retries.next(named('Busy')); delay !== undefined; delay = retries.next(named('Busy')))
          delays.push(delay);
        expect(delays).toHaveLength(only.MaxAttempts);
        for (const delay of delays) expect(delay).toBeLessThanOrEqual(only.MaxDelaySeconds);
      }),
    );
  });
});

describe('ErrorEquals', () => {
  it.each([
    ['its own name', ['Busy'], 'Busy', true],
    ['not another name', ['Busy'], 'Slow', false],
    ['not a part of a name', ['Bus'], 'Busy', false],
    ['States.ALL: any error', ['States.ALL'], 'Busy', true],
    ['States.ALL: a timeout', ['States.ALL'], 'States.Timeout', true],
    ['States.ALL: a failed evaluation', ['States.ALL'], 'States.QueryEvaluationError', true],
    ['States.ALL: not too much data', ['States.ALL'], 'States.DataLimitExceeded', false],
    ['too much data by its name', ['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    ['States.ALL: not States.Runtime', ['States.ALL'], 'States.Runtime', false],
    ['States.Runtime not even by its name', ['States.Runtime'], 'States.Runtime', false],
    ['States.TaskFailed: any error', ['States.TaskFailed'], 'Busy', true],
    ['States.TaskFailed: not a timeout', ['States.TaskFailed'], 'States.Timeout', false],
    ['States.TaskFailed: not States.Runtime', ['States.TaskFailed'], 'States.Runtime', false],
    ['States.Timeout: not a missed heartbeat', ['States.Timeout'], 'States.HeartbeatTimeout', false],
  ])('matches %s', (_, names, error, expected) => {
    expect(speaksOf(names, new StatesError(error, ''))).toBe(expected);
  });
});

describe('Catch', () => {
  const catching = (...Catch: object[]) =>
    machine({
      Try: task('flaky', { Catch, End: true }),
      Caught: { Type: 'Succeed' },
    });
  const tasks = { flaky: failing('Busy', 'Busy') };

  it('hands the error on', async () => {
    const { output } = await run(catching({ ErrorEquals: ['Busy'], Next: 'Caught' }), {
      tasks: { flaky: failing('Busy') },
    });
    expect(output).toEqual({ Error: 'Busy', Cause: 'call 1' });
  });

  it('makes its own output and variables of the error and the input', async () => {
    const Catch = [
      {
        ErrorEquals: ['States.ALL'],
        Output: '{% $states.input.a %}',
        Assign: { why: '{% $states.errorOutput.Error %}' },
        Next: 'Caught',
      },
    ];
    const definition = machine({
      Try: task('flaky', { Catch, End: true }),
      Caught: { Type: 'Succeed', Output: { input: '{% $states.input %}', why: '{% $why %}' } },
    });
    const { output } = await run(definition, { input: { a: 1 }, tasks: { flaky: failing('Busy') } });
    expect(output).toEqual({ input: 1, why: 'Busy' });
  });

  it('takes the first catcher that speaks of the error, or none', async () => {
    const definition = catching(
      { ErrorEquals: ['Slow'], Next: 'Caught', Output: 'slow' },
      { ErrorEquals: ['Busy', 'Slow'], Next: 'Caught', Output: 'busy' },
    );
    expect((await run(definition, { tasks: { flaky: failing('Slow') } })).output).toBe('slow');
    expect((await run(definition, { tasks: { flaky: failing('Busy') } })).output).toBe('busy');
    expect((await run(definition, { tasks: { flaky: failing('Gone') } })).outcome).toMatchObject({ error: 'Gone' });
  });

  it('comes after Retry has given up', async () => {
    const Retry = [{ ErrorEquals: ['Busy'], MaxAttempts: 1, IntervalSeconds: 5 }];
    const Catch = [{ ErrorEquals: ['Busy'], Next: 'Caught' }];
    const ran = await run(machine({ Try: task('flaky', { Retry, Catch, End: true }), Caught: caught }), { tasks });
    expect(ran.output).toEqual({ Error: 'Busy', Cause: 'call 2' });
    expect(ran.seconds).toBe(5);
  });

  it("catches a failed evaluation of the state's own fields", async () => {
    const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Output: 'caught', Next: 'Caught' }];
    for (const field of [{ Arguments: '{% $states.input.nothing %}' }, { Output: '{% $states.result.nothing %}' }]) {
      const definition = machine({ Try: task('fine', { ...field, Catch, End: true }), Caught: caught });
      expect((await run(definition, { tasks: { fine: () => ({}) } })).output).toBe('caught');
    }
  });
});

describe('TimeoutSeconds and HeartbeatSeconds', () => {
  it.each([
    ['a number', 30],
    ['an expression', '{% 10 + $states.input.more %}'],
  ])('ends a task that takes too long: %s', async (_, TimeoutSeconds) => {
    const ran = await run(single(task('slow', { TimeoutSeconds })), { input: { more: 20 }, tasks: { slow: never } });
    expect(ran.outcome).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(ran.seconds).toBe(30);
    expect(ran.types).toContain('TaskTimedOut');
  });

  const waiting = (fields: object = {}) =>
    single(
      task('ask.waitForTaskToken', {
        Arguments: { token: '{% $states.context.Task.Token %}' },
        TimeoutSeconds: 100,
        ...fields,
      }),
    );
  /** Hands the token to `holder` and is done. */
  const ask = (holder: (token: string) => void) => ({
    ask: ({ token }: { token: string }) => {
      holder(token);
      return 'asked';
    },
  });

  it('waits for a token as long as the timeout allows', async () => {
    let token = '';
    const ran = await run(waiting(), {
      tasks: ask((given) => {
        token = given;
      }),
    });
    expect(ran.outcome).toMatchObject({ error: 'States.Timeout' });
    expect(ran.seconds).toBe(100);
    // Nobody waits any more: whoever answers now has to be told so.
    expect(ran.tokens.succeed(token, 'late')).toBe(false);
    expect(ran.tokens.stateMachineOf(token)).toBeDefined();
  });

  it('goes on with the output that comes with the token', async () => {
    let token = '';
    const ran = await run(waiting(), {
      tasks: ask((given) => {
        token = given;
      }),
      meanwhile: ({ clock, tokens }) => void clock.after(40_000, () => tokens.succeed(token, { yes: true })),
    });
    expect(ran.output).toEqual({ yes: true });
    expect(ran.seconds).toBe(40);
    expect(ran.types).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(ran.tokens.succeed(token, null)).toBe(false);
  });

  it('takes an answer that comes before the work is done', async () => {
    const tokens: { succeed?: (token: string) => void } = {};
    const ran = await run(waiting(), {
      tasks: ask((token) => tokens.succeed?.(token)),
      meanwhile: (running) => {
        tokens.succeed = (token) => running.tokens.succeed(token, 'at once');
      },
    });
    expect(ran.output).toBe('at once');
  });

  it('fails with the error that comes with the token', async () => {
    let token = '';
    const ran = await run(waiting(), {
      tasks: ask((given) => {
        token = given;
      }),
      meanwhile: ({ clock, tokens }) => void clock.after(1000, () => tokens.fail(token, 'Rejected', 'by ops')),
    });
    expect(ran.outcome).toEqual({ status: 'FAILED', error: 'Rejected', cause: 'by ops' });
  });

  it('fails when no heartbeat comes in time, and waits on while they come', async () => {
    const silent = await run(waiting({ HeartbeatSeconds: 10 }), { tasks: ask(() => {}) });
    expect(silent.outcome).toMatchObject({ error: 'States.HeartbeatTimeout' });
    expect(silent.seconds).toBe(10);

    let token = '';
    const beating = await run(waiting({ HeartbeatSeconds: 10 }), {
      tasks: ask((given) => {
        token = given;
      }),
      meanwhile: ({ clock, tokens }) => {
        for (const ms of [8000, 16_000, 24_000]) clock.after(ms, () => tokens.beat(token));
      },
    });
    expect(beating.seconds).toBe(34);
  });

  it('does not wait for the token when the work itself failed', async () => {
    const tasks = {
      ask: () => {
        throw named('Broken');
      },
    };
    expect((await run(waiting(), { tasks })).outcome).toMatchObject({ error: 'Broken' });
  });
});

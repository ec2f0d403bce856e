import { describe, expect, it } from 'vitest';
import { machine, named, run, single, task } from './harness.ts';

const done = { Type: 'Succeed' };

describe('Pass', () => {
  it.each([
    ['hands its input on', {}, { a: 1 }],
    [
      'makes an output of its own',
      { Output: { b: '{% $states.input.a + 1 %}', c: [true, 'text'] } },
      { b: 2, c: [true, 'text'] },
    ],
    ['may answer something else than an object', { Output: '{% $states.input.a %}' }, 1],
  ])('%s', async (_, fields, output) => {
    expect((await run(single({ Type: 'Pass', ...fields }), { input: { a: 1 } })).output).toEqual(output);
  });
});

describe('Wait', () => {
  it.each([
    ['a number of seconds', { Seconds: 90 }, 90],
    ['seconds that an expression gives', { Seconds: '{% $states.input.s * 2 %}' }, 14],
    ['not at all', { Seconds: 0 }, 0],
    ['until a moment', { Timestamp: '2026-01-01T01:00:00Z' }, 3600],
    ['not for a moment that has passed', { Timestamp: '2020-01-01T00:00:00Z' }, 0],
  ])('waits %s', async (_, fields, seconds) => {
    expect((await run(single({ Type: 'Wait', ...fields }), { input: { s: 7 } })).seconds).toBe(seconds);
  });

  it.each([
    [{ Seconds: '{% -1 %}' }, "The field 'Seconds' has to be a whole number from 0 to 99999999, not -1."],
    [{ Seconds: "{% 'soon' %}" }, 'not "soon"'],
    [{ Timestamp: '{% "tomorrow" %}' }, 'not tomorrow'],
    [{ Timestamp: '2026-01-01' }, 'not 2026-01-01'],
  ])('refuses %j', async (fields, cause) => {
    const { outcome } = await run(single({ Type: 'Wait', ...fields }));
    expect(outcome).toMatchObject({ error: 'States.QueryEvaluationError', cause: expect.stringContaining(cause) });
  });
});

describe('Choice', () => {
  const choice = (fields: object = {}) =>
    machine({
      'How big is it?': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Output: 'big', Assign: { size: 'L' }, Next: 'End' },
          { Condition: '{% $states.input.n > 5 %}', Next: 'End' },
        ],
        ...fields,
      },
      End: { Type: 'Succeed', Output: { out: '{% $states.input %}', size: '{% $exists($size) ? $size : null %}' } },
    });

  it.each([
    ['takes the first rule that is true, with its own output and variables', 11, { out: 'big', size: 'L' }],
    ["hands the input on where a rule has no output, whatever the state's own is", 6, { out: { n: 6 }, size: null }],
    ["takes the default with the state's own output and variables", 1, { out: 'small', size: 'S' }],
  ])('%s', async (_, n, output) => {
    const definition = choice({ Default: 'End', Output: 'small', Assign: { size: 'S' } });
    expect((await run(definition, { input: { n } })).output).toEqual(output);
  });

  it('fails when nothing matches and there is no default', async () => {
    expect((await run(choice(), { input: { n: 1 } })).outcome).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('wants true or false, not something like it', async () => {
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }], Default: 'B' },
      B: done,
    });
    expect((await run(definition)).outcome).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

describe('Succeed and Fail', () => {
  it('ends early', async () => {
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'B' }], Default: 'C' },
      B: done,
      C: done,
    });
    expect((await run(definition)).path).toEqual(['A', 'B']);
  });

  it('fails with an error and a cause, which may be expressions', async () => {
    const fail = { Type: 'Fail', Error: '{% $states.input.why %}', Cause: "{% 'because ' & $states.input.why %}" };
    const { outcome, types } = await run(machine({ Bad: fail }), { input: { why: 'NoMemory' } });
    expect(outcome).toEqual({ status: 'FAILED', error: 'NoMemory', cause: 'because NoMemory' });
    expect(types).toEqual(['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed']);
  });
});

describe('Parallel', () => {
  const branch = (states: object) => ({ StartAt: Object.keys(states)[0], States: states });
  const waits = (name: string, seconds: number, output: string) =>
    branch({ [name]: { Type: 'Wait', Seconds: seconds, Output: output, End: true } });

  it("answers its branches' outputs in their order, and takes as long as the longest", async () => {
    const { output, seconds } = await run(
      single({ Type: 'Parallel', Branches: [waits('W1', 30, 'slow'), waits('W2', 10, 'fast')] }),
    );
    expect(output).toEqual(['slow', 'fast']);
    expect(seconds).toBe(30);
  });

  it('gives each branch the arguments, or the input', async () => {
    const echo = (name: string) => branch({ [name]: { Type: 'Pass', End: true } });
    const state = { Type: 'Parallel', Branches: [echo('P1'), echo('P2')] };
    expect((await run(single(state), { input: 1 })).output).toEqual([1, 1]);
    expect((await run(single({ ...state, Arguments: '{% $states.input + 1 %}' }), { input: 1 })).output).toEqual([
      2, 2,
    ]);
  });

  it('ends the other branches when one fails, and fails with its error', async () => {
    const failing = branch({ Bad: { Type: 'Fail', Error: 'Broken', Cause: 'a wire' } });
    const { outcome, seconds, types } = await run(
      single({ Type: 'Parallel', Branches: [waits('W1', 500, 'late'), failing] }),
    );
    expect(outcome).toEqual({ status: 'FAILED', error: 'Broken', cause: 'a wire' });
    expect(seconds).toBe(0);
    expect(types.slice(-3)).toEqual(['WaitStateAborted', 'ParallelStateFailed', 'ExecutionFailed']);
  });

  it('retries and catches as a whole', async () => {
    let calls = 0;
    const parallel = {
      Type: 'Parallel',
      Branches: [branch({ Try: task('flaky', { End: true }) })],
      Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Caught' }],
      End: true,
    };
    const flaky = () => {
      calls += 1;
      throw named('Busy');
    };
    const { output } = await run(machine({ Both: parallel, Caught: done }), { tasks: { flaky } });
    expect(output).toBe('Busy');
    expect(calls).toBe(2);
  });
});

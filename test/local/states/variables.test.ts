import { describe, expect, it } from 'vitest';
import { createVariables } from '../../../local/states/variables.ts';
import { machine, named, run, single, task } from './harness.ts';

const answer = (output: unknown) => ({ Type: 'Succeed', Output: output });

describe('Assign', () => {
  it('keeps values for later states', async () => {
    const definition = machine({
      A: {
        Type: 'Pass',
        Assign: { a: '{% $states.input.n %}', list: [1, '{% $states.input.n %}'] },
        Output: null,
        Next: 'B',
      },
      B: answer({ a: '{% $a %}', list: '{% $list %}' }),
    });
    expect((await run(definition, { input: { n: 7 } })).output).toEqual({ a: 7, list: [1, 7] });
  });

  it('sees the old values, and so does Output', async () => {
    const definition = machine({
      A: { Type: 'Pass', Assign: { x: 1, y: 2 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: '{% [$x, $y] %}', Next: 'C' },
      C: answer({ before: '{% $states.input %}', now: '{% [$x, $y] %}' }),
    });
    expect((await run(definition)).output).toEqual({ before: [1, 2], now: [2, 1] });
  });

  it("can use a task's result", async () => {
    const definition = machine({
      A: task('two', { Assign: { two: '{% $states.result %}' }, Output: null, Next: 'B' }),
      B: answer('{% $two %}'),
    });
    expect((await run(definition, { tasks: { two: () => 2 } })).output).toBe(2);
  });

  it('is not done when the state fails', async () => {
    const definition = machine({
      A: { Type: 'Pass', Assign: { x: 'old' }, Next: 'B' },
      B: task('bad', { Assign: { x: 'new' }, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], Next: 'C' }),
      C: answer('{% $x %}'),
    });
    const bad = () => {
      throw named('Bad');
    };
    expect((await run(definition, { tasks: { bad } })).output).toBe('old');
  });
});

describe('scopes', () => {
  const inside = (state: object) => ({ StartAt: 'In', States: { In: { ...state, End: true } } });
  const around = (state: object) =>
    machine({ Set: { Type: 'Pass', Assign: { outer: 'seen' }, Next: 'Around' }, Around: { ...state, End: true } });
  const read = { Type: 'Pass', Output: '{% $outer %}' };

  it('are read from inside a Parallel and an inline Map', async () => {
    expect((await run(around({ Type: 'Parallel', Branches: [inside(read)] }))).output).toEqual(['seen']);
    expect((await run(around({ Type: 'Map', Items: [1], ItemProcessor: inside(read) }))).output).toEqual(['seen']);
  });

  it('are not left: what a branch assigns is gone after it', async () => {
    const definition = machine({
      Both: { Type: 'Parallel', Branches: [inside({ Type: 'Pass', Assign: { own: 1 } })], Next: 'After' },
      After: answer('{% $exists($states.input) %}'),
    });
    expect((await run(definition)).output).toBe(true);
    const scope = createVariables();
    scope.inner().assign({ own: 1 });
    expect(scope.visible()).toEqual({});
  });

  it('are closed to assignment from inside', () => {
    const scope = createVariables();
    scope.assign({ outer: 1 });
    expect(() => scope.inner().assign({ outer: 2 })).toThrow('belongs to an outer scope');
    expect(scope.visible()).toEqual({ outer: 1 });
  });

  it('do not share names between siblings', () => {
    const scope = createVariables();
    const [one, two] = [scope.inner(), scope.inner()];
    one.assign({ x: 1 });
    two.assign({ x: 2 });
    expect([one.visible(), two.visible()]).toEqual([{ x: 1 }, { x: 2 }]);
  });
});

describe('size', () => {
  const kib = (n: number) => 'x'.repeat(n * 1024 - 2);

  it.each([
    ['one variable of 256 KiB', { a: kib(256) }, true],
    ['one variable a byte larger', { a: `${kib(256)}x` }, false],
    ['one Assign of 256 KiB together', { a: kib(128), b: kib(128) }, true],
    ['one Assign a byte larger', { a: kib(128), b: `${kib(128)}x` }, false],
  ])('%s', (_, values, fits) => {
    const assign = () => createVariables().assign(values);
    if (fits) expect(assign).not.toThrow();
    else expect(assign).toThrow('States.DataLimitExceeded');
  });

  it('lets all variables of an execution have 10 MiB together, in whichever scope, and no more', () => {
    const scope = createVariables();
    const inner = scope.inner();
    for (let n = 0; n < 40; n += 1) (n % 2 ? scope : inner).assign({ [`v${n}`]: kib(256) });
    expect(() => inner.assign({ more: 1 })).toThrow('States.DataLimitExceeded');
    scope.assign({ v1: 'smaller' });
    expect(() => inner.assign({ more: 1 })).not.toThrow();
  });

  it('fails the execution, and States.ALL does not catch it', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'End' }];
    const definition = machine({
      Big: task('big', {
        Assign: { a: '{% $join($map([1..27], function($n) { $states.result })) %}' },
        Output: null,
        Catch,
        Next: 'End',
      }),
      End: { Type: 'Succeed' },
    });
    const { outcome } = await run(definition, { tasks: { big: () => kib(10) } });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

it('binds no variable that was not assigned', async () => {
  expect((await run(single({ Type: 'Pass', Output: '{% $exists($states.input.a) %}' }))).output).toBe(false);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machine, named, run, single, task } from './harness.ts';

const body = (state: object, config: object = {}) => ({
  ...config,
  StartAt: 'Each',
  States: { Each: { ...state, End: true } },
});
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const double = { Type: 'Pass', Output: '{% $states.input * 2 %}' };
const map = (state: object, fields: object = {}) => ({ Type: 'Map', ItemProcessor: body(state), ...fields });
const distributedMap = (state: object, fields: object = {}) => ({
  Type: 'Map',
  ItemProcessor: body(state, distributed),
  ...fields,
});

describe.each([
  ['inline', map],
  ['distributed', distributedMap],
])('an %s Map', (_, make) => {
  it('runs its states for each item and answers in the order of the items', async () => {
    const waits = { Type: 'Wait', Seconds: '{% $states.input %}' };
    const ran = await run(single(make(waits)), { input: [30, 10, 20] });
    expect(ran.output).toEqual([30, 10, 20]);
    expect(ran.seconds).toBe(30);
  });

  it('takes its items from Items, and answers nothing for none', async () => {
    expect(
      (await run(single(make(double, { Items: '{% $states.input.list %}' })), { input: { list: [1, 2] } })).output,
    ).toEqual([2, 4]);
    expect((await run(single(make(double)), { input: [] })).output).toEqual([]);
  });

  it('gives each iteration what ItemSelector makes of item and index', async () => {
    const ItemSelector = {
      item: '{% $states.context.Map.Item.Value %}',
      index: '{% $states.context.Map.Item.Index %}',
      common: '{% $states.input.x %}',
    };
    const definition = single(make({ Type: 'Pass' }, { Items: ['a', 'b'], ItemSelector }));
    expect((await run(definition, { input: { x: 9 } })).output).toEqual([
      { item: 'a', index: 0, common: 9 },
      { item: 'b', index: 1, common: 9 },
    ]);
  });

  it('wants an array', async () => {
    expect((await run(single(make(double)), { input: { a: 1 } })).outcome).toMatchObject({
      error: 'States.QueryEvaluationError',
    });
  });

  it('never runs more at once than MaxConcurrency says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 12 }),
        async (MaxConcurrency, count) => {
          const items = Array.from({ length: count }, () => 10);
          const ran = await run(single(make({ Type: 'Wait', Seconds: '{% $states.input %}' }, { MaxConcurrency })), {
            input: items,
          });
          expect(ran.seconds).toBe(Math.ceil(count / MaxConcurrency) * 10);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('an inline Map', () => {
  it('runs 40 at once and no more', async () => {
    const items = Array.from({ length: 41 }, () => 10);
    expect((await run(single(map({ Type: 'Wait', Seconds: '{% $states.input %}' })), { input: items })).seconds).toBe(
      20,
    );
  });

  it('ends with its first failure, which ends the other iterations too', async () => {
    const tasks = {
      maybe: (item: never) => {
        if (item === 2) throw named('Bad', 'two');
        return new Promise<never>(() => {});
      },
    };
    const ran = await run(single(map(task('maybe'))), { input: [1, 2, 3], tasks });
    expect(ran.outcome).toEqual({ status: 'FAILED', error: 'Bad', cause: 'two' });
    expect(ran.seconds).toBe(0);
    expect(ran.events('MapIterationFailed').map(({ mapIterationFailedEventDetails: d }) => d?.index)).toEqual([1]);
    expect(ran.events('MapIterationAborted')).toHaveLength(2);
    expect(ran.types.at(-2)).toBe('MapStateFailed');
  });
});

describe('a distributed Map', () => {
  const failing = {
    tasks: {
      maybe: (item: never) => {
        if (item < 0) throw named('Bad');
        return item;
      },
    },
  };

  it.each([
    ['nothing by itself', {}, [1, -1], 'fails'],
    ['a number', { ToleratedFailureCount: 1 }, [1, -1], 'succeeds'],
    ['not more than the number', { ToleratedFailureCount: 1 }, [1, -1, -1], 'fails'],
    ['a percentage', { ToleratedFailurePercentage: 50 }, [1, -1], 'succeeds'],
    ['not more than the percentage', { ToleratedFailurePercentage: 50 }, [1, -1, -1], 'fails'],
    ['the smaller of both', { ToleratedFailurePercentage: 100, ToleratedFailureCount: 1 }, [-1, -1], 'fails'],
    ['what an expression says', { ToleratedFailureCount: '{% 1 + 1 %}' }, [-1, -1], 'succeeds'],
  ])('tolerates %s', async (_, fields, input, ending) => {
    const ran = await run(single(distributedMap(task('maybe'), fields)), { input, ...failing });
    if (ending === 'succeeds') expect(ran.output).toEqual(input.filter((item) => item > 0));
    else expect(ran.outcome).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' });
  });

  it('runs each item as an execution of its own, with its own history', async () => {
    const ran = await run(single(distributedMap(double)), { input: [1, 2] });
    expect(ran.children.map(({ history }) => history.map(({ type }) => type))).toEqual([
      ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
      ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ]);
    expect(ran.types).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('ends its executions when it is stopped', async () => {
    const ran = await run(single(distributedMap({ Type: 'Wait', Seconds: 1000 })), {
      input: [1, 2],
      meanwhile: ({ clock, execution }) => void clock.after(5000, () => execution.stop()),
    });
    expect(ran.children.map((child) => child.outcome()?.outcome.status)).toEqual(['ABORTED', 'ABORTED']);
  });

  it('may set a variable that the machine around it has too', async () => {
    const inside = { Type: 'Pass', Assign: { x: 2 }, Output: null };
    const definition = machine({
      Set: { Type: 'Pass', Assign: { x: 1 }, Next: 'Each one' },
      'Each one': distributedMap(inside, { Items: [1], Next: 'After' }),
      After: { Type: 'Succeed', Output: '{% $x %}' },
    });
    expect((await run(definition)).output).toBe(1);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDefinition, readDefinition } from '../../../local/states/check/check-definition.ts';
import { machine, problemsOf, single, task } from './harness.ts';

const end = { Type: 'Succeed' };
const pass = (fields: object) => single({ Type: 'Pass', ...fields });
const inside = (state: object) => ({ StartAt: 'In', States: { In: { ...state, End: true } } });

describe('checkDefinition', () => {
  it.each([
    ['JSONPath', { StartAt: 'A', States: { A: end } }, 'QueryLanguage: has to be JSONata'],
    ['JSONPath in one state', pass({ QueryLanguage: 'JSONPath' }), 'has to be JSONata'],
    ['a field of JSONPath', pass({ ResultPath: '$.a' }), 'Unrecognized key: "ResultPath"'],
    ['a misspelt field', pass({ Outputs: 1 }), 'Unrecognized key: "Outputs"'],
    ['an unknown type', machine({ A: { Type: 'Loop' } }), 'States/A/Type'],
    ['a start that is not there', { ...machine({ A: end }), StartAt: 'B' }, 'There is no state "B" to start at'],
    ['a Next that is not there', machine({ A: { Type: 'Pass', Next: 'B' } }), 'States/A/Next: There is no state "B"'],
    [
      'a Default that is not there',
      machine({ A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'E' }], Default: 'B' }, E: end }),
      'States/A/Default',
    ],
    [
      'a Catch that leads nowhere',
      machine({ A: task('t', { Catch: [{ ErrorEquals: ['X'], Next: 'B' }], End: true }) }),
      'States/A/Catch/0/Next',
    ],
    [
      'a way out of a branch',
      machine({
        A: { Type: 'Parallel', Branches: [{ StartAt: 'In', States: { In: { Type: 'Pass', Next: 'E' } } }], Next: 'E' },
        E: end,
      }),
      'There is no state "E" in the same flow',
    ],
    ['neither Next nor End', machine({ A: { Type: 'Pass' } }), 'either Next or End'],
    ['both Next and End', machine({ A: { Type: 'Pass', Next: 'E', End: true }, E: end }), 'either Next or End'],
    ['a state that nothing leads to', machine({ A: end, B: end }), 'States/B: No other state leads here'],
    [
      'a flow that never ends',
      machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }),
      'ends the flow',
    ],
    [
      'a name used twice',
      machine({ In: { Type: 'Parallel', Branches: [inside({ Type: 'Pass' })], End: true } }),
      'The name is used twice',
    ],
    ['a name that is too long', machine({ ['n'.repeat(81)]: end }), 'States'],
    [
      'States.ALL before another',
      single(task('t', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] })),
      'has to be the last entry of Retry',
    ],
    [
      'States.ALL in company',
      single(task('t', { Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] })),
      'has to stand alone',
    ],
    [
      'States.Runtime, which nothing catches',
      machine({ A: task('t', { Catch: [{ ErrorEquals: ['States.Runtime'], Next: 'E' }], Next: 'E' }), E: end }),
      'nothing can catch it',
    ],
    [
      'an error that Step Functions does not have',
      single(task('t', { Retry: [{ ErrorEquals: ['States.Throttled'] }] })),
      'There is no error States.Throttled',
    ],
    ['a retry without errors', single(task('t', { Retry: [{ ErrorEquals: [] }] })), 'Retry/0/ErrorEquals'],
    ['a task without a timeout', single(task('t', { TimeoutSeconds: undefined })), 'has no TimeoutSeconds'],
    ['a timeout of nothing', single(task('t', { TimeoutSeconds: 0 })), 'TimeoutSeconds'],
    ['heartbeats that nobody sends', single(task('t', { HeartbeatSeconds: 5 })), 'nobody else sends heartbeats'],
    [
      'a heartbeat slower than the timeout',
      single(task('t.waitForTaskToken', { HeartbeatSeconds: 60, Arguments: '{% $states.context.Task.Token %}' })),
      'smaller than TimeoutSeconds',
    ],
    ['a token that nobody gets', single(task('t.waitForTaskToken')), 'Task.Token to nobody'],
    ['a resource that is computed', single(task('t', { Resource: "{% 'arn' %}" })), 'cannot be an expression'],
    ['a Wait for nothing', single({ Type: 'Wait' }), 'either Seconds or Timestamp'],
    [
      'a Wait for two things',
      single({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z' }),
      'either Seconds or Timestamp',
    ],
    [
      'tolerance in an inline Map',
      single({ Type: 'Map', ItemProcessor: inside({ Type: 'Pass' }), ToleratedFailureCount: 1 }),
      'Only a DISTRIBUTED Map tolerates',
    ],
    [
      'Express children',
      single({
        Type: 'Map',
        ItemProcessor: {
          ...inside({ Type: 'Pass' }),
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
        },
      }),
      'no Express workflows',
    ],
    ['an ItemReader', single({ Type: 'Map', ItemReader: {}, ItemProcessor: inside({ Type: 'Pass' }) }), '"ItemReader"'],
    ['broken JSONata', pass({ Output: '{% 1 + %}' }), 'The JSONata cannot be read'],
    ['JSONata of a later version', pass({ Output: '{% $states.input.a ?? 1 %}' }), 'The JSONata cannot be read'],
    ['an empty expression', pass({ Output: '{% %}' }), 'The expression is empty'],
    ['an expression with something before it', pass({ Output: ' {% 1 %}' }), 'begins with {% and ends with %}'],
    ['$eval', pass({ Output: "{% $eval('1') %}" }), '$eval does not exist'],
    ['a function that does not exist', pass({ Output: '{% $shout(1) %}' }), '$shout is not assigned'],
    ['a variable that is never assigned', pass({ Output: '{% $nobody %}' }), '$nobody is not assigned'],
    [
      'a variable that is assigned later',
      machine({ A: { Type: 'Pass', Output: '{% $x %}', Next: 'B' }, B: { Type: 'Pass', Assign: { x: 1 }, End: true } }),
      '$x is not assigned',
    ],
    ['a variable of the state itself', pass({ Assign: { x: 1, y: '{% $x %}' } }), '$x is not assigned'],
    [
      'a variable from outside a distributed Map',
      machine({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: {
          Type: 'Map',
          Items: [1],
          ItemProcessor: {
            ...inside({ Type: 'Pass', Output: '{% $x %}' }),
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          },
          End: true,
        },
      }),
      '$x is not assigned',
    ],
    [
      'an outer variable assigned inside',
      machine({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: { Type: 'Parallel', Branches: [inside({ Type: 'Pass', Assign: { x: 2 } })], End: true },
      }),
      '$x belongs to an outer scope',
    ],
    ['a variable named states', pass({ Assign: { states: 1 } }), 'is reserved'],
    ['a variable that is no name', pass({ Assign: { 'a-b': 1 } }), 'is no name for a variable'],
    [
      '$states.result before there is one',
      single(task('t', { Arguments: '{% $states.result %}' })),
      '$states.result does not exist here',
    ],
    ['$states.result in a Pass', pass({ Output: '{% $states.result %}' }), '$states.result does not exist here'],
    [
      '$states.errorOutput without an error',
      single(task('t', { Output: '{% $states.errorOutput %}' })),
      '$states.errorOutput does not exist here',
    ],
    [
      'a condition that is text',
      machine({ A: { Type: 'Choice', Choices: [{ Condition: 'true', Next: 'E' }], Default: 'E' }, E: end }),
      'Condition',
    ],
  ])('finds %s', (_, definition, message) => {
    expect(problemsOf(definition).join('\n')).toContain(message);
  });

  it('knows what loops, catches and inner flows may see', () => {
    const definition = machine({
      Count: { Type: 'Pass', Assign: { n: 0 }, Next: 'Try' },
      Try: task('t', {
        Arguments: '{% $n %}',
        Assign: { n: '{% $n + 1 %}', last: '{% $states.result %}' },
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { why: '{% $states.errorOutput.Error %}' }, Next: 'Why' }],
        Next: 'Enough?',
      }),
      'Enough?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $n > 3 and $last = 1 %}', Next: 'All' }],
        Default: 'Try',
      },
      Why: { Type: 'Fail', Error: '{% $why %}' },
      All: {
        Type: 'Map',
        Items: [1],
        ItemSelector: '{% $states.context.Map.Item.Value %}',
        ItemProcessor: inside({
          Type: 'Pass',
          Output: '{% ($m := $n; $map([1], function($v, $i) { $v + $i + $m })) %}',
        }),
        Output: '{% $states.result[0] %}',
        End: true,
      },
    });
    expect(problemsOf(definition)).toEqual([]);
  });

  it.each([
    ['first', ['Set', 'Use']],
    ['last', ['Use', 'Set']],
  ])('knows a variable that only one of two ways assigns, whichever comes %s', (_, [one, other]) => {
    const definition = machine({
      'Which way?': { Type: 'Choice', Choices: [{ Condition: true, Next: one }], Default: other },
      Set: { Type: 'Pass', Assign: { x: 1 }, Next: 'Use' },
      Use: { Type: 'Pass', Next: 'Tell' },
      Tell: { Type: 'Succeed', Output: '{% $exists($x) ? $x : null %}' },
    });
    expect(problemsOf(definition)).toEqual([]);
  });

  it('tells all problems at once', () => {
    expect(problemsOf(machine({ A: { Type: 'Pass', Output: '{% $x %}', Next: 'B' }, C: end }))).toHaveLength(3);
  });

  it('refuses a resource that nobody knows', () => {
    const problems = checkDefinition(single(task('t')), { isKnownResource: () => false });
    expect(problems).toEqual([
      { path: 'States/Only/Resource', message: 'The resource arn:aws:states:::test:t is not recognized.' },
    ]);
  });

  it('has nothing against the state machine that all others wait with', () => {
    const file = path.join(import.meta.dirname, '../../../state-machines/settle.asl.json');
    expect(problemsOf(JSON.parse(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('readDefinition', () => {
  it.each([
    ['no JSON', '{', 'is no JSON'],
    ['more than a megabyte', ' '.repeat(1_048_577), 'longer than 1048576 bytes'],
    ['problems', JSON.stringify(machine({ A: { Type: 'Pass' } })), 'either Next or End, and not both. at /States/A'],
  ])('refuses %s', (_, text, message) => {
    expect(() => readDefinition(text)).toThrow(message);
  });
});

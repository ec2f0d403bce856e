import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { run, single } from './harness.ts';

const output = async (expression: string, input: object = {}) =>
  (await run(single({ Type: 'Pass', Output: `{% ${expression} %}` }), { input: { ...input } })).outcome;

describe('functions that Step Functions adds', () => {
  it.each([
    ['$partition([1, 2, 3, 4, 5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([], 2)', []],
    ['$range(0, 4, 2)', [0, 2, 4]],
    ['$range(5, 1, -2)', [5, 3, 1]],
    ['$range(1, 0, 1)', []],
    ["$hash('a', 'SHA-256')", createHash('sha256').update('a').digest('hex')],
    ["$hash('a', 'MD5')", createHash('md5').update('a').digest('hex')],
    ['$random(7) = $random(7)', true],
    ['$random() >= 0 and $random() < 1', true],
    ['$uuid() != $uuid()', true],
    ['$parse(\'{"a": [1]}\').a', [1]],
    ['$map([[1, 2]], function($pair) { $sum($pair) })', 3],
  ])('%s', async (expression, expected) => {
    const ended = await output(expression);
    // JSONata unwraps a list of one, here as on AWS.
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    if (ended.status === 'SUCCEEDED') expect([ended.output].flat()).toEqual([expected].flat());
  });

  it.each([
    ['$range(1, 1001, 1)', 'up to 1000 numbers'],
    ['$range(1, 2, 0)', 'a step other than 0'],
    ['$partition([1], 0)', 'at least 1'],
    ["$hash('a', 'CRC32')", 'not CRC32'],
    ["$parse('{')", 'JSON'],
  ])('%s fails', async (expression, cause) => {
    expect(await output(expression)).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(cause),
    });
  });
});

describe('an expression', () => {
  it.each([
    ['gives nothing', '$states.input.nothing'],
    ['gives nothing by a filter that finds nothing', '[1, 2][$ > 5]'],
    ['throws', "$error('no')"],
    ['has operands that do not fit', "1 + 'a'"],
    ['gives a function', 'function($x) { $x }'],
    ['has a function inside', "{ 'f': $sum }"],
    ['never ends', '($f := function($n) { $f($n + 1) }; $f(0))'],
  ])('that %s fails the state', async (_, expression) => {
    expect(await output(expression)).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it('may give null and false, which are something', async () => {
    expect(await output('null')).toMatchObject({ output: null });
    expect(await output('false')).toMatchObject({ output: false });
  });

  it("runs on the account's clock, which stands still within it", async () => {
    expect(await output('$now()')).toMatchObject({ output: '2026-01-01T00:00:00.000Z' });
    expect(await output("$now('[Y0001]/[M01]')")).toMatchObject({ output: '2026/01' });
    expect(await output('$millis() = $toMillis($now())')).toMatchObject({ output: true });
  });

  it('knows its execution, its machine and its state', async () => {
    expect(await output('$states.context', { a: 1 })).toMatchObject({
      output: {
        Execution: {
          Id: 'arn:aws:states:us-east-1:111122223333:execution:tested:op-1',
          Name: 'op-1',
          Input: { a: 1 },
          RoleArn: 'arn:aws:iam::111122223333:role/tested',
          StartTime: '2026-01-01T00:00:00.000Z',
          RedriveCount: 0,
        },
        StateMachine: { Id: 'arn:aws:states:us-east-1:111122223333:stateMachine:tested', Name: 'tested' },
        State: { Name: 'Only', EnteredTime: '2026-01-01T00:00:00.000Z', RetryCount: 0 },
      },
    });
  });
});

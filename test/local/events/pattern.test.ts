import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPattern, matchesPattern, type Pattern } from '../../../local/services/events/pattern.ts';

/** Whether one field of an event fits the list that a pattern has for it. */
const fits = (wanted: unknown, value: unknown) => matchesPattern({ field: wanted } as Pattern, { field: value });
const texts = fc.string({ maxLength: 8 });
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
/** Small, so that two of them are often alike. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\', '.'), maxLength: 5 });

describe('a value', () => {
  it('is compared exactly, with its type', () => {
    fc.assert(
      fc.property(fc.oneof(texts, numbers, fc.boolean(), fc.constant(null)), (value) => {
        expect(fits([value], value)).toBe(true);
        expect(fits(['something else than that'], value)).toBe(false);
      }),
    );
    expect(fits([1], '1')).toBe(false);
    expect(fits(['true'], true)).toBe(false);
    expect(fits([''], null)).toBe(false);
    expect(fits([1], 1.0)).toBe(true);
  });

  it('may be one of a list, on either side', () => {
    expect(fits(['a', 'b'], 'b')).toBe(true);
    expect(fits(['a', 'b'], ['c', 'b'])).toBe(true);
    expect(fits(['a', 'b'], ['c', 'd'])).toBe(false);
    expect(fits(['a'], [])).toBe(false);
  });
});

describe('an operator', () => {
  it.each([
    [{ prefix: 'us-' }, 'us-east-1', 'eu-us-1'],
    [{ prefix: { 'equals-ignore-case': 'EVENTB' } }, 'eventBridge', 'bridge'],
    [{ suffix: '.png' }, 'a.png', 'a.PNG'],
    [{ suffix: { 'equals-ignore-case': '.png' } }, 'a.PNG', 'a.png2'],
    [{ 'equals-ignore-case': 'alice' }, 'ALICE', 'ALICES'],
    [{ wildcard: '/orders/*/log' }, '/orders/1/2/log', '/orders/1/logs'],
    [{ wildcard: 'a\\*b' }, 'a*b', 'axb'],
    [{ wildcard: 'a.c*' }, 'a.cd', 'abcd'],
    [{ numeric: ['=', 3] }, 3.0, 3.1],
    [{ numeric: ['>', 0, '<=', 5] }, 5, 0],
    [{ cidr: '10.0.0.0/24' }, '10.0.0.255', '10.0.1.0'],
    [{ cidr: '2001:db8::/32' }, '2001:db8::1', '2001:db9::1'],
    [{ 'anything-but': 'initializing' }, 'running', 'initializing'],
    [{ 'anything-but': [1, 2] }, 3, 2],
    [{ 'anything-but': { prefix: 'init' } }, 'running', 'initializing'],
    [{ 'anything-but': { suffix: ['.png', '.jpg'] } }, 'a.txt', 'a.jpg'],
    [{ 'anything-but': { wildcard: '*/lib/*' } }, '/bin/a', '/usr/lib/a'],
    [{ 'anything-but': { 'equals-ignore-case': ['a', 'B'] } }, 'c', 'b'],
  ])('%j takes %j and not %j', (operator, yes, no) => {
    expect(fits([operator], yes)).toBe(true);
    expect(fits([operator], no)).toBe(false);
  });

  it.each([{ prefix: '' }, { suffix: '' }, { wildcard: '*' }, { 'equals-ignore-case': '1' }, { cidr: '0.0.0.0/0' }])(
    '%j is about texts',
    (operator) => {
      for (const value of [1, true, null, {}]) expect(fits([operator], value)).toBe(false);
    },
  );

  it('numeric is about numbers', () => {
    for (const value of ['1', true, null]) expect(fits([{ numeric: ['>', -1] }], value)).toBe(false);
  });

  it('cidr takes no text that is not an address', () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!/^[\d.]+$|:/.test(text));
        expect(fits([{ cidr: '0.0.0.0/0' }], text)).toBe(false);
      }),
    );
  });

  it('prefix and suffix take what begins and ends so, and wildcard is both', () => {
    fc.assert(
      fc.property(letters, letters, letters, (a, b, c) => {
        expect(fits([{ prefix: a }], a + b)).toBe(true);
        expect(fits([{ suffix: b }], a + b)).toBe(true);
        expect(fits([{ prefix: a }], b)).toBe(b.startsWith(a));
        expect(fits([{ suffix: a }], b)).toBe(b.endsWith(a));
        const literal = (text: string) => text.replaceAll(/[\\*]/g, (character) => `\\${character}`);
        expect(fits([{ wildcard: `${literal(a)}*${literal(b)}` }], a + c + b)).toBe(true);
        expect(fits([{ wildcard: literal(a) }], b)).toBe(a === b);
      }),
    );
  });

  it('numeric takes what is within its range', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, value) => {
        fc.pre(a !== b);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(fits([{ numeric: ['>=', low, '<', high] }], value)).toBe(value >= low && value < high);
        expect(fits([{ numeric: ['<', low] }], value)).toBe(value < low);
      }),
    );
  });

  it('anything-but takes what its list takes not, but nothing that is absent', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 3 }), texts, (excluded, value) => {
        expect(fits([{ 'anything-but': excluded }], value)).toBe(!fits(excluded, value));
      }),
    );
    expect(matchesPattern({ field: [{ 'anything-but': 'a' }] }, {})).toBe(false);
  });
});

describe('exists', () => {
  const absent = { a: { b: [{ exists: false }] } };
  const present = { a: { b: [{ exists: true }] } };
  it.each([
    ['a value', { a: { b: 1 } }, true],
    ['null', { a: { b: null } }, true],
    ['nothing', { a: {} }, false],
    ['nothing on the way', {}, false],
    ['an empty list', { a: { b: [] } }, false],
    ['an object, which is no value', { a: { b: { c: 1 } } }, false],
  ])('looks at %s', (_what, event, there) => {
    expect(matchesPattern(present, event)).toBe(there);
    expect(matchesPattern(absent, event)).toBe(!there);
  });
});

describe('a pattern', () => {
  const event = { source: 'aws.ec2', detail: { state: 'stopped', tags: [{ key: 'a' }, { key: 'b' }] } };

  it('asks for all its fields, and for no other', () => {
    expect(matchesPattern({ source: ['aws.ec2'], detail: { state: ['stopped'] } }, event)).toBe(true);
    expect(matchesPattern({ source: ['aws.ec2'], detail: { state: ['running'] } }, event)).toBe(false);
    expect(matchesPattern({ source: ['aws.ec2'], 'detail-type': ['any'] }, event)).toBe(false);
  });

  it('looks into every object of a list', () => {
    expect(matchesPattern({ detail: { tags: { key: ['b'] } } }, event)).toBe(true);
    expect(matchesPattern({ detail: { tags: { key: ['c'] } } }, event)).toBe(false);
  });

  it('finds all that it asks for in the same object of a list', () => {
    const john = { first: 'John', last: 'Doe' };
    const anna = { first: 'Anna', last: 'Smith', left: true };
    const asks = (first: string, last: string): Pattern => ({ staff: { first: [first], last: [last] } });
    for (const staff of [
      [john, anna],
      [[john], [anna]],
    ]) {
      expect(matchesPattern(asks('Anna', 'Smith'), { staff })).toBe(true);
      expect(matchesPattern(asks('Anna', 'Doe'), { staff })).toBe(false);
      expect(matchesPattern({ staff: { first: ['John'], left: [{ exists: false }] } }, { staff })).toBe(false);
    }
    expect(matchesPattern({ staff: { left: [{ exists: false }] } }, { staff: [john] })).toBe(true);
  });

  it('takes either branch of $or', () => {
    const either = { source: ['aws.ec2'], $or: [{ id: ['x'] }, { detail: { state: ['stopped'] } }] };
    expect(matchesPattern(either, event)).toBe(true);
    expect(matchesPattern({ ...either, source: ['other'] }, event)).toBe(false);
    expect(matchesPattern({ $or: [{ id: ['x'] }, { detail: { state: ['running'] } }] }, event)).toBe(false);
  });

  it.each([
    [{}, 'Empty patterns'],
    [{ source: [] }, 'Empty arrays'],
    [{ source: 'aws.ec2' }, 'object or an array'],
    [{ detail: {} }, 'Empty patterns'],
    [{ source: [['a']] }, 'Match value'],
    [{ source: [{ begins: 'a' }] }, 'Unrecognized match type begins'],
    [{ source: [{ prefix: 'a', suffix: 'b' }] }, 'Only one comparison'],
    [{ source: [{ prefix: ['a', 'b'] }] }, 'must be a text'],
    [{ source: [{ suffix: 1 }] }, 'must be a text'],
    [{ source: [{ wildcard: 'a**' }] }, 'Consecutive wildcard'],
    [{ source: [{ exists: 'yes' }] }, 'true or false'],
    [{ source: [{ cidr: '10.0.0.0/40' }] }, 'not a CIDR range'],
    [{ source: [{ numeric: ['>', '1'] }] }, 'numeric range'],
    [{ source: [{ numeric: ['~', 1] }] }, 'numeric range'],
    [{ source: [{ numeric: ['<', 5, '>', 1] }] }, 'not a range'],
    [{ source: [{ numeric: ['>', 5, '<', 1] }] }, 'not a range'],
    [{ source: [{ numeric: [] }] }, 'numeric takes'],
    [{ source: [{ 'anything-but': ['a', 1] }] }, 'not both'],
    [{ source: [{ 'anything-but': { numeric: ['>', 1] } }] }, 'Unsupported anything-but'],
  ])('%j is refused: %s', (pattern, word) => {
    expect(() => checkPattern(pattern)).toThrow(word);
  });
});

import { describe, expect, it } from 'vitest';
import { sayLength, sayMoment } from '../../../functions/failover-drill/timeline/say-length.ts';

describe('sayLength', () => {
  it.each([
    [0, '0.00 s'],
    [1424, '1.42 s'],
    [9994, '9.99 s'],
    [9996, '10.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [151_000, '2 min 31 s'],
  ])('says %d ms as %s', (ms, says) => {
    expect(sayLength(ms)).toBe(says);
  });
});

describe('sayMoment', () => {
  it.each([
    [0, '+0.0 s'],
    [-40, '+0.0 s'],
    [-500, '−0.5 s'],
    [4100, '+4.1 s'],
    [260_000, '+4 min 20 s'],
  ])('says %d ms as %s', (ms, says) => {
    expect(sayMoment(ms)).toBe(says);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestTo } from '../../functions/creation/closest.ts';

const POLICIES = ['allkeys-lru', 'allkeys-lfu', 'volatile-lru', 'volatile-lfu', 'noeviction'];

describe('closestTo', () => {
  it.each([
    ['allkeys-lur', 'allkeys-lru'],
    ['allkey-lfu', 'allkeys-lfu'],
    ['NOEVICTION', 'noeviction'],
    ['noevicton', 'noeviction'],
  ])('takes %s for %s', (word, meant) => {
    expect(closestTo(word, POLICIES)).toBe(meant);
  });

  it.each(['', 'redis', 'allkeys-lxu', 'x'.repeat(500)])('does not guess at %j', (word) => {
    expect(closestTo(word, POLICIES)).toBeUndefined();
  });

  it('finds a word again after one letter of it was dropped, doubled or swapped, unless another is as near', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...POLICIES),
        fc.nat(),
        fc.constantFrom('drop', 'double', 'swap'),
        (word, at, slip) => {
          const index = at % (word.length - 1);
          const [before, letter, next, after] = [
            word.slice(0, index),
            word[index],
            word[index + 1],
            word.slice(index + 2),
          ];
          const slipped = {
            drop: `${before}${next}${after}`,
            double: `${before}${letter}${letter}${next}${after}`,
            swap: `${before}${next}${letter}${after}`,
          };
          expect([word, undefined]).toContain(closestTo(slipped[slip], POLICIES));
        },
      ),
    );
  });
});

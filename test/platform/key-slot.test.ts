import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyIn, SLOTS, slotOf } from '../../functions/platform/key-slot.ts';

// From the Redis Cluster specification and CLUSTER KEYSLOT's documentation.
it.each([
  ['123456789', 0x31c3],
  ['somekey', 11_058],
  ['foo{hash_tag}', 2515],
  ['bar{hash_tag}', 2515],
])('the slot of %s is %i', (key, slot) => expect(slotOf(key)).toBe(slot));

it('counts only what stands between the first braces, if anything does', () => {
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
  expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'));
});

it('finds a key for any range of slots', () => {
  const ends = fc
    .tuple(fc.nat(SLOTS - 1), fc.nat(SLOTS - 1))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);
  fc.assert(
    fc.property(ends, ([first, last]) => {
      const slot = slotOf(keyIn('autopilot:verify:operation-1', [[first, last]]));
      expect(slot).toBeGreaterThanOrEqual(first);
      expect(slot).toBeLessThanOrEqual(last);
    }),
    { numRuns: 20 },
  );
});

it('does not search for ever where there are no slots', () => {
  expect(() => keyIn('key', [])).toThrow(RangeError);
});

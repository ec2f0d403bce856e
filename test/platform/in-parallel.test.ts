import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inParallel } from '../../functions/platform/in-parallel.ts';

it('works on every item once, in the order of the items, and never on more than so many at a time', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.nat()), fc.integer({ min: 1, max: 5 }), async (s, items, atATime) => {
      let underWay = 0;
      const work = s.scheduleFunction(async (item: number) => item * 2);
      const results = inParallel(items, atATime, async (item) => {
        underWay += 1;
        expect(underWay).toBeLessThanOrEqual(atATime);
        const result = await work(item);
        underWay -= 1;
        return result;
      });
      await s.waitFor(results);
      expect(await results).toEqual(items.map((item) => item * 2));
    }),
  ));

it('begins nothing after a failure, and tells it when all that was under way has ended', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const slow = Promise.withResolvers<void>();
  const all = inParallel([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 2) throw new Error('Two failed.');
    await slow.promise;
    ended.push(item);
  });
  slow.resolve();
  await expect(all).rejects.toThrow('Two failed.');
  expect(begun).toEqual([1, 2]);
  expect(ended).toEqual([1]);
});

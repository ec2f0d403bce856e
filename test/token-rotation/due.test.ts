import { expect, it } from 'vitest';
import { dueBecause } from '../../functions/token-rotation/due.ts';
import { daysAgo, NOW } from '../builders/a-drill.ts';

const at = { observedAt: NOW };

it('is due when it is as old as the policy allows, to the day', () => {
  for (const days of [0, 1, 29, 29.99]) expect(dueBecause({ ...at, changedAt: daysAgo(days) }, 30)).toBeUndefined();
  expect(dueBecause({ ...at, changedAt: daysAgo(30) }, 30)).toBe('it is 30 days old, and 30 are allowed');
  expect(dueBecause({ ...at, changedAt: daysAgo(45.9) }, 30)).toBe('it is 45 days old, and 30 are allowed');
});

it('is due when nobody tells how old it is', () => {
  expect(dueBecause(at, 30)).toBe('nobody tells how old it is');
});

it('is due, however young, when its last rotation did not come to its end', () => {
  for (const [outcome, isDue] of [
    ['failed', true],
    ['undone', true],
    ['done', false],
  ] as const) {
    const because = dueBecause({ ...at, changedAt: daysAgo(1), last: { operationId: 'rotation-0', outcome } }, 30);
    expect(because).toBe(isDue ? 'its last rotation, rotation-0, did not come to its end' : undefined);
  }
});

it('is not due by a time that nobody can read', () => {
  expect(dueBecause({ ...at, changedAt: 'yesterday' }, 30)).toBeUndefined();
});

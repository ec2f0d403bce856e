import type { DeletionSeen, DeletionTerms } from '../../functions/creation/plan-deletion.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aCache } from './an-observation.ts';

/** A healthy cache of ours with all that the autopilot made around it. */
export const seenForDeletion = (overrides: Partial<DeletionSeen> = {}): DeletionSeen => ({
  observedAt: '2026-11-21T07:00:00Z',
  cache: aCache(),
  specification: { cacheId: 'orders', deletionPolicy: 'Delete' },
  parameterGroups: ['autopilot-orders-redis7'],
  secret: true,
  ...overrides,
});

/** The terms of a request in an account that lets the autopilot delete caches by itself. */
export const termsToDelete = (overrides: Partial<DeletionTerms> = {}): DeletionTerms => ({
  policy: AccountPolicy.parse({ modes: { creation: 'act' } }),
  optInTag: 'autopilot:managed',
  startedAt: '2026-11-21T06:59:30.123Z',
  ...overrides,
});

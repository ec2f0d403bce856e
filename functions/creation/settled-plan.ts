import { NotReady } from '../platform/operator-actions.ts';
import type { CreationPlan } from './schemas.ts';

/** What ends by itself, or when the cache's own nodes have caught up. */
const PASSING: readonly CreationPlan['reason'][] = ['CacheBusy', 'ChangesPending'];

/**
 * The plan, once it says something about the cache. In the middle of a change a node may lag behind its group: what is still
 * applied then is most likely our own last step, and no reason to end half-way.
 *
 * @param taken the steps that this operation has taken already; before the first, nothing is waited for
 * @throws NotReady with the plan's sentence, while the cache is busy or changes are pending
 */
export const settledPlan = (plan: CreationPlan, taken: readonly string[]): CreationPlan => {
  if (taken.length > 0 && PASSING.includes(plan.reason)) throw new NotReady(plan.summary);
  return plan;
};

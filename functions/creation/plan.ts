import { handler as makeHandler } from '../platform/handler.ts';
import { planRequest } from './plan-request.ts';
import { PlanInput } from './schemas.ts';
import { settledPlan } from './settled-plan.ts';

/** Looks at the account and decides what to do about a requested cache. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/plan',
  input: PlanInput,
  run: async (input) => settledPlan(await planRequest(input), input.taken),
  report: ({ action, reason, cacheId, mode, monthlyCostUsd, faults, doubts, steps }) => ({
    says: 'Planned the cache',
    reason,
    fields: {
      cacheId,
      action,
      mode,
      monthlyCostUsd,
      doubts,
      steps: steps.map(({ id }) => id),
      faults: faults.map(({ path, rule }) => ({ path, rule })),
    },
  }),
});

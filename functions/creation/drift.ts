import { createHash } from 'node:crypto';
import type { DriftFound } from '../../events/drift-found.ts';
import type { CheckDriftOutput, CreationPlan } from './schemas.ts';

/** As many fields as a list of many caches can carry. */
const MOST_FIELDS = 10;

/** What the plan for a kept specification says about its cache. */
export interface Drift {
  /** For the workflow, which starts the repair. */
  readonly output: CheckDriftOutput;
  /** What is said on the bus; undefined when there is nothing to say. */
  readonly found?: Omit<DriftFound, 'region'> | undefined;
}

/**
 * Reads drift from a plan: a cache whose plan is `keep` is as specified, one that is busy cannot be judged now, and everything
 * else has drifted. A cache that is gone is said and never made again by itself. Pure.
 *
 * @param checkId the execution that checks; the repair's id is made from it, so that the same check repairs once
 */
export const driftIn = (
  plan: CreationPlan,
  { checkId, at }: { readonly checkId: string; readonly at: string },
): Drift => {
  const { cacheId } = plan;
  if (plan.action === 'keep') return { output: { cacheId, checked: true, drifted: false, fields: [] } };
  if (plan.reason === 'CacheBusy') return { output: { cacheId, checked: false, drifted: false, fields: [] } };
  const fields =
    plan.differences.length > 0 ? plan.differences.map(({ field }) => field) : plan.faults.map(({ path }) => path);
  const repair =
    plan.action === 'change' && plan.mode === 'act'
      ? {
          operationId: repairIdOf(cacheId, checkId),
          request: { spec: { cacheId }, requestedBy: 'autopilot (drift)', initiative: 'own' as const },
        }
      : undefined;
  return {
    output: {
      cacheId,
      checked: true,
      drifted: true,
      fields: [...new Set(plan.reason === 'CacheGone' ? ['cache'] : fields)].slice(0, MOST_FIELDS),
      ...(repair ? { repair } : {}),
    },
    found: {
      checkId,
      cacheId,
      reason: plan.reason,
      summary: summaryOf(plan),
      mode: plan.mode,
      differences: plan.differences,
      faults: plan.faults,
      ...(repair ? { repairedBy: repair.operationId } : {}),
      at,
    },
  };
};

const summaryOf = ({ cacheId, action, mode, summary, differences }: CreationPlan): string => {
  const fields = [...new Set(differences.map(({ field }) => field))].join(', ');
  const drifted = fields ? `${cacheId} has drifted from its specification in ${fields}. ` : '';
  if (action !== 'change') return `${drifted}${summary}`;
  return mode === 'act'
    ? `${drifted}The autopilot repairs what is safe: ${summary}`
    : `${drifted}In mode ${mode} the autopilot leaves it so. It would: ${summary}`;
};

/** Fits the name of an execution (80 characters), whatever the ids. */
const repairIdOf = (cacheId: string, checkId: string): string =>
  `repair-${cacheId.replace(/[^A-Za-z0-9-]/g, '').slice(0, 50)}-${createHash('sha256').update(checkId).digest('hex').slice(0, 12)}`;

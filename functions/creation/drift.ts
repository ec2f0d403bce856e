import { createHash } from 'node:crypto';
import type { DriftFound } from '../../events/drift-found.ts';
import type { CheckDriftOutput, CreationPlan } from './schemas.ts';

/** As many fields as a list of many caches can carry. */
const MOST_FIELDS = 10;

/** Who asks for repairs. */
export const DRIFT = 'autopilot (drift)';

/** What the plan for a kept specification says about its cache. */
export interface Drift {
  /** For the workflow, which starts the repair. */
  readonly output: CheckDriftOutput;
  /** What is said on the bus; undefined when there is nothing to say. */
  readonly found?: Omit<DriftFound, 'region'> | undefined;
}

/**
 * Reads drift from a plan: a cache whose plan is `keep` is as specified, one that is busy cannot be judged now, and everything
 * else has drifted. A cache that is gone, or can never be used, is said and never made again by itself. Pure.
 *
 * @param checkId  the execution that checks; the repair's id is made from it, so that the same check repairs once
 * @param lastLook whether the check looks no more: then it is said that a cache stayed busy
 */
export const driftIn = (
  plan: CreationPlan,
  { checkId, at, lastLook }: { readonly checkId: string; readonly at: string; readonly lastLook: boolean },
): Drift => {
  const { cacheId } = plan;
  if (plan.action === 'keep') return { output: { cacheId, checked: true, drifted: false, fields: [] } };
  if (plan.reason === 'CacheBusy') {
    const output = { cacheId, checked: false, drifted: false, fields: [] };
    return lastLook ? { output, found: said(plan, { checkId, at }) } : { output };
  }
  const fields =
    plan.differences.length > 0 ? plan.differences.map(({ field }) => field) : plan.faults.map(({ path }) => path);
  const repair =
    plan.action === 'change' && plan.mode === 'act'
      ? {
          operationId: repairIdOf(cacheId, checkId),
          request: { spec: { cacheId }, requestedBy: DRIFT, initiative: 'own' as const },
        }
      : undefined;
  return {
    output: {
      cacheId,
      checked: true,
      drifted: true,
      fields: [...new Set(WHOLE_CACHE[plan.reason] ?? fields)].slice(0, MOST_FIELDS),
      ...(repair ? { repair } : {}),
    },
    found: { ...said(plan, { checkId, at }), ...(repair ? { repairedBy: repair.operationId } : {}) },
  };
};

/** What is to be looked at where no field was compared. */
const WHOLE_CACHE: Readonly<Partial<Record<CreationPlan['reason'], readonly string[]>>> = {
  CacheGone: ['cache'],
  CacheUnusable: ['status'],
};

const said = (plan: CreationPlan, check: Pick<DriftFound, 'checkId' | 'at'>): Omit<DriftFound, 'region'> => ({
  ...check,
  cacheId: plan.cacheId,
  reason: plan.reason,
  summary: summaryOf(plan),
  mode: plan.mode,
  differences: plan.differences,
  faults: plan.faults,
});

const summaryOf = ({ cacheId, action, reason, mode, summary, differences }: CreationPlan): string => {
  if (reason === 'CacheBusy') return `${cacheId} could not be compared with its specification at any look. ${summary}`;
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

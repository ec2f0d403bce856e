import type { CacheSeen } from '../platform/caches.ts';
import { modesFor } from '../platform/fleet.ts';
import { MODE_TAG, mostCareful, tokenSecretName } from '../platform/names.ts';
import { waiting } from '../platform/pending-changes.ts';
import { type ChangeContext, counted } from './changes/change.ts';
import { differencesBetween, doubtsAbout, logsThatFail } from './differences.ts';
import type { Draft } from './draft.ts';
import { refused } from './draft.ts';
import { expectationFrom, expectationOf } from './expectation.ts';
import { sizeOf } from './limits.ts';
import type { Observation } from './observation.ts';
import { planChange } from './plan-change.ts';
import type { CreationTerms } from './plan-creation.ts';
import { plannedCompletion } from './planned-calls.ts';
import type { ChangeStep, CreationPlan, Fault } from './schemas.ts';
import { shownFaults } from './shown-faults.ts';
import type { CacheSpec } from './spec.ts';

interface ExistingCache {
  readonly spec: CacheSpec;
  readonly cache: CacheSeen;
  readonly seen: Observation;
  readonly terms: CreationTerms;
  readonly draft: Draft;
}

/** Statuses that no waiting ends (ElastiCache API, ReplicationGroup and CacheCluster; the SDK's waiters fail on the last two). */
const UNUSABLE = ['create-failed', 'restore-failed', 'incompatible-network'];

/** Plans for a cache that is there: nothing when it is as specified, else the steps that make it so, or why not. */
export const planExistingCache = ({ spec, cache, seen, terms, draft: given }: ExistingCache): CreationPlan => {
  const { cacheId } = spec;
  if (UNUSABLE.includes(cache.status)) {
    const summary = `Refused ${cacheId}: it exists and is ${cache.status}, which does not pass by itself.`;
    return refused(given, 'CacheUnusable', summary);
  }
  // Being made, changed or deleted: ElastiCache does not even tell its tags now.
  if (cache.status !== 'available' || cache.tags === undefined) {
    const summary = `Refused ${cacheId}: it exists and is ${cache.status}; ask again when it is available.`;
    return refused(given, 'CacheBusy', summary);
  }
  // Version, windows and groups are the members' to say: what is not told is not a difference.
  if (cache.untoldMembers) {
    const summary = `Refused ${cacheId}: ElastiCache does not tell now what ${counted(cache.untoldMembers, 'node')} of it is; ask again in a minute.`;
    return refused(given, 'CacheBusy', summary);
  }
  if (cache.tags[terms.optInTag] !== 'true') {
    const summary = `Refused ${cacheId}: it exists without the tag ${terms.optInTag}=true, so it is not ours to touch.`;
    return refused(given, 'NotOurs', summary);
  }
  if (cache.globalDatastoreId !== undefined) {
    // ElastiCache changes most of a member through its datastore only (ModifyGlobalReplicationGroup), in every Region at once.
    const summary = `Refused ${cacheId}: it belongs to the global datastore ${cache.globalDatastoreId}, which the autopilot does not change.`;
    return refused(given, 'InGlobalDatastore', summary);
  }
  if (cache.kind === 'cluster' && cache.engine !== 'memcached') {
    const summary = `Refused ${cacheId}: it is a node of ${cache.engine ?? 'an unknown engine'} that stands alone, and the autopilot cares for replication groups.`;
    return refused(given, 'StandAloneNode', summary);
  }
  const initiative = terms.initiative ?? 'person';
  const taken = terms.taken ?? [];
  const context: ChangeContext = { ...terms, spec, cache, seen, initiative, taken };
  const differences = differencesBetween(context);
  const { steps: all, refused: impossible } = planChange(context);
  // A cache that is as specified today is not when its window opens.
  const pending = cache.pending ?? [];
  const waits = waiting(pending);
  const failing = logsThatFail(context);
  const silent = failing.map((log) => `its ${log.logType} does not arrive at ${log.destination} (${log.problem})`);
  const tagged = modeByTags(cache.tags, terms, initiative);
  const draft: Draft = {
    ...given,
    mode: mostCareful(given.mode, tagged.mode),
    doubts: [...given.doubts, ...tagged.doubts, ...doubtsAbout(context)],
    differences: [...differences, ...waits.map((name) => ({ field: `pending.${name}`, wanted: null, found: 'waits' }))],
  };

  const elsewhere = new Set(failing.map(({ logType }) => `logDeliveryConfigurations.${logType}`));
  const inTheCache = differences.filter(({ field }) => !elsewhere.has(field));
  const unknown = notTaken(inTheCache, all, impossible);
  if (impossible.length > 0 || unknown.length > 0) {
    const faults = [...impossible, ...unknown];
    const paths = faults.map(({ path }) => path).join(', ');
    const summary = `Refused ${cacheId}: it cannot be changed to what is specified (${paths}).`;
    return refused(draft, 'NeedsReplacement', summary, { faults: shownFaults(faults) });
  }
  const keep = (reason: CreationPlan['reason'], summary: string, expect: CreationPlan['expect']): CreationPlan => ({
    ...draft,
    action: 'keep',
    reason,
    summary,
    // Where it is not known whose the token is, verifying says so.
    expect: expect && { ...(expect.auth && seen.secret ? { secretArn: seen.secret.arn } : {}), ...expect },
  });
  if (waits.length > 0) {
    const modify = cache.kind === 'cluster' ? 'modify-cache-cluster' : 'modify-replication-group';
    const summary = `Refused ${cacheId}: changes of ${waits.join(', ')} wait for its maintenance window. Apply them (aws elasticache ${modify} --apply-immediately) or take them back, and ask again.`;
    return refused(draft, 'ChangesPending', summary);
  }
  if (pending.length > 0) {
    const summary = `Refused ${cacheId}: its ${[...new Set(pending)].join(', ')} is being changed now; ask again in a minute.`;
    return refused(draft, 'CacheBusy', summary);
  }
  if (all.length === 0 && silent.length > 0) {
    const summary = `${cacheId} is as specified, but ${silent.join(', and ')}. Mend that there: ElastiCache keeps trying.`;
    // A person who comes with a specification has nothing to change in the cache; drift is said until the logs arrive.
    return initiative === 'own' && taken.length === 0
      ? refused(draft, 'LogsNotDelivered', summary)
      : keep('LogsNotDelivered', summary, expectationOf(spec));
  }
  if (all.length === 0) {
    return keep('AlreadyAsSpecified', `Nothing to do: ${cacheId} exists as specified.`, expectationOf(spec));
  }
  if (initiative === 'own' && terms.unfinished !== undefined) {
    const summary = `Did not repair ${cacheId} by itself: the change ${terms.unfinished} failed, and what differs may be its steps. Apply the specification that is wanted.`;
    return refused(draft, 'ChangeUnfinished', summary);
  }
  const steps = initiative === 'own' ? all.filter(({ safe }) => safe) : all;
  if (steps.length === 0) {
    const left = inWords(all);
    return taken.length > 0
      ? keep('PartlyRepaired', `What is left of ${cacheId} needs a person: ${left}.`, expectationFrom(cache, spec))
      : refused(draft, 'RepairNotSafe', `Did not repair ${cacheId} by itself: it would have to ${left}.`);
  }
  const size = sizeOf(spec, terms.policy, cache);
  if (size.tooLarge) {
    return refused(draft, size.tooLarge.reason, size.tooLarge.summary, { monthlyCostUsd: size.monthlyCostUsd });
  }
  return {
    ...draft,
    // What a person has to answer for is never done without one.
    mode: steps.some(({ interrupts }) => interrupts === 'loses-data') ? mostCareful(draft.mode, 'approve') : draft.mode,
    action: 'change',
    reason: 'CacheDiffers',
    summary: `Change ${cacheId}: ${inWords(steps)}.`,
    monthlyCostUsd: size.monthlyCostUsd,
    steps,
    calls: [
      ...steps.map(({ call }) => call),
      ...(steps.some(({ usesToken }) => usesToken)
        ? [plannedCompletion(terms.operationId, tokenSecretName(cacheId))]
        : []),
    ],
  };
};

const inWords = (steps: readonly ChangeStep[]): string => steps.map(({ says }) => says).join('; ');

/**
 * What the cache's own tags allow. `autopilot:mode` speaks of what the autopilot does by itself; who comes with a
 * specification has decided already, and is bound by `autopilot:creation` only.
 */
const modeByTags = (
  tags: Readonly<Record<string, string>>,
  { policy, optInTag }: CreationTerms,
  initiative: 'person' | 'own',
) => {
  const heard =
    initiative === 'own' ? tags : Object.fromEntries(Object.entries(tags).filter(([key]) => key !== MODE_TAG));
  const { modes, doubts } = modesFor(heard, policy, optInTag);
  return { mode: modes.creation, doubts };
};

/** Differences for which there is neither a step nor a refusal: nothing is changed by halves. */
const notTaken = (
  differences: CreationPlan['differences'],
  steps: readonly ChangeStep[],
  impossible: readonly Fault[],
): Fault[] => {
  if (impossible.length > 0) return [];
  const known = new Set(steps.flatMap(({ fields }) => fields));
  return differences
    .filter(({ field }) => !known.has(field))
    .map(({ field, wanted }) => ({
      path: field,
      value: wanted,
      rule: `The autopilot knows no way to change ${field} of a cache that exists.`,
      remedy: 'Change it by other means, or create a new cache from a snapshot.',
    }));
};

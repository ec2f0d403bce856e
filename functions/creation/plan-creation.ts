import { type CacheId, Mode } from '../platform/names.ts';
import { type AccountPolicy, modeAt } from '../platform/policy.ts';
import { type Draft, refused } from './draft.ts';
import { withoutLiteralSecrets } from './literal-secrets.ts';
import type { Observation } from './observation.ts';
import { planExistingCache } from './plan-existing-cache.ts';
import { planNewCache } from './plan-new-cache.ts';
import { ACCOUNT_RULES, ACCOUNT_WARNINGS, POLICY_RULES, SPEC_RULES, SPEC_WARNINGS } from './rules/index.ts';
import { isReserved } from './rules/tags.ts';
import type { CreationPlan, Fault } from './schemas.ts';
import { faultyPaths, shownFaults } from './shown-faults.ts';
import { CacheSpec, readSpec } from './spec.ts';

/** What the decision depends on besides the specification and the observation. */
export interface CreationTerms {
  readonly operationId: string;
  readonly policy: AccountPolicy;
  /** The mode that the request asks for; it can only make the policy more careful. */
  readonly requestedMode?: unknown;
  readonly optInTag: string;
  /** Our own topic of the Region: ElastiCache tells it what happens to a cache whose specification names no other. */
  readonly notificationTopicArn: string;
  /** What could not be read before the plan was made. */
  readonly doubts?: readonly string[];
  /** Who wants it: a person with a specification, or the autopilot itself, which found drift. Left out: a person. */
  readonly initiative?: 'person' | 'own' | undefined;
  /** What the request says of it. What is neither word is refused: a repair that is not known as one could do anything. */
  readonly requestedInitiative?: unknown;
  /** The operation of a person whose change of this cache failed since it was last as specified: nothing is repaired now. */
  readonly unfinished?: string | undefined;
  /** The autopilot comes by itself, and the ledger keeps no specification (any more): deleted, or let go. */
  readonly forgotten?: boolean | undefined;
  /** The steps that this operation has taken already, when it changes a cache. */
  readonly taken?: readonly string[] | undefined;
}

/** ElastiCache needs 7–16 minutes for a small cache (terraform-provider-aws, timings): after half an hour it is stuck. */
const SETTLE_SECONDS = 1800;

/**
 * Decides what to do about one requested cache: create it, change it, leave it as it is, or refuse with every fault at
 * once. Pure, never throws, and every doubt ends in `refuse` or `keep`.
 *
 * @param given the specification as somebody wrote it
 * @param seen  one observation; its `observedAt` is the only clock
 */
export const planCreation = (given: unknown, seen: Observation, terms: CreationTerms): CreationPlan => {
  const { spec: readable, faults: unreadable } = readSpec(withoutLiteralSecrets(given));
  const cacheId = nameOf(given);
  const requested = Mode.optional().safeParse(terms.requestedMode ?? undefined);
  const draft: Draft = {
    cacheId,
    mode: requested.success ? modeAt(terms.policy, 'creation', seen.observedAt, requested.data) : 'observe',
    faults: [],
    differences: [],
    warnings: shownFaults([
      ...SPEC_WARNINGS.flatMap((warning) => warning(readable)),
      ...ACCOUNT_WARNINGS.flatMap((warning) => warning(readable, seen)),
    ]),
    doubts: [...(terms.doubts ?? []), ...(seen.doubts ?? [])],
    there: seen.cache ? [`cache ${cacheId} (${seen.cache.status})`] : [],
    missing: [],
    steps: [],
    calls: [],
    monthlyCostUsd: null,
    kind: seen.cache?.kind ?? (readable.engine === 'memcached' ? 'cluster' : 'replication-group'),
    settle: { deadlineSeconds: SETTLE_SECONDS },
    vpcId: seen.subnetGroup?.vpcId ?? null,
  };

  const faults = [
    ...unreadable,
    ...(requested.success ? [] : [unknownMode(terms.requestedMode)]),
    ...(isInitiative(terms.requestedInitiative ?? 'person') ? [] : [unknownInitiative(terms.requestedInitiative)]),
    ...(Object.hasOwn(readable.tags ?? {}, terms.optInTag) && !isReserved(terms.optInTag)
      ? [reservedTag(terms.optInTag)]
      : []),
    ...SPEC_RULES.flatMap((rule) => rule(readable)),
    ...ACCOUNT_RULES.flatMap((rule) => rule(readable, seen)),
    ...POLICY_RULES.flatMap((rule) => rule(readable, terms)),
  ];
  // Faults of an id that names nothing say more; all others matter only to a cache that may be made.
  if (!seen.cache && terms.initiative === 'own' && !faults.some(({ path }) => path === 'cacheId')) {
    const summary = `${cacheId} is not there, and the autopilot does not make a cache again by itself.`;
    return refused(draft, 'CacheGone', summary);
  }
  if (terms.forgotten) {
    const summary = `Left ${cacheId} alone: no specification of it is kept any more.`;
    return refused(draft, 'NotOurs', summary);
  }
  const whole = CacheSpec.safeParse(readable);
  if (faults.length > 0 || !whole.success) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    const summary = `Refused ${cacheId}: its specification has ${count} (${faultyPaths(faults)}).`;
    return refused(draft, 'InvalidSpec', summary, { faults: shownFaults(faults) });
  }
  const spec = whole.data;
  return seen.cache
    ? planExistingCache({ spec, cache: seen.cache, seen, terms, draft })
    : planNewCache({ spec, seen, terms, draft });
};

/** The id for records and messages, also of a specification that has none or a wild one. */
const nameOf = (given: unknown): CacheId => {
  const id = given !== null && typeof given === 'object' && 'cacheId' in given ? given.cacheId : undefined;
  return typeof id === 'string' && id !== '' ? id.slice(0, 100) : 'unknown';
};

const unknownMode = (mode: unknown): Fault => ({
  path: 'mode',
  value: mode,
  rule: 'mode is one of observe, approve, act.',
  remedy: 'Leave it out for the account’s own mode.',
});

const isInitiative = (given: unknown): boolean => given === 'person' || given === 'own';

const unknownInitiative = (initiative: unknown): Fault => ({
  path: 'initiative',
  value: initiative,
  rule: 'initiative is person or own.',
  remedy: 'Leave it out: only check-drift asks by its own.',
});

const reservedTag = (key: string): Fault => ({
  path: `tags.${key}`,
  rule: `The tag ${key} opts a cache in; every cache that is created here gets it.`,
  remedy: 'Leave it out.',
});

import * as z from 'zod';
import type { CacheSeen, ShardSeen } from '../platform/caches.ts';
import { modeOfRequest } from '../platform/fleet.ts';
import { CacheId, Mode, tokenSecretName } from '../platform/names.ts';
import type { AccountPolicy } from '../platform/policy.ts';
import { chooseShard } from './choose-shard.ts';
import { dueBecause, wasDrilledLately } from './due.ts';
import type { DrillSeen } from './observation.ts';
import { preFlight } from './pre-flight.ts';
import type { DrillPlan, DrillReason, DrillRequest, WayIn } from './schemas.ts';

/** What a request has to look like. Strict: who misspells the shard or the mode must not get another one. */
const Wanted = z.strictObject({
  cacheId: CacheId,
  shardId: z
    .string()
    .regex(/^\d{1,4}$/, 'a shard’s id such as 0001')
    .optional(),
  mode: Mode.optional(),
  unasked: z.boolean().default(false),
  requestedBy: z.unknown().optional(),
  // Links the execution to the one that started it (Step Functions guide).
  AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: z.unknown().optional(),
});

export interface DrillTerms {
  readonly policy: AccountPolicy;
  readonly optInTag: string;
  readonly doubts?: readonly string[];
}

/**
 * Decides whether a shard of the cache may fail over now, and which. Pure, never throws, and every doubt ends in `refuse`;
 * every check is told, with its figures, also those that passed.
 */
export const planDrill = (request: DrillRequest, seen: DrillSeen, terms: DrillTerms): DrillPlan => {
  const wanted = Wanted.safeParse(request);
  const cacheId = CacheId.safeParse(request.cacheId).data ?? 'unknown';
  const { cache } = seen;
  const heard = modeFor(seen, terms, wanted.data);
  const draft: Omit<DrillPlan, 'action' | 'reason' | 'summary'> = {
    cacheId,
    mode: heard.mode,
    shardId: '',
    why: '',
    checks: [],
    doubts: [...(terms.doubts ?? []), ...heard.doubts],
    clusterMode: cache?.clusterMode ?? false,
    nodesInShard: 0,
    nodeIds: [],
    shards: cache?.shards.length ?? 0,
    wayIn: cache ? wayInto(cache, seen) : { tls: false, auth: false },
    vpcId: seen.vpc?.id ?? '',
    targetSeconds: terms.policy.failoverDrills.targetSeconds,
  };
  const refuse = (reason: DrillReason, because: string): DrillPlan => ({
    ...draft,
    action: 'refuse',
    reason,
    summary: `No drill of ${cacheId}: ${because}`,
  });

  if (!wanted.success) {
    const faults = wanted.error.issues.map(({ path, message }) => `${path.join('.') || 'the request'}: ${message}`);
    return refuse('InvalidRequest', `the request is not as it should be (${faults.join('; ')}).`);
  }
  if (!cache) return refuse('NoSuchCache', 'there is no such cache in this Region.');
  if (cache.engine === 'memcached' || cache.kind === 'cluster') {
    return refuse(
      'NothingToFailOver',
      'Memcached, and a node that stands alone, have no replica that could take over.',
    );
  }
  // While a cache is busy ElastiCache tells no tags, and then nobody knows whether it is ours.
  if (cache.tags === undefined) return refuse('CacheBusy', `it is ${cache.status}; ask again when it is available.`);
  if (cache.tags[terms.optInTag] !== 'true') return refuse('NotOurs', `it has no tag ${terms.optInTag}=true.`);

  const turn = chooseShard(cache.shards, seen.drills, seen.turns);
  const shardId = wanted.data.shardId ?? turn?.shardId ?? '';
  const shard = cache.shards.find(({ id }) => id === shardId);
  if (!shard) {
    const known = cache.shards.map(({ id }) => id).join(', ');
    return refuse('NoSuchShard', `it has no shard ${shardId || 'at all'}${known ? `, but ${known}` : ''}.`);
  }
  if (shard.nodeCount < 2) {
    return refuse('NothingToFailOver', `shard ${shard.id} has no replica that could take over: add one.`);
  }

  // Two that were asked for at the same time may both be answered yes: the second finds here that the first was held.
  const due = dueBecause(seen, terms.policy.failoverDrills.everyDays);
  if (wanted.data.unasked && (due === undefined || wasDrilledLately(seen))) {
    return refuse('NotDue', 'nobody asked for it, and it is not due.');
  }

  const why = whyOf(shard, wanted.data.shardId !== undefined, turn?.because, due);
  const checks = preFlight({
    cache,
    shard,
    seen,
    policy: terms.policy.failoverDrills,
    wayIn: draft.wayIn,
    unasked: wanted.data.unasked,
  });
  const found = {
    ...draft,
    shardId: shard.id,
    nodesInShard: shard.nodeCount,
    nodeIds: (shard.nodes ?? []).map(({ id }) => id),
    why,
    checks: [...checks],
  };
  const failed = checks.filter(({ passed }) => !passed);
  const [gravest] = failed;
  if (gravest?.reason) {
    return {
      ...found,
      action: 'refuse',
      reason: gravest.reason,
      summary: `No drill of shard ${shard.id} of ${cacheId} now: ${failed.map(({ says }) => says).join(' ')}`,
    };
  }
  return {
    ...found,
    action: 'drill',
    reason: 'ReadyToDrill',
    summary: `Let shard ${shard.id} of ${cacheId} fail over to a replica, which cannot be taken back: its writes fail meanwhile, mostly for seconds. More than ${draft.targetSeconds} s is no pass.`,
  };
};

const whyOf = ({ id }: ShardSeen, chosen: boolean, turn: string | undefined, due: string | undefined): string => {
  const which = chosen ? `Shard ${id} was asked for` : `It is the turn of shard ${id}: ${turn ?? 'it is the only one'}`;
  const when = due ? `the cache is due, because ${due}` : 'the cache is not due by itself';
  return `${which}; ${when}.`;
};

/** The account's mode, made more careful by the request and the cache's tags. `autopilot:mode` speaks of what nobody asked for. */
const modeFor = (
  { cache, observedAt }: DrillSeen,
  { policy, optInTag }: DrillTerms,
  wanted: z.output<typeof Wanted> | undefined,
): { mode: Mode; doubts: readonly string[] } => {
  if (!wanted) return { mode: 'observe', doubts: [] };
  const asked = { mode: wanted.mode, unasked: wanted.unasked };
  return modeOfRequest('failover-drill', asked, cache?.tags ?? {}, { policy, optInTag, now: observedAt });
};

const SpecWithUser = z.looseObject({ userSecretName: z.string().min(1).optional().catch(undefined) });

export const wayInto = (cache: CacheSeen, { remembered }: Pick<DrillSeen, 'remembered'>): WayIn => {
  const asUser = (cache.userGroupIds?.length ?? 0) > 0;
  const auth = cache.authToken || asUser;
  const userSecret = SpecWithUser.safeParse(remembered?.spec ?? {}).data?.userSecretName;
  const secretName = asUser ? userSecret : tokenSecretName(cache.cacheId);
  return {
    tls: cache.tls,
    auth,
    ...(auth && secretName !== undefined ? { secretName } : {}),
    ...(asUser ? { asUser } : {}),
  };
};

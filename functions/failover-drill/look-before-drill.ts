import * as z from 'zod';
import type { Alarms } from '../platform/alarms.ts';
import type { CacheEvents } from '../platform/cache-events.ts';
import { type VpcEyes, vpcSeen } from '../platform/cache-vpc.ts';
import type { Caches } from '../platform/caches.ts';
import type { CacheKey, Ledger, Quarantine } from '../platform/ledger.ts';
import { CacheId } from '../platform/names.ts';
import { otherHolder, otherQuestion } from '../platform/others-at-work.ts';
import type { FailoverDrillPolicy } from '../platform/policy.ts';
import type { ReplicationLag } from '../platform/replication-lag.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { ServiceUpdates } from '../platform/service-updates.ts';
import type { Snapshots } from '../platform/snapshots.ts';
import { secondsAfter } from '../platform/units.ts';
import { chooseShard } from './choose-shard.ts';
import { DRILL_WORKFLOW, drillsOf } from './drill-history.ts';
import { isTestOfFailover } from './failover-progress.ts';
import { lastMajorChange } from './major-change.ts';
import type { DrillSeen } from './observation.ts';
import { wayInto } from './plan-drill.ts';
import { DAY_SECONDS } from './pre-flight.ts';
import type { DrillRequest } from './schemas.ts';

export interface Eyes extends VpcEyes {
  readonly region: string;
  /** The operation that looks. */
  readonly operationId: string;
  readonly caches: Pick<Caches, 'find'>;
  readonly lag: ReplicationLag;
  readonly snapshots: Pick<Snapshots, 'of'>;
  readonly serviceUpdates: ServiceUpdates;
  readonly alarms: Alarms;
  readonly events: CacheEvents;
  readonly ledger: Pick<
    Ledger,
    'holder' | 'openQuestions' | 'record' | 'quarantineOf' | 'operations' | 'specOf' | 'failoversSince' | 'turnsOf'
  >;
  readonly secrets: Pick<Secrets, 'find'>;
}

/** How many operations of a cache are read, for its last drill and its last major change. Whose turn it is needs none of them. */
const OPERATIONS_READ = 200;

const Wanted = z.object({ cacheId: CacheId, shardId: z.string().optional().catch(undefined) });

/** Looks at everything that a plan for a drill depends on. Changes nothing. */
export const lookBeforeDrill = async (
  request: DrillRequest,
  now: string,
  policy: FailoverDrillPolicy,
  eyes: Eyes,
): Promise<DrillSeen> => {
  const nothing: DrillSeen = {
    observedAt: now,
    lagSeconds: new Map(),
    snapshots: [],
    serviceUpdates: [],
    firing: [],
    blindAlarms: [],
    failoversToday: 0,
    drills: [],
    turns: new Map(),
    secretIsThere: false,
  };
  const wanted = Wanted.safeParse(request);
  // It will be refused, and AWS would not even look for what is no id.
  if (!wanted.success) return nothing;
  const { cacheId } = wanted.data;
  const cache = await eyes.caches.find(cacheId, 'with details');
  if (!cache || cache.kind === 'cluster') return { ...nothing, cache };

  const key = { region: eyes.region, cacheId };
  const [operations, remembered, allTurns] = await Promise.all([
    eyes.ledger.operations({ ...key, limit: OPERATIONS_READ }),
    eyes.ledger.specOf(key),
    eyes.ledger.turnsOf(key),
  ]);
  const ofThisCache = operations.filter(({ startedAt }) => isSince(startedAt, cache.createdAt));
  const drills = drillsOf(ofThisCache);
  const turns = new Map([...allTurns].filter(([, at]) => isSince(at, cache.createdAt)));
  const shardId = wanted.data.shardId ?? chooseShard(cache.shards, drills, turns)?.shardId;
  const nodes = cache.shards.find(({ id }) => id === shardId)?.nodes ?? [];
  const { secretName } = wayInto(cache, { remembered });

  const [lagSeconds, snapshots, serviceUpdates, firing, named, failoversToday, quarantine, secret, vpc, holder, asked] =
    await Promise.all([
      nodes.length > 0
        ? eyes.lag.of(
            nodes.map(({ id }) => id),
            now,
          )
        : new Map<string, number>(),
      eyes.snapshots.of(cache),
      eyes.serviceUpdates.underWay(cacheId),
      eyes.alarms.firingOf(cacheId),
      eyes.alarms.named(policy.abortOnAlarms),
      failoversTested(now, eyes),
      othersQuarantine(key, eyes),
      secretName === undefined ? undefined : eyes.secrets.find(secretName),
      vpcSeen(cache, eyes),
      otherHolder(key, now, eyes),
      otherQuestion({ cacheId, workflow: DRILL_WORKFLOW }, now, eyes),
    ]);
  const seeing = named.filter(({ state }) => state !== 'INSUFFICIENT_DATA');
  return {
    observedAt: now,
    cache,
    lagSeconds,
    snapshots,
    serviceUpdates,
    firing: [...new Set([...firing, ...named.filter(({ state }) => state === 'ALARM')].map(({ name }) => name))],
    blindAlarms: policy.abortOnAlarms.filter((name) => !seeing.some((alarm) => alarm.name === name)),
    failoversToday,
    quarantine,
    holder,
    asked,
    drills,
    turns,
    lastMajorChange: lastMajorChange(ofThisCache),
    remembered,
    secretIsThere: secret !== undefined && !secret.deletionScheduled && secret.currentVersionId !== undefined,
    vpc,
  };
};

/** ElastiCache's events count everybody's failovers, the ledger those of ours that ElastiCache has not told of yet. */
const failoversTested = async (now: string, { region, events, ledger }: Eyes): Promise<number> => {
  const since = secondsAfter(now, -DAY_SECONDS);
  const [told, ours] = await Promise.all([events.ofGroups(since), ledger.failoversSince(region, since)]);
  return Math.max(told.filter(isTestOfFailover).length, ours.size);
};

/** A cache of the same name that was deleted has left records; they say nothing of this one. */
const isSince = (at: string, createdAt: string | undefined): boolean =>
  createdAt === undefined || Date.parse(at) >= Date.parse(createdAt);

/** What an operation has put there itself does not keep it from going on. */
const othersQuarantine = async (key: CacheKey, { ledger, operationId }: Eyes): Promise<Quarantine | undefined> => {
  const quarantine = await ledger.quarantineOf(key);
  return quarantine?.operationId === operationId ? undefined : quarantine;
};

import type { DrillSeen } from '../../functions/failover-drill/observation.ts';
import type { DrillTerms } from '../../functions/failover-drill/plan-drill.ts';
import type { DrillResult } from '../../functions/failover-drill/schemas.ts';
import type { CacheSeen, ShardSeen } from '../../functions/platform/caches.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';
import { AccountPolicy, type FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import { aCache } from './an-observation.ts';

/** A Saturday. */
export const NOW = '2026-11-21T07:00:00.000Z';

export const secondsFromNow = (seconds: number): string => new Date(Date.parse(NOW) + seconds * 1000).toISOString();
export const daysAgo = (days: number): string => secondsFromNow(-days * 86_400);

const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

/** One of three shards of a cluster, its nodes spread over three zones. */
export const aShard = (id: string, { nodeCount = 3, ...overrides }: Partial<ShardSeen> = {}): ShardSeen => ({
  id,
  status: 'available',
  nodeCount,
  nodes: Array.from({ length: nodeCount }, (_, index) => ({
    id: `orders-${id}-00${index + 1}`,
    zone: ZONES[index % ZONES.length],
  })),
  slots: ['', '0-5460', '5461-10922', '10923-16383'][Number(id)],
  ...overrides,
});

/** A cache of which each shard may fail over. */
export const aDrillableCache = (overrides: Partial<CacheSeen> = {}): CacheSeen =>
  aCache({
    shards: ['0001', '0002', '0003'].map((id) => aShard(id)),
    pending: [],
    untoldMembers: 0,
    tags: { 'autopilot:managed': 'true' },
    ...overrides,
  });

/** An account in which everything speaks for a drill of that cache. */
export const aDrillSeen = ({ cache, ...overrides }: Partial<DrillSeen> = {}): DrillSeen => {
  const there = cache ?? aDrillableCache();
  return {
    observedAt: NOW,
    cache: there,
    // The first node of each shard is its primary, which tells CloudWatch no lag.
    lagSeconds: new Map(there.shards.flatMap(({ nodes = [] }) => nodes.slice(1).map(({ id }) => [id, 0.2]))),
    snapshots: [{ name: 'nightly', status: 'available', takenAt: secondsFromNow(-4 * 3600) }],
    serviceUpdates: [],
    firing: [],
    blindAlarms: [],
    failoversToday: 2,
    drills: [],
    turns: new Map(),
    secretIsThere: true,
    vpc: { id: 'vpc-0a1b2c3d', configured: true },
    ...overrides,
  };
};

/** An account that lets drills be held without asking. */
export const drillTerms = (
  failoverDrills: Partial<FailoverDrillPolicy> = {},
  policy: Partial<AccountPolicy> = {},
): DrillTerms => ({
  policy: { ...AccountPolicy.parse({ modes: { 'failover-drill': 'act' }, failoverDrills }), ...policy },
  optInTag: 'autopilot:managed',
});

/** A drill that was held, and passed. */
export const aDrillResult = (overrides: Partial<DrillResult> = {}): DrillResult => ({
  operationId: 'drill-0',
  at: daysAgo(30),
  shardId: '0001',
  outcome: 'done',
  reason: 'DrillPassed',
  writeOutageMs: 2000,
  ...overrides,
});

/** What the ledger keeps of a drill that was held. */
export const aDrillRecord = (overrides: Partial<OperationRecord> = {}): OperationRecord => ({
  region: 'us-east-1',
  cacheId: 'orders',
  operationId: 'drill-0',
  workflow: 'failover-drill',
  startedAt: daysAgo(30),
  closedAt: daysAgo(30),
  summary: 'Drill passed.',
  outcome: 'done',
  reason: 'DrillPassed',
  figures: { shardId: '0001', writeOutageMs: 2000, targetSeconds: 60 },
  ...overrides,
});

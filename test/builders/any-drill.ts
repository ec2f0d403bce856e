import fc from 'fast-check';
import type { DrillSeen } from '../../functions/failover-drill/observation.ts';
import type { DrillTerms } from '../../functions/failover-drill/plan-drill.ts';
import type { DrillReason, DrillRequest } from '../../functions/failover-drill/schemas.ts';
import type { CacheSeen, ShardSeen } from '../../functions/platform/caches.ts';
import { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import { aDrillableCache, aDrillResult, aDrillSeen, aShard, drillTerms } from './a-drill.ts';

/** All that a plan for a drill goes by. */
export interface DrillWorld {
  readonly request: DrillRequest;
  readonly seen: DrillSeen & { readonly cache: CacheSeen };
  readonly terms: DrillTerms;
}

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
/** From the year 2026 to 2029. */
const anyTime = fc.integer({ min: 1_767_225_600_000, max: 1_893_456_000_000 });

/** A cache, the account around it and its policy in which everything speaks for a drill, whatever the figures are. */
export const anyReadyWorld: fc.Arbitrary<DrillWorld> = fc
  .record({
    atMs: anyTime,
    clusterMode: fc.boolean(),
    shardCount: fc.integer({ min: 1, max: 6 }),
    nodeCount: fc.integer({ min: 2, max: 6 }),
    zoneCount: fc.integer({ min: 2, max: 3 }),
    policy: fc.record({
      everyDays: fc.integer({ min: 1, max: 366 }),
      targetSeconds: fc.integer({ min: 1, max: 600 }),
      maxLagSeconds: fc.double({ min: 0.01, max: 100, noNaN: true }),
      snapshotWithinHours: fc.integer({ min: 1, max: 200 }),
      abortOnAlarms: fc.subarray(['errors', 'latency']),
    }),
    lagShare: fc.double({ min: 0, max: 1, noNaN: true }),
    ageShare: fc.double({ min: 0, max: 1, noNaN: true }),
    failoversToday: fc.integer({ min: 0, max: 14 }),
    waysIn: fc.constantFrom('nobody', 'token', 'user'),
    mode: fc.constantFrom('observe', 'approve', 'act'),
    drills: fc.array(fc.record({ shard: fc.integer({ min: 1, max: 9 }), daysAgo: fc.integer({ min: 0, max: 900 }) })),
    named: fc.boolean(),
  })
  .map(({ atMs, clusterMode, policy, waysIn, ...any }) => {
    const shards = Array.from({ length: clusterMode ? any.shardCount : 1 }, (_, index) => {
      const id = `000${index + 1}`;
      const nodes = Array.from({ length: any.nodeCount }, (_, node) => ({
        id: `orders-${id}-00${node + 1}`,
        zone: `us-east-1${'abc'[node % any.zoneCount]}`,
      }));
      return aShard(id, { nodeCount: any.nodeCount, nodes });
    });
    const cache = aDrillableCache({
      clusterMode,
      shards,
      tls: waysIn !== 'nobody',
      authToken: waysIn === 'token',
      userGroupIds: waysIn === 'user' ? ['apps'] : [],
    });
    const lag = policy.maxLagSeconds * any.lagShare;
    const takenAt = iso(atMs - Math.floor(policy.snapshotWithinHours * HOUR_MS * any.ageShare));
    return {
      request: { cacheId: 'orders', mode: any.mode, ...(any.named ? { shardId: shards.at(-1)?.id } : {}) },
      seen: {
        ...aDrillSeen({
          observedAt: iso(atMs),
          lagSeconds: new Map(shards.flatMap(({ nodes = [] }) => nodes.slice(1).map(({ id }) => [id, lag]))),
          snapshots: [{ name: 'nightly', status: 'available', takenAt }],
          failoversToday: any.failoversToday,
          drills: any.drills.map(({ shard, daysAgo }) =>
            aDrillResult({ shardId: `000${shard}`, at: iso(atMs - daysAgo * 24 * HOUR_MS) }),
          ),
          remembered: { spec: { userSecretName: 'drill-user' }, operationId: 'operation-1', at: iso(atMs) },
          secretIsThere: waysIn !== 'nobody',
        }),
        cache,
      },
      terms: drillTerms(FailoverDrillPolicy.parse(policy)),
    };
  });

type Flaw = (world: DrillWorld) => DrillWorld;

const withSeen = ({ seen, ...world }: DrillWorld, changes: Partial<DrillSeen>): DrillWorld => ({
  ...world,
  seen: { ...seen, ...changes, cache: changes.cache ?? seen.cache },
});
const withCache = (world: DrillWorld, changes: Partial<CacheSeen>): DrillWorld =>
  withSeen(world, { cache: { ...world.seen.cache, ...changes } });
const withShards = (world: DrillWorld, change: (shard: ShardSeen) => Partial<ShardSeen>): DrillWorld =>
  withCache(world, { shards: world.seen.cache.shards.map((shard) => ({ ...shard, ...change(shard) })) });
const withTags = (world: DrillWorld, tags: Readonly<Record<string, string>>): DrillWorld =>
  withCache(world, { tags: { ...world.seen.cache.tags, ...tags } });
const withPolicy = ({ terms, ...world }: DrillWorld, changes: Partial<FailoverDrillPolicy>): DrillWorld => ({
  ...world,
  terms: {
    ...terms,
    policy: { ...terms.policy, failoverDrills: { ...terms.policy.failoverDrills, ...changes } },
  },
});
const withRequest = (world: DrillWorld, changes: DrillRequest): DrillWorld => ({
  ...world,
  request: { ...world.request, ...changes },
});
const withLags = (world: DrillWorld, change: (lag: number) => readonly number[]): DrillWorld =>
  withSeen(world, {
    lagSeconds: new Map([...world.seen.lagSeconds].flatMap(([id, lag]) => change(lag).map((other) => [id, other]))),
  });
const withSnapshots = (world: DrillWorld, change: object): DrillWorld =>
  withSeen(world, { snapshots: world.seen.snapshots.map((snapshot) => ({ ...snapshot, ...change })) });
const maxLagOf = ({ terms }: DrillWorld) => terms.policy.failoverDrills.maxLagSeconds;
const msAround = ({ seen }: DrillWorld, ms: number) => iso(Date.parse(seen.observedAt) + ms);
const closedWindow = (world: DrillWorld): string => {
  const day = new Date(Date.parse(world.seen.observedAt) + 3 * 24 * HOUR_MS).getUTCDay();
  const name = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][day];
  return `${name}:01:00-${name}:02:00`;
};

/** Each takes one thing out of order, or out of sight, and the plan has to refuse with that word. */
export const FLAWS: readonly (readonly [what: string, reason: DrillReason, flaw: Flaw])[] = [
  ['no cache is named', 'InvalidRequest', (world) => withRequest(world, { cacheId: undefined })],
  ['the shard is no shard’s id', 'InvalidRequest', (world) => withRequest(world, { shardId: 'all' })],
  ['the mode is none', 'InvalidRequest', (world) => withRequest(world, { mode: 'force' })],
  ['a word is misspelt', 'InvalidRequest', (world) => withRequest(world, { shard: '0001' })],
  [
    'the cache is gone',
    'NoSuchCache',
    ({ seen, ...world }) => ({ ...world, seen: { ...seen, cache: undefined as never } }),
  ],
  ['it is Memcached', 'NothingToFailOver', (world) => withCache(world, { engine: 'memcached' })],
  ['it stands alone', 'NothingToFailOver', (world) => withCache(world, { kind: 'cluster' })],
  ['nobody tells its tags', 'CacheBusy', (world) => withCache(world, { tags: undefined })],
  ['it is not ours', 'NotOurs', (world) => withTags(world, { 'autopilot:managed': 'yes' })],
  ['there is no such shard', 'NoSuchShard', (world) => withRequest(world, { shardId: '0099' })],
  ['it has no shards', 'NoSuchShard', (world) => withCache(world, { shards: [] })],
  [
    'its shards have one node each',
    'NothingToFailOver',
    (world) => withShards(world, ({ nodes = [] }) => ({ nodeCount: 1, nodes: nodes.slice(0, 1) })),
  ],
  [
    'nobody asked and none is due',
    'NotDue',
    (world) =>
      withSeen(withRequest(world, { unasked: true }), {
        drills: [aDrillResult({ at: msAround(world, -HOUR_MS / 2) })],
      }),
  ],
  [
    'it is in quarantine',
    'Quarantined',
    (world) =>
      withSeen(world, { quarantine: { operationId: 'drill-0', reason: 'DidNotHeal', summary: 'No.', since: iso(0) } }),
  ],
  ['it is being changed', 'CacheBusy', (world) => withCache(world, { status: 'modifying' })],
  ['its status is new to us', 'CacheBusy', (world) => withCache(world, { status: 'rebalancing' })],
  [
    'another shard is being changed',
    'CacheBusy',
    (world) => withCache(world, { shards: [...world.seen.cache.shards, aShard('0042', { status: 'modifying' })] }),
  ],
  [
    'another operation works on it',
    'CacheLocked',
    (world) => ({
      ...world,
      seen: { ...world.seen, holder: { operationId: 'change-7', fencing: 3, leaseUntil: world.seen.observedAt } },
    }),
  ],
  [
    'another drill waits for a person',
    'AlreadyAsked',
    (world) => ({ ...world, seen: { ...world.seen, asked: 'drill-7' } }),
  ],
  [
    'it is in a global datastore',
    'InGlobalDatastore',
    (world) => withCache(world, { globalDatastoreId: 'ldgnf-orders' }),
  ],
  ['failover is just turned on', 'FailoverOff', (world) => withCache(world, { failoverChanging: true })],
  ['failover is off', 'FailoverOff', (world) => withCache(world, { automaticFailover: false })],
  ['Multi-AZ is off', 'FailoverOff', (world) => withCache(world, { multiAZ: false })],
  [
    'no zones are told',
    'ZonesNotSpread',
    (world) => withShards(world, ({ nodes = [] }) => ({ nodes: nodes.map(({ id }) => ({ id })) })),
  ],
  [
    'one zone is not told',
    'ZonesNotSpread',
    (world) =>
      withShards(world, ({ nodes = [] }) => ({ nodes: nodes.map((node, index) => (index ? node : { id: node.id })) })),
  ],
  [
    'all are in one zone',
    'ZonesNotSpread',
    (world) => withShards(world, ({ nodes = [] }) => ({ nodes: nodes.map(({ id }) => ({ id, zone: 'us-east-1a' })) })),
  ],
  ['its nodes are not named', 'ZonesNotSpread', (world) => withShards(world, () => ({ nodes: undefined }))],
  ['a change is pending', 'ChangesPending', (world) => withCache(world, { pending: ['EngineVersion'] })],
  ['a member is untold', 'ChangesPending', (world) => withCache(world, { untoldMembers: 1 })],
  [
    'a service update is under way',
    'ServiceUpdatePending',
    (world) => withSeen(world, { serviceUpdates: ['u (scheduled)'] }),
  ],
  [
    'a snapshot runs',
    'SnapshotRunning',
    (world) => withSeen(world, { snapshots: [...world.seen.snapshots, { name: 'new', status: 'creating' }] }),
  ],
  ['there are no metrics', 'ReplicasUnknown', (world) => withLags(world, () => [])],
  [
    'the metrics are of other nodes',
    'ReplicasUnknown',
    (world) => withSeen(world, { lagSeconds: new Map([['orders-0009-001', 0]]) }),
  ],
  ['replicas are behind', 'ReplicaBehind', (world) => withLags(world, (lag) => [lag + maxLagOf(world) * 1.01])],
  ['a lag is no number', 'ReplicaBehind', (world) => withLags(world, () => [Number.NaN])],
  ['an alarm is firing', 'AlarmFiring', (world) => withSeen(world, { firing: ['orders-memory'] })],
  ['a chosen alarm is blind', 'AlarmBlind', (world) => withSeen(world, { blindAlarms: ['errors'] })],
  [
    'its window is closed',
    'OutsideWindow',
    (world) => withTags(world, { 'autopilot:drill-window': closedWindow(world) }),
  ],
  ['its window cannot be read', 'OutsideWindow', (world) => withTags(world, { 'autopilot:drill-window': 'nightly' })],
  [
    'the account’s windows are closed',
    'OutsideWindow',
    (world) => withPolicy(world, { windows: [closedWindow(world)] }),
  ],
  [
    'a freeze holds',
    'Frozen',
    (world) =>
      withPolicy(world, { freezes: [{ from: msAround(world, -1), to: msAround(world, 1), because: 'the sale' }] }),
  ],
  ['there is no snapshot', 'NoYoungSnapshot', (world) => withSeen(world, { snapshots: [] })],
  ['the snapshot has failed', 'NoYoungSnapshot', (world) => withSnapshots(world, { status: 'failed' })],
  ['nobody tells when it was taken', 'NoYoungSnapshot', (world) => withSnapshots(world, { takenAt: undefined })],
  ['its time cannot be read', 'NoYoungSnapshot', (world) => withSnapshots(world, { takenAt: 'today' })],
  ['it is from the future', 'NoYoungSnapshot', (world) => withSnapshots(world, { takenAt: msAround(world, 1) })],
  ['it is too old', 'NoYoungSnapshot', (world) => withSnapshots(world, { takenAt: msAround(world, -201 * HOUR_MS) })],
  ['the clock cannot be read', 'NoYoungSnapshot', (world) => withSeen(world, { observedAt: 'soon' })],
  ['the clock is years back', 'NoYoungSnapshot', (world) => withSeen(world, { observedAt: '1999-12-31T23:59:59Z' })],
  ['the allowance is used up', 'AllowanceUsedUp', (world) => withSeen(world, { failoversToday: 15 })],
  [
    'what is left of it is for people',
    'AllowanceUsedUp',
    (world) => withSeen(withRequest(world, { unasked: true }), { failoversToday: 10, drills: [] }),
  ],
  ['nobody knows how much of it is', 'AllowanceUsedUp', (world) => withSeen(world, { failoversToday: Number.NaN })],
  ['its VPC is not known', 'VpcNotConfigured', (world) => withSeen(world, { vpc: undefined })],
  [
    'its VPC has no prober',
    'VpcNotConfigured',
    (world) => withSeen(world, { vpc: { id: 'vpc-9', configured: false } }),
  ],
  [
    'its secret is not there',
    'TokenUnknown',
    (world) => withCache(withSeen(world, { secretIsThere: false }), { tls: true, authToken: true }),
  ],
  [
    'nobody says which user',
    'TokenUnknown',
    (world) => withCache(withSeen(world, { remembered: undefined }), { tls: true, userGroupIds: ['apps'] }),
  ],
];

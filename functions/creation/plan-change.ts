import { failoverOff, failoverOn, failoverOnAtLast } from './changes/availability.ts';
import { type ChangeContext, type Changer, step } from './changes/change.ts';
import { fixedFields } from './changes/fixed.ts';
import { memcachedNodes } from './changes/memcached.ts';
import { parameterGroup, parameterValues, restarts } from './changes/parameters.ts';
import { access, tls } from './changes/security.ts';
import { fewerSnapshots, settings } from './changes/settings.ts';
import { biggerNodes, fewerReplicas, fewerShards, moreReplicas, moreShards, smallerNodes } from './changes/size.ts';
import { tags } from './changes/tags.ts';
import { type SnapshotPurpose, snapshotNameOf, upgrade } from './changes/upgrade.ts';
import { ourTags } from './planned-calls.ts';
import type { ChangeStep, Fault } from './schemas.ts';

/**
 * Every kind of change, in the order in which it is safe: first what touches no node, then what protects (replicas,
 * failover), then the engine, then TLS and access, which an old engine cannot change (Redis OSS before 7.0), then room before
 * less room, and what takes protection away last.
 */
const IN_ORDER: readonly Changer[] = [
  fixedFields,
  tags,
  settings,
  parameterValues,
  parameterGroup,
  moreReplicas,
  failoverOn,
  upgrade,
  tls,
  access,
  biggerNodes,
  moreShards,
  memcachedNodes,
  smallerNodes,
  fewerShards,
  failoverOnAtLast,
  failoverOff,
  fewerReplicas,
  fewerSnapshots,
  restarts,
];

/** A snapshot comes right before these: nothing else brings back what they may lose. */
const snapshotFor = ({ id }: ChangeStep): SnapshotPurpose | undefined => {
  if (id === 'upgrade') return 'upgrade';
  return id.startsWith('restart-') ? 'restart' : undefined;
};

/** The way from a cache as it is to the cache as specified. */
export interface ChangePlan {
  /** In their order, one at a time. Empty when nothing is to do, or when something is refused. */
  readonly steps: ChangeStep[];
  /** What cannot be changed, with the way that there is. One such fault, and nothing is changed. */
  readonly refused: readonly Fault[];
}

/**
 * Finds the smallest set of changes that makes a cache what its specification says. Pure. After each step the cache is looked
 * at and planned again: only the first step of a plan is ever taken.
 */
export const planChange = (context: ChangeContext): ChangePlan => {
  const changes = IN_ORDER.map((change) => change(context));
  const refused = changes.flatMap((change) => change.refused ?? []);
  if (refused.length > 0) return { steps: [], refused };
  const steps = changes.flatMap((change) => change.steps ?? []);
  // Of Memcached there are no snapshots.
  if (context.cache.kind === 'cluster') return { steps, refused };
  const withSnapshots: ChangeStep[] = [];
  const planned = new Set<SnapshotPurpose>();
  for (const risky of steps) {
    const purpose = snapshotFor(risky);
    const { name, status } = (purpose && context.seen.snapshotsBefore?.[purpose]) ?? {};
    if (status === 'failed') {
      const rule = `The snapshot ${name}, without which nothing is risked, has failed.`;
      const remedy = 'Look at ElastiCache’s events for the reason, and ask again.';
      return { steps: [], refused: [{ path: 'spec', rule, remedy }] };
    }
    // The restarts of one series share theirs.
    if (purpose && status !== 'available' && !planned.has(purpose)) {
      planned.add(purpose);
      withSnapshots.push(snapshot(context, risky, purpose));
    }
    withSnapshots.push(risky);
  }
  return { steps: withSnapshots, refused };
};

/** Seconds for a snapshot: its time depends on the data, and nobody guarantees it. */
const SNAPSHOT_SECONDS = 10_200;

const snapshot = (
  { cache, operationId, optInTag }: ChangeContext,
  before: ChangeStep,
  purpose: SnapshotPurpose,
): ChangeStep => {
  const SnapshotName = snapshotNameOf(cache.cacheId, operationId, purpose);
  const members = cache.members ?? [];
  // Without cluster mode a snapshot is one node's, and a replica spares the primary.
  const node = members.findLast(({ role }) => role !== 'primary') ?? members[0];
  const source =
    cache.clusterMode || node === undefined ? { ReplicationGroupId: cache.cacheId } : { CacheClusterId: node.id };
  return step(
    'CreateSnapshot',
    { SnapshotName, ...source, Tags: ourTags({ operationId, optInTag }) },
    {
      id: `snapshot-before-${purpose}`,
      says: `take the snapshot ${SnapshotName}`,
      fields: before.fields,
      deadlineSeconds: SNAPSHOT_SECONDS,
    },
  );
};

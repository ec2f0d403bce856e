import type { CacheSeen, ShardSeen } from '../platform/caches.ts';
import { DRILL_WINDOW_TAG } from '../platform/names.ts';
import type { FailoverDrillPolicy } from '../platform/policy.ts';
import { isInside } from '../platform/windows.ts';
import type { DrillSeen } from './observation.ts';
import type { Check, DrillReason, WayIn } from './schemas.ts';

/** ElastiCache lets at most so many shards of an account and Region fail over by TestFailover within 24 hours (API reference). */
export const FAILOVERS_PER_DAY = 15;
/** Of these, a drill that nobody asked for leaves so many to people. */
const KEPT_FOR_PEOPLE = 5;
export const DAY_SECONDS = 86_400;

/** What the checks look at: the shard of the cache that is to fail over, and all around it. */
export interface Candidate {
  readonly cache: CacheSeen;
  readonly shard: ShardSeen;
  readonly seen: DrillSeen;
  readonly policy: FailoverDrillPolicy;
  readonly wayIn: WayIn;
  /** The schedule wants it, and no person. */
  readonly unasked: boolean;
}

type Finding = { readonly says: string } | { readonly reason: DrillReason; readonly says: string };
type Judge = (candidate: Candidate) => Finding;

const HOUR_MS = 3_600_000;

const quarantine: Judge = ({ seen }) =>
  seen.quarantine
    ? {
        reason: 'Quarantined',
        says: `${seen.quarantine.operationId} left it in quarantine on ${seen.quarantine.since}: ${seen.quarantine.summary} A person has to look, and then to clear it.`,
      }
    : { says: 'No earlier drill left it in quarantine.' };

const lock: Judge = ({ seen }) =>
  seen.holder
    ? {
        reason: 'CacheLocked',
        says: `${seen.holder.operationId} works on it, and has its lock until ${seen.holder.leaseUntil} at the latest: ask again when it has ended.`,
      }
    : { says: 'No operation works on it.' };

const asked: Judge = ({ seen }) =>
  seen.asked
    ? { reason: 'AlreadyAsked', says: `${seen.asked} waits for a person already: answer that one.` }
    : { says: 'No other drill of it waits for a person.' };

const globalDatastore: Judge = ({ cache }) =>
  cache.globalDatastoreId === undefined
    ? { says: 'It belongs to no global datastore.' }
    : {
        reason: 'InGlobalDatastore',
        says: `It belongs to the global datastore ${cache.globalDatastoreId}: what the prober writes would go to other Regions, and a secondary takes no writes at all.`,
      };

const available: Judge = ({ cache }) =>
  cache.status === 'available' && cache.shards.every(({ status }) => status === 'available')
    ? { says: `The cache and ${cache.shards.length === 1 ? 'its shard are' : 'all its shards are'} available.` }
    : {
        reason: 'CacheBusy',
        says: `The cache is ${cache.status}${cache.status === 'available' ? `, and of its shards ${notAvailable(cache)}` : ''}: ask again when it is available.`,
      };

const notAvailable = ({ shards }: CacheSeen): string =>
  shards
    .filter(({ status }) => status !== 'available')
    .map(({ id, status }) => `${id} is ${status}`)
    .join(', ');

/** Whether automatic failover alone would do for TestFailover is not documented: both are asked for. */
const failover: Judge = ({ cache }) =>
  cache.automaticFailover && !cache.failoverChanging && cache.multiAZ
    ? { says: 'Automatic failover and Multi-AZ are on.' }
    : {
        reason: 'FailoverOff',
        says: cache.failoverChanging
          ? 'Automatic failover is just being turned on or off: ask again when it is on.'
          : `${cache.automaticFailover ? 'Multi-AZ' : 'Automatic failover'} is off: nothing would take over. Turn both on.`,
      };

const zones: Judge = ({ shard }) => {
  const named = (shard.nodes ?? []).flatMap(({ zone }) => zone ?? []);
  const distinct = [...new Set(named)].sort();
  // Two zones among the nodes mean that some replica is in another one than the primary, whoever that is.
  return named.length === shard.nodeCount && distinct.length >= 2
    ? { says: `The nodes of shard ${shard.id} are spread over ${distinct.join(', ')}.` }
    : {
        reason: 'ZonesNotSpread',
        says: `Shard ${shard.id} has no replica in another Availability Zone (${distinct.join(', ') || 'zones not known'}).`,
      };
};

const replicas: Judge = ({ shard, seen, policy }) => {
  const wanted = shard.nodeCount - 1;
  // Who became primary minutes ago may have told a lag before: it stands for no other replica.
  const lags = (shard.nodes ?? []).flatMap(({ id, role }) => {
    const lag = seen.lagSeconds.get(id);
    return lag === undefined || role === 'primary' ? [] : [{ id, lag }];
  });
  if (lags.length < wanted) {
    return {
      reason: 'ReplicasUnknown',
      says: `Only ${lags.length} of ${wanted} replicas of shard ${shard.id} have told CloudWatch within the last minutes how far behind they are (ReplicationLag): look whether they are attached.`,
    };
  }
  const behind = lags.filter(({ lag }) => !(lag <= policy.maxLagSeconds));
  return behind.length === 0
    ? {
        says: `${wanted === 1 ? 'The one replica' : `All ${wanted} replicas`} of shard ${shard.id} ${wanted === 1 ? 'is' : 'are'} at most ${policy.maxLagSeconds} s behind.`,
      }
    : {
        reason: 'ReplicaBehind',
        says: `${behind.map(({ id, lag }) => `${id} is ${lag.toFixed(1)} s behind`).join(', ')}, and at most ${policy.maxLagSeconds} s are allowed: what a replica has not got would be lost.`,
      };
};

const changes: Judge = ({ cache }) => {
  const { pending = [], untoldMembers = 0 } = cache;
  if (pending.length > 0)
    return { reason: 'ChangesPending', says: `Changes are ordered and not applied: ${pending.join(', ')}.` };
  return untoldMembers > 0
    ? {
        reason: 'ChangesPending',
        says: `Of ${untoldMembers} nodes ElastiCache does not tell now whether changes are pending.`,
      }
    : { says: 'No change is pending.' };
};

const serviceUpdates: Judge = ({ seen }) =>
  seen.serviceUpdates.length === 0
    ? { says: 'No service update is under way or scheduled.' }
    : {
        reason: 'ServiceUpdatePending',
        says: `Service updates are under way or scheduled: ${seen.serviceUpdates.join(', ')}.`,
      };

const noSnapshotRuns: Judge = ({ seen }) => {
  const running = seen.snapshots.filter(({ status }) => ['creating', 'copying', 'restoring'].includes(status));
  return running.length === 0
    ? { says: 'No snapshot is being taken.' }
    : {
        reason: 'SnapshotRunning',
        says: `${running.map(({ name, status }) => `${name} is ${status}`).join(', ')}: ask again when it is done.`,
      };
};

const youngSnapshot: Judge = ({ cache: { createdAt }, seen, policy }) => {
  // A snapshot that is older than the cache is of a deleted one of the same name.
  const isOfIt = (takenAt: string) => createdAt === undefined || Date.parse(takenAt) >= Date.parse(createdAt);
  const taken = seen.snapshots.flatMap(({ name, status, takenAt }) =>
    status === 'available' && takenAt !== undefined && isOfIt(takenAt) ? [{ name, takenAt }] : [],
  );
  const [newest] = taken.sort((one, other) => other.takenAt.localeCompare(one.takenAt));
  const hours = newest && (Date.parse(seen.observedAt) - Date.parse(newest.takenAt)) / HOUR_MS;
  if (newest && hours !== undefined && hours >= 0 && hours <= policy.snapshotWithinHours) {
    return { says: `The snapshot ${newest.name} is ${hours.toFixed(1)} hours old.` };
  }
  return {
    reason: 'NoYoungSnapshot',
    says: `${newest ? `The newest snapshot, ${newest.name}, is of ${newest.takenAt}` : 'There is no snapshot'}, and one of the last ${policy.snapshotWithinHours} hours is wanted: take one first.`,
  };
};

const quiet: Judge = ({ seen }) =>
  seen.firing.length === 0
    ? { says: 'No alarm of the cache is firing.' }
    : { reason: 'AlarmFiring', says: `Alarms are firing: ${seen.firing.join(', ')}.` };

const seeing: Judge = ({ seen, policy }) =>
  seen.blindAlarms.length === 0
    ? {
        says:
          policy.abortOnAlarms.length === 0
            ? 'No alarms are chosen to stop a drill.'
            : 'The alarms that would stop the drill can see.',
      }
    : {
        reason: 'AlarmBlind',
        says: `Alarms that should stop the drill are missing or have no data: ${seen.blindAlarms.join(', ')}.`,
      };

const window: Judge = ({ cache, seen, policy }) => {
  const own = cache.tags?.[DRILL_WINDOW_TAG];
  const inAccounts = policy.windows.length === 0 || policy.windows.some((text) => isInside(text, seen.observedAt));
  const inOwn = own === undefined || isInside(own, seen.observedAt);
  const named = [...policy.windows, ...(own === undefined ? [] : [`${own} (its own)`])].join(', ');
  if (inAccounts && inOwn)
    return { says: named ? `It is inside its window: ${named}.` : 'Drills may be held at any time.' };
  return { reason: 'OutsideWindow', says: `${seen.observedAt} is outside its window: ${named} (UTC).` };
};

const freezes: Judge = ({ seen, policy }) => {
  const at = Date.parse(seen.observedAt);
  const now = policy.freezes.find(({ from, to }) => Date.parse(from) <= at && at < Date.parse(to));
  return now ? { reason: 'Frozen', says: `No drills until ${now.to}: ${now.because}.` } : { says: 'No freeze holds.' };
};

const allowance: Judge = ({ seen, unasked }) => {
  const used = seen.failoversToday;
  if (!(used < FAILOVERS_PER_DAY)) {
    return {
      reason: 'AllowanceUsedUp',
      says: `All ${FAILOVERS_PER_DAY} failovers that ElastiCache allows in 24 hours are used (${used}): ask again tomorrow.`,
    };
  }
  return unasked && used >= FAILOVERS_PER_DAY - KEPT_FOR_PEOPLE
    ? {
        reason: 'AllowanceUsedUp',
        says: `${used} of ${FAILOVERS_PER_DAY} failovers of the last 24 hours are used, and what nobody asked for leaves ${KEPT_FOR_PEOPLE} to people: ask again tomorrow.`,
      }
    : { says: `${used} of ${FAILOVERS_PER_DAY} failovers of the last 24 hours are used.` };
};

const prober: Judge = ({ seen }) => {
  if (seen.vpc?.configured) return { says: `The prober runs in ${seen.vpc.id}.` };
  return {
    reason: 'VpcNotConfigured',
    says: `${seen.vpc ? `${seen.vpc.id} is not among the VPCs of autopilot.yaml` : 'The VPC of the cache is not known'}: there is no prober that could measure.`,
  };
};

const token: Judge = ({ wayIn, seen }) => {
  if (!wayIn.auth) return { says: 'The cache asks nobody who comes.' };
  return wayIn.secretName && seen.secretIsThere
    ? { says: `The prober comes with the ${wayIn.asUser ? 'user' : 'token'} in ${wayIn.secretName}.` }
    : {
        reason: 'TokenUnknown',
        says: `The cache asks who comes, and there is no secret ${wayIn.secretName ?? '(userSecretName of its specification)'} with the answer.`,
      };
};

/** The checks before a drill, the gravest first: the first that fails gives the refusal its name, and all are told. */
const CHECKS: readonly (readonly [name: string, judge: Judge])[] = [
  ['lock', lock],
  ['other-questions', asked],
  ['quarantine', quarantine],
  ['global-datastore', globalDatastore],
  ['status', available],
  ['failover', failover],
  ['zones', zones],
  ['changes', changes],
  ['service-updates', serviceUpdates],
  ['running-snapshots', noSnapshotRuns],
  ['replicas', replicas],
  ['alarms', quiet],
  ['alarms-that-stop-it', seeing],
  ['window', window],
  ['freezes', freezes],
  ['snapshot', youngSnapshot],
  ['allowance', allowance],
  ['prober', prober],
  ['way-in', token],
];

/** Looks at everything that has to be in order before a shard may fail over on purpose. */
export const preFlight = (candidate: Candidate): readonly Check[] =>
  CHECKS.map(([name, judge]) => {
    const finding = judge(candidate);
    return { name, passed: !('reason' in finding), ...finding };
  });

import type { CacheSeen } from './caches.ts';
import type { OperationRecord, Question } from './ledger.ts';
import type { IsoTime } from './units.ts';

/** The state of a cache as operators of other systems know it. */
export interface Condition {
  readonly type: 'Ready' | 'Progressing' | 'Degraded';
  readonly status: 'True' | 'False' | 'Unknown';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
  /** Since when it is so; null when nothing that we read tells. */
  readonly lastTransition: IsoTime | null;
}

/** One of ElastiCache's events; it keeps them for 14 days (DescribeEvents). */
export interface CacheEvent {
  readonly at: IsoTime;
  /** The group's id, or a member's. */
  readonly source: string;
  readonly message: string;
}

export interface ConditionsInput {
  readonly cache: Pick<CacheSeen, 'cacheId' | 'status' | 'shards' | 'members' | 'pending'>;
  /** The newest operation on it. */
  readonly lastOperation?: OperationRecord | undefined;
  /** The question about it that nobody has answered yet. */
  readonly question?: Pick<Question, 'operationId'> | undefined;
  /** In any order. */
  readonly events: readonly CacheEvent[];
}

type Finding = Omit<Condition, 'type'>;

const latest = (times: readonly IsoTime[]): IsoTime | null =>
  times.reduce<IsoTime | null>((last, at) => (last === null || Date.parse(at) > Date.parse(last) ? at : last), null);

const lastEvent = (events: readonly CacheEvent[], message: RegExp): IsoTime | null =>
  latest(events.filter((event) => message.test(event.message)).map(({ at }) => at));

/** What ElastiCache says when a cache has come into being. */
const CREATED = /^(Cache cluster|Replication group \S+) created$/;
/** What it says besides, and takes no cache out of service. */
const HARMLESS = /^(Added cache node \S+ in availability zone|Snapshot succeeded) ?/;
const RECOVERING = /^Recovering cache nodes? /;
const RECOVERED = /^Finished recovery for cache nodes? /;

/** Statuses in which ElastiCache works on a cache, with the word for it. */
const AT_WORK: Readonly<Record<string, string>> = {
  creating: 'Creating',
  modifying: 'Modifying',
  deleting: 'Deleting',
  snapshotting: 'Snapshotting',
};

/** Decides what can be said of a cache. Pure; what is not known is said to be unknown, and no time is invented. */
export const conditionsOf = (input: ConditionsInput): readonly Condition[] => [
  { type: 'Ready', ...ready(input) },
  { type: 'Progressing', ...progressing(input) },
  { type: 'Degraded', ...degraded(input) },
];

const ready = ({ cache: { cacheId, status, shards }, events }: ConditionsInput): Finding => {
  const lastTransition = null;
  const not = (reason: string, message: string): Finding => ({ status: 'False', reason, message, lastTransition });
  if (status === 'creating') return not('Creating', `${cacheId} is being created.`);
  if (status === 'deleting') return not('Deleting', `${cacheId} is being deleted.`);
  if (status === 'create-failed') return not('CreateFailed', `ElastiCache could not create ${cacheId}.`);
  if (status === 'modifying') {
    const message = `ElastiCache changes ${cacheId}; whether all of it serves meanwhile, it does not tell.`;
    return { status: 'Unknown', reason: 'Modifying', message, lastTransition };
  }
  // Reading the data for a snapshot does not take the cache out of service.
  if (status !== 'available' && status !== 'snapshotting') {
    const message = `ElastiCache says “${status}” of ${cacheId}, which the autopilot does not know.`;
    return { status: 'Unknown', reason: 'StatusUnknown', message, lastTransition };
  }
  const away = shards.filter((shard) => shard.status !== 'available').map(({ id }) => id);
  if (away.length > 0 && status === 'available') {
    return not('ShardNotAvailable', `Not available: shard ${away.join(', ')} of ${cacheId}.`);
  }
  return {
    status: 'True',
    reason: 'Available',
    message: `ElastiCache says that ${cacheId} is available.`,
    // It may have been away since in a way of which no event tells: only its creation is sure, and only without others that matter.
    lastTransition: events.every(({ message }) => CREATED.test(message) || HARMLESS.test(message))
      ? lastEvent(events, CREATED)
      : null,
  };
};

const progressing = ({ cache, lastOperation, question }: ConditionsInput): Finding => {
  const { cacheId, status, pending = [] } = cache;
  if (lastOperation && lastOperation.outcome === undefined) {
    const { workflow, operationId, startedAt } = lastOperation;
    const message = `${workflow} works on ${cacheId} in operation ${operationId}.`;
    return { status: 'True', reason: 'OperationRunning', message, lastTransition: startedAt };
  }
  const work = AT_WORK[status];
  if (work) {
    const message = `ElastiCache says that ${cacheId} is ${status}; no operation of the autopilot does it now.`;
    return { status: 'True', reason: work, message, lastTransition: null };
  }
  if (pending.length > 0) {
    const message = `Ordered and not applied yet: ${pending.join(', ')}.`;
    return { status: 'True', reason: 'ChangesPending', message, lastTransition: null };
  }
  if (status !== 'available') {
    const message = `ElastiCache says “${status}” of ${cacheId}: nothing shows that it is being worked on.`;
    return {
      status: status === 'create-failed' ? 'False' : 'Unknown',
      reason: 'NothingSeen',
      message,
      lastTransition: null,
    };
  }
  if (question) {
    const message = `Operation ${question.operationId} waits for a person: see \`autopilot approvals\`.`;
    return { status: 'False', reason: 'WaitingForPerson', message, lastTransition: null };
  }
  return {
    status: 'False',
    reason: 'Settled',
    message: `Nothing is being done to ${cacheId}.`,
    // What others did since, or ElastiCache itself, is not in our ledger: only an end that did something is a turn.
    lastTransition: lastOperation?.outcome === 'done' ? (lastOperation.closedAt ?? null) : null,
  };
};

const degraded = ({ cache, lastOperation, events }: ConditionsInput): Finding => {
  const { cacheId, status, shards, members = [] } = cache;
  const so = (reason: string, message: string, lastTransition: IsoTime | null = null): Finding => ({
    status: 'True',
    reason,
    message,
    lastTransition,
  });
  if (status === 'create-failed')
    return so('CreateFailed', `${cacheId} was not created: delete it and create it again.`);
  const recovering = nodesInRecovery(events);
  if (recovering.length > 0) {
    const [first] = recovering;
    return so('NodesRecovering', `Being replaced: ${recovering.map(({ source }) => source).join(', ')}.`, first?.at);
  }
  if (status === 'available') {
    const away = shards.filter((shard) => shard.status !== 'available').map(({ id }) => id);
    if (away.length > 0) return so('ShardNotAvailable', `Not available: shard ${away.join(', ')}.`);
    const most = Math.max(0, ...shards.map(({ nodeCount }) => nodeCount));
    const short = shards.filter(({ nodeCount }) => nodeCount < most).map(({ id }) => id);
    if (short.length > 0) return so('ShardsUneven', `Fewer nodes than the others: shard ${short.join(', ')}.`);
  }
  const stale = members.filter(({ parameterStatus }) => parameterStatus === 'pending-reboot').map(({ id }) => id);
  if (stale.length > 0) return so('RebootNeeded', `Runs with its old parameters until a restart: ${stale.join(', ')}.`);
  if (lastOperation?.outcome === 'failed' || lastOperation?.outcome === 'undone') {
    const { reason = 'OperationFailed', summary, closedAt = null } = lastOperation;
    return so(reason, summary, closedAt);
  }
  if (status !== 'available' && status !== 'snapshotting') {
    const message = `${cacheId} is ${status}: its parts are judged when it is available.`;
    return { status: 'Unknown', reason: 'NotAvailable', message, lastTransition: null };
  }
  return {
    status: 'False',
    reason: 'NothingWrong',
    message: `Neither ElastiCache nor the ledger tells of anything wrong with ${cacheId}.`,
    lastTransition: lastEvent(events, RECOVERED),
  };
};

/** Nodes whose recovery began and has not ended, the earliest first. */
const nodesInRecovery = (events: readonly CacheEvent[]): CacheEvent[] =>
  [...Map.groupBy(events, ({ source }) => source).entries()]
    .flatMap(([source, own]) => {
      const began = lastEvent(own, RECOVERING);
      const ended = lastEvent(own, RECOVERED);
      if (began === null || (ended !== null && Date.parse(ended) >= Date.parse(began))) return [];
      return [{ source, at: began, message: '' }];
    })
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));

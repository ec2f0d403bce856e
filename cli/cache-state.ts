import type { DrillResult } from '../functions/failover-drill/schemas.ts';
import { sayLength } from '../functions/failover-drill/timeline/say-length.ts';
import { type CacheEvent, type Condition, conditionsOf } from '../functions/platform/conditions.ts';
import type { OperationRecord, Quarantine, Question } from '../functions/platform/ledger.ts';
import type { CacheStatus } from './caches.ts';
import { RUNNING, WAITING } from './runs.ts';
import { table } from './table.ts';

/** One cache with what the ledger and ElastiCache's events tell of it. */
export interface CacheState extends CacheStatus {
  readonly conditions: readonly Condition[];
  /** How far the autopilot may go, or `not opted in`; absent while ElastiCache does not tell the tags. */
  readonly mode?: string | undefined;
  readonly lastOperation?: LastOperation | undefined;
  /** The newest rehearsal of a failover that was held, and why there is none until a person has looked. */
  readonly lastDrill?: DrillResult | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly lastRotation?: LastRotation | undefined;
}

export interface LastOperation {
  readonly operationId: string;
  readonly workflow: string;
  readonly startedAt: string;
  readonly outcome: string;
  readonly reason?: string | undefined;
}

interface Known {
  readonly mode?: string | undefined;
  readonly lastOperation?: OperationRecord | undefined;
  /** What nobody has answered yet. */
  readonly question?: Question | undefined;
  readonly lastDrill?: DrillResult | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly lastRotation?: LastRotation | undefined;
  /** Of all caches of the Region. */
  readonly events: readonly CacheEvent[];
}

/** The newest rotation of the cache's token, or of a user's password, that changed something or is under way. */
export interface LastRotation {
  readonly at: string;
  /** Whose token it is, in words. */
  readonly what: string;
  /** Left out while it is under way. */
  readonly outcome?: string | undefined;
  readonly reason?: string | undefined;
  readonly graceEndsAt?: string | undefined;
}

/** Puts together what is known of a cache. Pure. */
export const cacheState = (cache: CacheStatus, known: Known): CacheState => {
  const { mode, lastOperation, lastDrill, lastRotation, quarantine, question, events } = known;
  const drilled = {
    ...(lastDrill ? { lastDrill } : {}),
    ...(quarantine ? { quarantine } : {}),
    ...(lastRotation ? { lastRotation } : {}),
  };
  const nodes = cache.shards.flatMap((shard) => shard.nodes);
  const ours = new Set([cache.id, ...nodes.map(({ id }) => id)]);
  const conditions = conditionsOf({
    cache: {
      cacheId: cache.id,
      status: cache.status,
      shards: cache.shards.map((shard) => ({ id: shard.id, status: shard.status, nodeCount: shard.nodes.length })),
      members: nodes.map(({ id, parameterStatus = 'unknown' }) => ({ id, parameterStatus })),
      pending: cache.pending,
    },
    lastOperation,
    question,
    events: events.filter(({ source }) => ours.has(source)),
  });
  const last = (question && waitingOperation(question)) ?? lastOperation;
  if (!last) return { ...cache, conditions, mode, ...drilled };
  const { operationId, workflow, startedAt, outcome = RUNNING, reason } = last;
  return {
    ...cache,
    conditions,
    mode,
    lastOperation: { operationId, workflow, startedAt, outcome, reason },
    ...drilled,
  };
};

/** Who only asked so far has no record yet. */
const waitingOperation = ({ operationId, workflow = 'unknown', startedAt = 'not known' }: Question): LastOperation => ({
  operationId,
  workflow,
  startedAt,
  outcome: WAITING,
});

const shape = ({ kind, clusterMode, shards }: CacheStatus): string => {
  const nodes = shards[0]?.nodes.length ?? 0;
  if (kind === 'cluster') return `${nodes} node${nodes === 1 ? '' : 's'}`;
  const replicas = Math.max(0, nodes - 1);
  if (clusterMode) return `${shards.length} shards × ${1 + replicas} nodes`;
  return `1 primary + ${replicas} replica${replicas === 1 ? '' : 's'}`;
};

const statusOf = ({ conditions }: CacheState, type: Condition['type']): string | undefined =>
  conditions.find((condition) => condition.type === type)?.status;

/** All caches, one line each. */
export const stateTable = (states: readonly CacheState[]): string => {
  const heads = ['cache', 'engine', 'node type', 'shape', 'status', 'ready', 'degraded', 'TLS', 'AUTH', 'autopilot'];
  const rows = states.map((state) => [
    state.id,
    `${state.engine} ${state.engineVersion}`,
    state.nodeType,
    shape(state),
    state.status,
    statusOf(state, 'Ready'),
    statusOf(state, 'Degraded'),
    state.tls ? 'yes' : 'no',
    state.authRequired ? 'yes' : 'no',
    state.quarantine ? `${state.mode ?? 'not known'}, in quarantine` : state.mode,
    state.lastOperation && `${state.lastOperation.workflow}: ${state.lastOperation.outcome}`,
    state.endpoints.configuration ?? state.endpoints.primary,
  ]);
  return table([...heads, 'last operation', 'endpoint'], rows, '');
};

const drillText = ({ lastDrill }: CacheState): string => {
  if (!lastDrill) return 'none in the ledger';
  const { at, shardId, reason, writeUnavailableMs = lastDrill.writeOutageMs } = lastDrill;
  const outage =
    writeUnavailableMs === undefined
      ? 'not measured'
      : writeUnavailableMs === 'not-over'
        ? 'writes had not come back'
        : `writes stopped for ${sayLength(writeUnavailableMs)}`;
  return `${at}, shard ${shardId}: ${outage} (${reason})`;
};

const rotationText = ({ lastRotation }: CacheState): string => {
  if (!lastRotation) return 'none in the ledger';
  const { at, what, outcome, reason, graceEndsAt } = lastRotation;
  const stands = outcome ? `${outcome} (${reason ?? '–'})` : 'under way';
  return `${at}, ${what}: ${stands}${outcome || !graceEndsAt ? '' : `; the old one is valid until ${graceEndsAt}`}`;
};

/** One cache in detail. */
export const stateText = (state: CacheState): string => {
  const { id, arn, engine, engineVersion, nodeType, status, mode, lastOperation, quarantine, endpoints } = state;
  const conditions = state.conditions.map((condition) => [
    condition.type,
    condition.status,
    condition.reason,
    condition.lastTransition ?? 'not known',
    condition.message,
  ]);
  const nodes = state.shards.flatMap((shard) =>
    shard.nodes.map((node) => [shard.id, shard.slots || undefined, node.id, node.role ?? 'unknown', node.address]),
  );
  const saysNoRoles = state.kind === 'replication-group' && nodes.some(([, , , role]) => role === 'unknown');
  const ran =
    lastOperation && `${lastOperation.operationId}: ${lastOperation.outcome} (${lastOperation.reason ?? '–'})`;
  return [
    `${id}: ${engine} ${engineVersion} on ${nodeType}, ${shape(state)}, ${status}`,
    `  ARN             ${arn}`,
    `  autopilot       ${mode ?? 'not known: ElastiCache tells the tags of available caches only'}`,
    `  last operation  ${ran ?? 'none in the ledger'}`,
    `  last drill      ${drillText(state)}`,
    `  last rotation   ${rotationText(state)}`,
    ...(quarantine
      ? [
          `  quarantine      since ${quarantine.since}: ${quarantine.summary} To clear it: autopilot drill ${id} --clear`,
        ]
      : []),
    ...Object.entries(endpoints).map(([kind, endpoint]) => `  ${kind.padEnd(14)}  ${endpoint}`),
    '',
    table(['condition', 'status', 'reason', 'since', 'message'], conditions),
    '',
    table(['shard', 'slots', 'node', 'role', 'address'], nodes),
    ...(saysNoRoles
      ? ['', '  With cluster mode ElastiCache does not tell which node of a shard is primary: only the engine knows.']
      : []),
  ].join('\n');
};

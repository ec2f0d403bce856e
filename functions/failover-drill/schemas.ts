import * as z from 'zod';
import { Reason } from '../operations/schemas.ts';
import { CacheId, IsoTime, Mode, OperationId } from '../platform/names.ts';
import { Measurement } from './measurement.ts';

/** Why a plan for a drill says what it says. Each word is a heading of docs/runbook.md. */
export const DRILL_REASONS = [
  'ReadyToDrill',
  'InvalidRequest',
  'NoSuchCache',
  'NotOurs',
  'NothingToFailOver',
  'InGlobalDatastore',
  'NoSuchShard',
  'NotDue',
  'CacheLocked',
  'AlreadyAsked',
  'Quarantined',
  'CacheBusy',
  'FailoverOff',
  'ZonesNotSpread',
  'ChangesPending',
  'ServiceUpdatePending',
  'SnapshotRunning',
  'NoYoungSnapshot',
  'ReplicasUnknown',
  'ReplicaBehind',
  'AlarmFiring',
  'AlarmBlind',
  'OutsideWindow',
  'Frozen',
  'AllowanceUsedUp',
  'VpcNotConfigured',
  'TokenUnknown',
] as const;
export const DrillReason = z.enum(DRILL_REASONS);
export type DrillReason = z.infer<typeof DrillReason>;

/** What somebody asked for. The parts are judged by the plan, which refuses with all faults instead of throwing. */
export const DrillRequest = z.looseObject({
  cacheId: z.unknown().optional(),
  shardId: z.unknown().optional().describe('left out: the shard whose last drill is the longest ago'),
  requestedBy: z.unknown().optional(),
  mode: z.unknown().optional().describe('can only make the account’s policy more careful'),
  unasked: z.unknown().optional().describe('true when the schedule asks: then the tag autopilot:mode counts too'),
});
export type DrillRequest = z.infer<typeof DrillRequest>;

/** One thing that was looked at before a drill. */
export const Check = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  says: z.string().describe('one sentence, with its figures; of one that failed, what to do'),
  reason: DrillReason.optional().describe('of one that failed'),
});
export type Check = z.infer<typeof Check>;

/** How a client gets into the cache. The token itself is read from its secret by whoever needs it. */
export const WayIn = z.strictObject({
  tls: z.boolean(),
  auth: z.boolean(),
  secretName: z.string().optional(),
  asUser: z.boolean().optional().describe('the secret holds a user of the cache’s user group, not a token'),
});
export type WayIn = z.infer<typeof WayIn>;

/** The decision about one drill, with everything that the next steps need. */
export const DrillPlan = z.strictObject({
  action: z.enum(['drill', 'refuse']),
  reason: DrillReason,
  cacheId: CacheId,
  mode: Mode,
  summary: z.string().describe('one sentence'),
  shardId: z.string().describe('the shard that is to fail over; empty when there is none'),
  why: z.string().describe('why this shard, and why now, as one sentence'),
  checks: z.array(Check),
  doubts: z.array(z.string()),
  clusterMode: z.boolean(),
  nodesInShard: z.int().nonnegative(),
  nodeIds: z.array(z.string()),
  shards: z.int().nonnegative(),
  wayIn: WayIn,
  vpcId: z.string().describe('where the prober has to run; empty when it is not known'),
  targetSeconds: z.number().positive(),
});
export type DrillPlan = z.infer<typeof DrillPlan>;

export const PlanDrillInput = z.strictObject({
  operationId: OperationId,
  request: DrillRequest,
  now: IsoTime,
});

/** What every later step is told. */
const Drill = {
  operationId: OperationId,
  cacheId: CacheId,
  shardId: z.string().regex(/^\d{1,4}$/, 'a shard’s id such as 0001'),
};

export const ProbeInput = z.strictObject({
  ...Drill,
  taskToken: z.string().min(1).describe('answered when the baseline is known'),
  clusterMode: z.boolean(),
  nodesInShard: z.int().min(2),
  wayIn: WayIn,
});

/** The tested shard as a real client saw it before the failover. */
export const ShardSeenByClient = z.strictObject({
  primary: z.string().describe('host:port'),
  replicas: z.array(
    z.strictObject({
      address: z.string(),
      online: z.boolean(),
      lagSeconds: z.number().nonnegative(),
      lagBytes: z.number().nonnegative(),
    }),
  ),
});
export type ShardSeenByClient = z.infer<typeof ShardSeenByClient>;

export const OrderFailoverInput = z.strictObject({ ...Drill, fencing: z.int().positive(), now: IsoTime });
export const OrderFailoverOutput = z.strictObject({
  /** `perhaps`: an earlier attempt may have ordered it, and its answer was lost. It is never ordered twice. */
  ordered: z.enum(['yes', 'perhaps']),
  at: IsoTime.describe('not later than the order'),
});
export type OrderFailoverOutput = z.infer<typeof OrderFailoverOutput>;

/** How far a failover has come, by ElastiCache's events in their order. */
export const STAGES = ['nothing-yet', 'called', 'promoted', 'recovering', 'recovered'] as const;
export const Stage = z.enum(STAGES);
export type Stage = z.infer<typeof Stage>;

export const Mark = z.strictObject({ at: IsoTime, says: z.string() });
export type Mark = z.infer<typeof Mark>;

export const FollowInput = z.strictObject({
  ...Drill,
  nodeIds: z.array(z.string()).min(2).describe('the nodes of the shard'),
  orderedAt: IsoTime,
  now: IsoTime,
});
export const FollowOutput = z.strictObject({
  stage: Stage,
  /** `go-on` until the recovery is over, a deadline has passed, or a chosen alarm goes off. */
  verdict: z.enum(['go-on', 'recovered', 'late', 'alarm']),
  says: z.string(),
  marks: z.array(Mark).describe('what ElastiCache said, in its order'),
  oldPrimary: z.string().optional().describe('the node that was primary, as ElastiCache names it'),
  newPrimary: z.string().optional(),
});
export type FollowOutput = z.infer<typeof FollowOutput>;

export const EndProbeInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  taskToken: z.string().min(1),
  now: IsoTime,
});
/** What the prober answers when it has ended. */
export const ProbeEnded = z.strictObject({
  logKey: z.string().describe('where its log is, in the evidence bucket'),
  endedBecause: z.enum(['told', 'drill-ended', 'time-limit']),
});
export type ProbeEnded = z.infer<typeof ProbeEnded>;

export const VerifyHealedInput = z.strictObject({
  ...Drill,
  clusterMode: z.boolean(),
  nodesInShard: z.int().min(2),
  shards: z.int().positive(),
  wayIn: WayIn,
  oldPrimary: z.string().min(1).describe('host:port of the primary before'),
});
export const Healed = z.strictObject({
  oldPrimary: z.string().describe('host:port; now a replica in step'),
  newPrimary: z.string(),
  replicas: z.int().nonnegative(),
  slotsCovered: z.int().nonnegative().optional(),
  checkedAt: IsoTime,
});
export type Healed = z.infer<typeof Healed>;

/** One earlier drill, for the trend. */
export const DrillResult = z.strictObject({
  operationId: OperationId,
  at: IsoTime,
  shardId: z.string(),
  outcome: z.string(),
  reason: z.string(),
  writeOutageMs: z
    .union([z.number(), z.literal('not-over')])
    .optional()
    .describe('the longest one'),
  writeUnavailableMs: z
    .union([z.number(), z.literal('not-over')])
    .optional()
    .describe('all outages together'),
});
export type DrillResult = z.infer<typeof DrillResult>;

export const JudgeInput = z.strictObject({
  ...Drill,
  targetSeconds: z.number().positive(),
  marks: z.array(Mark),
  orderedAt: IsoTime,
  now: IsoTime,
});
/** How the drill is judged. Each word is a heading of docs/runbook.md. */
export const VERDICTS = ['DrillPassed', 'OutageTooLong', 'OutageNotOver', 'OtherShardFelt', 'NotMeasured'] as const;
export const Verdict = z.strictObject({
  passed: z.boolean(),
  reason: z.enum(VERDICTS),
  summary: z.string(),
  measurement: Measurement.optional(),
  trend: z.array(DrillResult).describe('earlier drills of the cache, newest first'),
  trendSays: z.string(),
  pictures: z.strictObject({ svg: z.string(), png: z.string() }).optional().describe('s3:// addresses'),
});
export type Verdict = z.infer<typeof Verdict>;

export const RaiseIncidentInput = z.strictObject({
  ...Drill,
  reason: Reason,
  summary: z.string(),
  quarantine: z.boolean(),
  orderedAt: IsoTime,
  now: IsoTime,
});
export const IncidentEvidence = z.strictObject({
  status: z.string(),
  shards: z.array(z.strictObject({ id: z.string(), status: z.string() })),
  events: z.array(z.strictObject({ at: IsoTime, source: z.string(), message: z.string() })),
  alarms: z.array(z.string()),
  quarantined: z.boolean(),
  notRead: z.array(z.string()),
});
export type IncidentEvidence = z.infer<typeof IncidentEvidence>;

export const ListDueInput = z.strictObject({ operationId: OperationId, now: IsoTime });
export const ListDueOutput = z.strictObject({
  due: z.array(
    z.strictObject({
      cacheId: CacheId,
      operationId: OperationId.describe('of the drill, the same whenever it is listed in this hour'),
      because: z.string(),
    }),
  ),
  startedPerLook: z.int().positive().describe('how many of them may be started now'),
});
export type ListDueOutput = z.infer<typeof ListDueOutput>;

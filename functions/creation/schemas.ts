import * as z from 'zod';
import { CacheId, IsoTime, Mode, OperationId } from '../platform/names.ts';
import { FailedCreations } from '../platform/policy.ts';

/** One thing wrong with a specification: where, what, which rule, and what to write instead. */
export const Fault = z.strictObject({
  path: z.string().describe('the field, e.g. snapshotWindow or tags.Owner'),
  value: z.unknown().optional().describe('what was found there; absent when nothing was'),
  rule: z.string().describe('the rule, as one sentence'),
  remedy: z.string().describe('what to do, as one sentence'),
});
export type Fault = z.infer<typeof Fault>;

/** Why a plan says what it says. Each word is a heading of docs/runbook.md. */
export const CREATION_REASONS = [
  'NewCache',
  'AlreadyAsSpecified',
  'InvalidSpec',
  'NotOurs',
  'InGlobalDatastore',
  'StandAloneNode',
  'CacheBusy',
  'ChangesPending',
  'LogsNotDelivered',
  'CacheUnusable',
  'CacheDiffers',
  'NeedsReplacement',
  'RepairNotSafe',
  'ChangeUnfinished',
  'PartlyRepaired',
  'CacheGone',
  'AboveCostLimit',
  'CostUnknown',
  'AboveNodeLimit',
] as const;
export const CreationReason = z.enum(CREATION_REASONS);
export type CreationReason = z.infer<typeof CreationReason>;

/** A call to AWS, exactly as it will be made, except that a token stands as a reference to its secret. */
export const PlannedCall = z.strictObject({
  service: z.enum(['elasticache', 'secretsmanager']),
  operation: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type PlannedCall = z.infer<typeof PlannedCall>;

const Tag = z.strictObject({ Key: z.string(), Value: z.string() });

/** The secret to make for a cache's AUTH token. What `creation/make-token` needs besides operationId and cacheId. */
export const TokenPlan = z.strictObject({
  secretName: z.string(),
  engine: z.enum(['redis', 'valkey']),
  lengthCharacters: z.int().min(16).max(128).describe('AWS takes AUTH tokens of 16–128 characters'),
  tags: z.array(Tag),
});
export type TokenPlan = z.infer<typeof TokenPlan>;

/** The parameter group to make, unless it `exists`; `parameters` are set in either case. */
export const ParameterGroupPlan = z.strictObject({
  name: z.string(),
  family: z.string().describe('e.g. redis7 or valkey8'),
  description: z.string(),
  tags: z.array(Tag),
  exists: z.boolean().describe('whether it is there already, from an earlier cache or attempt'),
  parameters: z.record(z.string(), z.string()),
});
export type ParameterGroupPlan = z.infer<typeof ParameterGroupPlan>;

/** One step of a change: one call, after which the cache is looked at again. */
export const ChangeStep = z.strictObject({
  id: z.string().describe('the same for the same step of a later plan, e.g. more-replicas'),
  says: z.string().describe('what it does, to be read after the word “to”'),
  fields: z.array(z.string()).describe('the differences that it removes'),
  call: PlannedCall,
  interrupts: z
    .enum(['nothing', 'for-a-moment', 'loses-data'])
    .describe('what clients feel; what loses data is never done without a person'),
  safe: z
    .boolean()
    .describe('whether the autopilot may take it by itself to repair drift: nobody loses anything by it'),
  deadlineSeconds: z.int().positive().describe('when it has surely not worked'),
  shards: z.int().min(1).optional().describe('how many there are afterwards, when it changes their number'),
  token: TokenPlan.optional().describe('the secret to make, when that is the step'),
  usesToken: z.literal(true).optional().describe('whether the call needs the token from the secret'),
  secretArn: z.string().optional().describe('where that token is; not known before the secret was made'),
});
export type ChangeStep = z.infer<typeof ChangeStep>;

/** What must be found at the real cache afterwards. */
export const Expectation = z.strictObject({
  shards: z.int().min(1),
  replicasPerShard: z.int().min(0),
  memcachedNodes: z.int().min(1).optional().describe('there when the engine is Memcached, which has no shards'),
  clusterMode: z.boolean(),
  tls: z.boolean(),
  plaintextAllowed: z.literal(true).optional().describe('with TLS: whether clients without it get in too'),
  auth: z.boolean().describe('whether the cache must refuse whoever comes without the token'),
  secretArn: z.string().optional().describe('where the token or the user is; a new token’s is added when it is made'),
  asUser: z.literal(true).optional().describe('whether the secret holds a user of a user group, not a token'),
});
export type Expectation = z.infer<typeof Expectation>;

/** The input of CreateReplicationGroup or, for Memcached, of CreateCacheCluster, in AWS's spelling, without the AUTH token. */
export const CreateRequest = z
  .looseObject({ ReplicationGroupId: z.string().optional(), CacheClusterId: z.string().optional() })
  .refine((request) => Boolean(request.ReplicationGroupId) !== Boolean(request.CacheClusterId), {
    error: 'names either a replication group or a cluster',
  });
export type CreateRequest = z.infer<typeof CreateRequest>;

/** The decision about one requested cache, with everything that the next steps need. */
export const CreationPlan = z.strictObject({
  action: z.enum(['create', 'change', 'keep', 'refuse']),
  reason: CreationReason,
  cacheId: CacheId,
  mode: Mode,
  summary: z.string().describe('one sentence with its figures'),
  faults: z.array(Fault),
  warnings: z.array(Fault).describe('what is allowed, and a person should know of before agreeing to it'),
  differences: z.array(z.strictObject({ field: z.string(), wanted: z.unknown(), found: z.unknown() })),
  doubts: z.array(z.string()).describe('sentences about what could not be read and was taken the careful way'),
  there: z.array(z.string()).describe('what exists already'),
  missing: z.array(z.string()).describe('what would be made'),
  steps: z.array(ChangeStep).describe('of a change, in order; after each the cache is planned again'),
  calls: z.array(PlannedCall).describe('the calls to AWS, in order'),
  monthlyCostUsd: z
    .number()
    .nullable()
    .describe('nodes on demand, us-east-1, 730 hours; null when the price is not known'),
  kind: z.enum(['replication-group', 'cluster']).describe('what the cache is to ElastiCache; Memcached has clusters'),
  settle: z.strictObject({ deadlineSeconds: z.int().positive() }),
  vpcId: z.string().nullable(),
  // The rest is there when the action is `create`.
  token: TokenPlan.optional(),
  parameterGroup: ParameterGroupPlan.optional(),
  request: CreateRequest.optional(),
  failedCreations: FailedCreations.optional().describe('what becomes of what was made, if the creation fails'),
  expect: Expectation.optional().describe('there also when the action is `keep`: what is kept is verified too'),
});
export type CreationPlan = z.infer<typeof CreationPlan>;

/** What somebody asked for. The parts are judged by the plan, which refuses with all faults instead of throwing. */
export const CreationRequest = z.looseObject({
  spec: z.unknown().optional(),
  requestedBy: z.unknown().optional(),
  mode: z.unknown().optional(),
  initiative: z.unknown().optional().describe('`own` when the autopilot repairs drift: then only what is safe is done'),
});
export type CreationRequest = z.infer<typeof CreationRequest>;

export const PlanInput = z.strictObject({
  operationId: OperationId,
  request: CreationRequest,
  now: IsoTime,
  taken: z.array(z.string()).default([]).describe('the steps of a change that this operation has taken already'),
});
export type PlanInput = z.output<typeof PlanInput>;

export const ListSpecifiedInput = z.strictObject({ operationId: z.string().describe('the execution that checks') });

export const CheckDriftInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  now: IsoTime,
  lastLook: z
    .boolean()
    .describe('whether a cache that is busy now is spoken of, because this check does not look again'),
});
export const CheckDriftOutput = z.strictObject({
  cacheId: CacheId,
  checked: z.boolean().describe('false while the cache is busy'),
  drifted: z.boolean(),
  fields: z.array(z.string()).describe('where, at most ten'),
  repair: z
    .strictObject({
      operationId: OperationId,
      request: z.strictObject({
        spec: z.strictObject({ cacheId: CacheId }).describe('the rest is what the ledger keeps when it is planned'),
        requestedBy: z.string(),
        initiative: z.literal('own'),
      }),
    })
    .optional()
    .describe('what create-cache is to be started with'),
});
export type CheckDriftOutput = z.infer<typeof CheckDriftOutput>;

/** What the operation was given when it took the cache's lock. */
const Fencing = z.int().positive().describe('of the lock that must still be held when something is changed');

export const MakeTokenInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  fencing: Fencing,
  ...TokenPlan.shape,
});
export const MakeTokenOutput = z.strictObject({
  secretArn: z.string(),
  versionId: z.string(),
  made: z.boolean().describe('false when the secret was there already, from this operation or an earlier cache'),
});
export type MakeTokenOutput = z.infer<typeof MakeTokenOutput>;

export const CompleteSecretInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  fencing: Fencing,
});
export const CompleteSecretOutput = z.strictObject({
  secretName: z.string(),
  written: z.boolean().describe('false when it named the endpoint already'),
});
export type CompleteSecretOutput = z.infer<typeof CompleteSecretOutput>;

export const CreateInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  fencing: Fencing,
  request: CreateRequest,
  secretArn: z.string().optional(),
});
export const CreateOutput = z.strictObject({ arn: z.string(), status: z.string() });
export type CreateOutput = z.infer<typeof CreateOutput>;

export const ChangeInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  fencing: Fencing,
  step: ChangeStep,
});
export const ChangeOutput = z.strictObject({
  operation: z.string(),
  made: z.boolean().describe('false when an earlier attempt had done it'),
});
export type ChangeOutput = z.infer<typeof ChangeOutput>;

export const VerifyInput = z.strictObject({ operationId: OperationId, cacheId: CacheId, expect: Expectation });
/** What was seen at the real cache, through a real client. */
export const Evidence = z.strictObject({
  shards: z.array(
    z.strictObject({
      id: z.string(),
      primary: z.string().describe('host:port'),
      replicas: z.int().describe('replicas attached and in step, as the primary itself counts them'),
      wroteAndRead: z.literal(true),
    }),
  ),
  tls: z.boolean().describe('true: TLS was spoken, and without TLS nothing answered, unless that is allowed'),
  plaintextAllowed: z.literal(true).optional(),
  authRequired: z.boolean().describe('true: without the token the engine answered NOAUTH'),
  checkedAt: IsoTime,
});
export type Evidence = z.infer<typeof Evidence>;

/** What may explain a creation that failed. Each word is a heading of docs/runbook.md. */
export const FINDING_CAUSES = [
  'ElastiCacheSaid',
  'NoCapacity',
  'QuotaUsedUp',
  'NoFreeAddresses',
  'Vanished',
  'KeyUnusable',
  'NotExplained',
  'NotRead',
] as const;
export const Finding = z.strictObject({
  cause: z.enum(FINDING_CAUSES),
  says: z.string().describe('what was found, with its figures, and what to do about it'),
});
export type Finding = z.infer<typeof Finding>;

export const Diagnosis = z.strictObject({
  diagnosis: z.string().describe('the most telling finding, and what could not be read'),
  findings: z.array(Finding).describe('the most telling first; never empty'),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

export const DiagnoseInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  request: CreateRequest.describe('what was ordered'),
  problem: z.strictObject({ step: z.string(), error: z.string(), cause: z.string() }).describe('what was caught'),
  orderedAt: IsoTime.describe('when the cache was ordered: ElastiCache’s events since then count'),
  now: IsoTime,
});
export const DiagnoseOutput = Diagnosis.extend({
  evidence: z.record(z.string(), z.unknown()).describe('each part as {value}, or {unread} with the reason'),
});
export type DiagnoseOutput = z.infer<typeof DiagnoseOutput>;

/** What an operation may have made; noted before it is made, so that an interrupted call counts too. */
const Made = z.strictObject({
  parameterGroup: z.string().optional().describe('its name'),
  secret: z.boolean().optional(),
  restoredSecret: z.boolean().optional().describe('whether the secret was scheduled for deletion before'),
  cache: z.boolean().optional(),
});

export const UndoInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  fencing: Fencing,
  made: Made,
});
export const UndoOutput = z.strictObject({
  gone: z
    .array(z.string())
    .describe(
      'what this operation may have made and is not there any more, or never was; a secret can be restored for a week',
    ),
  kept: z.array(z.string()).describe('what is there and was not made by this operation'),
  advice: z.string().describe('what a person has to do, as one sentence'),
});
export type UndoOutput = z.infer<typeof UndoOutput>;

export const ListLeftInput = z.strictObject({ operationId: OperationId, cacheId: CacheId, made: Made });
export const ListLeftOutput = z.strictObject({
  left: z.array(
    z.strictObject({
      what: z.string().describe('e.g. cache orders'),
      arn: z.string(),
      status: z.string().optional().describe('of a cache'),
      remove: z.string().describe('the command that removes it'),
    }),
  ),
  advice: z.string().describe('what a person has to do, as one sentence'),
});
export type ListLeftOutput = z.infer<typeof ListLeftOutput>;

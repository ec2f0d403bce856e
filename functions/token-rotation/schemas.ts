import * as z from 'zod';
import { CacheId, IsoTime, Mode, OperationId } from '../platform/names.ts';
import { AskBeforeRetiring } from '../platform/policy.ts';

/** Why a plan for a rotation says what it says. Each word is a heading of docs/runbook.md. */
export const ROTATION_REASONS = [
  'ReadyToRotate',
  'RotationUnfinished',
  'NodesToBeTried',
  'InvalidRequest',
  'NoSuchCache',
  'NotOurs',
  'NothingToRotate',
  'NoSuchUser',
  'UserInSeveralCaches',
  'NotDue',
  'OutsideWindow',
  'CacheLocked',
  'AlreadyAsked',
  'RotationUnderWay',
  'CacheBusy',
  'ChangesPending',
  'FailoverUnderWay',
  'VpcNotConfigured',
  'TokenUnknown',
  'PendingOfAnother',
  'CacheIsOpen',
  'CurrentTokenRefused',
  'NodesDisagree',
  'TokenChangedElsewhere',
  'SecretsManagerCannotWait',
] as const;
export const RotationReason = z.enum(ROTATION_REASONS);
export type RotationReason = z.infer<typeof RotationReason>;

/** What somebody asked for. The parts are judged by the plan, which refuses with all faults instead of throwing. */
export const RotationRequest = z.looseObject({
  cacheId: z.unknown().optional(),
  userId: z.unknown().optional().describe('a user of the cache’s user group; left out: the cache’s AUTH token'),
  versionId: z
    .unknown()
    .optional()
    .describe('the version of the secret that Secrets Manager has made for the new token; left out: one of our own'),
  dropUnknown: z
    .unknown()
    .optional()
    .describe('true: a token that is not in the secret, and may be valid, is retired first'),
  requestedBy: z.unknown().optional(),
  mode: z.unknown().optional().describe('can only make the account’s policy more careful'),
  unasked: z.unknown().optional().describe('true when the schedule asks: then the tag autopilot:mode counts too'),
});
export type RotationRequest = z.infer<typeof RotationRequest>;

/** One thing that was looked at before a rotation. */
export const Check = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  says: z.string().describe('one sentence; of one that failed, what to do'),
  reason: RotationReason.optional().describe('of one that failed'),
});
export type Check = z.infer<typeof Check>;

/** The versions of the secret by their labels; never their values. */
export const Versions = z.strictObject({
  current: z.string().describe('AWSCURRENT: what applications use'),
  pending: z.string().optional().describe('AWSPENDING: what they are to use'),
  previous: z.string().optional().describe('AWSPREVIOUS: what they used before'),
});
export type Versions = z.infer<typeof Versions>;

/** What is rotated: all that a step needs to find the cache and its secret. */
export const Target = z.strictObject({
  cacheId: CacheId,
  userId: z.string().optional().describe('left out: the cache’s AUTH token'),
  secretArn: z.string().min(1),
  tls: z.boolean(),
  clusterMode: z.boolean(),
});
export type Target = z.infer<typeof Target>;

/**
 * Where a token is accepted. `absent`: there is no such version; `no-value`: it has no value yet; `same`: its token is the
 * current one.
 */
export const Acceptance = z.enum(['everywhere', 'somewhere', 'nowhere', 'absent', 'no-value', 'same']);
export type Acceptance = z.infer<typeof Acceptance>;

/** Connections to the nodes, by who they say they are. */
export const ClientsSeen = z.strictObject({
  connections: z.int().nonnegative(),
  /** Opened before the new token became the current one: they live on, and need it when they connect again. */
  olderThanCurrent: z.int().nonnegative(),
  groups: z
    .array(
      z.strictObject({
        name: z.string().describe('what it calls itself (CLIENT SETNAME), or its library; never its address’s port'),
        user: z.string(),
        connections: z.int().positive(),
        oldestSeconds: z.number().nonnegative(),
      }),
    )
    .max(50),
});
export type ClientsSeen = z.infer<typeof ClientsSeen>;

/** Which tokens the nodes accept, by real connections to each. */
export const Tried = z.strictObject({
  at: IsoTime,
  nodes: z.int().nonnegative(),
  current: Acceptance,
  pending: Acceptance,
  previous: Acceptance,
  /** Whether a node lets in who comes without a token. */
  open: z.boolean(),
  /** When ElastiCache says that the AUTH token was last changed. */
  changedAt: IsoTime.optional(),
  /** How many passwords ElastiCache says that the user has. */
  passwords: z.int().nonnegative().optional(),
  /** The nodes that differ from the others, or all of them when they are few: what each accepts. */
  byNode: z
    .array(z.strictObject({ node: z.string(), accepts: z.array(z.enum(['current', 'pending', 'previous', 'nobody'])) }))
    .max(20),
  clients: ClientsSeen.optional(),
  clientsNotSeen: z.string().optional().describe('why the connections could not be listed, as a sentence'),
});
export type Tried = z.infer<typeof Tried>;

/** The decision about one rotation, with everything that the next steps need. */
export const RotationPlan = z.strictObject({
  /**
   * `try`: which tokens are valid has to be tried first. `finish`: an earlier rotation comes to its end before anything else.
   * `rotate`: a new token comes in.
   */
  action: z.enum(['try', 'rotate', 'finish', 'refuse']),
  reason: RotationReason,
  mode: Mode,
  summary: z.string().describe('one sentence'),
  why: z.string().describe('why now, as one sentence'),
  target: Target,
  versions: Versions,
  versionId: z.string().describe('the version that holds, or is to hold, the new token'),
  /** Whose it is, in words: `the AUTH token of orders`. */
  what: z.string(),
  vpcId: z.string().describe('where the nodes are tried; empty when it is not known'),
  checks: z.array(Check),
  doubts: z.array(z.string()),
  gracePeriodMinutes: z.number().positive(),
  /** Of `finish`: until when the old token has to stay valid. */
  graceEndsAt: IsoTime,
  askBeforeRetiring: AskBeforeRetiring,
});
export type RotationPlan = z.infer<typeof RotationPlan>;

export const PlanRotationInput = z.strictObject({
  operationId: OperationId,
  request: RotationRequest,
  tried: Tried.optional().describe('left out: not tried yet'),
  retired: z
    .boolean()
    .optional()
    .describe('true: this operation has just made the current one the only one, so no unknown one is left'),
  now: IsoTime,
});

/** What every later step is told. */
const Step = { operationId: OperationId, target: Target };

export const LookAtNodesInput = z.strictObject({
  ...Step,
  versions: Versions,
  currentSince: IsoTime.optional().describe('given: list the connections too, and count those older than this'),
});

export const MakePendingInput = z.strictObject({
  ...Step,
  versions: Versions,
  versionId: z.string().min(32).max(64),
  fencing: z.int().positive(),
});
export const MakePendingOutput = z.strictObject({ versions: Versions, made: z.boolean() });

/** Which change is under way while connections are held. */
export const Phase = z.enum(['bring-in', 'retire']);
export type Phase = z.infer<typeof Phase>;

/** An operation that brings an earlier rotation to its end, and then rotates, retires twice: each has connections of its own. */
export const Lap = z.int().min(1).max(2);

export const HoldInput = z.strictObject({
  ...Step,
  versions: Versions,
  phase: Phase,
  lap: Lap,
  taskToken: z.string().min(1).describe('answered when all connections are there'),
});
/** Answers the first token. */
export const Holding = z.strictObject({ connections: z.int().positive(), nodes: z.int().positive() });
export type Holding = z.infer<typeof Holding>;
/** Answers the second token, which `let-go` leaves in the ledger. */
export const Held = z.strictObject({
  connections: z.int().nonnegative(),
  lost: z.int().nonnegative(),
  commands: z.int().nonnegative().describe('how many were answered on them'),
  heldSeconds: z.number().nonnegative(),
  losses: z
    .array(
      z.strictObject({ node: z.string(), loggedInWith: z.enum(['current', 'pending', 'previous']), says: z.string() }),
    )
    .max(20),
  endedBecause: z.enum(['told', 'time-limit', 'operation-ended', 'died']),
});
export type Held = z.infer<typeof Held>;

export const LetGoInput = z.strictObject({
  operationId: OperationId,
  phase: Phase,
  lap: Lap,
  taskToken: z.string().min(1),
  now: IsoTime,
});

export const OrderInput = z.strictObject({
  ...Step,
  versions: Versions,
  /**
   * `bring-in`: AWSPENDING becomes valid beside AWSCURRENT. `retire`: AWSCURRENT becomes the only one. `put-last`: AWSCURRENT
   * becomes the one that was rotated in last, which ElastiCache wants before it makes it the only one.
   */
  change: z.enum(['bring-in', 'retire', 'put-last']),
  tried: Tried.describe('what the nodes accept, looked at just now'),
  fencing: z.int().positive(),
  now: IsoTime,
});
export const OrderOutput = z.strictObject({
  /**
   * `busy`: surely not ordered, since the cache takes no order now. `refused`: surely not ordered, since ElastiCache does not
   * allow this of these tokens. `perhaps`: the answer was lost. After each of them the nodes are looked at again.
   */
  ordered: z.enum(['yes', 'perhaps', 'busy', 'refused']),
  says: z.string(),
});
export type OrderOutput = z.infer<typeof OrderOutput>;

export const PromoteInput = z.strictObject({ ...Step, versions: Versions, fencing: z.int().positive() });
export const PromoteOutput = z.strictObject({ versions: Versions });

export const BeginGraceInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  what: z.string(),
  versionId: z.string().describe('the version that became the current one'),
  endsAt: IsoTime,
  fencing: z.int().positive(),
  now: IsoTime,
});
export const Grace = z.strictObject({
  versionId: z.string(),
  since: IsoTime,
  endsAt: IsoTime,
  extendedBy: z.string().optional(),
});
export type Grace = z.infer<typeof Grace>;
export const LookAtGraceInput = z.strictObject({ operationId: OperationId, now: IsoTime });
export const LookAtGraceOutput = z.strictObject({ over: z.boolean(), endsAt: IsoTime });

export const ListReadersInput = z.strictObject({
  ...Step,
  since: IsoTime.describe('when the new token became the current one'),
  now: IsoTime,
});
export const Readers = z.strictObject({
  /** Whether CloudTrail told at all. */
  told: z.boolean(),
  /** Whether it told of all calls: among those that could not be read may be somebody who is late. */
  complete: z.boolean(),
  says: z.string().describe('one sentence for people'),
  ready: z.array(z.strictObject({ who: z.string(), at: IsoTime })).max(50),
  late: z.array(z.strictObject({ who: z.string(), at: IsoTime.describe('when it last fetched the old one') })).max(50),
});
export type Readers = z.infer<typeof Readers>;

export const ForgetPendingInput = z.strictObject({ ...Step, versions: Versions, fencing: z.int().positive() });
export const ForgetPendingOutput = z.strictObject({ forgotten: z.boolean() });

export const WaitForFinishInput = z.strictObject({
  operationId: OperationId,
  taskToken: z.string().min(1).describe('answered when Secrets Manager asks for finishSecret'),
  now: IsoTime,
});

export const ListDueInput = z.strictObject({ operationId: OperationId, now: IsoTime });
export const ListDueOutput = z.strictObject({
  due: z.array(
    z.strictObject({
      cacheId: CacheId,
      userId: z.string().optional(),
      operationId: OperationId,
      because: z.string(),
    }),
  ),
  startedPerLook: z.int().positive(),
});
export type ListDueOutput = z.infer<typeof ListDueOutput>;

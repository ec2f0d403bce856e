import { WaitForFailoverAllowance } from './operator-actions.ts';
import { type IsoTime, secondsAfter } from './units.ts';

/** Which cache: ids are unique within a Region of an account. */
export interface CacheKey {
  readonly region: string;
  readonly cacheId: string;
}

export interface Holder {
  readonly operationId: string;
  /** Grows by one each time the lock changes hands, so that a late order of an earlier holder can be told apart. */
  readonly fencing: number;
  readonly leaseUntil: IsoTime;
}

/** How an operation began. */
export interface Opening extends CacheKey {
  readonly operationId: string;
  readonly workflow: string;
  readonly requestedBy?: string | undefined;
  readonly startedAt: IsoTime;
  readonly summary: string;
  readonly figures?: Readonly<Record<string, unknown>> | undefined;
  /** What was planned at first, and why. */
  readonly decision?: DecisionRecord | undefined;
  /** Present when the operation holds, or held, its cache's lock. */
  readonly fencing?: number | undefined;
}

/** What a workflow decided, in the words of any capability. It holds no secret: a token stands as a reference. */
export interface DecisionRecord {
  readonly action: string;
  readonly mode: string;
  readonly reason: string;
  readonly summary: string;
  readonly differences?: readonly Difference[] | undefined;
  /** The calls to AWS that were planned, in order. */
  readonly calls?: readonly RecordedCall[] | undefined;
  /** What could not be read, and was taken the careful way. */
  readonly doubts?: readonly string[] | undefined;
}

export interface Difference {
  readonly field: string;
  readonly wanted?: unknown;
  readonly found?: unknown;
}

export interface RecordedCall {
  readonly service: string;
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** How it ended. */
export interface Closing {
  readonly outcome: string;
  readonly reason: string;
  readonly summary: string;
  readonly closedAt: IsoTime;
  /** Who said yes or no, when a person was asked and answered. */
  readonly answeredBy?: string | undefined;
  readonly figures?: Readonly<Record<string, unknown>> | undefined;
  readonly evidence?: unknown;
  readonly undo?: unknown;
  readonly problem?: unknown;
  readonly decision?: DecisionRecord | undefined;
}

export interface OperationRecord extends Opening {
  readonly outcome?: string | undefined;
  readonly reason?: string | undefined;
  readonly closedAt?: IsoTime | undefined;
  readonly answeredBy?: string | undefined;
  readonly evidence?: unknown;
  readonly undo?: unknown;
  readonly problem?: unknown;
  /** When its end was said on the bus. */
  readonly publishedAt?: IsoTime | undefined;
}

/** A question to a person. The task token is the key to the answer: it stays in the ledger. */
export interface Approval {
  readonly operationId: string;
  readonly cacheId: string;
  readonly taskToken: string;
  readonly question: string;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly answerBefore: IsoTime;
  readonly workflow?: string | undefined;
  readonly requestedBy?: string | undefined;
  /** When the operation began. */
  readonly startedAt?: IsoTime | undefined;
}

export interface Answer {
  readonly approved: boolean;
  readonly answeredBy: string;
  readonly answeredAt: IsoTime;
}

/** A question as anybody may read it, without its token; with the answer, when somebody gave it. */
export interface Question extends Omit<Approval, 'taskToken'> {
  readonly answer?: Answer | undefined;
}

/** Whether a question can still be answered. The service decides in the end: its token may be gone earlier. */
export const standingOf = ({ answer, answerBefore }: Question, now: IsoTime): 'open' | 'answered' | 'expired' => {
  if (answer) return 'answered';
  return Date.parse(answerBefore) > Date.parse(now) ? 'open' : 'expired';
};

/** Which operations to list, newest first. */
export interface OperationQuery {
  readonly region: string;
  /** Only those of one cache. */
  readonly cacheId?: string | undefined;
  /** Only those of one workflow. */
  readonly workflow?: string | undefined;
  /** At most so many. */
  readonly limit: number;
}

/** What a cache is to be, as somebody last wrote it and the autopilot last found it. It holds no secret. */
export interface RememberedSpec {
  readonly spec: Readonly<Record<string, unknown>>;
  /** The operation that found the cache so. */
  readonly operationId: string;
  /** When it was found so; an older finding never replaces a newer one. */
  readonly at: IsoTime;
}

/** Why a cache's failover is not rehearsed again until a person has looked. */
export interface Quarantine {
  readonly operationId: string;
  readonly reason: string;
  /** What happened, as one sentence. */
  readonly summary: string;
  readonly since: IsoTime;
}

/** The failovers that the autopilot orders in a Region within some time: which operation, when. */
export interface FailoverAllowance {
  readonly region: string;
  /** At most so many. */
  readonly limit: number;
  /** Within so many seconds, rolling. */
  readonly withinSeconds: number;
}

/** The sentence for an allowance that has no place left. @param recent the operations that have them, and since when */
export const allowanceUsedUp = (
  { region, limit, withinSeconds }: FailoverAllowance,
  recent: readonly (readonly [operationId: string, at: IsoTime])[],
): WaitForFailoverAllowance => {
  const [oldest = ''] = recent.map(([, at]) => at).sort();
  const hours = Math.round(withinSeconds / 3600);
  return new WaitForFailoverAllowance(
    `${recent.length} failovers were ordered in ${region} within ${hours} hours, and ${limit} are allowed: ` +
      `the next is possible after ${secondsAfter(oldest, withinSeconds)}.`,
  );
};

/** The place of an operation. Who had it before may have used it. */
export interface FailoverPlace {
  readonly hadBefore: boolean;
  /** When it was taken. */
  readonly since: IsoTime;
}

/**
 * The memory of the autopilot: one lock per cache, one record per operation, one question per approval, one
 * specification per cache. Each method is one conditional write, so that it can be repeated and interrupted anywhere. Its in-memory twin is in test/.
 */
export interface Ledger {
  /**
   * Takes the lock of a cache. Who has it already gets the same fencing number again, with the lease renewed; a lease that
   * ran out may be taken over, which makes the number grow.
   *
   * @throws CacheLocked naming the holder
   */
  lock(key: CacheKey, operationId: string, now: IsoTime, leaseUntil: IsoTime): Promise<number>;
  /** Gives the lock back. @returns false when somebody else has it by now, or nobody had */
  unlock(key: CacheKey, operationId: string, fencing: number): Promise<boolean>;
  holder(key: CacheKey): Promise<Holder | undefined>;

  /** Writes how the operation began; what is there already stays, except the fencing number and the newer summary. */
  open(opening: Opening): Promise<void>;
  record(operationId: string): Promise<OperationRecord | undefined>;
  /**
   * Writes how the operation ended, also when its beginning was never written. The first end counts.
   *
   * @returns false when it had ended before
   */
  close(opening: Opening, closing: Closing): Promise<boolean>;
  /** Notes that the end was said on the bus. */
  published(operationId: string, at: IsoTime): Promise<void>;

  /** Writes the question, or replaces it: a repeated task has a new token, and only the newest can be answered. */
  ask(approval: Approval): Promise<void>;
  /** Notes the answer to the question with this token; one that was asked anew, or answered before, stays as it is. */
  answered(operationId: string, taskToken: string, answer: Answer): Promise<void>;
  /** The question of an operation, whatever became of it. */
  question(operationId: string): Promise<Question | undefined>;
  /** Questions that nobody has answered and whose time is not over, newest first. An index answers. */
  openQuestions(now: IsoTime, limit: number): Promise<readonly Question[]>;

  /** Operations by their beginning, newest first. An index answers, which may be a moment behind. */
  operations(query: OperationQuery): Promise<readonly OperationRecord[]>;

  /** Keeps the specification of a cache that is as specified. One that is newer already stays. */
  remember(key: CacheKey, remembered: RememberedSpec): Promise<void>;
  specOf(key: CacheKey): Promise<RememberedSpec | undefined>;
  /** The ids of all caches of a Region whose specification is kept. An index answers, which may be a moment behind. */
  specifiedCaches(region: string): Promise<readonly string[]>;
  /** The cache is gone, or no longer ours: neither its specification nor its shards' turns are kept. */
  forget(key: CacheKey): Promise<void>;

  /** No more drills of this cache until a person clears it. The first operation's stays, which may write another reason itself. */
  quarantine(key: CacheKey, quarantine: Quarantine): Promise<void>;
  quarantineOf(key: CacheKey): Promise<Quarantine | undefined>;
  /** @returns false when there was none */
  clearQuarantine(key: CacheKey, clearing: { readonly clearedBy: string; readonly at: IsoTime }): Promise<boolean>;

  /**
   * Ends the quarantine that an operation itself has put, as long as it stands with the same reason.
   *
   * @returns false when it does not
   */
  liftQuarantine(key: CacheKey, own: Pick<Quarantine, 'operationId' | 'reason'>, at: IsoTime): Promise<boolean>;

  /**
   * Takes one of the places of the Region's allowance for an operation, which can have one only.
   *
   * @throws WaitForFailoverAllowance naming when the next place is free
   */
  takeFailoverPlace(allowance: FailoverAllowance, operationId: string, now: IsoTime): Promise<FailoverPlace>;
  /** The failover was surely not carried out. */
  giveFailoverPlaceBack(region: string, operationId: string): Promise<void>;
  /**
   * Notes that a shard of a cache is let fail over now. It is kept as long as the cache, not only as long as the records.
   *
   * @returns when it last was before; undefined when it never was
   */
  takeTurn(key: CacheKey, shardId: string, at: IsoTime): Promise<IsoTime | undefined>;
  /** It was not let fail over after all. @param before what `takeTurn` returned */
  giveTurnBack(key: CacheKey, shardId: string, before: IsoTime | undefined): Promise<void>;
  /** When each shard of a cache was last let fail over by us. */
  turnsOf(key: CacheKey): Promise<ReadonlyMap<string, IsoTime>>;
  /** When failovers were ordered in the Region after `since`, by operation. */
  failoversSince(region: string, since: IsoTime): Promise<ReadonlyMap<string, IsoTime>>;

  /**
   * Leaves a task token of an operation for the one function that is to answer it, and so tells that function that its time has
   * come. A later token replaces an earlier one.
   */
  leaveToken(operationId: string, purpose: TokenPurpose, taskToken: string, at: IsoTime): Promise<void>;
  /** The token that was left; undefined as long as none was. */
  tokenLeft(operationId: string, purpose: TokenPurpose): Promise<string | undefined>;

  /**
   * Begins an operation's grace period. Begun again for the same version it stays as it is, with what it was extended by; for
   * another version it begins anew.
   */
  beginGrace(operationId: string, grace: Pick<GracePeriod, 'versionId' | 'since' | 'endsAt'>): Promise<GracePeriod>;
  graceOf(operationId: string): Promise<GracePeriod | undefined>;
  /**
   * Moves the end of a grace period to a later time; an earlier one changes nothing.
   *
   * @returns the period as it is now; undefined when the operation has none
   */
  extendGrace(
    operationId: string,
    extension: Required<Pick<GracePeriod, 'endsAt' | 'extendedBy'>>,
  ): Promise<GracePeriod | undefined>;
}

/** What a task token in the ledger is for: who finds it has to end what it does, and to answer. */
export type TokenPurpose =
  /** The prober of a failover drill ends. */
  | 'probe'
  /**
   * Connections that were held while a token was brought in, or retired, are let go. An operation that brings an earlier rotation
   * to its end first holds others in its second lap.
   */
  | `hold-${'bring-in' | 'retire'}-${number}`
  /** Secrets Manager says that a rotation may be finished. */
  | 'finish';

/** The time in which two tokens are valid, so that applications can fetch the new one. */
export interface GracePeriod {
  /** The version of the secret that became the current one. */
  readonly versionId: string;
  /** When it did. */
  readonly since: IsoTime;
  readonly endsAt: IsoTime;
  /** Who moved its end last, if anybody did. */
  readonly extendedBy?: string | undefined;
}

/** How long records are kept: a little over a year, so that a year can be compared with the one before. */
export const RECORD_DAYS = 400;

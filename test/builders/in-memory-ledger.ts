import {
  type Answer,
  type Approval,
  allowanceUsedUp,
  type CacheKey,
  type GracePeriod,
  type Holder,
  type Ledger,
  type OperationRecord,
  type Quarantine,
  type Question,
  type RememberedSpec,
  standingOf,
} from '../../functions/platform/ledger.ts';
import { CacheLocked } from '../../functions/platform/operator-actions.ts';
import { secondsAfter } from '../../functions/platform/units.ts';

export interface InMemoryLedger extends Ledger {
  readonly records: ReadonlyMap<string, OperationRecord>;
  readonly approvals: ReadonlyMap<string, Approval>;
  /** By `<region>#<cacheId>`. */
  readonly specs: ReadonlyMap<string, RememberedSpec>;
}

/** The ledger's twin: the same promises without DynamoDB. The ledger's suite runs against both. */
export const inMemoryLedger = (): InMemoryLedger => {
  const locks = new Map<string, { fencing: number; holder?: Omit<Holder, 'fencing'> | undefined }>();
  const records = new Map<string, OperationRecord>();
  const approvals = new Map<string, Approval>();
  const answers = new Map<string, Answer>();
  const specs = new Map<string, RememberedSpec>();
  const quarantines = new Map<string, Quarantine>();
  const turns = new Map<string, Map<string, string>>();
  const failovers = new Map<string, Map<string, string>>();
  const taskTokens = new Map<string, string>();
  const graces = new Map<string, GracePeriod>();
  const failoversOf = (region: string): Map<string, string> => {
    const known = failovers.get(region) ?? new Map<string, string>();
    failovers.set(region, known);
    return known;
  };
  const turnsOf = (key: CacheKey): Map<string, string> => {
    const known = turns.get(keyOf(key)) ?? new Map<string, string>();
    turns.set(keyOf(key), known);
    return known;
  };
  const questionOf = ({ taskToken: _, ...question }: Approval): Question => ({
    ...question,
    ...defined({ answer: answers.get(question.operationId) }),
  });
  const keyOf = (key: CacheKey) => `${key.region}#${key.cacheId}`;

  return {
    records,
    approvals,
    specs,
    async lock(key, operationId, now, leaseUntil) {
      const lock = locks.get(keyOf(key)) ?? { fencing: 0 };
      const { holder } = lock;
      const mine = holder?.operationId === operationId;
      const free = !holder || (!mine && Date.parse(holder.leaseUntil) < Date.parse(now));
      if (!mine && !free) throw new CacheLocked(`${key.cacheId} is held by the operation ${holder?.operationId}.`);
      const fencing = free ? lock.fencing + 1 : lock.fencing;
      locks.set(keyOf(key), { fencing, holder: { operationId, leaseUntil } });
      return fencing;
    },
    async unlock(key, operationId, fencing) {
      const lock = locks.get(keyOf(key));
      if (lock?.holder?.operationId !== operationId || lock.fencing !== fencing) return false;
      locks.set(keyOf(key), { fencing });
      return true;
    },
    async holder(key) {
      const lock = locks.get(keyOf(key));
      return lock?.holder && { ...lock.holder, fencing: lock.fencing };
    },
    async open(opening) {
      const there = records.get(opening.operationId);
      if (there?.outcome) return;
      const { summary, fencing, figures } = opening;
      records.set(opening.operationId, {
        ...opening,
        ...(there && defined(there)),
        summary,
        ...defined({ fencing, figures }),
      });
    },
    async record(operationId) {
      return records.get(operationId);
    },
    async close(opening, closing) {
      const there = records.get(opening.operationId);
      if (there?.outcome) return false;
      records.set(opening.operationId, { ...opening, ...there, ...defined(closing), summary: closing.summary });
      return true;
    },
    async published(operationId, at) {
      const record = records.get(operationId);
      if (record) records.set(operationId, { ...record, publishedAt: record.publishedAt ?? at });
    },
    async ask(approval) {
      approvals.set(approval.operationId, approval);
      answers.delete(approval.operationId);
    },
    async answered(operationId, taskToken, answer) {
      const isIt = approvals.get(operationId)?.taskToken === taskToken;
      if (isIt && !answers.has(operationId)) answers.set(operationId, answer);
    },
    async question(operationId) {
      const approval = approvals.get(operationId);
      return approval && questionOf(approval);
    },
    async openQuestions(now, limit) {
      return [...approvals.values()]
        .map(questionOf)
        .filter((question) => standingOf(question, now) === 'open')
        .sort((one, other) => Date.parse(other.answerBefore) - Date.parse(one.answerBefore))
        .slice(0, limit);
    },
    async operations({ region, cacheId, workflow, limit }) {
      return [...records.values()]
        .filter((record) => record.region === region && (cacheId === undefined || record.cacheId === cacheId))
        .filter((record) => workflow === undefined || record.workflow === workflow)
        .sort((one, other) => Date.parse(other.startedAt) - Date.parse(one.startedAt))
        .slice(0, limit);
    },
    async remember(key, remembered) {
      const there = specs.get(keyOf(key));
      if (there && Date.parse(there.at) > Date.parse(remembered.at)) return;
      specs.set(keyOf(key), remembered);
    },
    async specOf(key) {
      return specs.get(keyOf(key));
    },
    async specifiedCaches(region) {
      return [...specs.keys()].filter((key) => key.startsWith(`${region}#`)).map((key) => key.slice(region.length + 1));
    },
    async forget(key) {
      specs.delete(keyOf(key));
      turns.delete(keyOf(key));
    },
    async quarantine(key, quarantine) {
      const there = quarantines.get(keyOf(key));
      if (!there || there.operationId === quarantine.operationId) quarantines.set(keyOf(key), quarantine);
    },
    async quarantineOf(key) {
      return quarantines.get(keyOf(key));
    },
    async clearQuarantine(key) {
      return quarantines.delete(keyOf(key));
    },
    async liftQuarantine(key, { operationId, reason }) {
      const there = quarantines.get(keyOf(key));
      return there?.operationId === operationId && there.reason === reason && quarantines.delete(keyOf(key));
    },
    async takeFailoverPlace(allowance, operationId, now) {
      const { region, limit, withinSeconds } = allowance;
      const ordered = failoversOf(region);
      const before = ordered.get(operationId);
      if (before !== undefined) return { hadBefore: true, since: before };
      const since = Date.parse(secondsAfter(now, -withinSeconds));
      const recent = [...ordered].filter(([, at]) => Date.parse(at) > since);
      if (recent.length >= limit) throw allowanceUsedUp(allowance, recent);
      ordered.set(operationId, now);
      return { hadBefore: false, since: now };
    },
    async giveFailoverPlaceBack(region, operationId) {
      failoversOf(region).delete(operationId);
    },
    async takeTurn(key, shardId, at) {
      const before = turnsOf(key).get(shardId);
      turnsOf(key).set(shardId, at);
      return before;
    },
    async giveTurnBack(key, shardId, before) {
      if (before === undefined) turnsOf(key).delete(shardId);
      else turnsOf(key).set(shardId, before);
    },
    async turnsOf(key) {
      return new Map(turnsOf(key));
    },
    async failoversSince(region, since) {
      return new Map([...failoversOf(region)].filter(([, at]) => Date.parse(at) > Date.parse(since)));
    },
    async leaveToken(operationId, purpose, taskToken) {
      taskTokens.set(`${operationId} ${purpose}`, taskToken);
    },
    async tokenLeft(operationId, purpose) {
      return taskTokens.get(`${operationId} ${purpose}`);
    },
    async beginGrace(operationId, grace) {
      const there = graces.get(operationId);
      const begun = there?.versionId === grace.versionId ? there : grace;
      graces.set(operationId, begun);
      return begun;
    },
    async graceOf(operationId) {
      return graces.get(operationId);
    },
    async extendGrace(operationId, extension) {
      const begun = graces.get(operationId);
      if (begun && begun.endsAt < extension.endsAt) graces.set(operationId, { ...begun, ...extension });
      return graces.get(operationId);
    },
  };
};

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

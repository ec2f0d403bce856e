import { isNodeOf } from '../platform/cache-events.ts';
import type { CacheEvent } from '../platform/conditions.ts';
import { FAILOVER_CALLED, FAILOVER_PROMOTED, RECOVERED, RECOVERING } from '../platform/failover-words.ts';
import type { Mark, Stage } from './schemas.ts';

export const isTestOfFailover = ({ message }: Pick<CacheEvent, 'message'>): boolean => FAILOVER_CALLED.test(message);

export interface Progress {
  readonly stage: Stage;
  /** What was said of this failover, oldest first, each message once. */
  readonly marks: Mark[];
  /** As ElastiCache names the nodes. */
  readonly oldPrimary?: string | undefined;
  readonly newPrimary?: string | undefined;
}

export interface FailoverAsked {
  readonly cacheId: string;
  readonly shardId: string;
  /** Not before this; ISO 8601, UTC. */
  readonly orderedAt: string;
  /** The nodes of the shard. */
  readonly nodeIds: readonly string[];
}

/**
 * How far a failover has come by ElastiCache's events, which have no ids and may come late, twice, or not at all: a later stage
 * counts also when an earlier one was never told, but the end of a recovery counts only for the node that went down: the old
 * primary, or, as long as no promotion is told, a node whose recovery was seen to begin after the order.
 */
export const failoverProgress = (events: readonly CacheEvent[], asked: FailoverAsked): Progress => {
  const ours = events
    .filter(({ at, source }) => Date.parse(at) >= Date.parse(asked.orderedAt) && isNodeOf(asked.cacheId, source))
    .sort((one, other) => one.at.localeCompare(other.at));
  const called = ours.find(({ message }) => shardIn(message) === asked.shardId);
  const promoted = ours.find(({ message }) => asked.nodeIds.includes(nodesIn(message)[0] ?? ''));
  const [oldPrimary, newPrimary] = promoted ? nodesIn(promoted.message) : [];
  // Before the promotion is told, any node of the shard may be the one that is rebuilt.
  const rebuilt = oldPrimary === undefined ? asked.nodeIds : [oldPrimary];
  const recovering = ours.find(({ source, message }) => rebuilt.includes(source) && RECOVERING.test(message));
  const begun = recovering ?? promoted;
  const rebuiltNode = oldPrimary ?? recovering?.source;
  const recovered = ours.find(
    ({ at, source, message }) => begun && source === rebuiltNode && RECOVERED.test(message) && at >= begun.at,
  );

  const stage: Stage = recovered
    ? 'recovered'
    : recovering
      ? 'recovering'
      : promoted
        ? 'promoted'
        : called
          ? 'called'
          : 'nothing-yet';
  const marks = [called, promoted, recovering, recovered].flatMap((event) =>
    event ? [{ at: event.at, says: event.message }] : [],
  );
  return { stage, marks, oldPrimary, newPrimary };
};

/** `0001`, however many zeros it was written with. */
const shardIn = (message: string): string | undefined => FAILOVER_CALLED.exec(message)?.[1]?.padStart(4, '0');

const nodesIn = (message: string): readonly string[] => FAILOVER_PROMOTED.exec(message)?.slice(1, 3) ?? [];

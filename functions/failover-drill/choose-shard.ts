import type { ShardSeen } from '../platform/caches.ts';
import type { DrillResult } from './schemas.ts';

export interface Choice {
  readonly shardId: string;
  /** Why it is its turn, as part of a sentence. */
  readonly because: string;
}

/**
 * Whose turn it is: a shard that was never drilled, else the one whose last drill is the longest ago; of equals the first.
 * A drill that was refused or only observed let nothing fail over and is no turn.
 *
 * @param drills newest first, as far back as records are kept
 * @param turns  when each shard was last let fail over, also longer ago, and when the drill was never reported
 */
export const chooseShard = (
  shards: readonly ShardSeen[],
  drills: readonly DrillResult[],
  turns: ReadonlyMap<string, string> = new Map(),
): Choice | undefined => {
  const lastTurnOf = (id: string): string | undefined => {
    const drilled = drills.find(({ shardId, outcome }) => shardId === id && wasHeld(outcome))?.at;
    return [drilled, turns.get(id)]
      .filter((at) => at !== undefined)
      .sort((one, other) => one.localeCompare(other))
      .at(-1);
  };
  const inTurn = shards
    .map(({ id }) => ({ id, last: lastTurnOf(id) }))
    .sort((one, other) => (one.last ?? '').localeCompare(other.last ?? '') || one.id.localeCompare(other.id));
  const [next] = inTurn;
  if (!next) return undefined;
  return {
    shardId: next.id,
    because: next.last ? `its last drill, on ${next.last}, is the longest ago` : 'it was never drilled',
  };
};

/** Whether a drill with this outcome let a shard fail over, or may have. */
export const wasHeld = (outcome: string): boolean => ['done', 'failed', 'undone'].includes(outcome);

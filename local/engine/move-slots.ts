import type { InternalUser } from './access.ts';
import { parseClusterNodes, type SeenNode } from './cluster-view.ts';
import type { Node } from './node.ts';
import { settleSlots } from './settle.ts';
import { type SlotRange, slotsIn } from './slot-table.ts';

export interface Resharding {
  /** The primary of each shard now, by shard id. */
  readonly primaries: ReadonlyMap<string, Node>;
  /** The shard of every node, by the engine's names: a node that got keys may have lost its role since. */
  readonly shardOf: ReadonlyMap<string, string>;
  /** The slots that each shard is to own; slots that no shard is given stay where they are. */
  readonly layout: ReadonlyMap<string, readonly SlotRange[]>;
  /** Every node that runs: each has to learn who owns what. */
  readonly nodes: readonly Node[];
  /** Whom the nodes let in to bring keys. */
  readonly admin: InternalUser;
  readonly signal: AbortSignal;
  /** Called when a slot has changed hands. @param movedFraction of all slots that have to move, 0–1 */
  readonly onMoved: (slot: number, shardId: string, movedFraction: number) => void;
  /** Told in the end, however it ends, what each primary that answers says that it owns. */
  readonly onOwners: (shardId: string, slots: readonly SlotRange[]) => void;
}

interface Move {
  readonly slot: number;
  readonly from: Node;
  readonly to: Node;
  /** The shard that gets the slot. */
  readonly shardId: string;
}

const CALL_DEADLINE_MS = 5_000;
const KEYS_AT_ONCE = 100;
/** Slots that are open side by side: their commands travel together, so that moving slots without keys costs little. */
const SLOTS_AT_ONCE = 16;
/** The source serves nobody while it hands over a batch: a target that hangs must not keep it for long. */
const HANDOVER_TIMEOUT_MS = 5_000;
const HANDOVER_ATTEMPTS = 3;

/**
 * Moves slots with their keys between shards that go on serving. A client that follows MOVED and ASK loses nothing: a
 * key is at exactly one shard at any time, and the other one sends him there. What an earlier call left half done is
 * brought to its end first.
 *
 * @throws Error naming the slot when it cannot be moved, for instance because the target has no memory left. That slot
 *         stays open: both shards serve the keys they have of it, and the next call goes on with it
 */
export const moveSlots = async (resharding: Resharding): Promise<void> => {
  const { primaries, onOwners } = resharding;
  try {
    await moveAll(resharding);
  } finally {
    // A step whose answer was lost may have been taken: only the nodes know.
    for (const [shardId, node] of primaries) {
      const seen = await ownView(node).catch(() => undefined);
      if (seen) onOwners(shardId, seen.slots);
    }
  }
};

const moveAll = async (resharding: Resharding): Promise<void> => {
  const { primaries, onMoved } = resharding;
  await carryOut(resharding, openMoves(resharding, await ownViews(primaries)), ({ slot, shardId }) =>
    onMoved(slot, shardId, 0),
  );
  const needed = neededMoves(resharding, await ownViews(primaries));
  let moved = 0;
  await carryOut(resharding, needed, ({ slot, shardId }) => {
    moved += 1;
    onMoved(slot, shardId, moved / needed.length);
  });
  await settleSlots(resharding.nodes, ownersOf(await ownViews(primaries)), resharding.signal);
};

/** What a node says of itself. */
const ownView = async (node: Node): Promise<SeenNode> => {
  const seen = parseClusterNodes(await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'NODES'));
  const itself = seen.find(({ flags }) => flags.has('myself'));
  if (!itself) throw new Error(`Node ${node.id} does not tell which slots it has.`);
  return itself;
};

/** What each primary says of itself, by shard id. */
const ownViews = async (primaries: Resharding['primaries']): Promise<ReadonlyMap<string, SeenNode>> =>
  new Map(await Promise.all([...primaries].map(async ([shardId, node]) => [shardId, await ownView(node)] as const)));

const ownersOf = (views: ReadonlyMap<string, SeenNode>) =>
  new Map([...views.values()].map(({ name, slots }) => [name, slots]));

const openMoves = ({ primaries, shardOf }: Resharding, views: ReadonlyMap<string, SeenNode>): readonly Move[] =>
  [...primaries].flatMap(([source, from]) =>
    [...(views.get(source)?.leaving ?? [])].map(([slot, target]) => {
      const shardId = shardOf.get(target) ?? '';
      const to = primaries.get(shardId);
      if (to) return { slot, from, to, shardId };
      throw new Error(`Slot ${slot} is on its way from ${from.id} to a shard that has no primary now.`);
    }),
  );

const neededMoves = ({ primaries, layout }: Resharding, views: ReadonlyMap<string, SeenNode>): readonly Move[] => {
  const owners = new Map<number, Node>();
  for (const [shardId, { slots }] of views) {
    const owner = primaries.get(shardId);
    if (owner) for (const slot of slotsIn(slots)) owners.set(slot, owner);
  }
  return [...layout].flatMap(([shardId, ranges]) => {
    const to = primaries.get(shardId);
    if (!to) throw new Error(`Shard ${shardId} has no primary now that slots could be moved to.`);
    return slotsIn(ranges).flatMap((slot) => {
      const from = owners.get(slot);
      if (!from) throw new Error(`No primary owns slot ${slot} now, so it cannot be moved.`);
      return from === to ? [] : [{ slot, from, to, shardId }];
    });
  });
};

/** Sources hand over side by side, each slot by slot; unless somebody gives and takes, who would wait for himself. */
const lanesOf = (moves: readonly Move[]): readonly (readonly Move[])[] => {
  const sources = new Set(moves.map(({ from }) => from));
  if (moves.some(({ to }) => sources.has(to))) return [moves];
  return [...sources].map((source) => moves.filter(({ from }) => from === source));
};

const carryOut = async (
  { admin, signal }: Resharding,
  moves: readonly Move[],
  done: (move: Move) => void,
): Promise<void> => {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const lanes = lanesOf(moves).map(async (lane) => {
    for (const handful of handfulsOf(lane)) {
      either.throwIfAborted();
      await moveHandful(handful, admin).catch((error: unknown) => {
        // The others stop after the slots that they are at.
        stopping.abort(new Error('Other slots could not be moved.'));
        throw error;
      });
      for (const move of handful.moves) done(move);
    }
  });
  const outcomes = await Promise.allSettled(lanes);
  signal.throwIfAborted();
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const reason = reasons.find((each) => each !== stopping.signal.reason);
  if (reason) throw reason;
};

/** Slots that go from one node to one other. */
interface Handful {
  readonly from: Node;
  readonly to: Node;
  readonly moves: Move[];
}

const handfulsOf = (lane: readonly Move[]): readonly Handful[] => {
  const handfuls: Handful[] = [];
  for (const move of lane) {
    const { from, to } = move;
    const last = handfuls.at(-1);
    const fits = last?.from === from && last.to === to && last.moves.length < SLOTS_AT_ONCE;
    if (fits) last.moves.push(move);
    else handfuls.push({ from, to, moves: [move] });
  }
  return handfuls;
};

const moveHandful = async ({ from, to, moves }: Handful, admin: InternalUser): Promise<void> => {
  const slots = moves.map(({ slot }) => slot);
  const setAll = async (node: Node, ...words: readonly string[]) => {
    await Promise.all(slots.map((slot) => node.call(CALL_DEADLINE_MS, 'CLUSTER', 'SETSLOT', String(slot), ...words)));
  };
  // The target opens first: as soon as the source lets go of a key, it sends clients there.
  await setAll(to, 'IMPORTING', from.name);
  await setAll(from, 'MIGRATING', to.name);
  await emptySlots(slots, from, to, admin);
  // The target takes over first: until the source knows, it sends clients there. The other way round nobody owned it.
  await setAll(to, 'NODE', to.name);
  await setAll(from, 'NODE', to.name);
};

/** Hands over keys until none is left. No new ones come: the source makes no key in a slot that it is leaving. */
const emptySlots = async (slots: readonly number[], from: Node, to: Node, admin: InternalUser): Promise<void> => {
  const keysIn = async (slot: number) => {
    const command = ['CLUSTER', 'GETKEYSINSLOT', String(slot), String(KEYS_AT_ONCE)];
    const keys = await from.callBinary(CALL_DEADLINE_MS, ...command);
    if (!Array.isArray(keys)) throw new Error(`Node ${from.id} does not tell the keys of slot ${slot}.`);
    return { slot, keys };
  };
  for (let open = slots; open.length > 0; ) {
    const filled = (await Promise.all(open.map(keysIn))).filter(({ keys }) => keys.length > 0);
    for (const { slot, keys } of filled) {
      await handOver(keys, from, to, admin).catch((error: Error) => {
        throw new Error(`Slot ${slot} could not be moved from ${from.id} to ${to.id}: ${error.message}`);
      });
    }
    open = filled.map(({ slot }) => slot);
  }
};

const handOver = async (keys: readonly Buffer[], from: Node, to: Node, admin: InternalUser): Promise<void> => {
  // A copy at the target can only come from an attempt whose answer was lost: until it is gone from the source, the
  // source alone changes a key, so its copy is the one that counts.
  const options = ['REPLACE', 'AUTH2', admin.name, admin.password, 'KEYS'];
  const command = ['MIGRATE', '127.0.0.1', String(to.port), '', '0', String(HANDOVER_TIMEOUT_MS), ...options];
  for (let attempt = 1; ; attempt += 1) {
    try {
      await from.callBinary(2 * HANDOVER_TIMEOUT_MS + CALL_DEADLINE_MS, ...command, ...keys);
      return;
    } catch (error) {
      const isPassing = error instanceof Error && /IOERR/.test(error.message);
      if (!isPassing || attempt === HANDOVER_ATTEMPTS) throw error;
    }
  }
};

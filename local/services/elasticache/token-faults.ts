/**
 * What becomes of a ROTATE with a token that is valid already. AWS does not document it, so each reading can be had:
 * `refused` when the token is the last one, and `accepted` without any change; both make the older of two tokens the last
 * one, and both stay valid. With `drops-the-other` the token becomes the only one: the reading that does most harm.
 */
export type RepeatedRotation = 'refused' | 'accepted' | 'drops-the-other';

/** Faults that one change of a cache's AUTH tokens, or of a user's passwords, has got. */
export interface TakenTokenFaults {
  /** It takes its time, and everything is as before. */
  readonly fails: boolean;
  /** Resolves when the change may go on. */
  readonly held: Promise<void>;
  /** A node that is not told. */
  readonly forgotten?: ForgottenNode;
  /** Everybody who is connected is cut off. */
  readonly dropsConnections: boolean;
}

export interface ForgottenNode {
  /** Counted from 0, in the order of the shards and of their nodes. */
  readonly nodeIndex: number;
  /** Calls when the fault is ended, at once when it has been. */
  whenEnded(run: () => void): void;
}

export const NO_TOKEN_FAULTS: TakenTokenFaults = { fails: false, held: Promise.resolve(), dropsConnections: false };

/** Whose change is meant. */
export interface OfCache {
  /** Left out: whichever comes next. */
  readonly cacheId?: string;
}

/** What tests can do to the next changes of tokens and passwords. Different faults meet in one change. */
export interface TokenSwitches {
  repeatedRotation: RepeatedRotation;
  failNext(of?: OfCache): void;
  /** The answer lets the change go on, or calls the fault off in time. */
  holdNext(of?: OfCache): () => void;
  /** The answer tells the node after all, or calls the fault off in time. */
  forgetNodeInNext(nodeIndex: number, of?: OfCache): () => void;
  dropConnectionsInNext(of?: OfCache): void;
  /** The oldest order of each kind that fits one of these caches. */
  take(cacheIds: readonly string[]): TakenTokenFaults;
}

interface Hold extends OfCache {
  readonly held: Promise<void>;
}

export const createTokenSwitches = (): TokenSwitches => {
  const failures: OfCache[] = [];
  const drops: OfCache[] = [];
  const holds: Hold[] = [];
  const forgotten: (ForgottenNode & OfCache)[] = [];
  const callOff = <T>(orders: T[], order: T) => {
    const index = orders.indexOf(order);
    if (index >= 0) orders.splice(index, 1);
  };
  const takeOf = <T extends OfCache>(orders: T[], cacheIds: readonly string[]): T | undefined => {
    const order = orders.find(({ cacheId }) => cacheId === undefined || cacheIds.includes(cacheId));
    if (order) callOff(orders, order);
    return order;
  };
  return {
    repeatedRotation: 'refused',
    failNext(of = {}) {
      failures.push({ ...of });
    },
    holdNext(of = {}) {
      const { promise: held, resolve } = Promise.withResolvers<void>();
      const order = { ...of, held };
      holds.push(order);
      return () => {
        callOff(holds, order);
        resolve();
      };
    },
    forgetNodeInNext(nodeIndex, of = {}) {
      const order = { ...of, ...forgetful(nodeIndex) };
      forgotten.push(order);
      return () => {
        callOff(forgotten, order);
        order.end();
      };
    },
    dropConnectionsInNext(of = {}) {
      drops.push({ ...of });
    },
    take(cacheIds) {
      const node = takeOf(forgotten, cacheIds);
      const { held } = takeOf(holds, cacheIds) ?? NO_TOKEN_FAULTS;
      return {
        fails: takeOf(failures, cacheIds) !== undefined,
        dropsConnections: takeOf(drops, cacheIds) !== undefined,
        held,
        ...(node ? { forgotten: node } : {}),
      };
    },
  };
};

const forgetful = (nodeIndex: number): ForgottenNode & { end(): void } => {
  const listeners: (() => void)[] = [];
  let isEnded = false;
  return {
    nodeIndex,
    whenEnded(run) {
      if (isEnded) run();
      else listeners.push(run);
    },
    end() {
      isEnded = true;
      for (const run of listeners.splice(0)) run();
    },
  };
};

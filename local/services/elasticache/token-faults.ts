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

/** What tests can do to the next changes of tokens and passwords. Different faults meet in one change. */
export interface TokenSwitches {
  repeatedRotation: RepeatedRotation;
  failNext(): void;
  /** The answer lets the change go on, or calls the fault off in time. */
  holdNext(): () => void;
  /** The answer tells the node after all, or calls the fault off in time. */
  forgetNodeInNext(nodeIndex: number): () => void;
  dropConnectionsInNext(): void;
  /** The oldest order of each kind. */
  take(): TakenTokenFaults;
}

interface Hold {
  readonly held: Promise<void>;
}

export const createTokenSwitches = (): TokenSwitches => {
  const holds: Hold[] = [];
  const forgotten: ForgottenNode[] = [];
  let failures = 0;
  let drops = 0;
  const callOff = <T>(orders: T[], order: T) => {
    const index = orders.indexOf(order);
    if (index >= 0) orders.splice(index, 1);
  };
  return {
    repeatedRotation: 'refused',
    failNext() {
      failures += 1;
    },
    holdNext() {
      const { promise: held, resolve } = Promise.withResolvers<void>();
      const order = { held };
      holds.push(order);
      return () => {
        callOff(holds, order);
        resolve();
      };
    },
    forgetNodeInNext(nodeIndex) {
      const order = forgetful(nodeIndex);
      forgotten.push(order);
      return () => {
        callOff(forgotten, order);
        order.end();
      };
    },
    dropConnectionsInNext() {
      drops += 1;
    },
    take() {
      const fails = failures > 0;
      const dropsConnections = drops > 0;
      failures -= Number(fails);
      drops -= Number(dropsConnections);
      const node = forgotten.shift();
      const { held } = holds.shift() ?? NO_TOKEN_FAULTS;
      return { fails, dropsConnections, held, ...(node ? { forgotten: node } : {}) };
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

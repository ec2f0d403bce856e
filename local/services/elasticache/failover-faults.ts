import type { NotificationName } from './notifications.ts';

/** The five entries that a test failover leaves in DescribeEvents, in their order. */
export type FailoverEvent = 'called' | 'nodeFailedOver' | 'groupFailedOver' | 'recovering' | 'recovered';

/** What can go wrong in a test failover. */
export interface FailoverFaults {
  /** Only of this replication group; left out: of whichever comes next. */
  readonly cacheId?: string;
  /** The call itself is refused: AWS has blocked test failovers (TestFailoverNotAvailableFault). Nothing else happens. */
  readonly isBlocked?: boolean;
  /** Until a replica is promoted, in seconds of the account's clock; left out: as always. */
  readonly promotionSeconds?: number;
  /** Nobody is promoted, and the shard stays without a primary, until the fault is ended. */
  readonly promotesNobody?: boolean;
  /** The old primary comes back and cannot log in to the new one, until the fault is ended and it is replaced again. */
  readonly neverFollows?: boolean;
  /** Entries that never appear in DescribeEvents. */
  readonly lostEvents?: readonly FailoverEvent[];
  /** Messages that never reach the topic. */
  readonly lostNotifications?: readonly NotificationName[];
}

/** Faults that a failover has got. */
export interface TakenFaults extends FailoverFaults {
  /** Resolves when the fault is ended. */
  readonly ended: Promise<void>;
}

/** What tests can do to the next test failovers. */
export interface FailoverSwitches {
  /** Ordered for the next test failover, one after the other. The answer ends the fault, or calls it off in time. */
  failNext(faults: FailoverFaults): () => void;
  /** The oldest order that fits the replication group. */
  take(cacheId: string): TakenFaults;
}

export const createFailoverSwitches = (): FailoverSwitches => {
  const ordered: TakenFaults[] = [];
  return {
    failNext(faults) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const order = { ...faults, ended };
      ordered.push(order);
      return () => {
        const index = ordered.indexOf(order);
        if (index >= 0) ordered.splice(index, 1);
        resolve();
      };
    },
    take(cacheId) {
      const index = ordered.findIndex((order) => (order.cacheId ?? cacheId) === cacheId);
      const [taken] = index < 0 ? [] : ordered.splice(index, 1);
      return taken ?? { ended: Promise.resolve() };
    },
  };
};

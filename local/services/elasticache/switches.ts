import { unlessAborted } from './abortable.ts';

/** What tests can do to the next creations. */
export interface CreationSwitches {
  /** The next cache that would be created fails instead, for this reason. */
  failNext(reason: string): void;
  takeFailure(): string | undefined;
  /** The next snapshot fails, for this reason. */
  failNextSnapshot(reason: string): void;
  takeSnapshotFailure(): string | undefined;
  /** Creations stay in `creating` until the answer is called. */
  pause(): () => void;
  /** Resolves while nothing is paused; rejects when `signal` aborts. */
  pass(signal: AbortSignal): Promise<void>;
}

export const createSwitches = (): CreationSwitches => {
  const failures: string[] = [];
  const snapshotFailures: string[] = [];
  let paused: { promise: Promise<void>; resolve: () => void } | undefined;
  return {
    failNext: (reason) => void failures.push(reason),
    takeFailure: () => failures.shift(),
    failNextSnapshot: (reason) => void snapshotFailures.push(reason),
    takeSnapshotFailure: () => snapshotFailures.shift(),
    pause() {
      const gate = paused ?? Promise.withResolvers<void>();
      paused = gate;
      return () => {
        gate.resolve();
        if (paused === gate) paused = undefined;
      };
    },
    async pass(signal) {
      if (paused) await unlessAborted(paused.promise, signal);
    },
  };
};

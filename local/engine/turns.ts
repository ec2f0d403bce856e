/** Lets changes of one kind happen one after the other, in the order in which they were asked for. */
export interface Turns {
  /** @throws the change's own error, or the signal's reason when its turn comes too late */
  take<T>(change: () => Promise<T>): Promise<T>;
  /** Resolves when no change is going on or waiting; never rejects. */
  over(): Promise<void>;
}

export const createTurns = (signal: AbortSignal): Turns => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async take(change) {
      const mine = last.then(() => {
        signal.throwIfAborted();
        return change();
      });
      last = mine.catch(() => undefined);
      return await mine;
    },
    async over() {
      for (let seen: unknown; seen !== last; ) {
        seen = last;
        await last;
      }
    },
  };
};

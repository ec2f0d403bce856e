/** Work that goes on after a call was answered: caches being created, changed, deleted. */
export interface Jobs {
  /** Starts `work` in the background. `work` must handle its own failures; what still escapes is logged. */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** Resolves when nothing is going on any more. */
  idle(): Promise<void>;
  /** Aborts all work and waits for it to end. */
  stop(): Promise<void>;
}

export const createJobs = (log: (line: string) => void): Jobs => {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const idle = async () => {
    while (running.size > 0) await Promise.all(running);
  };

  return {
    run(name, work) {
      if (stopping.signal.aborted) return;
      const job = work(stopping.signal)
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
        })
        .finally(() => running.delete(job));
      running.add(job);
    },
    idle,
    async stop() {
      stopping.abort(new Error('The local account stops'));
      await idle();
    },
  };
};

import type { Clock } from '../../../local/clock.ts';

/** Time that jumps to the next timer as soon as nothing else is going on: an hour's wait takes no time at all. */
export interface VirtualClock extends Clock {
  /** Time stands still while this work is under way. */
  during<T>(work: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** One turn of the event loop: every promise that can go on has gone on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

export const createVirtualClock = (start = Date.UTC(2026, 0, 1)): VirtualClock => {
  let present = start;
  let busy = 0;
  let jumping = false;
  const timers = new Set<Timer>();

  const jump = async () => {
    if (jumping) return;
    jumping = true;
    for (;;) {
      await turn();
      await turn();
      if (busy > 0) break;
      const [next] = [...timers].sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      present = Math.max(present, next.at);
      next.run();
    }
    jumping = false;
  };

  const after: Clock['after'] = (ms, run) => {
    const timer = { at: present + Math.max(0, ms), run };
    timers.add(timer);
    void jump();
    return () => void timers.delete(timer);
  };

  return {
    speed: 1,
    origin: start,
    realOrigin: start,
    now: () => present,
    iso: () => new Date(present).toISOString(),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        const stop = () => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', stop, { once: true });
      }),
    async during(work) {
      busy += 1;
      try {
        return await work;
      } finally {
        busy -= 1;
        void jump();
      }
    },
  };
};

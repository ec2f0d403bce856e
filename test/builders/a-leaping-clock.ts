import type { Clock } from '../../local/clock.ts';

interface Alarm {
  readonly dueMs: number;
  run(): void;
}

/**
 * A clock for tests that never waits: as soon as nothing else is going on, it leaps to the next moment for which somebody
 * has set an alarm. A wait of a day takes no time, and still takes exactly a day.
 *
 * @param startsAt ISO 8601
 */
export const aLeapingClock = (startsAt = '2026-11-21T07:00:00.000Z'): Clock => {
  const origin = Date.parse(startsAt);
  let nowMs = origin;
  let alarms: readonly Alarm[] = [];
  let leaping = false;

  const leap = () => {
    leaping = false;
    const [next] = alarms.toSorted((a, b) => a.dueMs - b.dueMs);
    if (!next) return;
    alarms = alarms.filter((alarm) => alarm !== next);
    nowMs = Math.max(nowMs, next.dueMs);
    next.run();
    arm();
  };
  const arm = () => {
    if (leaping || alarms.length === 0) return;
    leaping = true;
    // Twice round the event loop: by then every promise that was ready has been served, also those they made ready.
    setImmediate(() => setImmediate(leap));
  };
  const after = (ms: number, run: () => void) => {
    const alarm: Alarm = { dueMs: nowMs + Math.max(0, ms), run };
    alarms = [...alarms, alarm];
    arm();
    return () => {
      alarms = alarms.filter((other) => other !== alarm);
    };
  };

  return {
    speed: 1,
    origin,
    realOrigin: origin,
    now: () => nowMs,
    iso: () => new Date(nowMs).toISOString(),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          reject(signal.reason);
        });
      }),
  };
};

import { HUNG_MS } from '../measure.ts';
import type { ProbeLane } from '../probe-log.ts';
import { createColumns } from './columns.ts';
import { kindOf, TIMEOUT } from './error-kind.ts';
import { KEY_SECONDS } from './keys.ts';
import type { Link } from './link.ts';
import type { Outcomes } from './outcomes.ts';

/** An attempt that was not answered by then counts as failed, however late its answer comes. */
export const DEADLINE_MS = 1000;

/** How often a key's expiry is renewed. Not with each write: it is a write, too, which every replica follows. */
const RENEW_EXPIRY_MS = 1000;

export interface LaneParts extends Pick<ProbeLane, 'client' | 'does' | 'shard' | 'shardId'> {
  readonly link: Link;
  readonly key: string;
  readonly everyMs: number;
  readonly outcomes: Outcomes;
  /** How many attempts are kept at most. */
  readonly mostAttempts: number;
  /** Milliseconds since the log began. */
  now(): number;
}

/** One client that writes, or reads, one shard. */
export interface Lane {
  start(): void;
  /** Sends no more. Resolves when everything that is under way was answered or has passed its deadline. */
  stop(): Promise<void>;
  readonly successes: number;
  readonly failures: ReadonlyMap<string, number>;
  /** When the first success behind the last failure was answered, in milliseconds of the log; undefined while there is none. */
  readonly soundSinceMs: number | undefined;
  read(): ProbeLane;
  /** Numbers of the writes that were acknowledged, in the order in which they were sent. */
  acknowledged(): readonly number[];
}

/**
 * Sends attempts at a steady rate whether or not earlier ones were answered, so that a cache that hangs is seen as
 * failures, not as a pause; and one more whenever the connection comes or goes.
 */
export const createLane = (parts: LaneParts): Lane => {
  const { client, does, shard, shardId, link, key, everyMs, outcomes, now } = parts;
  const columns = createColumns(parts.mostAttempts);
  const failures = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let successes = 0;
  let soundSinceMs: number | undefined;
  let nextNumber = 1;
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let renewAtMs = 0;

  const write = async (number: number): Promise<undefined> => {
    const written = link.call('RPUSH', key, String(number));
    if (now() >= renewAtMs) {
      renewAtMs = now() + RENEW_EXPIRY_MS;
      // Behind the number, which may have made the key anew; whether it came shows in nothing.
      link.call('EXPIRE', key, KEY_SECONDS).catch(() => undefined);
    }
    await written;
  };

  const readLast = async (): Promise<number> => {
    const last = await link.call('LINDEX', key, '-1');
    return last === null ? -1 : Number(last);
  };

  const attempt = () => {
    const sentAtMs = now();
    const number = does === 'write' ? nextNumber++ : -1;
    const row = columns.add(sentAtMs, number);
    if (row === undefined) return;
    const done = new Promise<void>((resolve) => {
      let settled = false;
      const settle = (outcome: string | undefined, found?: number) => {
        if (settled) return;
        settled = true;
        clearTimeout(deadline);
        const tookMs = now() - sentAtMs;
        columns.settle(row, tookMs, outcome === undefined ? 0 : outcomes.indexOf(outcome), found);
        if (outcome === undefined) {
          successes += 1;
          // What is answered late ends no outage, and begins none that has to end.
          if (tookMs <= HUNG_MS) soundSinceMs ??= now();
        } else {
          soundSinceMs = undefined;
          failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
        }
        resolve();
      };
      // When our own process was held up, the answer may be there and unread: what has arrived is read first.
      const deadline = setTimeout(() => setImmediate(() => settle(TIMEOUT)), DEADLINE_MS);
      const work: Promise<number | undefined> = does === 'write' ? write(number) : readLast();
      work.then(
        (found) => settle(undefined, found),
        (error: unknown) => settle(kindOf(error)),
      );
    });
    underWay.add(done);
    void done.then(() => underWay.delete(done));
  };

  // From the beginning, not from the last attempt: a late timer is no reason to send more slowly.
  const schedule = (dueAtMs: number) => {
    timer = setTimeout(
      () => {
        attempt();
        schedule(Math.max(dueAtMs + everyMs, now()));
      },
      Math.max(0, dueAtMs - now()),
    );
  };

  link.onTurn(() => {
    // A primary that is new, or lost the key, gets the expiry with the first number.
    renewAtMs = 0;
    if (running) attempt();
  });

  const samples = () => columns.read();
  return {
    start() {
      running = true;
      schedule(now());
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      await Promise.all(underWay);
    },
    get successes() {
      return successes;
    },
    failures,
    get soundSinceMs() {
      return soundSinceMs;
    },
    read: () => ({ client, does, shard, shardId, ...samples() }),
    acknowledged() {
      const { outcome, number } = samples();
      return number.filter((_, row) => outcome[row] === 0);
    },
  };
};

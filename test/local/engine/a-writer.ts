import type { Cluster } from 'ioredis';

/** A customer who goes on writing, and remembers what the cache has acknowledged. */
export interface Writer {
  /** Ends the writing. */
  stop(): Promise<void>;
  /** How many writes were acknowledged. */
  readonly acknowledged: number;
  /** Errors that he saw. */
  readonly problems: readonly string[];
  /** Keys whose last acknowledged value the cache does not give back. */
  lost(): Promise<readonly string[]>;
}

const KEYS = 500;

/** Writes rising numbers to keys in turn, several at a time, each key by one at a time. */
export const aWriter = (client: Cluster): Writer => {
  const last = new Map<string, number>();
  const problems: string[] = [];
  let number = 0;
  let stopped = false;
  const write = async (lane: number, lanes: number) => {
    for (let turn = lane; !stopped; turn = (turn + lanes) % KEYS) {
      const key = `written:${turn}`;
      number += 1;
      const value = number;
      try {
        await client.set(key, value);
        last.set(key, value);
      } catch (error) {
        // Not acknowledged, and yet it may have been written: until the next answer any value of the key is right.
        problems.push((error as Error).message);
        last.delete(key);
        // A client that is gone refuses at once: without a pause nothing else would get its turn.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const lanes = Array.from({ length: 5 }, (_, lane) => write(lane, 5));
  return {
    async stop() {
      stopped = true;
      await Promise.all(lanes);
    },
    get acknowledged() {
      return number;
    },
    problems,
    async lost() {
      const found = await Promise.all(
        [...last].map(async ([key, value]) => ({ key, value, is: await client.get(key) })),
      );
      return found.filter(({ value, is }) => is !== String(value)).map(({ key, value, is }) => `${key} ${value} ${is}`);
    },
  };
};

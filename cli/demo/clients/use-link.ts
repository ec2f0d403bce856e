import { setTimeout as delay } from 'node:timers/promises';
import { type CacheAddress, type Credentials, KEYS, type Link, type LinkOptions, type OpenLink } from './link.ts';
import type { Tally } from './tally.ts';

/** An application that hears nothing for so long gives up. Long, since many share this machine’s cores. */
export const PATIENCE_MS = 5000;

/** Rejects when the time is over; what comes later is dropped. */
const inTime = async <T>(work: Promise<T>, what: string): Promise<T> => {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE_MS / 1000} s.`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Opens a link in time. One that comes too late is closed again. */
export const openInTime = async (
  open: OpenLink,
  address: CacheAddress,
  credentials: Credentials,
  options: LinkOptions,
): Promise<Link> => {
  let gaveUp = false;
  const opening = open(address, credentials, options);
  opening.then((link) => gaveUp && link.close()).catch(() => undefined);
  try {
    return await inTime(opening, 'Connecting');
  } catch (error) {
    gaveUp = true;
    throw error;
  }
};

/** Writes a value and reads it back: two commands, each counted by what became of it. */
export const useOnce = async (link: Link, round: number, tally: Tally): Promise<void> => {
  const index = round % KEYS;
  const value = `value ${round}`;
  try {
    await inTime(link.write(index, value), 'A write');
    tally.count('commands');
    const read = await inTime(link.read(index), 'A read');
    if (read !== value) throw new Error(`A read found ${read === null ? 'nothing' : 'another value'}.`);
    tally.count('commands');
  } catch (error) {
    tally.fail(error);
  }
};

/** Waits, but not longer than until it is told to end. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
};

import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** A name that has not been resolved by then is asked for anew: an answer that was lost is waited for ten times as long. */
const DEADLINE_MS = 500;

/** What resolves a name, and may take as long as it likes. */
export type Ask = (hostname: string, options: LookupOptions) => Promise<LookupAddress[]>;

const askSystem: Ask = (hostname, options) =>
  new Promise((resolve, reject) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });

/**
 * Resolves names for many attempts to connect at once: whoever asks for the same name waits for the same answer. The system
 * resolves only a few names at a time and cannot be stopped; attempts that each asked for themselves would hold all of its threads
 * as soon as one answer is lost, and then nobody could connect to anything, which would look like a longer outage.
 */
export const createSharedLookup = (ask: Ask = askSystem): LookupFunction => {
  const underWay = new Map<string, Promise<LookupAddress[]>>();
  const shared = (hostname: string, { family, hints }: LookupOptions): Promise<LookupAddress[]> => {
    const key = JSON.stringify([hostname, family, hints]);
    const asked = underWay.get(key);
    if (asked !== undefined) return asked;
    const answer = inTime(ask(hostname, { family, hints })).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };
  return (hostname, options, callback) => {
    shared(hostname, options).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, addresses);
        else if (first) callback(null, first.address, first.family);
        else callback(notResolved(), '');
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
};

/** As the system says of a name that it could not resolve for now. */
const notResolved = (): NodeJS.ErrnoException =>
  Object.assign(new Error('Nobody told the address in time.'), { code: 'EAI_AGAIN' });

const inTime = async <T>(answer: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(notResolved()), DEADLINE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};

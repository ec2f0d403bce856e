import { type Credentials, type Link, LoginRefused } from './link.ts';
import type { Life } from './long-lived.ts';
import { openInTime, pause, useOnce } from './use-link.ts';

/** What it does with each connection, and how long it rests between two. */
const ROUNDS = 3;
const REST_MS = 150;

/**
 * Connects, works a little, closes, again and again. A token that is refused is asked for anew, once: so does the example in
 * docs/applications.md.
 */
export const keepReconnecting = async (life: Life): Promise<void> => {
  const { tally, signal } = life;
  for (let round = 0, isFirst = true; !signal.aborted; isFirst = false) {
    if (!isFirst) tally.count('reconnects');
    try {
      const link = await logIn(life);
      for (let done = 0; done < ROUNDS && !signal.aborted; done += 1, round += 1) await useOnce(link, round, tally);
      link.close();
    } catch (error) {
      tally.fail(error);
    }
    await pause(REST_MS, signal);
  }
};

const logIn = async (life: Life): Promise<Link> => {
  const { open, address, name, token, tally } = life;
  const attempt = async (credentials: Credentials) => {
    try {
      return await openInTime(open, address, credentials, {
        name,
        reconnects: false,
        onLost: () => tally.count('lost'),
      });
    } catch (error) {
      if (error instanceof LoginRefused) tally.count('refusedLogins');
      throw error;
    }
  };
  const first = await token.get();
  try {
    return await attempt(first);
  } catch (error) {
    if (!(error instanceof LoginRefused)) throw error;
    const second = await token.fetchAgain();
    if (second.password === first.password) throw error;
    return attempt(second);
  }
};

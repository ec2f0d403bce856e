import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type EngineConnection, EngineRefused } from '../platform/engine-client.ts';
import type { Label } from './logins.ts';
import type { Held } from './schemas.ts';

export interface HeldConnection {
  readonly connection: EngineConnection;
  /** host:port */
  readonly node: string;
  readonly loggedInWith: Label;
}

export type Counts = Pick<Held, 'connections' | 'lost' | 'commands' | 'losses'>;

/** Connections that are asked something all the time, so that the end of one is noticed. */
export interface Asked {
  add(held: HeldConnection): void;
  /** So many are lost by now. */
  lost(): number;
  /** Asks each a last time, and closes them. */
  end(): Promise<Counts>;
}

/** Often enough to be at work whenever something happens. */
const SHORTEST_MS = 250;
/** On all connections together: what a single node answers without noticing. */
const COMMANDS_A_SECOND = 1000;

/** How often each of so many connections is asked something. */
export const askEveryMs = (connections: number): number =>
  Math.max(SHORTEST_MS, (connections * 1000) / COMMANDS_A_SECOND);

/** More losses than these are counted, and not told one by one. */
const LOSSES_TOLD = 20;

/** Sends PING on each connection every so many milliseconds. One that is not answered is lost, and is not opened again. */
export const keepAsking = (everyMs: number): Asked => {
  const ending = new AbortController();
  // One for each connection; Node takes more than ten for a leak.
  setMaxListeners(0, ending.signal);
  const losses: Held['losses'] = [];
  const asking: Promise<void>[] = [];
  let commands = 0;

  const ask = async ({ connection, node, loggedInWith }: HeldConnection): Promise<void> => {
    try {
      for (;;) {
        const isLast = ending.signal.aborted;
        await ping(connection);
        commands += 1;
        if (isLast) return;
        await pause(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
      }
    } catch (error) {
      losses.push({ node, loggedInWith, says: error instanceof Error ? error.message : 'It is not known why.' });
    } finally {
      connection.close();
    }
  };

  return {
    add: (held) => asking.push(ask(held)),
    lost: () => losses.length,
    async end() {
      ending.abort();
      await Promise.all(asking);
      return { connections: asking.length, lost: losses.length, commands, losses: losses.slice(0, LOSSES_TOLD) };
    },
  };
};

/** Who may not PING is answered too. */
const ping = async (connection: EngineConnection): Promise<void> => {
  try {
    await connection.command('PING');
  } catch (error) {
    if (!(error instanceof EngineRefused && error.code === 'NOPERM')) throw error;
  }
};

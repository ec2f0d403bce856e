import type { Connection } from './connection.ts';
import { CLOSED, Disconnected, kindOf, replyKind, TIMEOUT } from './error-kind.ts';
import { reconnectAfterMs } from './pace.ts';

/** A connection that has been tried: `refusal` is the engine's word when it answered our first command with an error. */
export interface Tried {
  readonly connection: Connection;
  readonly refusal?: string | undefined;
}

export interface LinkParts {
  /** Opens a connection and has its first command answered. */
  open(signal: AbortSignal): Promise<Tried>;
  /** Answers of the engine that make this client look for a better connection, while it goes on with the one it has. */
  readonly looksElsewhereOn: ReadonlySet<string>;
  /** Milliseconds by a clock that only goes forward. */
  now(): number;
}

/** What one client has instead of a connection that never breaks. */
export interface Link {
  /** Rejects at once while there is no connection: nothing is kept for later. */
  call(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Tells when a connection was lost or won: the moment at which an attempt is worth most. */
  onTurn(listener: () => void): void;
  /** To be called often: notices a connection that is silent. */
  watch(): void;
  readonly connected: boolean;
  /** Why there is no connection, in a word. */
  readonly trouble: string;
  close(): void;
}

/**
 * So long nobody waits for a cache that usually answers within a millisecond: from here on we look whether a new
 * connection is answered sooner. The old one stays, and whichever answers first is used.
 */
const SUSPICIOUS_MS = 50;
/** A silent connection is given up after this: all that is under way on it has passed its deadline. */
const GIVEN_UP_MS = 1000;
/** A connection that has been replaced may still answer what was sent on it. */
const RETIRED_MS = 1000;
/** An attempt to connect, with its handshake, ends after this. */
const ATTEMPT_MS = 2000;
/**
 * Attempts at the same time. One that was accepted and hears nothing must not keep the next from finding that the cache
 * is back; at 25 ms each of them has 400 ms, which is a slow handshake, and more as the pace slows down.
 */
const MOST_ATTEMPTS = 16;
/** More than this is never under way: a cache that answers more slowly than we ask has stopped serving. */
const MOST_UNANSWERED = 500;

/** The search for a connection, or for a better one. */
interface Search {
  readonly sinceMs: number;
  /** The command whose refusal made us search; its success ends the search. Left out: any answer does. */
  readonly becauseOf?: string | undefined;
  readonly attempts: Set<AbortController>;
  timer?: NodeJS.Timeout | undefined;
}

const tooLate = () => new DOMException('Nobody answered.', 'TimeoutError');

/** Keeps one connection for one client, and finds another when it breaks, is silent, or is no good any more. */
export const createLink = ({ open, looksElsewhereOn, now }: LinkParts): Link => {
  const listeners: (() => void)[] = [];
  const retired = new Set<Connection>();
  /** Connections that we ended because they were silent, or had been replaced. */
  const givenUp = new WeakSet<Connection>();
  let current: Connection | undefined;
  let unanswered = 0;
  let waitingSinceMs: number | undefined;
  let search: Search | undefined;
  let trouble = CLOSED;
  let closed = false;

  const turn = () => {
    for (const listener of listeners) listener();
  };

  const endSearch = () => {
    clearTimeout(search?.timer);
    for (const attempt of search?.attempts ?? []) attempt.abort();
    search = undefined;
  };

  const giveUp = (connection: Connection) => {
    givenUp.add(connection);
    connection.close();
  };

  const adopt = (connection: Connection) => {
    const old = current;
    if (old) {
      retired.add(old);
      setTimeout(() => {
        retired.delete(old);
        giveUp(old);
      }, RETIRED_MS);
    }
    current = connection;
    unanswered = 0;
    waitingSinceMs = undefined;
    connection.onBroken(() => lose(connection, CLOSED));
    endSearch();
    turn();
  };

  const attempt = async (own: Search) => {
    const controller = new AbortController();
    own.attempts.add(controller);
    const [oldest] = own.attempts;
    if (own.attempts.size > MOST_ATTEMPTS) oldest?.abort(tooLate());
    const timer = setTimeout(() => controller.abort(tooLate()), ATTEMPT_MS);
    try {
      const { connection, refusal } = await open(controller.signal);
      if (controller.signal.aborted || search !== own) connection.close();
      // One that refuses is better than none, and no better than the one we have.
      else if (refusal === undefined || !current) adopt(connection);
      else connection.close();
    } catch (error) {
      if (search === own) trouble = kindOf(error);
    } finally {
      clearTimeout(timer);
      own.attempts.delete(controller);
    }
  };

  const startSearch = (sinceMs: number, becauseOf?: string) => {
    if (search || closed) return;
    const own: Search = { sinceMs, becauseOf, attempts: new Set() };
    search = own;
    const next = () => {
      void attempt(own);
      own.timer = setTimeout(next, reconnectAfterMs(now() - sinceMs));
    };
    next();
  };

  const lose = (connection: Connection, why: string) => {
    if (current !== connection) return;
    current = undefined;
    trouble = why;
    const sinceMs = waitingSinceMs ?? now();
    waitingSinceMs = undefined;
    if (why === TIMEOUT) giveUp(connection);
    else connection.close();
    // A search for something better has become one for anything.
    endSearch();
    startSearch(sinceMs);
    turn();
  };

  const heard = (connection: Connection, command: string, refusal?: string) => {
    if (current !== connection) return;
    unanswered -= 1;
    waitingSinceMs = unanswered > 0 ? now() : undefined;
    if (refusal !== undefined) {
      if (looksElsewhereOn.has(refusal)) startSearch(now(), command);
    } else if (search && (search.becauseOf === undefined || search.becauseOf === command)) endSearch();
  };

  return {
    async call(name, ...args) {
      const connection = current;
      if (!connection) throw new Disconnected(trouble);
      unanswered += 1;
      waitingSinceMs ??= now();
      try {
        const answer = await connection.call(name, ...args);
        heard(connection, name);
        return answer;
      } catch (error) {
        const refusal = replyKind(error);
        if (refusal !== undefined) heard(connection, name, refusal);
        else if (givenUp.has(connection)) throw new Disconnected(TIMEOUT);
        else lose(connection, kindOf(error));
        throw error;
      }
    },
    onTurn: (listener) => listeners.push(listener),
    watch() {
      if (closed) return;
      if (!current) {
        startSearch(now());
        return;
      }
      const silentMs = waitingSinceMs === undefined ? 0 : now() - waitingSinceMs;
      if (silentMs >= GIVEN_UP_MS || unanswered > MOST_UNANSWERED) lose(current, TIMEOUT);
      else if (silentMs >= SUSPICIOUS_MS) startSearch(now() - silentMs);
    },
    get connected() {
      return current !== undefined;
    },
    get trouble() {
      return trouble;
    },
    close() {
      closed = true;
      endSearch();
      for (const connection of retired) connection.close();
      current?.close();
      current = undefined;
    },
  };
};

/** Outcome of an attempt that was not answered within its deadline. */
export const TIMEOUT = 'timeout';
/** Outcome of an attempt on a connection that broke, or without one. */
export const CLOSED = 'closed';

/** How the system names what happens to a connection, in our words. */
const SYSTEM_KINDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  ETIMEDOUT: TIMEOUT,
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
};

/** There is no connection; `kind` says why the last attempt to get one failed. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
  readonly kind: string;
  constructor(kind: string) {
    super(`There is no connection (${kind}).`);
    this.kind = kind;
  }
}

/**
 * The engine's own word for a refusal (READONLY, MOVED, CLUSTERDOWN, LOADING), or undefined for everything that is not
 * an answer of the engine. Never more than that word: what follows it can hold addresses and keys.
 */
export const replyKind = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  // Redis.Cluster gives up after some redirections, and puts the engine's last answer into a sentence of its own.
  const [, redirected] = /Last error: ReplyError: ([A-Z][A-Z0-9]{1,19})\b/.exec(error.message) ?? [];
  const [, code] = /^([A-Z][A-Z0-9]{1,19})\b/.exec(error.message) ?? [];
  return redirected ?? (error.name === 'ReplyError' ? (code ?? 'ERR') : undefined);
};

/** The kind of a failure in one word, without hosts, keys or secrets. */
export const kindOf = (error: unknown): string => {
  if (error instanceof Disconnected) return error.kind;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/CERT|ALTNAME|SELF_SIGNED|ISSUER|LEAF_SIGNATURE/.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return 'tls';
  // All else that the client itself says is a connection that is not there: closed, ended, not writable.
  return replyKind(error) ?? SYSTEM_KINDS[code] ?? CLOSED;
};

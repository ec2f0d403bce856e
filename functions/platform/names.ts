import * as z from 'zod';

/** An operation's id: it is also the execution's name, so it is limited to what Step Functions accepts (80 characters). */
export const OperationId = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'an operation id: 1–80 letters, digits, - or _');

/**
 * A cache's id as somebody wrote it. Loose on purpose: an operation about a badly named cache is recorded and reported
 * too. Whether the id is a good one is judged by `functions/creation/rules/cache-id.ts`.
 */
export const CacheId = z.string().min(1).max(100);
export type CacheId = z.infer<typeof CacheId>;

/** ISO 8601 in UTC, e.g. `2026-11-21T07:00:00Z`, with or without milliseconds. */
export const IsoTime = z.iso.datetime();

/** How far the autopilot may go: look only, ask a person first, or do it. */
export const Mode = z.enum(['observe', 'approve', 'act']);
export type Mode = z.infer<typeof Mode>;

/** From the most careful to the freest. */
const BY_CARE: readonly Mode[] = ['observe', 'approve', 'act'];

/** The most careful of the given modes: whoever adds a voice can only take freedom away. */
export const mostCareful = (first: Mode, ...others: readonly Mode[]): Mode =>
  others.reduce((careful, mode) => (BY_CARE.indexOf(mode) < BY_CARE.indexOf(careful) ? mode : careful), first);

/** The tag whose value `true` lets us touch a resource, unless the account's configuration names another. */
export const DEFAULT_OPT_IN_TAG = 'autopilot:managed';
/** The tag that says which operation made a resource. */
export const OPERATION_TAG = 'autopilot:operation';
/** The tag with a cache's own mode; new caches start with `observe`. */
export const MODE_TAG = 'autopilot:mode';
/** The tag with the weekly window in which a cache's failover may be rehearsed, e.g. `sun:03:00-sun:06:00` (UTC). */
export const DRILL_WINDOW_TAG = 'autopilot:drill-window';

/** The secret that holds a cache's AUTH token. */
export const tokenSecretName = (cacheId: string): string => `autopilot/${cacheId}/auth-token`;

/** The secret that holds the password of a user of the cache's user group. */
export const userSecretName = (cacheId: string, userId: string): string => `autopilot/${cacheId}/users/${userId}`;

/** Whose secret a name, or an ARN, is: the reverse of `tokenSecretName` and `userSecretName`. Undefined for other people's. */
export const ownerOfSecret = (nameOrArn: string): { cacheId: string; userId?: string } | undefined => {
  // Secrets Manager puts a hyphen and six characters behind the name in an ARN.
  const [, inArn] = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}$/.exec(nameOrArn) ?? [];
  const [, cacheId, kind, userId] =
    /^autopilot\/([^/]+)\/(?:(auth-token)|users\/([^/]+))$/.exec(inArn ?? nameOrArn) ?? [];
  if (cacheId === undefined) return undefined;
  return kind === undefined && userId !== undefined ? { cacheId, userId } : { cacheId };
};

/**
 * The parameter group that we make for a cache with parameters of its own. A group's family is fixed, and an upgrade of
 * the engine may need another one: so each family of a cache has its own group.
 */
export const parameterGroupName = (cacheId: string, family: string): string =>
  `autopilot-${cacheId}-${family.replaceAll('.', '-')}`;

/** Whether a name is one of `parameterGroupName` for this cache. Another cache's id may begin with this one's: what follows has to be a family. */
export const isParameterGroupOf = (cacheId: string, name: string): boolean => {
  const own = `autopilot-${cacheId}-`;
  return name.startsWith(own) && /^(redis|valkey|memcached)\d[\dx-]*$/.test(name.slice(own.length));
};

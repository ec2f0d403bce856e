import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { Connect } from '../../functions/platform/engine-client.ts';
import type { UserSeen } from '../../functions/platform/users.ts';
import { afterOrder, type TokenRules, type TokenSet } from '../token-rotation/model/token-rules.ts';
import { aRotatingEngine, type RotatingNode } from './a-rotating-engine.ts';
import { aCacheToRotate } from './a-rotation-target.ts';
import { aUser, aUserGroup } from './in-memory-users.ts';

/** What becomes of one call that changes tokens, besides what ElastiCache's rules say. */
export type CallFault = 'throttled' | 'breaks-before' | 'loses-the-answer' | 'change-fails';

/** How the service behaves; asked for when it matters, and not before. */
export interface ServiceTraits extends TokenRules {
  /** For so many seconds after an order the service still says that nothing goes on. */
  readonly lagSeconds: number;
  /** Whether the time of a token's last change is that of its order or that of its end. */
  readonly tellsChangeAt: 'order' | 'end';
  /** Whether the change of a user's password shows at the caches of its groups, too. */
  readonly userShowsAtCache: boolean;
}

export interface TokenCacheTraits {
  readonly service: ServiceTraits;
  readonly userId?: string | undefined;
  readonly nodes: number;
  /** Seconds from an order to its end; the nodes take it over one after the other before that. */
  readonly changeSeconds: number;
  readonly tokens: TokenSet;
  readonly nowMs: () => number;
  /** Told after each change of what a node accepts. */
  readonly onChange: () => void;
}

interface Change {
  readonly to: TokenSet;
  readonly orderedMs: number;
  readonly endsMs: number;
  readonly fails: boolean;
  taken: number;
}

/** Somebody has created the cache so long before the story begins. */
const CREATED_BEFORE_MS = 400 * 86_400_000;

export const USER = { userId: 'orders-app', name: 'app' };

/**
 * ElastiCache with one cache, as far as its tokens go, or the passwords of one of its users: it takes orders by its rules, applies
 * them late and node by node, and shows late that it does. Its own clock is the given one.
 */
export const inMemoryTokenCache = (traits: TokenCacheTraits) => {
  const { service, userId, nodes: count, nowMs, onChange } = traits;
  const hosts = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  let settled = traits.tokens;
  // Long ago: what is changed now is not taken for the creation's own.
  const createdAt = new Date(nowMs() - CREATED_BEFORE_MS).toISOString();
  let changedAt = createdAt;
  let change: Change | undefined;
  const accepted = new Map<string, TokenSet>(hosts.map((host) => [host, settled]));
  let nextFault: CallFault | undefined;
  const orders: { readonly strategy: string; readonly tokens: readonly string[]; readonly answer: string }[] = [];

  /** Brings everything up to now; what happened in between happens in its order. */
  const catchUp = (): void => {
    if (!change) return;
    const { to, orderedMs, endsMs, fails } = change;
    while (
      !fails &&
      change.taken < count &&
      nowMs() >= orderedMs + ((endsMs - orderedMs) * (change.taken + 1)) / (count + 1)
    ) {
      accepted.set(hosts[change.taken] ?? '', to);
      change.taken += 1;
      onChange();
    }
    if (nowMs() < endsMs) return;
    change = undefined;
    if (fails) return;
    settled = to;
    if (service.tellsChangeAt === 'end') changedAt = new Date(endsMs).toISOString();
  };

  const isShown = (): boolean => change !== undefined && nowMs() >= change.orderedMs + service.lagSeconds * 1000;

  const order = (strategy: 'ROTATE' | 'SET' | 'PASSWORDS', tokens: readonly string[]): void => {
    catchUp();
    const fault = nextFault;
    nextFault = undefined;
    const refuse = (name: string, status: number) => {
      orders.push({ strategy, tokens, answer: name });
      return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
    };
    if (fault === 'throttled') throw refuse('Throttling', 400);
    if (fault === 'breaks-before') throw refuse('InternalFailure', 500);
    if (change) throw refuse(userId === undefined ? 'InvalidReplicationGroupStateFault' : 'InvalidUserStateFault', 400);
    const to = strategy === 'PASSWORDS' ? tokens : afterOrder(settled, strategy, tokens[0] ?? '', service);
    if (!to) throw refuse('InvalidParameterCombinationException', 400);
    orders.push({ strategy, tokens, answer: 'accepted' });
    const orderedMs = nowMs();
    change = {
      to,
      orderedMs,
      endsMs: orderedMs + traits.changeSeconds * 1000,
      fails: fault === 'change-fails',
      taken: 0,
    };
    if (service.tellsChangeAt === 'order') changedAt = new Date(orderedMs).toISOString();
    if (fault === 'loses-the-answer') throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
  };

  /** Somebody else brings in a token, or a second password, of their own; refused like an order of ours. */
  const orderElsewhere = (token: string): void => {
    try {
      if (userId === undefined) order('ROTATE', [token]);
      else order('PASSWORDS', [...settled.slice(-1), token]);
    } catch {
      // They were refused, and nothing has happened.
    }
  };

  const { cache, engine } = aCacheToRotate(false, hosts);
  const cacheNow = (): CacheSeen => {
    catchUp();
    const busy = isShown() && (userId === undefined || service.userShowsAtCache);
    return {
      ...cache,
      status: busy ? 'modifying' : 'available',
      shards: cache.shards.map((shard) => ({ ...shard, status: busy ? 'modifying' : 'available' })),
      createdAt,
      tags: busy ? undefined : { 'autopilot:managed': 'true', 'autopilot:mode': 'act' },
      pending: busy && userId === undefined ? ['AuthTokenStatus'] : [],
      untoldMembers: 0,
      ...(userId === undefined
        ? { authToken: true, tokenChangedAt: changedAt, userGroupIds: [] }
        : { authToken: false, userGroupIds: ['orders-users'] }),
    };
  };
  const userNow = (): UserSeen => {
    catchUp();
    const status = isShown() ? 'modifying' : 'active';
    return aUser({
      ...USER,
      status,
      passwordCount: (isShown() ? (change?.to ?? settled) : settled).length,
      groups: [aUserGroup({ status })],
      tags: { 'autopilot:managed': 'true' },
    });
  };
  const nodes: Record<string, RotatingNode> = Object.fromEntries(
    hosts.map((host) => [
      host,
      {
        get accepts() {
          catchUp();
          return (accepted.get(host) ?? []).map((token) => (userId === undefined ? token : `${USER.name}:${token}`));
        },
      },
    ]),
  );

  const client = {
    async send({ input }: { input: Readonly<Record<string, unknown>> }) {
      const { AuthToken, AuthTokenUpdateStrategy: strategy, Passwords } = input;
      if (Array.isArray(Passwords)) order('PASSWORDS', Passwords.map(String));
      else if (strategy === 'ROTATE' || strategy === 'SET') order(strategy, [String(AuthToken)]);
      else throw new Error('The model does not know this call.');
      return {};
    },
  };

  return {
    /** Brings everything up to now. */
    catchUp,
    caches: { find: async (cacheId: string) => (cacheId === cache.cacheId ? cacheNow() : undefined) },
    users: { find: async (id: string) => (id === userId ? userNow() : undefined) },
    connect: aRotatingEngine({ ...engine, nodes }).connect satisfies Connect,
    /** Takes ModifyReplicationGroup and ModifyUser. */
    client: client as unknown as ElastiCacheClient,
    /** Of the next call that changes tokens. */
    failNext(fault: CallFault | undefined) {
      nextFault = fault;
    },
    orderElsewhere,
    /** The tokens that there are, or will be when what goes on has come to its end. */
    comes: (): TokenSet => (change && !change.fails ? change.to : settled),
    /** What each node accepts now. */
    accepted: (): readonly TokenSet[] => {
      catchUp();
      return [...accepted.values()];
    },
    /** The same, as it was when last somebody looked. */
    acceptedUnasked: (): readonly TokenSet[] => [...accepted.values()],
    /** The tokens in the order in which they came, as the last change left them. */
    settled: (): TokenSet => settled,
    isAtRest: (): boolean => {
      catchUp();
      return change === undefined;
    },
    /** Whether a caller is told that it is at rest. */
    looksAtRest: (): boolean => {
      catchUp();
      return !isShown();
    },
    orders,
  };
};

export type InMemoryTokenCache = ReturnType<typeof inMemoryTokenCache>;

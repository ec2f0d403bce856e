import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CLIENT_PLANS, type ClientPlan, type Kind } from './client-plan.ts';
import type { CacheAddress, OpenLink } from './link.ts';
import { type Life, liveLong } from './long-lived.ts';
import { openIoredis } from './open-ioredis.ts';
import { openNodeRedis } from './open-node-redis.ts';
import { openRaw } from './open-raw.ts';
import { keepReconnecting } from './reconnecting.ts';
import { type ClientFigures, createTally, type Tally } from './tally.ts';
import { cachedFor, type FetchToken, fetchFrom, keptUntilTold } from './token-source.ts';

export interface RotationClientsOptions {
  readonly cacheId: string;
  readonly address: CacheAddress;
  /** Name or ARN of the secret with the token, or with a user’s password. */
  readonly secretId: string;
  /** Secrets Manager with the identity of an application, e.g. `orders-web`. */
  readonly secretsFor: (application: string) => SecretsManagerClient;
  /** ISO 8601, UTC: the time by which failures are told. Left out: this machine’s. */
  readonly now?: () => string;
  /** Left out: all of them. */
  readonly plans?: readonly ClientPlan[];
  /** For how long the reconnecting clients keep a token, real milliseconds: well below the grace period. */
  readonly keepTokenMs?: number;
}

export interface RotationClients {
  figures(): readonly ClientFigures[];
  /** Lets those who are late read the secret now; to be called well into the grace period. */
  letLateRead(): void;
  /** Ends them all after the commands that are under way. */
  stop(): Promise<readonly ClientFigures[]>;
}

const OPEN: Readonly<Record<Kind, OpenLink>> = { ioredis: openIoredis, 'node-redis': openNodeRedis, raw: openRaw };
const KEEP_TOKEN_MS = 500;
/** Until each client has used the cache for the first time. */
const START_MS = 20_000;

/** The applications of a cache, as they call themselves: `orders-web`. */
export const applicationsOf = (cacheId: string, plans: readonly ClientPlan[] = CLIENT_PLANS): readonly string[] => [
  ...new Set(plans.map(({ application }) => `${cacheId}-${application}`)),
];

/**
 * Starts clients that use a cache as applications do, each in its own way, all the time. A rotation that is done well is
 * felt by none of them but those who are `too-late`.
 *
 * @throws Error when one cannot use the cache from the start; by then all of them have ended
 */
export const startRotationClients = async (options: RotationClientsOptions): Promise<RotationClients> => {
  const { cacheId, plans = CLIENT_PLANS } = options;
  const end = new AbortController();
  const started = plans.map((plan) => {
    const application = `${cacheId}-${plan.application}`;
    const identity = { ...plan, application, name: `${application}/${plan.kind}` };
    const tally = createTally(identity, options.now ?? (() => new Date().toISOString()));
    return startClient(plan, options, { name: identity.name, application, tally, signal: end.signal });
  });
  const figures = () => started.map(({ tally }) => tally.figures());
  const stop = async () => {
    end.abort();
    await Promise.all(started.map(({ ended }) => ended));
    return figures();
  };
  try {
    await untilAllWork(figures);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    figures,
    stop,
    letLateRead() {
      for (const { letRead } of started) letRead?.();
    },
  };
};

interface Started {
  readonly tally: Tally;
  readonly ended: Promise<void>;
  readonly letRead?: () => void;
}

const startClient = (
  { kind, behaviour }: ClientPlan,
  { address, secretId, secretsFor, keepTokenMs = KEEP_TOKEN_MS }: RotationClientsOptions,
  { application, name, tally, signal }: Pick<Life, 'name' | 'tally' | 'signal'> & { readonly application: string },
): Started => {
  const fetchOnce = fetchFrom(secretsFor(application), secretId);
  const fetch: FetchToken = () => {
    tally.count('secretReads');
    return fetchOnce();
  };
  const life = { open: OPEN[kind], address, name, tally, signal };
  const kept = keptUntilTold(fetch);
  switch (behaviour) {
    case 'long-lived':
      return { tally, ended: liveLong({ ...life, token: kept }) };
    case 'reconnecting':
      return { tally, ended: keepReconnecting({ ...life, token: cachedFor(keepTokenMs, fetch) }) };
    case 'late':
      return { tally, ended: keepReconnecting({ ...life, token: kept }), letRead: kept.tell };
    case 'too-late':
      return { tally, ended: keepReconnecting({ ...life, token: kept }) };
  }
};

const untilAllWork = async (figures: () => readonly ClientFigures[]): Promise<void> => {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const idle = figures().find(({ commands }) => commands < 2);
    if (!idle) return;
    const why = idle.firstFailure?.says ?? 'nothing was answered';
    if (performance.now() > deadline) throw new Error(`${idle.name} cannot use the cache: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

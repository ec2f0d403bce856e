import { readFileSync } from 'node:fs';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type RespConnection, RespError, respConnection } from '../../cli/demo/clients/resp-connection.ts';
import { tokenSecretName } from '../../functions/platform/names.ts';
import type { Address } from '../../local/engine/types.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { HOME_REGION, type JourneyAccount } from './an-account.ts';

/** The token in the cache's secret; by default what applications read. */
export const tokenWith = async (
  account: JourneyAccount,
  cacheId: string,
  VersionStage = 'AWSCURRENT',
): Promise<string | undefined> => {
  const read = new GetSecretValueCommand({ SecretId: tokenSecretName(cacheId), VersionStage });
  try {
    const { SecretString = '{}' } = await account.as(SecretsManagerClient).send(read);
    return JSON.parse(SecretString).authToken;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

/** Where each node of a cache is, whoever is primary. */
const nodesOf = (account: JourneyAccount, cacheId: string): readonly (readonly [nodeId: string, at: Address])[] => {
  const running = account.service<Service & ElastiCacheHandle>('elasticache').running(HOME_REGION, cacheId);
  if (!running) throw new Error(`${cacheId} is not there`);
  return running.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => [id, running.nodeAddress(id)] as const));
};

type Answer = 'in' | 'refused' | 'unreachable';

/** Comes to a node as a client does that starts now. */
const logIn = async (account: JourneyAccount, { host, port }: Address, token?: string): Promise<Answer> => {
  const authority = readFileSync(account.world.certificateAuthority.certFile);
  let connection: RespConnection | undefined;
  try {
    connection = await respConnection({ host, port, clusterMode: false, authority });
    if (token !== undefined) await connection.call('AUTH', token);
    await connection.call('PING');
    return 'in';
  } catch (error) {
    return error instanceof RespError && /^(WRONGPASS|NOAUTH|ERR)/.test(error.message) ? 'refused' : 'unreachable';
  } finally {
    connection?.close();
  }
};

/** The nodes that let in who comes with this token, or with none. */
export const nodesAccepting = async (
  account: JourneyAccount,
  cacheId: string,
  token?: string,
): Promise<readonly string[]> => {
  const answers = await Promise.all(
    nodesOf(account, cacheId).map(async ([id, at]) => [id, await logIn(account, at, token)] as const),
  );
  return answers.filter(([, answer]) => answer === 'in').map(([id]) => id);
};

export interface RotationWatch {
  /** Ends it. `refusals` is what must never be: nodes that refused what the secret said a moment before. */
  stop(): Promise<{ readonly refusals: readonly string[]; readonly logins: number }>;
  /** Every token that applications have read in this time. */
  readonly tokens: ReadonlySet<string>;
}

/** Often enough to see each step of a rotation, and seldom enough that others have the processors. */
const BETWEEN_ROUNDS_MS = 300;

/** Logs in to every node with what the secret says is current, over and over: the promise to every application. */
export const watchRotation = (account: JourneyAccount, cacheId: string): RotationWatch => {
  const tokens = new Set<string>();
  const refusals: string[] = [];
  let logins = 0;
  let isOver = false;
  const round = async () => {
    const token = await tokenWith(account, cacheId);
    if (token === undefined) throw new Error(`The secret of ${cacheId} holds no token`);
    tokens.add(token);
    await Promise.all(
      nodesOf(account, cacheId).map(async ([id, at]) => {
        const answer = await logIn(account, at, token);
        if (answer === 'in') logins += 1;
        if (answer === 'refused') refusals.push(`${id} at ${account.world.clock.iso()}`);
      }),
    );
  };
  const rounds = (async () => {
    while (!isOver) {
      await round();
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_ROUNDS_MS));
    }
  })();
  // Whoever waits for its end hears of it; until then it must not end the process.
  rounds.catch(() => undefined);
  return {
    tokens,
    async stop() {
      isOver = true;
      await rounds;
      return { refusals, logins };
    },
  };
};

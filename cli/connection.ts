import path from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { type AccountFile, readAccountFile } from '../local/account-file.ts';

/** Where the local account keeps its files, below the folder in which it was started. */
export const localHome = (folder = process.cwd()): string => path.join(folder, '.autopilot');

/** The folder of this name in the working folder or the nearest one above it; a person may stand anywhere in a repository. */
export const nearestHome = (isHome: (home: string) => boolean, folder: string = process.cwd()): string | undefined => {
  const home = localHome(folder);
  if (isHome(home)) return home;
  const above = path.dirname(folder);
  return above === folder ? undefined : nearestHome(isHome, above);
};

/** Which account a command talks to. */
export interface Connection {
  readonly accountId: string;
  readonly region: string;
  /** Who the account says we are; noted on every operation that we start. */
  readonly callerArn: string;
  /** The account's own time, ISO 8601, UTC: the local account's clock is faster than this machine's. */
  now(): string;
  /** Real milliseconds between two looks at something that runs. */
  readonly pollMs: number;
  /** The ARN of a state machine of the autopilot, by its name. */
  stateMachineArn(name: string): string;
  /** The ARN of the execution that carries an operation out. */
  executionArn(workflow: string, operationId: string): string;
}

/** A sentence for the person at the keyboard; shown without a stack. */
export class CannotConnect extends Error {
  override readonly name = 'CannotConnect';
}

/** AWS tells its time with each answer. */
const Answered = z.object({
  headers: z.object({ date: z.string().refine((date) => !Number.isNaN(Date.parse(date))) }),
});

/** AWS polls politely; the local account answers in a millisecond and runs faster than the clock on the wall. */
const POLL_MS = { aws: 2000, local: 150 };

/**
 * Connects to the account of the environment (profile, role, Region: as every AWS tool), or with `local` to the local
 * account that runs in this folder or the nearest one above it.
 */
export const connect = async ({ local }: { readonly local: boolean }): Promise<Connection> => {
  let speed = 1;
  if (local) {
    const { environment, regions, speed: faster } = localAccount();
    speed = faster;
    const { AWS_REGION: asked } = process.env;
    Object.assign(process.env, environment);
    if (asked && regions.includes(asked)) process.env.AWS_REGION = asked;
  }
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region) throw new CannotConnect('No Region is set: export AWS_REGION, or use --local for the local account.');

  const client = new STSClient({ region });
  // What the account said of its time, and when: from there its clock goes on, the local one faster than ours.
  let told = { theirs: Date.now(), ours: Date.now() };
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const answered = Answered.safeParse(result.response);
      if (answered.success) told = { theirs: Date.parse(answered.data.headers.date), ours: Date.now() };
      return result;
    },
    { step: 'deserialize' },
  );
  const identity = await client.send(new GetCallerIdentityCommand({})).catch((error: Error) => {
    const isRefusal = '$metadata' in error && error.name !== 'Error';
    throw new CannotConnect(
      isRefusal || error.name === 'CredentialsProviderError'
        ? `AWS did not accept the credentials of this shell: ${error.message}`
        : `AWS could not be reached in ${region}: ${error.message}`,
    );
  });
  const accountId = identity.Account ?? '';
  // aws, aws-cn or aws-us-gov: as the account spells its own names.
  const [, partition = 'aws'] = (identity.Arn ?? '').split(':');
  const arn = (kind: string, name: string) => `arn:${partition}:states:${region}:${accountId}:${kind}:${name}`;
  return {
    accountId,
    region,
    callerArn: identity.Arn ?? 'unknown',
    now: () => new Date(told.theirs + (Date.now() - told.ours) * speed).toISOString(),
    pollMs: local ? POLL_MS.local : POLL_MS.aws,
    stateMachineArn: (name) => arn('stateMachine', name),
    executionArn: (workflow, operationId) => arn('execution', `${workflow}:${operationId}`),
  };
};

/** The local account that runs in this folder, or in the nearest one above it. */
export const localAccount = (): AccountFile => {
  const home = nearestHome((each) => readAccountFile(each) !== undefined);
  const account = home && readAccountFile(home);
  if (account) return account;
  throw new CannotConnect(
    'No local account runs in this folder or one above it: start one in another shell with `autopilot local up`.',
  );
};

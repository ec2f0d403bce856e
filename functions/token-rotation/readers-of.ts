import type { z } from 'zod';
import { operatorActionFor } from '../platform/aws-errors.ts';
import { tokenSecretName, userSecretName } from '../platform/names.ts';
import type { SecretFetch } from '../platform/secret-fetch.ts';
import type { SecretReaders } from '../platform/secret-readers.ts';
import type { Secrets } from '../platform/secrets.ts';
import { secondsAfter } from '../platform/units.ts';
import type { ListReadersInput, Readers, Target } from './schemas.ts';
import { whoIsReady } from './who-is-ready.ts';

interface Tools {
  readonly readers: SecretReaders;
  readonly secrets: Pick<Secrets, 'find'>;
  /** The stack whose roles are the autopilot's own. */
  readonly stackName: string;
}

/** For so long CloudTrail keeps calls (CloudTrail guide, event history). Who has fetched the secret in them is one of its readers. */
const KEPT_DAYS = 90;

/** Who has fetched the new token, by CloudTrail. That it does not tell is an answer too, and never a failure. */
export const readersOf = async (
  { target, since, now }: z.output<typeof ListReadersInput>,
  { readers, secrets, stackName }: Tools,
): Promise<Readers> => {
  try {
    const called = namesOf(target);
    // What is newer matters more, should CloudTrail become too busy.
    const after = await readers.fetches(called, since, now);
    const before = await readers.fetches(called, secondsAfter(now, -KEPT_DAYS * 86_400), since);
    const currentVersionId = await currentVersionOf(target, secrets);
    return whoIsReady({ since, now, currentVersionId, before, after, isOurs: isOurs(target, stackName) });
  } catch (cause) {
    const error = operatorActionFor(cause);
    const why = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown error';
    return {
      told: false,
      complete: false,
      says: `CloudTrail does not tell who has fetched the new token (${why.replace(/\.$/, '')}).`,
      ready: [],
      late: [],
    };
  }
};

/** CloudTrail finds a call by the words in which it named the secret: its ARN, its name, or the ARN without the last characters. */
const namesOf = ({ cacheId, userId, secretArn }: Target): string[] => {
  const name = userId === undefined ? tokenSecretName(cacheId) : userSecretName(cacheId, userId);
  return [...new Set([secretArn, name, secretArn.replace(/-[A-Za-z0-9]{6}$/, '')])];
};

/** Undefined when it cannot be told: then who asked for a version by its id counts as late. */
const currentVersionOf = async ({ secretArn }: Target, secrets: Pick<Secrets, 'find'>): Promise<string | undefined> => {
  try {
    return (await secrets.find(secretArn))?.currentVersionId;
  } catch {
    return undefined;
  }
};

/**
 * Whether one of our functions fetched it: a role that our stack made, CloudFormation naming it after the stack, in a session that
 * Lambda named after the function. Both, because anybody may name a session.
 */
const isOurs =
  ({ secretArn }: Target, stackName: string) =>
  ({ who = '', session = '' }: SecretFetch): boolean => {
    const [, , , , account] = secretArn.split(':');
    const [, roleAccount, roleName = ''] = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(who) ?? [];
    return roleAccount === account && roleName.startsWith(`${stackName}-`) && session.startsWith('autopilot-');
  };

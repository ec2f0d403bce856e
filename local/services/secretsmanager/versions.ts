import { ServiceError } from '../../service.ts';
import type { Secret, SecretVersion } from './secrets.ts';
import { putLabels } from './staging-labels.ts';

export interface NewValue {
  readonly token: string;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
  readonly stages: readonly string[];
}

/** Secrets Manager quotas: about 100 versions; PutSecretValue: those without a label are removed, but not in their first 24 h. */
const MOST_VERSIONS = 100;
const KEPT_MS = 86_400_000;

/** A rotation begins with a version that has no value yet: nobody can read it. */
export const hasValue = ({ text, binary }: SecretVersion): boolean => text !== undefined || binary !== undefined;

/**
 * Makes room for one more version.
 *
 * @throws ServiceError LimitExceededException when nothing may go yet: the quota is an approximate one, and is kept exactly here
 */
const makeRoom = ({ versions, labels }: Secret, now: Date): void => {
  for (const { id, createdAt } of [...versions.values()]) {
    if (versions.size < MOST_VERSIONS) return;
    const isDeprecated = (labels.get(id)?.size ?? 0) === 0;
    if (isDeprecated && now.getTime() - createdAt.getTime() >= KEPT_MS) versions.delete(id);
  }
  if (versions.size < MOST_VERSIONS) return;
  const message = `A secret has at most ${MOST_VERSIONS} versions. Versions without a staging label are removed after 24 hours.`;
  throw new ServiceError('LimitExceededException', message);
};

/**
 * Adds a version, or gives a rotation's version its value. The token is its id: the same token with the same value changes
 * nothing, with another value it is refused, so that a repeated call never makes a second version.
 */
export const putValue = (secret: Secret, { token, text, binary, stages }: NewValue, now: Date): SecretVersion => {
  const existing = secret.versions.get(token);
  if (existing && hasValue(existing)) {
    const same =
      existing.text === text && Buffer.compare(existing.binary ?? new Uint8Array(), binary ?? new Uint8Array()) === 0;
    if (same) return existing;
    const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`;
    throw new ServiceError('ResourceExistsException', message);
  }
  if (!existing) makeRoom(secret, now);
  // The first version is the current one, whatever was asked for.
  const wanted = secret.versions.size === 0 ? [...new Set(['AWSCURRENT', ...stages])] : stages;
  const version = { id: token, text, binary, createdAt: existing?.createdAt ?? now };
  secret.versions.set(token, version);
  secret.labels = putLabels(secret.labels, token, wanted);
  secret.changedAt = now;
  return version;
};

/** Adds a version without a value, as AWSPENDING: the rotation function is to give it one. */
export const addPending = (secret: Secret, token: string, now: Date): void => {
  makeRoom(secret, now);
  secret.versions.set(token, { id: token, text: undefined, binary: undefined, createdAt: now });
  secret.labels = putLabels(secret.labels, token, ['AWSPENDING']);
  secret.changedAt = now;
};

/** Takes a version away, with its labels. */
export const dropVersion = (secret: Secret, token: string): void => {
  secret.versions.delete(token);
  secret.labels = new Map([...secret.labels].filter(([id]) => id !== token));
};

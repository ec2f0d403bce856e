import { ServiceError } from '../../service.ts';
import type { Secret, SecretVersion } from './secrets.ts';
import { putLabels, versionWith } from './staging-labels.ts';

export interface NewValue {
  readonly token: string;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
  readonly stages: readonly string[];
}

/**
 * Adds a version. The token is its id: the same token with the same value changes nothing, with another value it is
 * refused, so that a repeated call never makes a second version.
 */
export const putValue = (secret: Secret, { token, text, binary, stages }: NewValue, now: Date): SecretVersion => {
  const existing = secret.versions.get(token);
  if (existing) {
    const same =
      existing.text === text && Buffer.compare(existing.binary ?? new Uint8Array(), binary ?? new Uint8Array()) === 0;
    if (same) return existing;
    const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`;
    throw new ServiceError('ResourceExistsException', message);
  }
  const version = { id: token, text, binary, createdAt: now };
  secret.versions.set(token, version);
  // The first version is the current one, whatever was asked for.
  const wanted =
    versionWith(secret.labels, 'AWSCURRENT') === undefined ? [...new Set(['AWSCURRENT', ...stages])] : stages;
  secret.labels = putLabels(secret.labels, token, wanted);
  secret.changedAt = now;
  return version;
};

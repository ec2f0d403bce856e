import { createHash } from 'node:crypto';

/**
 * The version of the secret that an operation makes: the same for each of its attempts, so that a repeated one finds the version
 * instead of making another. Secrets Manager takes 32–64 characters (PutSecretValue, ClientRequestToken).
 */
export const versionIdOf = (operationId: string): string => createHash('sha256').update(operationId).digest('hex');

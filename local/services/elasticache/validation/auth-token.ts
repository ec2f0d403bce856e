import { createHash } from 'node:crypto';
import { invalidValue } from './faults.ts';

/** 16-128 printable characters; of the signs only these (guide, "Authenticating with AUTH", and CreateReplicationGroup). */
const TOKEN = /^[A-Za-z0-9!&#$^<>-]{16,128}$/;

/**
 * The token as SHA-256, the only form in which it is kept. The message never repeats it.
 *
 * @throws ServiceError InvalidParameterValue
 */
export const hashAuthToken = (token: string, tls: boolean): string => {
  if (!tls) throw invalidValue('The AUTH token is only supported when encryption-in-transit is enabled');
  if (!TOKEN.test(token)) {
    throw invalidValue(
      'Invalid AuthToken provided. It has 16-128 letters, digits or signs out of ! & # $ ^ < > -, and nothing else.',
    );
  }
  return sha256(token);
};

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

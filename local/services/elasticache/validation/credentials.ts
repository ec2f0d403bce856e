import type { AuthenticationMode } from '@aws-sdk/client-elasticache';
import { sha256 } from './auth-token.ts';
import { invalidCombination, invalidValue, notEmulated } from './faults.ts';

/** Passwords that a user can have at once (guide, RBAC). */
const MOST_PASSWORDS = 2;
/** 16-128 printable characters without , " / @ (API reference, CreateUser). */
const PASSWORD = /^[!#-+.0-?A-~-]{16,128}$/;

export interface CredentialsRequest {
  readonly Passwords?: readonly string[] | undefined;
  readonly NoPasswordRequired?: boolean | undefined;
  readonly AuthenticationMode?: AuthenticationMode | undefined;
}

export interface Credentials {
  readonly passwordHashes: readonly string[];
  readonly noPasswordRequired: boolean;
}

/**
 * How a user proves who it is, passwords as SHA-256 only; undefined when the request says nothing about it. No message
 * repeats a password.
 *
 * @throws ServiceError InvalidParameterValue, InvalidParameterCombination
 */
export const readCredentials = (request: CredentialsRequest): Credentials | undefined => {
  const { Passwords, NoPasswordRequired, AuthenticationMode: mode } = request;
  if (mode) {
    if (Passwords?.length || NoPasswordRequired) {
      throw invalidCombination('Give either AuthenticationMode, or Passwords or NoPasswordRequired.');
    }
    if (mode.Type === 'iam') throw notEmulated('authentication of engine users by IAM');
    if (mode.Type === 'no-password-required') return withoutPassword(mode.Passwords);
    if (mode.Type === 'password') return withPasswords(mode.Passwords ?? []);
    throw invalidValue(
      `The Type of AuthenticationMode must be password, no-password-required or iam, not ${mode.Type}.`,
    );
  }
  if (NoPasswordRequired) return withoutPassword(Passwords);
  return Passwords?.length ? withPasswords(Passwords) : undefined;
};

const withoutPassword = (passwords: readonly string[] | undefined): Credentials => {
  if (passwords?.length) throw invalidCombination('A user without password cannot be given Passwords.');
  return { passwordHashes: [], noPasswordRequired: true };
};

const withPasswords = (passwords: readonly string[]): Credentials => {
  if (passwords.length < 1 || passwords.length > MOST_PASSWORDS) {
    throw invalidValue(`Give 1-${MOST_PASSWORDS} passwords, not ${passwords.length}.`);
  }
  if (!passwords.every((password) => PASSWORD.test(password))) {
    throw invalidValue('A password has 16-128 printable characters and none of , " / @.');
  }
  // Not documented: refused here, so that nobody takes one password for two.
  if (new Set(passwords).size < passwords.length) throw invalidValue('The two passwords of a user must differ.');
  return { passwordHashes: passwords.map(sha256), noPasswordRequired: false };
};

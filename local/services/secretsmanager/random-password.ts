import { randomInt } from 'node:crypto';
import type { GetRandomPasswordCommandInput } from '@aws-sdk/client-secrets-manager';
import { ServiceError } from '../../service.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
/** The punctuation that Secrets Manager uses (API reference, GetRandomPassword). */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_LENGTH = 32;
const MAX_LENGTH = 4096;

const pick = (characters: string): string => characters.charAt(randomInt(characters.length));

const shuffled = (characters: readonly string[]): string[] => {
  const copy = [...characters];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [copy[last], copy[other]] = [copy[other] as string, copy[last] as string];
  }
  return copy;
};

/** A password with at least one character of each allowed kind, unless that was switched off. */
export const randomPassword = (input: GetRandomPasswordCommandInput): string => {
  const length = Number(input.PasswordLength ?? DEFAULT_LENGTH);
  const excluded = new Set(input.ExcludeCharacters ?? '');
  const allowed = (characters: string) => [...characters].filter((char) => !excluded.has(char)).join('');
  const kinds = [
    input.ExcludeLowercase ? '' : allowed(LOWER),
    input.ExcludeUppercase ? '' : allowed(UPPER),
    input.ExcludeNumbers ? '' : allowed(DIGITS),
    input.ExcludePunctuation ? '' : allowed(PUNCTUATION),
  ].filter((kind) => kind !== '');
  const all = kinds.join('') + (input.IncludeSpace && !excluded.has(' ') ? ' ' : '');
  const required = (input.RequireEachIncludedType ?? true) ? kinds : [];

  if (length < 1 || length > MAX_LENGTH || all === '' || required.length > length) {
    const message = `InvalidParameterException: a password of ${length} characters cannot be made from what is allowed`;
    throw new ServiceError('InvalidParameterException', message);
  }
  const rest = Array.from({ length: length - required.length }, () => pick(all));
  return shuffled([...required.map(pick), ...rest]).join('');
};

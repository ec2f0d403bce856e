import { isSecretField } from '../platform/mask.ts';
import { closestTo } from './closest.ts';

/** What stands where somebody wrote a secret. */
export const LEFT_OUT = '(a secret was written here and is left out)';

/** No specification is as deep as this: what lies deeper is left out, since nobody can say what it is. */
const DEEPEST = 12;

/** In tags these are words like others: `token: of the shop`. */
const ORDINARY_IN_TAGS = /^(token|secret)$/i;

/** Also a name that was meant to be one of a secret: a typing error must not tell it. */
const isSecret = (field: string, path: readonly string[]): boolean =>
  path[0] === 'tags'
    ? isSecretField(field) && !ORDINARY_IN_TAGS.test(field)
    : isSecretField(field) || closestTo(field, ['authToken']) !== undefined;

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One value without its secrets, of which each is told where it stands. */
const clean = (value: unknown, path: readonly string[], inSecret: boolean, found: (path: string) => void): unknown => {
  if ((inSecret && (typeof value === 'string' || typeof value === 'number')) || path.length > DEEPEST) {
    found(path.join('.'));
    return LEFT_OUT;
  }
  if (Array.isArray(value)) return value.map((item, index) => clean(item, [...path, String(index)], inSecret, found));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      clean(inner, [...path, field], inSecret || isSecret(field, path), found),
    ]),
  );
};

/**
 * A specification without the texts and numbers of fields that are named like secrets, at any depth. None of these may hold
 * any, so a specification that is changed here is refused by the plan; but its secret is in no execution, ledger or event.
 */
export const withoutLiteralSecrets = (spec: unknown): unknown => clean(spec, [], false, () => {});

/** Where in a specification somebody wrote a secret, e.g. `parameters.requirepass`. */
export const literalSecretsIn = (spec: unknown): string[] => {
  const paths: string[] = [];
  clean(spec, [], false, (path) => paths.push(path));
  return paths;
};

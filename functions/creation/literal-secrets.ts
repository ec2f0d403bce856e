import { isSecretField } from '../platform/mask.ts';
import { closestTo } from './closest.ts';

/** What stands where somebody wrote a secret. */
export const LEFT_OUT = '(a secret was written here and is left out)';

/** Also a name that was meant to be one of a secret: a typing error must not tell it. */
const isSecret = (field: string) => isSecretField(field) || closestTo(field, ['authToken']) !== undefined;

const withoutTexts = (value: unknown): unknown => {
  if (typeof value === 'string') return LEFT_OUT;
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutTexts(inner)]));
};

const isFields = (spec: unknown): spec is Readonly<Record<string, unknown>> =>
  typeof spec === 'object' && spec !== null && !Array.isArray(spec);

/**
 * A specification without the texts of fields that are named like secrets. None of these may hold a text, so a
 * specification that is changed here is refused by the plan; but its secret is in no execution, ledger or event.
 */
export const withoutLiteralSecrets = (spec: unknown): unknown => {
  if (!isFields(spec)) return spec;
  return Object.fromEntries(
    Object.entries(spec).map(([field, value]) => [field, isSecret(field) ? withoutTexts(value) : value]),
  );
};

/** The fields of a specification in which somebody wrote a secret. */
export const literalSecretsIn = (spec: unknown): string[] => {
  if (!isFields(spec)) return [];
  const clean = withoutLiteralSecrets(spec) as Readonly<Record<string, unknown>>;
  return Object.keys(spec).filter((field) => JSON.stringify(clean[field]) !== JSON.stringify(spec[field]));
};

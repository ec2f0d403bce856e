/** What CloudTrail writes in place of what must not be seen (CloudTrail guide, record contents). */
export const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Members whose value is a secret, at whatever depth. Their place is shown, as AWS does for ElastiCache. */
const HIDDEN_MEMBERS: ReadonlySet<string> = new Set(['authToken', 'passwords']);
/** Members that are not shown at all, as AWS does for Secrets Manager. */
const LEFT_OUT: ReadonlySet<string> = new Set(['secretString', 'secretBinary', 'rotationToken', 'randomPassword']);
/** In an access string a word with one of these signs is a password, or its hash. */
const PASSWORD_WORD = /^[><#!]/;

export interface Shown {
  /** JSON of the members, spelt as CloudTrail spells them: the first letter small (`AZMode` becomes `aZMode`). */
  readonly members: unknown;
  /** What was hidden, to be hidden in messages, too. */
  readonly secrets: readonly string[];
}

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
};

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** What of a call's input, or of its output, may be recorded. */
export const hideSecrets = (input: unknown): Shown => {
  const secrets: string[] = [];

  const show = (value: unknown): unknown => {
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) return HIDDEN;
    if (Array.isArray(value)) return value.map(show);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([name, member]) => showMember(lowerFirst(name), member)));
  };
  const showMember = (name: string, member: unknown): [string, unknown][] => {
    if (member === undefined) return [];
    if (HIDDEN_MEMBERS.has(name) || LEFT_OUT.has(name)) {
      secrets.push(...textsIn(member));
      return LEFT_OUT.has(name) ? [] : [[name, HIDDEN]];
    }
    if (name === 'accessString') {
      const words = String(member).split(/[\s()]+/);
      const passwords = words.filter((word) => PASSWORD_WORD.test(word));
      secrets.push(...passwords);
      return [[name, passwords.length > 0 ? HIDDEN : member]];
    }
    return [[name, show(member)]];
  };

  return { members: show(input), secrets };
};

/** A message without the secrets that a call brought, longest first, so that no part of one is left. */
export const withoutSecrets = (message: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, HIDDEN), message);

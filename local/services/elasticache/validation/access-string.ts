import { invalidValue } from './faults.ts';

const WORDS: ReadonlySet<string> = new Set([
  'on',
  'off',
  'allkeys',
  'resetkeys',
  'allchannels',
  'resetchannels',
  'allcommands',
  'nocommands',
  'clearselectors',
]);
/** Key patterns, channel patterns, commands with subcommands, categories. */
const RULES = [/^~.+$/, /^%(R|W|RW)~.+$/i, /^&.+$/, /^[+-]@[a-z]+$/i, /^[+-][a-z][a-z0-9_.-]*(\|[a-z0-9_.-]+)?$/i];

/** ElastiCache lets only these by; passwords and resets have their own parameters (guide, RBAC access strings). */
const isRule = (word: string): boolean => WORDS.has(word.toLowerCase()) || RULES.some((rule) => rule.test(word));

/** @throws ServiceError InvalidParameterValue */
export const checkAccessString = (accessString: string): string => {
  const words = accessString.trim().split(/\s+/);
  // Selectors of engine 7: rules in parentheses.
  const bare = words.map((word) => word.replace(/^\(|\)$/g, '')).filter(Boolean);
  const bad = bare.find((word) => !isRule(word));
  if (bad !== undefined || bare.length === 0) {
    throw invalidValue(
      `Access String contains invalid syntax near "${bad ?? ''}": pass ACL rules such as on ~* +@all.`,
    );
  }
  return words.join(' ');
};

/**
 * An access string as the engine takes it. Whether the user is switched on is said apart, and a user for whom the
 * string says neither is off (guide, RBAC).
 */
export const engineAccess = (accessString: string): { isOn: boolean; access: string } => {
  const words = accessString.split(/\s+/).filter(Boolean);
  const switches = words.filter((word) => /^(on|off)$/i.test(word));
  return {
    isOn: switches.at(-1)?.toLowerCase() === 'on',
    access: words.filter((word) => !/^(on|off)$/i.test(word)).join(' '),
  };
};

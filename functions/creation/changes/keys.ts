/**
 * Whether a key for encryption at rest is the one that a cache has, or undefined where nobody can tell: ElastiCache answers
 * with the key itself, and an alias may point to any.
 *
 * @param wanted an ARN, an id, `alias/<name>` or the ARN of an alias
 * @param found  what ElastiCache says; undefined when the cache has no key of the customer's
 */
export const isSameKey = (wanted: string, found: string | undefined): boolean | undefined => {
  if (found === undefined) return false;
  if (wanted === found) return true;
  if (isAlias(wanted) || isAlias(found)) return undefined;
  // The same id under another account or Region is another key.
  return wanted.startsWith('arn:') && found.startsWith('arn:') ? false : idOf(wanted) === idOf(found);
};

const isAlias = (key: string): boolean => key.startsWith('alias/') || key.includes(':alias/');

/** `arn:aws:kms:us-east-1:111122223333:key/1234abcd-…` ends with the id. */
const idOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

import { faultsOf, type SpecRule } from './rule.ts';

/** A replication group's id has 1–40 characters (CreateReplicationGroup), a cache cluster's 50 (CreateCacheCluster). */
const LONGEST = { replicationGroup: 40, memcached: 50 };

/**
 * The form of an id: letters, digits and hyphens, first a letter, no two hyphens in a row, none at the end
 * (CreateReplicationGroup). ElastiCache quietly lowers capitals; here they are a fault, so that the id in the
 * specification is the id in the account.
 */
export const cacheIdRule: SpecRule = ({ cacheId, engine }) => {
  if (cacheId === undefined) return [];
  const longest = engine === 'memcached' ? LONGEST.memcached : LONGEST.replicationGroup;
  return faultsOf(
    'cacheId',
    cacheId,
    {
      broken: cacheId.length < 1 || cacheId.length > longest,
      rule: `A cacheId has 1 to ${longest} characters.`,
      remedy: `Use a name of at most ${longest} characters; this one has ${cacheId.length}.`,
    },
    {
      broken: /[^a-z0-9-]/.test(cacheId),
      rule: 'A cacheId consists of lower-case letters, digits and hyphens.',
      remedy: 'Replace every other character, for example by a hyphen.',
    },
    {
      broken: /^[^a-zA-Z]/.test(cacheId),
      rule: 'A cacheId starts with a letter.',
      remedy: 'Put a letter in front.',
    },
    {
      broken: cacheId.includes('--'),
      rule: 'A cacheId has no two hyphens in a row.',
      remedy: 'Use single hyphens.',
    },
    {
      broken: cacheId.endsWith('-'),
      rule: 'A cacheId does not end with a hyphen.',
      remedy: 'Remove the last hyphen.',
    },
  );
};

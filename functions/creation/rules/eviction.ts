import { closestTo } from '../closest.ts';
import type { ReadableSpec } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** The eviction policies of Redis and Valkey (redis.conf); the commonest slip of the pen is checked without an account. */
const EVICTION_POLICIES = [
  'volatile-lru',
  'allkeys-lru',
  'volatile-lfu',
  'allkeys-lfu',
  'volatile-random',
  'allkeys-random',
  'volatile-ttl',
  'noeviction',
];
const PATH = 'parameters.maxmemory-policy';

export const isEvictionPolicy = (policy: string): boolean => EVICTION_POLICIES.includes(policy);

const policyOf = ({ engine, parameters }: ReadableSpec): string | undefined =>
  engine === 'memcached' ? undefined : parameters?.['maxmemory-policy'];

/** The eviction policy is one that the engine has. */
export const evictionPolicyRule: SpecRule = (spec) => {
  const policy = policyOf(spec);
  if (policy === undefined) return [];
  const guess = closestTo(policy, EVICTION_POLICIES);
  return faultsOf(PATH, policy, {
    broken: !isEvictionPolicy(policy),
    rule: `maxmemory-policy is one of ${EVICTION_POLICIES.join(', ')}.`,
    remedy: guess ? `Did you mean ${guess}?` : 'Choose one of these.',
  });
};

/** Where somebody has thought of how long keys live, the word is there. */
const SAYS_TTL = /TTL|Ttl|\bttl\b|[Ee]xpir|time.to.live/;

/** A warning: a full cache without evictions refuses to write, and so does one whose keys never expire. */
export const evictionWarning: SpecRule = (spec) => {
  const policy = policyOf(spec);
  if (policy === undefined) return [];
  const words = [spec.description ?? '', ...Object.entries(spec.tags ?? {}).flat()];
  return faultsOf(
    PATH,
    policy,
    {
      broken: policy === 'noeviction',
      rule: 'With noeviction a full cache refuses every write.',
      remedy: 'Make sure that the data fits for good, or choose an allkeys policy such as allkeys-lru.',
    },
    {
      broken: policy.startsWith('volatile-') && isEvictionPolicy(policy) && !words.some((word) => SAYS_TTL.test(word)),
      rule: `${policy} evicts only keys with a time to live, and nothing here says that keys have one.`,
      remedy: 'Say so in the description or in a tag, for example TtlPolicy, or choose an allkeys policy.',
    },
  );
};

import type { Fault } from '../schemas.ts';
import { isKnown } from '../spec.ts';
import { faultsOf, type PolicyRule, type SpecRule } from './rule.ts';

/** A resource has at most 50 tags (ElastiCache quotas); four of them are ours at most. */
const MOST_TAGS = 46;
/** A key has 1–128 characters, a value 0–256 (tagging rules of AWS). */
const LONGEST = { key: 128, value: 256 };
/** What AWS accepts everywhere: letters, digits, spaces and + - = . _ : / @ */
const PLAIN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Whether a tag's key is not for users: AWS's own, or ours. */
export const isReserved = (key: string): boolean => /^(aws|autopilot):/i.test(key);

/** The number, keys and values of tags. Keys that begin with `aws:` are AWS's, those with `autopilot:` are ours. */
export const tagsRule: SpecRule = ({ tags }) => {
  if (tags === undefined) return [];
  const faults: Fault[] = faultsOf('tags', Object.keys(tags).length, {
    broken: Object.keys(tags).length > MOST_TAGS,
    rule: `A cache has at most 50 tags, and 4 of them are the autopilot’s.`,
    remedy: `Keep at most ${MOST_TAGS}.`,
  });
  for (const [key, value] of Object.entries(tags)) {
    faults.push(
      ...faultsOf(
        `tags.${key}`,
        value,
        {
          broken: isReserved(key),
          rule: 'Tags that begin with aws: or autopilot: are reserved.',
          remedy: 'Choose another key.',
        },
        {
          broken: key.length < 1 || key.length > LONGEST.key || value.length > LONGEST.value,
          rule: `A tag’s key has 1 to ${LONGEST.key} characters, its value up to ${LONGEST.value}.`,
          remedy: 'Shorten it.',
        },
        {
          broken: !PLAIN.test(key) || !PLAIN.test(value),
          rule: 'A tag consists of letters, digits, spaces and + - = . _ : / @',
          remedy: 'Replace the other characters.',
        },
      ),
    );
  }
  return faults;
};

/** Every cache has the tags that the account's policy requires, for example its owner's, and they say something. */
export const requiredTagsRule: PolicyRule = (spec, { policy }) => {
  const { tags = {} } = spec;
  if (!isKnown(spec, 'tags')) return [];
  return policy.requiredTags.flatMap((key) => {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined;
    const similar = Object.keys(tags).find((other) => other !== key && other.toLowerCase() === key.toLowerCase());
    return faultsOf(`tags.${key}`, value, {
      broken: value === undefined || value.trim() === '',
      rule: `The account’s policy requires the tag ${key}.`,
      remedy:
        similar && value === undefined ? `Rename the tag ${similar} to ${key}.` : `Add the tag ${key} with its value.`,
    });
  });
};

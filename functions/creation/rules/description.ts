import { faultsOf, type SpecRule } from './rule.ts';

/**
 * ElastiCache takes 255 characters (ModifyReplicationGroup). We sign the description with the operation's id, which takes
 * up to 103 of them.
 */
const LONGEST = 150;

export const descriptionRule: SpecRule = ({ description }) =>
  description === undefined
    ? []
    : faultsOf('description', description, {
        broken: description.trim() === '' || description.length > LONGEST,
        rule: `A description has 1 to ${LONGEST} characters.`,
        remedy: 'Write one line that says what the cache is for.',
      });

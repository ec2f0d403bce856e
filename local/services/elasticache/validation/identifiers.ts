import { invalidValue } from './faults.ts';

/** Longest names (API reference): of replication groups 40, of clusters 50, of groups 255. */
export const LONGEST = { replicationGroup: 40, cacheCluster: 50, group: 255, user: 40 } as const;

/**
 * ElastiCache's rule for names of caches, users and groups: a letter first, then letters, digits and single hyphens,
 * none at the end. The answer is the name as it is stored, in lower case.
 *
 * @throws ServiceError InvalidParameterValue
 */
export const checkIdentifier = (parameter: string, value: string | undefined, longest: number): string => {
  const name = value ?? '';
  const isWellFormed = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i.test(name);
  if (isWellFormed && name.length <= longest) return name.toLowerCase();
  throw invalidValue(
    `The parameter ${parameter} must be provided and must not be a blank string; it has 1-${longest} letters, digits ` +
      `or hyphens, begins with a letter, and neither ends with a hyphen nor holds two in a row: "${name}" does not.`,
  );
};

/** Parameter group names may also hold dots, as the default groups' do. */
export const checkGroupName = (parameter: string, value: string | undefined): string => {
  const name = value ?? '';
  if (/^[a-z][a-z0-9.-]*$/i.test(name) && !/--|[-.]$/.test(name) && name.length <= LONGEST.group) {
    return name.toLowerCase();
  }
  throw invalidValue(
    `The parameter ${parameter} must be provided and must not be a blank string; it has 1-${LONGEST.group} letters, ` +
      `digits, dots or hyphens and begins with a letter: "${name}" does not.`,
  );
};

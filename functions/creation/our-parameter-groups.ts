import { isParameterGroupOf, OPERATION_TAG } from '../platform/names.ts';
import type { ParameterGroupSeen, ParameterGroups } from '../platform/parameter-groups.ts';

/** The parameter groups that the autopilot made for a cache, one for each family that it has had. */
export const ourParameterGroups = async (
  cacheId: string,
  groups: ParameterGroups,
): Promise<readonly ParameterGroupSeen[]> => {
  const ours: ParameterGroupSeen[] = [];
  for (const group of await groups.beginningWith(`autopilot-${cacheId}-`)) {
    const madeHere = isParameterGroupOf(cacheId, group.name) && (await groups.tagsOf(group.arn))?.[OPERATION_TAG];
    if (madeHere) ours.push(group);
  }
  return ours;
};

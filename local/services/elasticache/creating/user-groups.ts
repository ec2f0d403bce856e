import { ServiceError } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { findUserGroup } from '../lookups.ts';
import type { Cache } from '../state/cache.ts';
import { invalidCombination } from '../validation/faults.ts';

/** What decides whether a cache can have user groups: its `engineVersion` is the full one, `7.1.0`. */
export type UserGroupHolder = Pick<Cache, 'tls' | 'engine' | 'engineVersion'>;

/**
 * The ids of the user groups that a cache is to have, as they are stored.
 *
 * @throws ServiceError InvalidParameterCombination, UserGroupNotFoundFault, InvalidUserGroupStateFault
 */
export const checkUserGroups = (
  plane: Pick<ControlPlane, 'state'>,
  { tls, engine, engineVersion }: UserGroupHolder,
  ids: readonly string[],
): readonly string[] => {
  if (ids.length === 0) return [];
  if (ids.length > 1) throw invalidCombination('A replication group can have only one user group.');
  if (!tls) throw invalidCombination('User group based access control requires encryption-in-transit to be enabled.');
  if (engineVersion.startsWith('5.')) {
    throw invalidCombination(`User groups need Redis OSS 6.0 or later, not ${engineVersion}.`);
  }
  return ids.map((id) => {
    const group = findUserGroup(plane, id);
    if (group.status !== 'active') {
      throw new ServiceError('InvalidUserGroupStateFault', `User group ${id} is ${group.status}, not active.`);
    }
    if (engine === 'redis' && group.engine === 'valkey') {
      throw invalidCombination(`User group ${id} is for the engine valkey and cannot be used with redis.`);
    }
    return group.id;
  });
};

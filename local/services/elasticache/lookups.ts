import { ServiceError } from '../../service.ts';
import type { ControlPlane } from './control-plane.ts';
import type { User, UserGroup } from './state/access.ts';
import type { Cache } from './state/cache.ts';
import { allNodes, type FoundNode, type ParameterGroup, type SubnetGroup } from './state/region-state.ts';

type Plane = Pick<ControlPlane, 'state' | 'world'>;

/** The service reads its own writes late: a new cache is not found for a moment. */
export const isVisible = (plane: Pick<Plane, 'world'>, cache: Cache): boolean =>
  plane.world.clock.now() >= cache.visibleFrom;

/** @throws ServiceError ReplicationGroupNotFoundFault */
export const findGroup = (plane: Plane, id: string | undefined): Cache => {
  const group = plane.state.groups.get(id);
  if (group && isVisible(plane, group)) return group;
  throw new ServiceError('ReplicationGroupNotFoundFault', `ReplicationGroup ${id} not found.`);
};

/** A cluster that stands alone or a member of a group. @throws ServiceError CacheClusterNotFoundFault */
export const findCluster = (plane: Plane, id: string | undefined): FoundNode => {
  const wanted = id?.toLowerCase();
  const found = allNodes(plane.state).find(({ node }) => node.id === wanted);
  if (found && isVisible(plane, found.cache)) return found;
  throw new ServiceError('CacheClusterNotFoundFault', `CacheCluster not found: ${id}`);
};

/** @throws ServiceError CacheParameterGroupNotFoundFault */
export const findParameterGroup = (plane: Pick<Plane, 'state'>, name: string | undefined): ParameterGroup => {
  const group = plane.state.parameterGroups.get(name);
  if (group) return group;
  throw new ServiceError('CacheParameterGroupNotFoundFault', `CacheParameterGroup ${name} not found.`);
};

/** @throws ServiceError CacheSubnetGroupNotFoundFault */
export const findSubnetGroup = (plane: Pick<Plane, 'state'>, name: string | undefined): SubnetGroup => {
  const group = plane.state.subnetGroups.get(name);
  if (group) return group;
  throw new ServiceError('CacheSubnetGroupNotFoundFault', `Cache subnet group ${name} does not exist.`);
};

/** @throws ServiceError UserNotFoundFault */
export const findUser = (plane: Pick<Plane, 'state'>, id: string | undefined): User => {
  const user = plane.state.users.get(id);
  if (user) return user;
  throw new ServiceError('UserNotFoundFault', `User ${id} not found.`);
};

/** @throws ServiceError UserGroupNotFoundFault */
export const findUserGroup = (plane: Pick<Plane, 'state'>, id: string | undefined): UserGroup => {
  const group = plane.state.userGroups.get(id);
  if (group) return group;
  throw new ServiceError('UserGroupNotFoundFault', `UserGroup ${id} not found.`);
};

import type { Operation } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { deleteCacheCluster, describeCacheClusters, modifyCacheCluster } from './cache-clusters.ts';
import {
  describeCacheEngineVersions,
  describeReservedCacheNodesOfferings,
  listAllowedNodeTypeModifications,
} from './catalogue.ts';
import { createCacheCluster } from './create-cache-cluster.ts';
import { createReplicationGroup } from './create-replication-group.ts';
import { describeEvents } from './events.ts';
import { modifyReplicationGroup } from './modify-replication-group.ts';
import {
  createCacheParameterGroup,
  deleteCacheParameterGroup,
  describeCacheParameterGroups,
  modifyCacheParameterGroup,
  resetCacheParameterGroup,
} from './parameter-groups.ts';
import { describeCacheParameters, describeEngineDefaultParameters } from './parameters.ts';
import { rebootCacheCluster } from './reboot-cache-cluster.ts';
import { decreaseReplicaCount, increaseReplicaCount } from './replica-counts.ts';
import { deleteReplicationGroup, describeReplicationGroups } from './replication-groups.ts';
import { describeServiceUpdates, describeUpdateActions } from './service-updates.ts';
import { modifyReplicationGroupShardConfiguration } from './shard-configuration.ts';
import { createSnapshot, deleteSnapshot, describeSnapshots } from './snapshots.ts';
import {
  createCacheSubnetGroup,
  deleteCacheSubnetGroup,
  describeCacheSubnetGroups,
  modifyCacheSubnetGroup,
} from './subnet-groups.ts';
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from './tags.ts';
import { testFailover } from './test-failover.ts';
import { createUserGroup, deleteUserGroup, describeUserGroups, modifyUserGroup } from './user-groups.ts';
import { createUser, deleteUser, describeUsers, modifyUser } from './users.ts';

/** Every operation that the local account has, by its API name. The others of ElastiCache answer 501, by name. */
export const operationsFor = (planeOf: PlaneOf): Readonly<Record<string, Operation<never, unknown>>> => ({
  CreateReplicationGroup: createReplicationGroup(planeOf),
  ModifyReplicationGroup: modifyReplicationGroup(planeOf),
  ModifyReplicationGroupShardConfiguration: modifyReplicationGroupShardConfiguration(planeOf),
  IncreaseReplicaCount: increaseReplicaCount(planeOf),
  DecreaseReplicaCount: decreaseReplicaCount(planeOf),
  TestFailover: testFailover(planeOf),
  DeleteReplicationGroup: deleteReplicationGroup(planeOf),
  DescribeReplicationGroups: describeReplicationGroups(planeOf),
  CreateCacheCluster: createCacheCluster(planeOf),
  ModifyCacheCluster: modifyCacheCluster(planeOf),
  DeleteCacheCluster: deleteCacheCluster(planeOf),
  RebootCacheCluster: rebootCacheCluster(planeOf),
  DescribeCacheClusters: describeCacheClusters(planeOf),
  CreateCacheParameterGroup: createCacheParameterGroup(planeOf),
  ModifyCacheParameterGroup: modifyCacheParameterGroup(planeOf),
  ResetCacheParameterGroup: resetCacheParameterGroup(planeOf),
  DeleteCacheParameterGroup: deleteCacheParameterGroup(planeOf),
  DescribeCacheParameterGroups: describeCacheParameterGroups(planeOf),
  DescribeCacheParameters: describeCacheParameters(planeOf),
  DescribeEngineDefaultParameters: describeEngineDefaultParameters(),
  CreateCacheSubnetGroup: createCacheSubnetGroup(planeOf),
  ModifyCacheSubnetGroup: modifyCacheSubnetGroup(planeOf),
  DeleteCacheSubnetGroup: deleteCacheSubnetGroup(planeOf),
  DescribeCacheSubnetGroups: describeCacheSubnetGroups(planeOf),
  CreateUser: createUser(planeOf),
  ModifyUser: modifyUser(planeOf),
  DeleteUser: deleteUser(planeOf),
  DescribeUsers: describeUsers(planeOf),
  CreateUserGroup: createUserGroup(planeOf),
  ModifyUserGroup: modifyUserGroup(planeOf),
  DeleteUserGroup: deleteUserGroup(planeOf),
  DescribeUserGroups: describeUserGroups(planeOf),
  CreateSnapshot: createSnapshot(planeOf),
  DescribeSnapshots: describeSnapshots(planeOf),
  DeleteSnapshot: deleteSnapshot(planeOf),
  AddTagsToResource: addTagsToResource(planeOf),
  ListTagsForResource: listTagsForResource(planeOf),
  RemoveTagsFromResource: removeTagsFromResource(planeOf),
  DescribeEvents: describeEvents(planeOf),
  DescribeCacheEngineVersions: describeCacheEngineVersions(),
  ListAllowedNodeTypeModifications: listAllowedNodeTypeModifications(planeOf),
  DescribeReservedCacheNodesOfferings: describeReservedCacheNodesOfferings(),
  DescribeServiceUpdates: describeServiceUpdates(planeOf),
  DescribeUpdateActions: describeUpdateActions(planeOf),
});

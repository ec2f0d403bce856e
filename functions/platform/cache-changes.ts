import {
  AddTagsToResourceCommand,
  CreateCacheParameterGroupCommand,
  CreateSnapshotCommand,
  DecreaseReplicaCountCommand,
  type ElastiCacheClient,
  IncreaseReplicaCountCommand,
  ModifyCacheClusterCommand,
  ModifyCacheParameterGroupCommand,
  ModifyReplicationGroupCommand,
  ModifyReplicationGroupShardConfigurationCommand,
  RebootCacheClusterCommand,
  RemoveTagsFromResourceCommand,
  ResetCacheParameterGroupCommand,
} from '@aws-sdk/client-elasticache';
import { FixInput } from './operator-actions.ts';

/** The calls to ElastiCache that change a cache which exists. Its in-memory twin is in test/. */
export interface CacheChanges {
  /** Makes one call, exactly as it was planned. @throws FixInput for a call that is none of these, and what ElastiCache refuses */
  make(operation: string, parameters: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Makes a call that was planned in AWS's own spelling; the SDK checks nothing and ElastiCache everything. */
type Call = (client: ElastiCacheClient, parameters: never) => Promise<unknown>;

/** Every call that a change may consist of; nothing else is made, whatever a plan says. */
const CALLS: Readonly<Record<string, Call>> = {
  AddTagsToResource: (client, parameters) => client.send(new AddTagsToResourceCommand(parameters)),
  CreateCacheParameterGroup: (client, parameters) => client.send(new CreateCacheParameterGroupCommand(parameters)),
  CreateSnapshot: (client, parameters) => client.send(new CreateSnapshotCommand(parameters)),
  DecreaseReplicaCount: (client, parameters) => client.send(new DecreaseReplicaCountCommand(parameters)),
  IncreaseReplicaCount: (client, parameters) => client.send(new IncreaseReplicaCountCommand(parameters)),
  ModifyCacheCluster: (client, parameters) => client.send(new ModifyCacheClusterCommand(parameters)),
  ModifyCacheParameterGroup: (client, parameters) => client.send(new ModifyCacheParameterGroupCommand(parameters)),
  ModifyReplicationGroup: (client, parameters) => client.send(new ModifyReplicationGroupCommand(parameters)),
  ModifyReplicationGroupShardConfiguration: (client, parameters) =>
    client.send(new ModifyReplicationGroupShardConfigurationCommand(parameters)),
  RebootCacheCluster: (client, parameters) => client.send(new RebootCacheClusterCommand(parameters)),
  RemoveTagsFromResource: (client, parameters) => client.send(new RemoveTagsFromResourceCommand(parameters)),
  ResetCacheParameterGroup: (client, parameters) => client.send(new ResetCacheParameterGroupCommand(parameters)),
};

export const elastiCacheChanges = (client: ElastiCacheClient): CacheChanges => ({
  async make(operation, parameters) {
    const call = Object.hasOwn(CALLS, operation) ? CALLS[operation] : undefined;
    if (!call) throw new FixInput(`${operation} is no call by which the autopilot changes a cache.`);
    await call(client, parameters as never);
  },
});

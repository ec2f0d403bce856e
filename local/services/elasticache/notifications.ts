import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Principal, World } from '../../service.ts';
import type { MemcachedCluster } from './memcached/state.ts';
import { serviceLinkedRole } from './service-linked-role.ts';
import type { Cache, Node } from './state/cache.ts';

/** Event names as SNS messages carry them, without their prefix (ElastiCache guide, event notifications). */
export type NotificationName =
  | 'AddCacheNodeComplete'
  | 'AddCacheNodeFailed'
  | 'CacheClusterParametersChanged'
  | 'CacheClusterProvisioningComplete'
  | 'CacheClusterProvisioningFailed'
  | 'CacheClusterScalingComplete'
  | 'CacheClusterScalingFailed'
  | 'CacheClusterSecurityGroupModified'
  | 'CacheNodeReplaceComplete'
  | 'CacheNodeReplaceStarted'
  | 'CacheNodesRebooted'
  | 'CreateReplicationGroupComplete'
  | 'DeleteCacheClusterComplete'
  | 'FailoverComplete'
  | 'RemoveCacheNodeComplete'
  | 'ReplicationGroupIncreaseReplicaCountFinished'
  | 'ReplicationGroupIncreaseReplicaCountStarted'
  | 'ReplicationGroupScalingComplete'
  | 'ReplicationGroupScalingFailed'
  | 'SnapshotComplete'
  | 'SnapshotFailed';

/** A cache, whose nodes listen each by itself, or a memcached cluster, which listens as one. */
export type Notified = Pick<Cache, 'topicArn' | 'shards'> | Pick<MemcachedCluster, 'topicArn' | 'topicStatus'>;
type Listener = Pick<Node, 'topicStatus'>;

/** Tells the cache's topic what happened. Never throws: a topic that cannot be reached becomes `inactive`. */
export type Notify = (cache: Notified, name: NotificationName, resourceId: string) => Promise<void>;

/** Errors that will not go away by themselves: the topic is gone, forbidden or encrypted. */
const LASTING = /^(Authorization|AuthorizationError|NotFound|InvalidParameter|KMS|AccessDenied|InvalidSecurity)/;
const ATTEMPTS = 3;

/** ElastiCache publishes as the topic's owner: only a policy on `AWS:SourceOwner` lets it through. */
const publisher = (accountId: string): Principal => ({
  kind: 'service',
  service: 'elasticache.amazonaws.com',
  context: { 'aws:SourceOwner': accountId },
});

export const createNotify = (world: World, region: string): Notify => {
  const isEncrypted = async (topicArn: string): Promise<boolean> => {
    const owner = world.client(SNSClient, serviceLinkedRole(world.accountId), region);
    const { Attributes } = await owner.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
    return Boolean(Attributes?.KmsMasterKeyId);
  };

  const publish = async (topicArn: string, message: string): Promise<'sent' | 'refused' | 'lost'> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await isEncrypted(topicArn)) return 'refused';
        await world
          .client(SNSClient, publisher(world.accountId), region)
          .send(
            new PublishCommand({ TopicArn: topicArn, Subject: 'ElastiCache Notification Message', Message: message }),
          );
        return 'sent';
      } catch (error) {
        const { name, message: why } = error as Error;
        world.log('elasticache', `SNS ${topicArn} did not take ${message}: ${name} ${why}`);
        if (LASTING.test(name)) return 'refused';
        // As on AWS, notifications are best effort: DescribeEvents still tells.
        if (attempt === ATTEMPTS) return 'lost';
      }
    }
  };

  return async (cache, name, resourceId) => {
    const { topicArn } = cache;
    const listeners: readonly Listener[] = 'shards' in cache ? cache.shards.flatMap(({ nodes }) => nodes) : [cache];
    const listening = listeners.filter(({ topicStatus }) => topicStatus === 'active');
    if (!topicArn || listening.length === 0) return;
    // The one message that the guide shows without JSON and prefix.
    const bare = name === 'SnapshotFailed';
    const message = bare ? `${name} : ${resourceId}` : JSON.stringify({ [`ElastiCache:${name}`]: resourceId });
    const outcome = await publish(topicArn, message);
    if (outcome === 'refused') silence(listening);
  };
};

const silence = (listeners: readonly Listener[]) => {
  for (const listener of listeners) listener.topicStatus = 'inactive';
};

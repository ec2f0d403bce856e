/** How the management events of a service are recorded. */
export interface RecordedService {
  /** As `eventSource` spells it. */
  readonly source: string;
  /** Members of the answer that are shown; left out: all. Answers of reads are never shown. */
  readonly answers?: readonly string[];
  /** The resources that parameters name, by the parameter. */
  readonly resources: Readonly<Record<string, string>>;
}

const SECRET = 'AWS::SecretsManager::Secret';

/**
 * Only of these services is known what must not be kept of a call; of all others nothing is recorded.
 *
 * Secrets Manager: the resource is named as the caller named it, by ARN or by name, and the answer tells no name. AWS does
 * not document it; whoever looks for one secret has to ask for both.
 */
export const RECORDED: Readonly<Record<string, RecordedService>> = {
  secretsmanager: {
    source: 'secretsmanager.amazonaws.com',
    answers: ['arn', 'versionId'],
    resources: { secretId: SECRET, name: SECRET, arn: SECRET },
  },
  elasticache: {
    source: 'elasticache.amazonaws.com',
    resources: {
      replicationGroupId: 'AWS::ElastiCache::ReplicationGroup',
      cacheClusterId: 'AWS::ElastiCache::CacheCluster',
      userId: 'AWS::ElastiCache::User',
      userGroupId: 'AWS::ElastiCache::UserGroup',
    },
  },
  cloudtrail: { source: 'cloudtrail.amazonaws.com', resources: {} },
};

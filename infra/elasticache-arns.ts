import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export interface ElastiCacheArns {
  readonly replicationGroups: string;
  readonly clusters: string;
  readonly parameterGroups: string;
  /** Only the parameter groups that the autopilot makes: `autopilot-<cacheId>-<family>`. */
  readonly ownParameterGroups: string;
  readonly subnetGroups: string;
  readonly userGroups: string;
  readonly users: string;
  readonly snapshots: string;
  /** Only those that a deletion begins with: `<cacheId>-final-<time>`. */
  readonly finalSnapshots: string;
}

/** ElastiCache's ARNs of this account and Region. The resource part is one word and a colon: `replicationgroup:orders`. */
export const elastiCacheArns = (scope: Construct): ElastiCacheArns => {
  const arn = (resource: string) => Stack.of(scope).formatArn({ service: 'elasticache', resource });
  return {
    replicationGroups: arn('replicationgroup:*'),
    clusters: arn('cluster:*'),
    parameterGroups: arn('parametergroup:*'),
    ownParameterGroups: arn('parametergroup:autopilot-*'),
    subnetGroups: arn('subnetgroup:*'),
    userGroups: arn('usergroup:*'),
    users: arn('user:*'),
    snapshots: arn('snapshot:*'),
    finalSnapshots: arn('snapshot:*-final-*'),
  };
};

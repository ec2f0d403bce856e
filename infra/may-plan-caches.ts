import type { Account } from './account.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import type { ElastiCacheEvents } from './elasticache-events.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import type { WorkflowFunction } from './workflow-function.ts';

const ANY_CACHE = 'The caches are named in requests, at run time, and planning only reads.';

/** Lets a function plan caches: read all on which a plan depends, and change nothing. */
export const mayPlanCaches = (
  fn: WorkflowFunction,
  account: Account,
  { topic }: ElastiCacheEvents,
): WorkflowFunction => {
  const arns = elastiCacheArns(fn);
  fn.may(
    [
      'elasticache:DescribeReplicationGroups',
      'elasticache:DescribeCacheClusters',
      'elasticache:DescribeCacheParameterGroups',
      'elasticache:DescribeCacheParameters',
      'elasticache:DescribeCacheSubnetGroups',
      'elasticache:ListTagsForResource',
    ],
    [arns.replicationGroups, arns.clusters, arns.parameterGroups, arns.subnetGroups],
    { because: ANY_CACHE },
  )
    .may(['elasticache:ListAllowedNodeTypeModifications'], [arns.replicationGroups], { because: ANY_CACHE })
    .may(['elasticache:DescribeSnapshots'], [arns.snapshots], { because: ANY_CACHE })
    .may(['elasticache:DescribeUserGroups'], [arns.userGroups], { because: ANY_CACHE })
    .may(
      [
        'elasticache:DescribeCacheEngineVersions',
        'elasticache:DescribeReservedCacheNodesOfferings',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'logs:DescribeLogGroups',
        'servicequotas:ListServiceQuotas',
      ],
      ['*'],
      {
        because: 'These calls only read, and most of them IAM knows no resource for.',
      },
    )
    .may(['secretsmanager:DescribeSecret'], [ownSecrets(fn)], { because: OWN_SECRETS })
    .knows('OPT_IN_TAG', account.configuration.optInTag)
    // The plan writes it into the order. Naming a topic there needs no permission on it (IAM's reference,
    // CreateReplicationGroup: no dependent action of SNS); ElastiCache publishes by the topic's own policy.
    .knows('NOTIFICATION_TOPIC_ARN', topic.topicArn)
    .knows('VERIFIER_GROUPS', JSON.stringify(verifierGroups(account)));
  account.mayReadThePolicy(fn);
  account.mayReadTheLedger(fn);
  account.mayListTheLedger(fn, 'by-cache');
  return fn;
};

/** Which security group the verifying function of each VPC has: the caches there have to let it in. */
const verifierGroups = ({ region }: Account): Record<string, string> =>
  Object.fromEntries(region.vpcs.map(({ vpcId, securityGroupId }) => [vpcId, securityGroupId]));

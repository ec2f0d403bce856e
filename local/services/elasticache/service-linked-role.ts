import type { Principal, World } from '../../service.ts';

const NAME = 'AWSServiceRoleForElastiCache';

const roleArn = (accountId: string) =>
  `arn:aws:iam::${accountId}:role/aws-service-role/elasticache.amazonaws.com/${NAME}`;

/** As whom ElastiCache looks at the customer's network and writes metrics: its service-linked role. */
export const serviceLinkedRole = (accountId: string): Principal => ({
  kind: 'role',
  arn: roleArn(accountId),
  session: 'ElastiCache',
});

/** AWS makes the role with an account's first cache; here it exists from the start. */
export const putServiceLinkedRole = (world: World): void => {
  world.roles.put({
    arn: roleArn(world.accountId),
    name: NAME,
    trust: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'elasticache.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policies: new Map([
      [
        'ElastiCacheServiceRolePolicy',
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: [
                'ec2:DescribeSubnets',
                'ec2:DescribeVpcs',
                'ec2:DescribeSecurityGroups',
                'cloudwatch:PutMetricData',
                'sns:GetTopicAttributes',
              ],
              Resource: '*',
            },
          ],
        },
      ],
    ]),
  });
};

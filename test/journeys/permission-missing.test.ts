import { DescribeReplicationGroupsCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anAccount, type JourneyAccount, type Template } from './an-account.ts';
import { aClusterSpec } from './spec-builders.ts';

const MISSING = 'elasticache:CreateReplicationGroup';

/** Takes one action out of every policy of the synthesized template. */
const without = (missing: string) => (template: Template) => {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const document = Properties.PolicyDocument as { Statement: { Action: string | string[] }[] };
    for (const statement of document.Statement) {
      if (Array.isArray(statement.Action)) statement.Action = statement.Action.filter((action) => action !== missing);
    }
    document.Statement = document.Statement.filter(({ Action }) => Action !== missing && Action.length > 0);
  }
};

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount({ change: without(MISSING) });
});
afterAll(() => account?.stop());

it('a missing permission fails as on AWS, names the action and the resource, and leaves nothing', async () => {
  const input = { spec: aClusterSpec(), requestedBy: 'alice', mode: 'act' };
  const run = await account.run('create-cache', input, 'create-forbidden');
  expect(run.status).toBe('FAILED');
  expect(run.cause).toContain(MISSING);
  expect(run.cause).toContain(`arn:aws:elasticache:us-east-1:${account.world.accountId}:`);
  const { ReplicationGroups } = await account.as(ElastiCacheClient).send(new DescribeReplicationGroupsCommand({}));
  expect(ReplicationGroups).toEqual([]);
});

it('a function in a VPC whose role may not make network interfaces is not made at all', async () => {
  const starting = anAccount({ change: without('ec2:CreateNetworkInterface') });
  await expect(starting).rejects.toThrow(/does not have permissions to call CreateNetworkInterface on EC2/);
});

import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeResourcePoliciesCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogDeliveryConfigurationRequest } from '@aws-sdk/client-elasticache';
import type { Call, Permission } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { invalidValue } from '../validation/faults.ts';
import { readLogDeliveries } from '../validation/log-delivery.ts';

/** What AWS calls the policy that lets its log delivery write (CloudWatch Logs guide, AWS services that send logs). */
const POLICY_NAME = 'AWSLogDeliveryWrite20150319';

interface LogRequest {
  readonly LogDeliveryConfigurations?: readonly LogDeliveryConfigurationRequest[] | undefined;
}

/** Whoever configures log delivery needs these too (ElastiCache guide, log destinations). */
export const logPermissions = ({ LogDeliveryConfigurations: logs }: LogRequest): readonly Permission[] =>
  logs?.length
    ? ['Create', 'Get', 'Update', 'Delete']
        .map((verb) => ({ action: `logs:${verb}LogDelivery`, resource: '*' }))
        .concat({
          action: 'logs:ListLogDeliveries',
          resource: '*',
        })
    : [];

/**
 * Sees to it, as the caller and with the caller's rights, that the log groups of a request exist and that log delivery
 * may write to them.
 *
 * @throws ServiceError InvalidParameterValue for a log group that does not exist; what CloudWatch Logs refused
 */
export const prepareLogDestinations = async (
  plane: ControlPlane,
  call: Pick<Call, 'principal'>,
  { LogDeliveryConfigurations }: LogRequest,
): Promise<void> => {
  const wanted = readLogDeliveries(LogDeliveryConfigurations);
  const groups = wanted.flatMap((log) => (log.enabled ? [log.destination.logGroup] : []));
  if (groups.length === 0) return;
  const client = plane.world.client(CloudWatchLogsClient, call.principal, plane.region);
  for (const name of groups) {
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    if (!logGroups.some(({ logGroupName }) => logGroupName === name)) {
      throw invalidValue(`The log group ${name} does not exist in ${plane.region}. Create it first.`);
    }
  }
  await letDeliveryWrite(plane, client, groups);
};

const letDeliveryWrite = async (plane: ControlPlane, client: CloudWatchLogsClient, groups: readonly string[]) => {
  const { region, accountId } = plane;
  const { resourcePolicies = [] } = await client.send(new DescribeResourcePoliciesCommand({}));
  const present = resourcePolicies.find(({ policyName }) => policyName === POLICY_NAME)?.policyDocument ?? '';
  const missing = groups
    .map((name) => `arn:aws:logs:${region}:${accountId}:log-group:${name}:log-stream:*`)
    .filter((arn) => !present.includes(`"${arn}"`));
  if (missing.length === 0) return;
  const known = present === '' ? [] : (JSON.parse(present) as { Statement: unknown[] }).Statement;
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'delivery.logs.amazonaws.com' },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: missing,
    Condition: {
      StringEquals: { 'aws:SourceAccount': accountId },
      ArnLike: { 'aws:SourceArn': `arn:aws:logs:${region}:${accountId}:*` },
    },
  };
  const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [...known, statement] });
  await client.send(new PutResourcePolicyCommand({ policyName: POLICY_NAME, policyDocument }));
};

import { ServiceError, type World } from '../../service.ts';
import type { LambdaFunction } from './functions.ts';

/** Lambda guide, "Giving Lambda functions access to resources in an Amazon VPC", required IAM permissions. */
const NEEDED: Readonly<Record<string, string>> = {
  CreateNetworkInterface: 'network-interface/*',
  DescribeNetworkInterfaces: '*',
  DeleteNetworkInterface: 'network-interface/*',
};

/**
 * Refuses a function in a VPC whose role may not handle network interfaces: Lambda makes them as that role, and says so when
 * the function is made.
 *
 * @throws ServiceError InvalidParameterValueException
 */
export const checkNetworkPermissions = async (world: World, fn: LambdaFunction): Promise<void> => {
  if (!fn.vpc || fn.vpc.subnetIds.length === 0) return;
  const role = { kind: 'role', arn: fn.roleArn, session: fn.name } as const;
  for (const [name, kind] of Object.entries(NEEDED)) {
    const resource = kind === '*' ? kind : `arn:aws:ec2:${fn.region}:${world.accountId}:${kind}`;
    try {
      await world.authorize(role, { action: `ec2:${name}`, resource }, fn.region);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      const message = `The provided execution role does not have permissions to call ${name} on EC2: ${fn.roleArn} of ${fn.name}`;
      throw new ServiceError('InvalidParameterValueException', message, 400);
    }
  }
};

import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Role } from '../service.ts';

/** On whose behalf a service wants to be a role; a trust policy can insist on either. */
export interface OnBehalfOf {
  /** The function, the rule, the state machine. */
  readonly 'aws:SourceArn': string;
  readonly 'aws:SourceAccount': string;
}

/**
 * Whether a service may act as a role, by the role's trust policy.
 *
 * @param role     undefined when there is no such role, which nobody may assume
 * @param services the names that the service goes by: `states.amazonaws.com`, and where it has one, its Region's
 */
export const mayAssume = async (
  role: Role | undefined,
  services: readonly string[],
  context: OnBehalfOf,
): Promise<boolean> => {
  if (!role) return false;
  const [, , , , accountId = ''] = role.arn.split(':');
  const judge = async (service: string) => {
    const contextVariables = {
      ...context,
      'aws:PrincipalIsAWSService': 'true',
      'aws:PrincipalServiceName': service,
    };
    const resource = { resource: role.arn, accountId };
    const result = await runSimulation(
      {
        request: { principal: service, action: 'sts:AssumeRole', resource, contextVariables },
        identityPolicies: [],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        resourcePolicy: role.trust,
      },
      {},
    );
    // A policy that IAM cannot read is a fault of the template: never a yes, and never a silent no.
    if (result.resultType === 'error') {
      throw new Error(`IAM cannot read the trust policy of ${role.arn}: ${JSON.stringify(result.errors)}`);
    }
    return result.overallResult;
  };
  const judgements = await Promise.all(services.map(judge));
  // It is one service: what is forbidden to it by one name is not allowed by another.
  return judgements.includes('Allowed') && !judgements.includes('ExplicitlyDenied');
};

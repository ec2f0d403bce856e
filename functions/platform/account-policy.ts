import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isNamed } from './aws-errors.ts';
import { CAREFUL_POLICY, type PolicyRead, readPolicy } from './policy.ts';

/**
 * The account's policy from its SSM parameter. A parameter that is not there means that we only observe, and say why;
 * trouble on the way is thrown, because the next attempt may read it.
 */
export const accountPolicy = async (client: SSMClient, parameterName: string): Promise<PolicyRead> => {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: parameterName }));
    return readPolicy(Parameter?.Value ?? '');
  } catch (error) {
    if (!isNamed(error, 'ParameterNotFound')) throw error;
    const doubt = `There is no policy document ${parameterName}, so nothing is changed: deploy the autopilot again.`;
    return { policy: CAREFUL_POLICY, doubts: [doubt] };
  }
};

import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { TokenRotationPolicy } from '../../functions/platform/policy.ts';
import type { JourneyAccount } from './an-account.ts';

/** Lets rotations act, with this policy for them: what the account's owner does, without deploying anything. */
export const putRotationPolicy = (account: JourneyAccount, tokenRotation: Partial<TokenRotationPolicy>) => {
  const Value = JSON.stringify({
    modes: { creation: 'act', 'token-rotation': 'act' },
    tokenRotation: { gracePeriodMinutes: 5, askBeforeRetiring: 'never', ...tokenRotation },
  });
  return account.as(SSMClient).send(new PutParameterCommand({ Name: '/autopilot/policy', Value, Overwrite: true }));
};

import * as z from 'zod';

/** The steps of a rotation, in the order in which Secrets Manager asks for them. */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/**
 * How Secrets Manager calls a rotation function, once for each step (Secrets Manager guide, "Lambda rotation functions"). Loose:
 * it may bring a `RotationToken`, which only rotations across accounts need. There is no EventBridge pattern: it calls the function.
 */
export const secretsManagerRotation = {
  schema: z.looseObject({
    Step: z.enum(ROTATION_STEPS),
    SecretId: z.string().min(1).describe('the secret’s ARN'),
    ClientRequestToken: z.string().min(32).max(64).describe('the id of the version that is to become the current one'),
  }),
  sample: {
    Step: 'createSecret',
    SecretId: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:autopilot/orders/auth-token-AbCdEf',
    ClientRequestToken: '7d1f3c2a-0000-4000-8000-0123456789ab',
    RotationToken: '3c1e7f52-0000-4000-8000-0123456789ab',
  },
};

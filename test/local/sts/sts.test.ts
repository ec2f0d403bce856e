import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Principal, ServiceError } from '../../../local/service.ts';
import { createSts } from '../../../local/services/sts/sts.ts';
import { ACCOUNT_ID, type AWorld, aWorld, operator } from '../../builders/a-world.ts';

let world: AWorld;
beforeAll(async () => {
  world = await aWorld({
    services: [createSts],
    authorize: () => Promise.reject(new ServiceError('AccessDenied', 'nobody may do anything', 403)),
  });
});
afterAll(() => world.close());

describe('who am I', () => {
  const role = (arn: string): Principal => ({ kind: 'role', arn, session: 'autopilot-plan' });
  test.each<[string, Principal, object]>([
    ['the person at the keyboard', operator, { Arn: `arn:aws:iam::${ACCOUNT_ID}:user/operator` }],
    [
      'a role’s session',
      role(`arn:aws:iam::${ACCOUNT_ID}:role/plan`),
      { Arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/plan/autopilot-plan`, UserId: 'AROAplan:autopilot-plan' },
    ],
    [
      'a session of a role with a path, which it does not show',
      role(`arn:aws:iam::${ACCOUNT_ID}:role/autopilot/grow`),
      { Arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/grow/autopilot-plan` },
    ],
  ])('is answered to %s, whom IAM allows nothing', async (_what, principal, identity) => {
    const asked = world.client(STSClient, principal, 'us-east-1').send(new GetCallerIdentityCommand({}));
    expect(await asked).toMatchObject({ Account: ACCOUNT_ID, ...identity });
  });
});

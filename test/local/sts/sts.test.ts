import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../cli/connection.ts';
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

test('a command goes by the account’s clock, which each answer tells', async () => {
  const fast = await aWorld({ services: [createSts], speed: 10_000 });
  try {
    for (const [name, value] of Object.entries(fast.environmentFor(operator, 'us-east-1'))) vi.stubEnv(name, value);
    const { now } = await connect({ local: false });
    const HOUR_MS = 3_600_000;
    // A second here is almost three hours there.
    await vi.waitUntil(() => fast.clock.now() > Date.now() + HOUR_MS);
    const { now: later } = await connect({ local: false });
    expect(Date.parse(later())).toBeGreaterThan(Date.now() + HOUR_MS - 2000);
    expect(Date.parse(now())).toBeLessThan(Date.parse(later()));
  } finally {
    vi.unstubAllEnvs();
    await fast.close();
  }
});

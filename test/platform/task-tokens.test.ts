import type { SFNClient } from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotReady } from '../../functions/platform/operator-actions.ts';
import { stepFunctionsTokens } from '../../functions/platform/task-tokens.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';

const failing = async (error: unknown) => {
  const { client, asked } = anSdkClient<SFNClient>();
  await stepFunctionsTokens(client).fail('token-1', error);
  const { error: errorType, cause } = asked[0]?.input ?? expect.fail();
  return { errorType, cause: JSON.parse(String(cause)) as unknown };
};

describe('answering a task token', () => {
  it('hands over the output as JSON', async () => {
    const { client, asked } = anSdkClient<SFNClient>();
    await stepFunctionsTokens(client).succeed('token-1', { primary: 'orders-001:6379' });
    expect(asked).toEqual([
      { operation: 'SendTaskSuccess', input: { taskToken: 'token-1', output: '{"primary":"orders-001:6379"}' } },
    ]);
  });

  it('fails with the error’s name and sentence, as a function fails', async () => {
    expect(await failing(new NotReady('orders is modifying.'))).toEqual({
      errorType: 'NotReady',
      cause: { errorType: 'NotReady', errorMessage: 'orders is modifying.' },
    });
    expect(await failing('a word')).toMatchObject({ errorType: 'string', cause: { errorMessage: 'a word' } });
  });

  it.each([
    ['AccessDeniedException', 'GrantPermission'],
    ['ThrottlingException', 'ServiceBusy'],
  ])('says what has to happen next instead of the %s of AWS: %s', async (name, action) => {
    expect(await failing(named(name))).toMatchObject({ errorType: action, cause: { errorType: action } });
  });

  it('never says more than Step Functions takes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 400 }),
        fc.oneof(fc.constantFrom('"', '\u0000', '\ud800', '…', 'x'), fc.string({ unit: 'binary', minLength: 1 })),
        fc.integer({ min: 1, max: 100_000 }),
        async (name, part, length) => {
          const { client, asked } = anSdkClient<SFNClient>();
          const message = part.repeat(Math.ceil(length / part.length)).slice(0, length);
          await stepFunctionsTokens(client).fail('token-1', named(name, message));
          const { error, cause } = asked[0]?.input ?? expect.fail();
          expect(String(error).length).toBeLessThanOrEqual(256);
          expect(String(cause).length).toBeLessThanOrEqual(32_768);
          expect(JSON.parse(String(cause))).toMatchObject({ errorType: error });
        },
      ),
      { examples: [['E'.repeat(1000), '\u0000', 100_000]] },
    ));

  it('leaves a token alone for which nobody waits any more, and hides no other fault', async () => {
    for (const gone of ['TaskTimedOut', 'TaskDoesNotExist']) {
      const { client } = anSdkClient<SFNClient>({
        SendTaskSuccess: () => named(gone),
        SendTaskFailure: () => named(gone),
      });
      await stepFunctionsTokens(client).succeed('token-1', {});
      await stepFunctionsTokens(client).fail('token-1', new Error('late'));
    }
    const { client } = anSdkClient<SFNClient>({ SendTaskSuccess: () => named('AccessDeniedException') });
    await expect(stepFunctionsTokens(client).succeed('token-1', {})).rejects.toThrow('AccessDeniedException');
  });
});

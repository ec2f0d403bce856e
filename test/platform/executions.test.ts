import type { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { stepFunctionsExecutions } from '../../functions/platform/executions.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:rotate-token';
const executions = (answers: Readonly<Record<string, Answer>>) => {
  const { client, asked } = anSdkClient<SFNClient>(answers);
  return { ...stepFunctionsExecutions(client, MACHINE), asked };
};
const found = (answer: unknown) => executions({ DescribeExecution: () => answer }).find('one');

describe('an execution', () => {
  it('is started by its name, once', async () => {
    const { start, asked } = executions({
      StartExecution: (_, call) => (call === 1 ? {} : named('ExecutionAlreadyExists')),
    });
    expect(await start('one', { cacheId: 'orders' })).toBe(true);
    expect(await start('one', { cacheId: 'orders' })).toBe(false);
    expect(asked[0]?.input).toEqual({ stateMachineArn: MACHINE, name: 'one', input: '{"cacheId":"orders"}' });
  });

  it('is found by its name', async () => {
    const { find, asked } = executions({ DescribeExecution: () => ({ status: 'RUNNING' }) });
    expect(await find('one')).toEqual({ status: 'running' });
    expect(asked).toEqual([
      {
        operation: 'DescribeExecution',
        input: { executionArn: 'arn:aws:states:us-east-1:111122223333:execution:rotate-token:one' },
      },
    ]);
    expect(await found(named('ExecutionDoesNotExist'))).toBeUndefined();
  });

  it('tells how it ended', async () => {
    const stopDate = new Date('2026-11-21T07:00:00Z');
    expect(await found({ status: 'SUCCEEDED', stopDate, output: '{"outcome":"done"}' })).toEqual({
      status: 'succeeded',
      endedAt: '2026-11-21T07:00:00.000Z',
      output: { outcome: 'done' },
    });
    for (const status of ['FAILED', 'TIMED_OUT', 'ABORTED', 'WHATEVER']) {
      expect(await found({ status, stopDate, cause: 'It broke.' })).toMatchObject({
        status: 'failed',
        cause: 'It broke.',
      });
    }
  });

  it('does not hide that it could not be started or seen', async () => {
    const denied = named('AccessDeniedException');
    await expect(found(denied)).rejects.toBe(denied);
    await expect(executions({ StartExecution: () => denied }).start('one', {})).rejects.toBe(denied);
  });
});

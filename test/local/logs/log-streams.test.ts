import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
  DescribeResourcePoliciesCommand,
  FilterLogEventsCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createLogs } from '../../../local/services/logs/logs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let world: AWorld;
let logs: CloudWatchLogsClient;
let service: Service;
beforeAll(async () => {
  world = await aWorld({ services: [(made) => (service = createLogs(made))] });
  logs = world.operatorClient(CloudWatchLogsClient);
  await build(service, 'AWS::Logs::LogGroup', { LogGroupName: '/written' });
});
afterAll(() => world.close());

const create = (logStreamName: string, logGroupName = '/written') =>
  logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
const put = (logStreamName: string, logEvents: InputLogEvent[], logGroupName = '/written') =>
  logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
const at = (timestamp: number, message: string) => ({ timestamp: Math.floor(timestamp), message });

describe('a log stream', () => {
  test('keeps what is written to it, in the order of time over all streams', async () => {
    const now = world.clock.now();
    for (const stream of ['a/1', 'a/2', 'b/1']) await create(stream);
    await put('a/1', [at(now - 3, 'first'), at(now - 1, 'third')]);
    await put('a/2', [at(now - 2, 'second')]);
    await put('b/1', [at(now, 'elsewhere')]);
    const query = { logGroupName: '/written', logStreamNamePrefix: 'a/' };
    const { events } = await logs.send(new FilterLogEventsCommand(query));
    expect(events?.map(({ logStreamName, message }) => `${logStreamName} ${message}`)).toEqual([
      'a/1 first',
      'a/2 second',
      'a/1 third',
    ]);
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand(query));
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['a/1', 'a/2']);
  });

  test('is made once, in a group that exists', async () => {
    await create('once');
    await expect(create('once')).rejects.toThrow('already exists');
    await expect(create('any', '/nothing')).rejects.toThrow('log group does not exist');
    await expect(put('never-made', [at(world.clock.now(), 'x')])).rejects.toThrow('log stream does not exist');
  });

  test('leaves out what is too old or too new, and says so', async () => {
    await create('times');
    const now = world.clock.now();
    const events = [now - 15 * DAY_MS, now, now + 3 * HOUR_MS].map((time, index) => at(time, `event ${index}`));
    const { rejectedLogEventsInfo } = await put('times', events);
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
    const query = { logGroupName: '/written', logStreamNames: ['times'] };
    const kept = (await logs.send(new FilterLogEventsCommand(query))).events ?? [];
    expect(kept.map(({ message }) => message)).toEqual(['event 1']);
  });

  test('takes neither disorder nor nothing', async () => {
    await create('order');
    const now = world.clock.now();
    await expect(put('order', [at(now, 'late'), at(now - 1, 'early')])).rejects.toThrow('in order');
    await expect(put('order', [])).rejects.toThrow('1-10000');
  });

  test('is written as the policies on the logs allow', async () => {
    const Statement = [{ Effect: 'Allow', Principal: { Service: 'delivery.logs.amazonaws.com' }, Action: 'logs:*' }];
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await logs.send(new PutResourcePolicyCommand({ policyName: 'delivery', policyDocument }));
    const { resourcePolicies } = await logs.send(new DescribeResourcePoliciesCommand({}));
    expect(resourcePolicies).toMatchObject([{ policyName: 'delivery', policyDocument }]);
    await create('asked');
    expect(world.asked.at(-1)?.permission).toMatchObject({
      action: 'logs:CreateLogStream',
      resource: 'arn:aws:logs:us-east-1:111122223333:log-group:/written:log-stream:asked',
      resourcePolicy: { Statement },
    });
    const nonsense = logs.send(new PutResourcePolicyCommand({ policyName: 'x', policyDocument: 'x' }));
    await expect(nonsense).rejects.toThrow('no policy');
  });
});

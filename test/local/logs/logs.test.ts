import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createLogs } from '../../../local/services/logs/logs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let logs: CloudWatchLogsClient;
let service: Service;
beforeAll(async () => {
  world = await aWorld({ services: [(made) => (service = createLogs(made))] });
  logs = world.operatorClient(CloudWatchLogsClient);
});
afterAll(() => world.close());

const aGroup = (LogGroupName: string, more = {}) => build(service, 'AWS::Logs::LogGroup', { LogGroupName, ...more });
const groups = async (logGroupNamePrefix: string, client = logs) =>
  (await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }))).logGroups;
const lines = async (logGroupName: string, more: Partial<FilterLogEventsCommandInput> = {}) => {
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName, ...more }));
  return events.map(({ message }) => message);
};

describe('a log group', () => {
  test('of a template is described in its own Region', async () => {
    const arn = `arn:aws:logs:us-east-1:${ACCOUNT_ID}:log-group:/described`;
    expect(await aGroup('/described', { RetentionInDays: 30 })).toEqual({
      ref: '/described',
      attributes: { Arn: `${arn}:*` },
    });
    expect(await groups('/desc')).toMatchObject([
      { logGroupName: '/described', logGroupArn: arn, retentionInDays: 30 },
    ]);
    expect(await groups('/desc', world.operatorClient(CloudWatchLogsClient, 'eu-west-1'))).toEqual([]);
  });

  test.each([{ RetentionInDays: 31 }, { KmsKeyId: 'key' }])('is refused with %j', async (more) => {
    await expect(aGroup('/refused', more)).rejects.toThrow(Object.keys(more)[0]);
  });
});

describe('a log group that somebody makes', () => {
  const make = (logGroupName: string, more: object = {}) =>
    logs.send(new CreateLogGroupCommand({ logGroupName, ...more })).then(
      () => 'made',
      ({ name }: Error) => name,
    );

  test('is there once, and has a name that AWS takes', async () => {
    expect(await make('/made/by-hand')).toBe('made');
    expect(await groups('/made')).toMatchObject([{ logGroupName: '/made/by-hand' }]);
    expect(await make('/made/by-hand')).toBe('ResourceAlreadyExistsException');
    expect(await make('two words')).toBe('InvalidParameterException');
    expect(await make('aws/mine')).toBe('InvalidParameterException');
    expect(await make('/made/with-key', { kmsKeyId: 'key' })).toBe('NotImplemented');
  });
});

describe('the events of a function', () => {
  test('are its lines, found by a quoted text and by time', async () => {
    await aGroup('/aws/lambda/plan');
    world.log('lambda/plan', 'started for orders');
    world.log('lambda/plan', 'ended');
    world.log('lambda/other', 'started');
    expect(await lines('/aws/lambda/plan')).toEqual(['started for orders', 'ended']);
    expect(await lines('/aws/lambda/plan', { filterPattern: '"for orders"' })).toEqual(['started for orders']);
    const now = world.clock.now();
    expect(await lines('/aws/lambda/plan', { startTime: now + 60_000 })).toEqual([]);
    expect(await lines('/aws/lambda/plan', { endTime: now - 60_000 })).toEqual([]);
    expect(world.asked.at(-1)?.permission).toEqual({
      action: 'logs:FilterLogEvents',
      resource: `arn:aws:logs:us-east-1:${ACCOUNT_ID}:log-group:/aws/lambda/plan`,
    });
  });

  test('are none before it ran', async () => {
    await aGroup('/aws/lambda/idle');
    expect(await lines('/aws/lambda/idle')).toEqual([]);
  });

  test.each([
    ['of a group that there is not', '/nobody', undefined, 'ResourceNotFoundException'],
    ['by a pattern that is more than a text', '/aws/lambda/idle', '{ $.level = "ERROR" }', 'InvalidParameterException'],
  ])('are refused %s', async (_what, group, filterPattern, name) => {
    await expect(lines(group, { filterPattern })).rejects.toMatchObject({ name });
  });
});

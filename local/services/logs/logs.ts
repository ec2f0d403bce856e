import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type {
  CreateLogGroupCommandInput,
  CreateLogGroupCommandOutput,
  CreateLogStreamCommandInput,
  CreateLogStreamCommandOutput,
  DescribeLogGroupsCommandInput,
  DescribeLogGroupsCommandOutput,
  DescribeLogStreamsCommandInput,
  DescribeLogStreamsCommandOutput,
  FilterLogEventsCommandInput,
  FilterLogEventsCommandOutput,
  PutLogEventsCommandInput,
  PutLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import * as sdk from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { type Call, operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { createLogStreams, type LogStreams } from './log-streams.ts';
import { createResourcePolicies } from './resource-policies.ts';

interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly retentionDays: number | undefined;
  readonly createdAt: number;
  readonly streams: LogStreams;
}

/** What CloudWatch Logs takes for a retention (API reference, PutRetentionPolicy). */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const LogGroupProperties = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: z.literal(RETENTION_DAYS).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** 1–512 letters, digits and `_-/.#` (CreateLogGroup); those that begin with `aws/` are AWS's. */
const LOG_GROUP_NAME = /^(?!aws\/)[\w./#-]{1,512}$/;

const LAMBDA_GROUP = '/aws/lambda/';

/**
 * CloudWatch Logs: groups from the template, and those that somebody makes. A group of a Lambda function shows the account's own log files, every other
 * one what was written to it.
 */
export const createLogs = (world: World): Service => {
  const groups = new Map<string, LogGroup>();
  const policies = createResourcePolicies(() => Math.floor(world.clock.now()));

  const putGroup = (region: string, name: string, retentionDays?: number): LogGroup => {
    const arn = `arn:aws:logs:${region}:${world.accountId}:log-group:${name}`;
    const createdAt = Math.floor(world.clock.now());
    const group: LogGroup = { name, arn, region, retentionDays, createdAt, streams: createLogStreams() };
    groups.set(`${region} ${name}`, group);
    return group;
  };

  const findGroup = (region: string, name = ''): LogGroup => {
    const group = groups.get(`${region} ${name}`);
    if (group) return group;
    throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
  };

  const writing = (
    { logGroupName = '', logStreamName = '' }: PutLogEventsCommandInput | CreateLogStreamCommandInput,
    { operation: name, region }: Call,
  ): readonly Permission[] => {
    const group = `arn:aws:logs:${region}:${world.accountId}:log-group:${logGroupName}`;
    const resource = `${group}:log-stream:${logStreamName}`;
    return [{ action: `logs:${name}`, resource, resourcePolicy: policies.of(region) }];
  };

  const linesOf = ({ name }: LogGroup): { timestamp: number; message: string }[] => {
    const file = path.join(world.folder, 'logs', 'lambda', `${name.slice(LAMBDA_GROUP.length)}.log`);
    if (!name.startsWith(LAMBDA_GROUP) || !existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [time = '', ...rest] = line.split(' ');
        return { timestamp: Date.parse(time), message: rest.join(' ') };
      });
  };

  return {
    name: 'logs',
    api: {
      signingName: 'logs',
      iamPrefix: 'logs',
      sdk,
      Client: sdk.CloudWatchLogsClient,
      operations: {
        CreateLogGroup: operation<CreateLogGroupCommandInput, CreateLogGroupCommandOutput>({
          permissions: ({ logGroupName = '' }, { region }) => [
            {
              action: 'logs:CreateLogGroup',
              resource: `arn:aws:logs:${region}:${world.accountId}:log-group:${logGroupName}`,
            },
          ],
          handle(input, { region }) {
            const { logGroupName: name = '', kmsKeyId, tags, logGroupClass, deletionProtectionEnabled } = input;
            if (!LOG_GROUP_NAME.test(name)) {
              throw new ServiceError('InvalidParameterException', `${name} is no name of a log group.`);
            }
            if (kmsKeyId || tags || logGroupClass || deletionProtectionEnabled) {
              throw new ServiceError('NotImplemented', 'The local account makes log groups by their name only.', 501);
            }
            if (groups.has(`${region} ${name}`)) {
              throw new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
            }
            putGroup(region, name);
            return {};
          },
        }),
        DescribeLogGroups: operation<DescribeLogGroupsCommandInput, DescribeLogGroupsCommandOutput>({
          handle: ({ logGroupNamePrefix = '' }, { region }) => ({
            logGroups: [...groups.values()]
              .filter((group) => group.region === region && group.name.startsWith(logGroupNamePrefix))
              .map(({ name, arn, retentionDays, createdAt }) => ({
                logGroupName: name,
                arn: `${arn}:*`,
                logGroupArn: arn,
                retentionInDays: retentionDays,
                creationTime: createdAt,
              })),
          }),
        }),
        FilterLogEvents: operation<FilterLogEventsCommandInput, FilterLogEventsCommandOutput>({
          permissions: ({ logGroupName = '' }, { region }) => [
            {
              action: 'logs:FilterLogEvents',
              resource: `arn:aws:logs:${region}:${world.accountId}:log-group:${logGroupName}`,
            },
          ],
          handle(input, { region }) {
            const { logGroupName, startTime = 0, endTime = Number.POSITIVE_INFINITY, filterPattern } = input;
            const { logStreamNames, logStreamNamePrefix = '' } = input;
            const group = findGroup(region, logGroupName);
            if (filterPattern && !/^"[^"]*"$/.test(filterPattern)) {
              throw new ServiceError(
                'InvalidParameterException',
                'The local account knows filter patterns of one quoted text',
              );
            }
            const text = filterPattern?.slice(1, -1) ?? '';
            const written = group.streams
              .all()
              .filter(({ name }) => name.startsWith(logStreamNamePrefix) && (logStreamNames?.includes(name) ?? true))
              .flatMap(({ events }) => events)
              .map(({ stream, id, timestamp, message, ingestedAt }) => {
                return { logStreamName: stream, eventId: id, timestamp, message, ingestionTime: ingestedAt };
              })
              .sort((left, right) => left.timestamp - right.timestamp);
            const events = [...linesOf(group), ...written].filter(
              ({ timestamp, message }) => timestamp >= startTime && timestamp <= endTime && message.includes(text),
            );
            return { events };
          },
        }),
        CreateLogStream: operation<CreateLogStreamCommandInput, CreateLogStreamCommandOutput>({
          permissions: writing,
          handle({ logGroupName, logStreamName = '' }, { region }) {
            findGroup(region, logGroupName).streams.create(logStreamName, Math.floor(world.clock.now()));
            return {};
          },
        }),
        PutLogEvents: operation<PutLogEventsCommandInput, PutLogEventsCommandOutput>({
          permissions: writing,
          handle({ logGroupName, logStreamName = '', logEvents = [] }, { region }) {
            const { streams } = findGroup(region, logGroupName);
            const rejectedLogEventsInfo = streams.write(logStreamName, logEvents, Math.floor(world.clock.now()));
            return rejectedLogEventsInfo ? { rejectedLogEventsInfo } : {};
          },
        }),
        DescribeLogStreams: operation<DescribeLogStreamsCommandInput, DescribeLogStreamsCommandOutput>({
          handle: ({ logGroupName, logStreamNamePrefix = '' }, { region }) => ({
            logStreams: findGroup(region, logGroupName)
              .streams.all()
              .filter(({ name }) => name.startsWith(logStreamNamePrefix))
              .map(({ name, createdAt, events }) => ({
                logStreamName: name,
                creationTime: createdAt,
                firstEventTimestamp: events[0]?.timestamp,
                lastEventTimestamp: events.at(-1)?.timestamp,
              })),
          }),
        }),
        ...policies.operations,
      },
    },
    resources: {
      'AWS::Logs::LogGroup': {
        create(resource) {
          const { LogGroupName, RetentionInDays } = LogGroupProperties.parse(resource.properties);
          const name = LogGroupName ?? resource.generatedName(512);
          const { arn } = putGroup(resource.region, name, RetentionInDays);
          return { ref: name, attributes: { Arn: `${arn}:*` } };
        },
      },
    },
  };
};

import {
  CloudTrailClient,
  type Event,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail';
import {
  CreateSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Principal, ServiceError } from '../../../local/service.ts';
import { createCloudTrail } from '../../../local/services/cloudtrail/cloudtrail.ts';
import { ARRIVAL_MS } from '../../../local/services/cloudtrail/trail.ts';
import { createSecretsManager } from '../../../local/services/secretsmanager/secretsmanager.ts';
import { createSns } from '../../../local/services/sns/sns.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

const REGION = 'us-east-1';
const VALUE = 'hunter2hunter2hunter2';
const TOKEN = 'second'.padEnd(36, '-');
const ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/reader`;
const reader: Principal = { kind: 'role', arn: ROLE_ARN, session: 'orders-app' };
const stranger: Principal = { kind: 'role', arn: `arn:aws:iam::${ACCOUNT_ID}:role/stranger`, session: 'nobody' };

let world: AWorld;
let arn: string;
let began: Date;

const trail = (region = REGION) => world.operatorClient(CloudTrailClient, region);
const asked = (more: LookupEventsCommandInput = {}) => trail().send(new LookupEventsCommand(more));
const lookUp = async (AttributeKey: string, AttributeValue: string): Promise<Event[]> => {
  const LookupAttributes = [{ AttributeKey: AttributeKey as never, AttributeValue }];
  return (await asked({ LookupAttributes })).Events ?? [];
};
const recordOf = ({ CloudTrailEvent = '{}' }: Event) => JSON.parse(CloudTrailEvent) as Record<string, unknown>;
const arrival = () => world.clock.sleep(ARRIVAL_MS + 1000);

beforeAll(async () => {
  // Fifteen minutes are a quarter of a second, and a second is less than any call takes.
  world = await aWorld({
    services: [createCloudTrail, createSecretsManager, createSns],
    speed: 3600,
    authorize: async (principal) => {
      if (principal.kind === 'role' && principal.session === 'nobody') {
        throw new ServiceError('AccessDeniedException', 'User: nobody is not authorized', 403);
      }
    },
  });
  began = new Date(world.clock.now() - 1000);
  const secrets = world.operatorClient(SecretsManagerClient);
  const created = await secrets.send(new CreateSecretCommand({ Name: 'orders', SecretString: VALUE }));
  arn = created.ARN ?? '';
  const value = { SecretId: 'orders', SecretString: VALUE, ClientRequestToken: TOKEN };
  await secrets.send(new PutSecretValueCommand(value));
  await secrets.send(new PutSecretValueCommand({ ...value, SecretString: `${VALUE}2` })).catch(() => {});
  const theirs = world.client(SecretsManagerClient, reader, REGION);
  await theirs.send(new GetSecretValueCommand({ SecretId: arn }));
  await theirs.send(new GetSecretValueCommand({ SecretId: 'orders', VersionStage: 'AWSPREVIOUS' }));
  await theirs.send(new GetSecretValueCommand({ SecretId: 'orders', VersionStage: 'MINE' })).catch(() => {});
  await secrets.send(new ListSecretsCommand({}));
  await secrets.send(new GetRandomPasswordCommand({}));
  const denied = world.client(SecretsManagerClient, stranger, REGION);
  await denied.send(new GetSecretValueCommand({ SecretId: arn })).catch(() => {});
  await world
    .operatorClient(SNSClient)
    .send(new PublishCommand({ TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT_ID}:none`, Message: VALUE }))
    .catch(() => {});
  await arrival();
});
afterAll(() => world.close());

describe('an event', () => {
  it('of a read tells who read which secret, and when', async () => {
    const [event, ...others] = (await lookUp('ResourceName', arn)).filter(
      ({ EventName }) => EventName === 'GetSecretValue',
    );
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      EventName: 'GetSecretValue',
      ReadOnly: 'true',
      EventSource: 'secretsmanager.amazonaws.com',
      Username: 'orders-app',
      AccessKeyId: expect.stringMatching(/^ASIA/),
      Resources: [{ ResourceType: 'AWS::SecretsManager::Secret', ResourceName: arn }],
    });
    expect(recordOf(event ?? {})).toMatchObject({
      eventVersion: expect.any(String),
      userIdentity: {
        type: 'AssumedRole',
        principalId: expect.stringMatching(/^AROA\w{17}:orders-app$/),
        arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/reader/orders-app`,
        accountId: ACCOUNT_ID,
        accessKeyId: event?.AccessKeyId,
        sessionContext: { sessionIssuer: { type: 'Role', arn: ROLE_ARN, userName: 'reader', accountId: ACCOUNT_ID } },
      },
      eventTime: event?.EventTime?.toISOString().replace('.000Z', 'Z'),
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: 'GetSecretValue',
      awsRegion: REGION,
      sourceIPAddress: '127.0.0.1',
      userAgent: expect.stringContaining('aws-sdk-js'),
      requestParameters: { secretId: arn },
      responseElements: null,
      eventID: event?.EventId,
      readOnly: true,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT_ID,
    });
    expect(recordOf(event ?? {})).not.toHaveProperty('errorCode');
  });

  it('names the secret as the caller named it, and which version was asked for', async () => {
    const events = (await lookUp('ResourceName', 'orders')).filter(({ Username }) => Username === 'orders-app');
    expect(events.map((event) => recordOf(event).requestParameters)).toEqual(
      expect.arrayContaining([
        { secretId: 'orders', versionStage: 'AWSPREVIOUS' },
        { secretId: 'orders', versionStage: 'MINE' },
      ]),
    );
    expect(events).toHaveLength(2);
  });

  it('of a write shows the version, and not the value', async () => {
    const events = await lookUp('EventName', 'PutSecretValue');
    const written = events.map(recordOf).find(({ errorCode }) => errorCode === undefined);
    expect(written).toMatchObject({
      userIdentity: { type: 'IAMUser', userName: 'operator', arn: `arn:aws:iam::${ACCOUNT_ID}:user/operator` },
      requestParameters: { secretId: 'orders', clientRequestToken: TOKEN },
      responseElements: { arn, versionId: TOKEN },
      readOnly: false,
    });
    expect(written?.requestParameters).not.toHaveProperty('secretString');
    const resources = events.flatMap(({ Resources = [] }) => Resources.map(({ ResourceName }) => ResourceName));
    expect(new Set(resources)).toEqual(new Set(['orders', arn]));
  });

  it('of a call that failed tells the error', async () => {
    const records = (await lookUp('Username', 'orders-app')).map(recordOf);
    expect(records.find(({ errorCode }) => errorCode !== undefined)).toMatchObject({
      errorCode: 'ResourceNotFoundException',
      errorMessage: expect.stringContaining('MINE'),
      responseElements: null,
    });
    const [exists] = (await lookUp('EventName', 'PutSecretValue')).map(recordOf).filter(({ errorCode }) => errorCode);
    expect(exists).toMatchObject({ errorCode: 'ResourceExistsException', responseElements: null });
  });

  it('of a call that was denied tells who, and nothing of what', async () => {
    const [event, ...others] = await lookUp('Username', 'nobody');
    expect(others).toEqual([]);
    expect(event?.Resources).toEqual([]);
    expect(recordOf(event ?? {})).toMatchObject({ errorCode: 'AccessDenied', requestParameters: null });
  });

  it('never holds a value, and there is none of a service whose secrets are not known', async () => {
    const { Events = [] } = await asked({ StartTime: began });
    expect(Events.length).toBeGreaterThanOrEqual(9);
    expect(JSON.stringify(Events)).not.toContain('hunter2');
    expect(Events.filter(({ EventSource }) => EventSource?.startsWith('sns'))).toEqual([]);
  });
});

describe('a lookup', () => {
  it('does not see what was done just now', async () => {
    const secrets = world.operatorClient(SecretsManagerClient);
    await secrets.send(new CreateSecretCommand({ Name: 'late', SecretString: VALUE }));
    expect(await lookUp('ResourceName', 'late')).toEqual([]);
    await arrival();
    expect(await lookUp('ResourceName', 'late')).toHaveLength(1);
  });

  it.each([
    ['EventName', 'ListSecrets', 'ListSecrets'],
    ['EventSource', 'secretsmanager.amazonaws.com', 'GetSecretValue'],
    ['ReadOnly', 'false', 'CreateSecret'],
    ['ReadOnly', 'true', 'ListSecrets'],
    ['ResourceType', 'AWS::SecretsManager::Secret', 'PutSecretValue'],
    ['Username', 'operator', 'GetRandomPassword'],
  ])('finds events by %s %s', async (key, value, name) => {
    const events = await lookUp(key, value);
    expect(events.map(({ EventName }) => EventName)).toContain(name);
    expect(events.every(({ ReadOnly }) => key !== 'ReadOnly' || ReadOnly === value)).toBe(true);
  });

  it('finds one event by its id, and those of one access key', async () => {
    const [first] = await lookUp('Username', 'orders-app');
    expect(await lookUp('EventId', first?.EventId ?? '')).toEqual([first]);
    const ofKey = await lookUp('AccessKeyId', first?.AccessKeyId ?? '');
    expect(ofKey).toEqual(await lookUp('Username', 'orders-app'));
    expect(ofKey).toHaveLength(3);
  });

  it('gives each event once, newest first, page by page', async () => {
    const all = { StartTime: began, EndTime: new Date(world.clock.now() - ARRIVAL_MS) };
    const { Events: whole = [] } = await asked(all);
    for (const MaxResults of [1, 2, 5]) {
      const paged: Event[] = [];
      let NextToken: string | undefined;
      do {
        const page = await asked({ ...all, MaxResults, NextToken });
        expect(page.Events?.length).toBeLessThanOrEqual(MaxResults);
        paged.push(...(page.Events ?? []));
        NextToken = page.NextToken;
      } while (NextToken);
      expect(paged).toEqual(whole);
    }
    const times = whole.map(({ EventTime }) => EventTime?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('keeps to its time range, both ends included', async () => {
    const [event] = await lookUp('EventName', 'ListSecrets');
    const at = event?.EventTime ?? new Date(0);
    const names = async (StartTime: Date, EndTime: Date) =>
      ((await asked({ StartTime, EndTime })).Events ?? []).map(({ EventName }) => EventName);
    expect(await names(at, at)).toContain('ListSecrets');
    const [before, after] = [new Date(at.getTime() - 1000), new Date(at.getTime() + 1000)];
    expect(await names(began, before)).not.toContain('ListSecrets');
    expect(await names(after, new Date(world.clock.now()))).not.toContain('ListSecrets');
  });

  it('sees nothing of another Region', async () => {
    const { Events } = await trail('eu-west-1').send(new LookupEventsCommand({}));
    expect(Events).toEqual([]);
  });

  it('needs permission for everything, because events have no ARN', async () => {
    await asked();
    expect(world.asked.at(-1)?.permission).toEqual({ action: 'cloudtrail:LookupEvents', resource: '*' });
  });

  const attribute = (AttributeKey: string, AttributeValue: string) => ({ AttributeKey, AttributeValue }) as never;
  it.each<[string, LookupEventsCommandInput, string]>([
    ['51 events', { MaxResults: 51 }, 'InvalidMaxResultsException'],
    ['no event', { MaxResults: 0 }, 'InvalidMaxResultsException'],
    [
      'two attributes',
      { LookupAttributes: [attribute('EventName', 'A'), attribute('Username', 'b')] },
      'InvalidLookupAttributesException',
    ],
    ['an unknown attribute', { LookupAttributes: [attribute('Colour', 'red')] }, 'InvalidLookupAttributesException'],
    ['an empty attribute', { LookupAttributes: [attribute('EventName', '')] }, 'InvalidLookupAttributesException'],
    ['time that runs backwards', { StartTime: new Date(2000), EndTime: new Date(1000) }, 'InvalidTimeRangeException'],
    ['a made-up token', { NextToken: 'abc' }, 'InvalidNextTokenException'],
    ['Insights', { EventCategory: 'insight' }, 'NotImplemented'],
  ])('refuses %s', async (_what, input, name) => {
    await expect(asked(input)).rejects.toMatchObject({ name });
  });

  it('refuses the token of another question', async () => {
    const { NextToken } = await asked({ MaxResults: 1 });
    const other = asked({ MaxResults: 1, NextToken, LookupAttributes: [attribute('EventName', 'ListSecrets')] });
    await expect(other).rejects.toMatchObject({ name: 'InvalidNextTokenException' });
  });
});

import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { describe, expect, it } from 'vitest';
import { fetchIn } from '../../functions/platform/secret-fetch.ts';
import { cloudTrailReaders } from '../../functions/platform/secret-readers.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

const FROM = '2026-11-21T07:00:00Z';
const UNTIL = '2026-11-21T09:00:00.000Z';
const ROLE = 'arn:aws:iam::111122223333:role/service/checkout';

/** A record as CloudTrail writes it. */
const aRecord = (changes: Readonly<Record<string, unknown>> = {}) => ({
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:task-1',
    arn: 'arn:aws:sts::111122223333:assumed-role/checkout/task-1',
    accountId: '111122223333',
    sessionContext: { sessionIssuer: { type: 'Role', arn: ROLE, userName: 'checkout' } },
  },
  eventTime: '2026-11-21T08:00:00Z',
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  awsRegion: 'us-east-1',
  requestParameters: { secretId: 'autopilot/orders/auth-token' },
  responseElements: null,
  readOnly: true,
  ...changes,
});
const anEvent = (id: number | string, changes: Readonly<Record<string, unknown>> = {}) => ({
  EventId: `event-${id}`,
  CloudTrailEvent: JSON.stringify(aRecord(changes)),
});
const read = (changes: Readonly<Record<string, unknown>> = {}) => fetchIn(anEvent(1, changes));

describe('a fetch in CloudTrail', () => {
  it('names the role, whatever its session, and the session', () => {
    expect(read()).toEqual({ at: '2026-11-21T08:00:00.000Z', who: ROLE, session: 'task-1' });
  });

  it.each([
    [
      { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/app/i-1' },
      'arn:aws:iam::111122223333:role/app',
    ],
    [{ type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice' }, 'arn:aws:iam::111122223333:user/alice'],
    [{ type: 'Root', arn: 'arn:aws:iam::111122223333:root' }, 'arn:aws:iam::111122223333:root'],
    [{ type: 'AWSService', invokedBy: 'secretsmanager.amazonaws.com' }, 'secretsmanager.amazonaws.com'],
    [{ type: 'AWSAccount', accountId: '444455556666', principalId: 'AROA:x' }, 'the account 444455556666'],
    [{}, undefined],
    [undefined, undefined],
  ])('names %j', (userIdentity, who) => {
    expect(read({ userIdentity })).toMatchObject({ at: '2026-11-21T08:00:00.000Z' });
    expect(read({ userIdentity })).toHaveProperty('who', who);
  });

  it('tells which version was asked for', () => {
    expect(read({ requestParameters: { versionStage: 'AWSPREVIOUS' } })).toMatchObject({ versionStage: 'AWSPREVIOUS' });
    expect(read({ requestParameters: { versionId: 'v1', versionStage: null } })).toMatchObject({ versionId: 'v1' });
    expect(read({ requestParameters: null })).toMatchObject({ who: ROLE });
  });

  it('is neither another call nor one that was refused', () => {
    for (const change of [
      { eventName: 'DescribeSecret' },
      { eventName: 'PutSecretValue' },
      { errorCode: 'AccessDenied' },
      { errorCode: 'ResourceNotFoundException' },
      { eventSource: 'ssm.amazonaws.com' },
    ]) {
      expect(read(change)).toBe('no-fetch');
    }
  });

  it('is known not to be readable', () => {
    for (const text of [undefined, '', 'no json', '{}', '[]', 'null']) {
      expect(fetchIn(text === undefined ? {} : { CloudTrailEvent: text })).toBe('unreadable');
    }
    expect(read({ eventTime: 'yesterday' })).toBe('unreadable');
  });
});

describe('the fetches of a secret', () => {
  const ask = async (answer: Answer, called: readonly string[] = ['one', 'other']) => {
    const { client, asked } = anSdkClient<CloudTrailClient>({ LookupEvents: answer });
    const pauses: number[] = [];
    const readers = cloudTrailReaders(client, async (ms) => pauses.push(ms));
    return { told: await readers.fetches(called, FROM, UNTIL), asked, pauses };
  };

  it('are looked up by each word that the secret may be called by, and counted once', async () => {
    const { told, asked } = await ask(({ LookupAttributes }) => {
      const [{ AttributeValue = '' } = {}] = LookupAttributes as { AttributeValue?: string }[];
      return AttributeValue === 'one'
        ? { Events: [anEvent(1), anEvent(2, { eventTime: '2026-11-21T08:30:00Z' })] }
        : { Events: [anEvent(1), anEvent(3, { eventTime: '2026-11-21T08:10:00Z' })] };
    });
    expect(told.complete).toBe(true);
    expect(told.fetches.map(({ at }) => at.slice(11, 16))).toEqual(['08:30', '08:10', '08:00']);
    expect(asked.map(({ input }) => input)).toEqual(
      ['one', 'other'].map((AttributeValue) => ({
        LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue }],
        StartTime: new Date(FROM),
        EndTime: new Date(UNTIL),
        MaxResults: 50,
      })),
    );
  });

  it('are those from the one time on and before the other', async () => {
    const times = ['06:59:59', '07:00:00', '08:59:59', '09:00:00'];
    const { told } = await ask(() => ({
      Events: times.map((time) => anEvent(time, { eventTime: `2026-11-21T${time}Z` })),
    }));
    expect(told.fetches.map(({ at }) => at.slice(11, 19))).toEqual(['08:59:59', '07:00:00']);
  });

  it('are read page by page, never faster than two a second, and not for ever', async () => {
    const { told, asked, pauses } = await ask((_, call) => ({ Events: [anEvent(call)], NextToken: `page-${call}` }));
    expect(told.complete).toBe(false);
    expect(asked).toHaveLength(20);
    expect(told.fetches).toHaveLength(20);
    expect(pauses).toHaveLength(19);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
    // In turn, each name with its own pages.
    expect(asked.slice(2, 5).map(({ input }) => input.NextToken)).toEqual(['page-1', 'page-2', 'page-3']);

    const short = await ask((_, call) => (call < 3 ? { NextToken: `page-${call}` } : { Events: [anEvent(call)] }));
    expect(short.told).toMatchObject({ complete: true, fetches: [{ who: ROLE }, { who: ROLE }] });
  });

  it('are not complete when one cannot be read', async () => {
    const { told } = await ask(() => ({ Events: [{ EventId: 'x', CloudTrailEvent: '{' }, anEvent(1)] }));
    expect(told).toMatchObject({ complete: false, fetches: [{ who: ROLE }] });
  });

  it('are asked for again when CloudTrail is busy, and given up after five times', async () => {
    const busy = named('ThrottlingException');
    const { told } = await ask((_, call) => (call < 5 ? busy : { Events: [anEvent(1)] }));
    expect(told.fetches).toHaveLength(1);
    let calls = 0;
    await expect(
      ask(() => {
        calls += 1;
        return busy;
      }),
    ).rejects.toBe(busy);
    expect(calls).toBe(5);
  });

  it('are not asked for again when that is not allowed', async () => {
    const denied = named('AccessDeniedException');
    await expect(ask((_, call) => (call === 1 ? denied : {}))).rejects.toBe(denied);
  });
});

import { describe, expect, it } from 'vitest';
import { mayAssume } from '../../../local/authorization/trust.ts';

const ACCOUNT = '111122223333';
const RULE = `arn:aws:events:us-east-1:${ACCOUNT}:rule/alarms`;
const EVENTS = 'events.amazonaws.com';
const allow = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: EVENTS } };

/** Whether EventBridge may be a role that trusts so, for one rule. */
const judge = (Statement: Record<string, unknown>[], services = [EVENTS]) =>
  mayAssume(
    {
      arn: `arn:aws:iam::${ACCOUNT}:role/service/targets`,
      name: 'targets',
      trust: { Version: '2012-10-17', Statement },
      policies: new Map(),
    },
    services,
    { 'aws:SourceArn': RULE, 'aws:SourceAccount': ACCOUNT },
  );

describe('a service may assume a role', () => {
  it.each([
    ['that trusts it', allow],
    ['that trusts it among others', { ...allow, Principal: { Service: ['lambda.amazonaws.com', EVENTS] } }],
    ['by any action of that kind', { ...allow, Action: ['sts:*'] }],
    ['for this account', { ...allow, Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }],
    ['for this rule', { ...allow, Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:events:*:${ACCOUNT}:rule/*` } } }],
  ])('%s', async (_what, statement) => {
    expect(await judge([statement])).toBe(true);
  });
});

describe('a service may not assume a role', () => {
  const deny = { ...allow, Effect: 'Deny' };
  it.each([
    ['that trusts nobody', []],
    ['that trusts another service', [{ ...allow, Principal: { Service: 'lambda.amazonaws.com' } }]],
    ['that only names it elsewhere', [{ ...allow, Principal: { AWS: ACCOUNT }, Sid: 'eventsamazonawscom' }]],
    ['that allows it something else', [{ ...allow, Action: 'sts:TagSession' }]],
    ['that forbids it, whatever else it allows', [allow, deny]],
    ['for another account', [{ ...allow, Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } } }]],
    ['for another rule', [{ ...allow, Condition: { ArnEquals: { 'aws:SourceArn': `${RULE}-2` } } }]],
    [
      'where a condition asks for what it does not say',
      [{ ...allow, Condition: { Bool: { 'aws:ViaAWSService': 'true' } } }],
    ],
  ])('%s', async (_what, statements) => {
    expect(await judge(statements)).toBe(false);
  });

  it('that does not exist', async () => {
    const context = { 'aws:SourceArn': RULE, 'aws:SourceAccount': ACCOUNT };
    expect(await mayAssume(undefined, [EVENTS], context)).toBe(false);
  });
});

describe('a service of several names', () => {
  const names = ['states.amazonaws.com', 'states.us-east-1.amazonaws.com'];
  const as = (Service: string, Effect = 'Allow') => ({ ...allow, Effect, Principal: { Service } });

  it('may be trusted by any of them', async () => {
    for (const name of names) expect(await judge([as(name)], names)).toBe(true);
    expect(await judge([as('states.eu-west-1.amazonaws.com')], names)).toBe(false);
  });

  it('is forbidden by any of them', async () => {
    const [one = '', other = ''] = names;
    expect(await judge([as(one), as(other, 'Deny')], names)).toBe(false);
  });
});

it('a policy that IAM cannot read is a loud fault', async () => {
  await expect(judge([{ Principal: { Service: EVENTS } }])).rejects.toThrow('cannot read the trust policy');
});

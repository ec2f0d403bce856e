import { describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { Permission, PolicyDocument, Principal, Role } from '../../../local/service.ts';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/create`;
const group = (id: string) => `arn:aws:elasticache:us-east-1:${ACCOUNT}:replicationgroup:${id}`;
const role: Principal = { kind: 'role', arn: ROLE, session: 'autopilot-creation-create' };

const document = (...Statement: Record<string, unknown>[]): PolicyDocument => ({ Version: '2012-10-17', Statement });
const allow = (Action: string, Resource: string, Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});

/** What IAM says to one call, with these statements on the caller's role. */
const judge = async (statements: Record<string, unknown>[], permission: Permission, principal: Principal = role) => {
  const found: Role = {
    arn: ROLE,
    name: 'create',
    trust: document(),
    policies: new Map([['p', document(...statements)]]),
  };
  const roles = { put: () => {}, get: (arn: string) => (arn === ROLE ? found : undefined) };
  const authorizer = createAuthorizer({ accountId: ACCOUNT, roles, clock: { iso: () => '2026-11-21T00:00:00Z' } });
  try {
    await authorizer.authorize(principal, permission, 'us-east-1');
    return 'allowed';
  } catch (error) {
    return (error as Error).message;
  }
};

const CREATE = 'elasticache:CreateReplicationGroup';
const DESCRIBE = 'elasticache:DescribeReplicationGroups';

describe('a role', () => {
  it('may what its policies allow, and nothing else', async () => {
    const statements = [allow(CREATE, group('*'))];
    expect(await judge(statements, { action: CREATE, resource: group('orders') })).toBe('allowed');
    expect(await judge(statements, { action: DESCRIBE, resource: group('orders') })).toContain('not authorized');
    expect(await judge([], { action: CREATE, resource: group('orders') })).toContain('not authorized');
  });

  it('is told who, which action and which resource were missing, in IAM’s words', async () => {
    expect(await judge([], { action: CREATE, resource: group('orders') })).toBe(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/create/autopilot-creation-create is not authorized to perform: ${CREATE} on resource: ${group('orders')} because no identity-based policy allows the ${CREATE} action`,
    );
  });

  it('needs the tags that a condition asks for', async () => {
    const statements = [allow(CREATE, '*', { StringEquals: { 'aws:RequestTag/autopilot:managed': 'true' } })];
    const permission = { action: CREATE, resource: group('orders') };
    expect(await judge(statements, permission)).toContain('not authorized');
    const tagged = { ...permission, context: { 'aws:RequestTag/autopilot:managed': 'true' } };
    expect(await judge(statements, tagged)).toBe('allowed');
    const other = { ...permission, context: { 'aws:RequestTag/autopilot:managed': 'false' } };
    expect(await judge(statements, other)).toContain('not authorized');
  });

  it('may ask for all resources of a kind only with a policy on all of them', async () => {
    const all = { action: DESCRIBE, resource: group('*') };
    expect(await judge([allow(DESCRIBE, group('*'))], all)).toBe('allowed');
    expect(await judge([allow(DESCRIBE, '*')], all)).toBe('allowed');
    expect(await judge([allow(DESCRIBE, group('orders'))], all)).toContain('not authorized');
  });

  it('may not use a wildcard-only action with a narrower policy', async () => {
    const permission = { action: 'ec2:DescribeSubnets', resource: '*' };
    expect(await judge([allow('ec2:DescribeSubnets', '*')], permission)).toBe('allowed');
    const narrow = allow('ec2:DescribeSubnets', `arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/subnet-1`);
    expect(await judge([narrow], permission)).toContain('not authorized');
  });

  it('is stopped by an explicit deny, whatever else allows it', async () => {
    const deny = { Effect: 'Deny', Action: CREATE, Resource: '*' };
    const verdict = await judge([allow('*', '*'), deny], { action: CREATE, resource: group('orders') });
    expect(verdict).toContain('explicit deny');
  });

  it('that is not known may nothing', async () => {
    const stranger: Principal = { kind: 'role', arn: `arn:aws:iam::${ACCOUNT}:role/other`, session: 's' };
    const verdict = await judge([allow('*', '*')], { action: CREATE, resource: group('x') }, stranger);
    expect(verdict).toContain('not authorized');
  });
});

describe('a service', () => {
  const rule = `arn:aws:events:us-east-1:${ACCOUNT}:rule/autopilot/requested`;
  const queue = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead-letters`;
  const events = (source: string): Principal => ({
    kind: 'service',
    service: 'events.amazonaws.com',
    context: { 'aws:SourceArn': source, 'aws:SourceAccount': ACCOUNT },
  });
  const resourcePolicy = document({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
    Condition: { ArnEquals: { 'aws:SourceArn': rule } },
  });
  const send = { action: 'sqs:SendMessage', resource: queue };

  it('may only what the resource’s own policy allows, to this rule alone', async () => {
    expect(await judge([], { ...send, resourcePolicy }, events(rule))).toBe('allowed');
    expect(await judge([], { ...send, resourcePolicy }, events(`${rule}-other`))).toContain('no resource-based policy');
    expect(await judge([allow('*', '*')], send, events(rule))).toContain('not authorized');
  });

  it('ElastiCache publishes only where AWS:SourceOwner lets it', async () => {
    const topic = `arn:aws:sns:us-east-1:${ACCOUNT}:elasticache-events`;
    const policyOn = (condition: object) =>
      document({
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 'SNS:Publish',
        Resource: topic,
        Condition: condition,
      });
    const elasticache: Principal = {
      kind: 'service',
      service: 'elasticache.amazonaws.com',
      context: { 'aws:SourceOwner': ACCOUNT },
    };
    const publish = (condition: object) =>
      judge([], { action: 'sns:Publish', resource: topic, resourcePolicy: policyOn(condition) }, elasticache);
    expect(await publish({ StringEquals: { 'AWS:SourceOwner': ACCOUNT } })).toBe('allowed');
    // The policy that new topics get by default (behaviour of the service: it publishes without aws:SourceAccount).
    expect(await publish({ StringEquals: { 'aws:SourceAccount': ACCOUNT } })).toContain('not authorized');
  });
});

describe('a person', () => {
  const person: Principal = { kind: 'user', arn: `arn:aws:iam::${ACCOUNT}:user/operator` };

  it('is an administrator, but not above a resource’s explicit deny', async () => {
    expect(await judge([], { action: CREATE, resource: group('orders') }, person)).toBe('allowed');
    const resource = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;
    const resourcePolicy = document({ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: resource });
    expect(await judge([], { action: 'sqs:SendMessage', resource, resourcePolicy }, person)).toContain('explicit deny');
  });
});

describe('what IAM cannot be asked', () => {
  it.each([
    ['an action that does not exist', 'elasticache:Nope', '*'],
    ['a resource of another kind', CREATE, `arn:aws:sqs:us-east-1:${ACCOUNT}:q`],
  ])('%s is never allowed', async (_what, action, resource) => {
    expect(await judge([allow('*', '*')], { action, resource })).toContain('IAM cannot judge');
  });
});

describe('a question that is asked again', () => {
  /** One authorizer for several calls, with a clock and a role that change in between. */
  const anAuthorizer = (statement: Record<string, unknown>) => {
    const policies = new Map([['p', document(statement)]]);
    const found: Role = { arn: ROLE, name: 'create', trust: document(), policies };
    const time = { now: '2026-11-21T00:00:00Z' };
    const roles = { put: () => {}, get: () => found };
    const authorizer = createAuthorizer({ accountId: ACCOUNT, roles, clock: { iso: () => time.now } });
    const ask = () =>
      authorizer.authorize(role, { action: CREATE, resource: group('orders') }, 'us-east-1').then(
        () => 'allowed',
        ({ name }: Error) => name,
      );
    return { ask, time, policies };
  };

  it('is answered by the time of now where a policy speaks of the time', async () => {
    const untilNoon = { DateLessThan: { 'aws:currenttime': '2026-11-21T12:00:00Z' } };
    const { ask, time } = anAuthorizer(allow(CREATE, '*', untilNoon));
    expect(await ask()).toBe('allowed');
    time.now = '2026-11-21T13:00:00Z';
    expect(await ask()).toBe('ServiceError');
  });

  it('is answered by the policies of now', async () => {
    const { ask, policies } = anAuthorizer(allow(CREATE, '*'));
    expect(await ask()).toBe('allowed');
    expect(await ask()).toBe('allowed');
    policies.clear();
    expect(await ask()).toBe('ServiceError');
  });
});

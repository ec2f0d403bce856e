import { GetRoleCommand, GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createIam } from '../../../local/services/iam/iam.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let iam: IAMClient;
let service: Service;
beforeAll(async () => {
  world = await aWorld({ services: [(made) => (service = createIam(made))] });
  iam = world.operatorClient(IAMClient);
});
afterAll(() => world.close());

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};
const mayRead = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }] };
const aRole = (RoleName: string, more = {}) =>
  build(service, 'AWS::IAM::Role', { RoleName, AssumeRolePolicyDocument: trust, ...more });
const aPolicy = (Roles: string[], more = {}) =>
  build(service, 'AWS::IAM::Policy', { PolicyName: 'later', PolicyDocument: mayRead, Roles, ...more });
const getRole = (RoleName: string) => iam.send(new GetRoleCommand({ RoleName }));
const policies = async (RoleName: string) => (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames;
const decoded = (document = '') => JSON.parse(decodeURIComponent(document));

describe('a role', () => {
  test('says whom it trusts', async () => {
    const arn = `arn:aws:iam::${ACCOUNT_ID}:role/plan`;
    expect(await aRole('plan')).toMatchObject({ ref: 'plan', attributes: { Arn: arn } });
    const { Role } = await getRole('plan');
    expect(Role).toMatchObject({ Arn: arn, RoleName: 'plan', Path: '/' });
    expect(decoded(Role?.AssumeRolePolicyDocument)).toEqual(trust);
  });

  test('has its path in its ARN, and goes by its name alone', async () => {
    const Arn = `arn:aws:iam::${ACCOUNT_ID}:role/autopilot/caches/grow`;
    expect(await aRole('grow', { Path: '/autopilot/caches/' })).toMatchObject({ ref: 'grow', attributes: { Arn } });
    expect((await getRole('grow')).Role).toMatchObject({ Arn, RoleName: 'grow', Path: '/autopilot/caches/' });
    expect(world.roles.get(Arn)?.name).toBe('grow');
    expect(world.asked.at(-1)?.permission).toEqual({ action: 'iam:GetRole', resource: Arn });
  });

  test('has the policies that it was made with, and those that came later', async () => {
    await aRole('two', { Policies: [{ PolicyName: 'first', PolicyDocument: mayRead }] });
    await aPolicy(['two']);
    expect(await policies('two')).toEqual(['first', 'later']);
    const asked = await iam.send(new GetRolePolicyCommand({ RoleName: 'two', PolicyName: 'later' }));
    expect(decoded(asked.PolicyDocument)).toEqual(mayRead);
    expect([...(world.roles.get(`arn:aws:iam::${ACCOUNT_ID}:role/two`)?.policies.keys() ?? [])]).toHaveLength(2);
  });
});

describe('IAM refuses', () => {
  test.each([
    ['AWS’s own policies', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }, 'managed policies'],
    ['a path without its slashes', { Path: 'autopilot' }, 'Path'],
    ['a name over 64 characters', { RoleName: 'x'.repeat(65) }, 'RoleName'],
    ['what it does not emulate', { PermissionsBoundary: 'arn' }, 'PermissionsBoundary'],
    ['an old kind of document', { AssumeRolePolicyDocument: { ...trust, Version: '2008-10-17' } }, 'Version'],
  ])('%s', async (_what, more, word) => {
    await expect(aRole('refused', more)).rejects.toThrow(word);
  });

  test('a policy for nobody, or for a role that there is not', async () => {
    await expect(aPolicy([])).rejects.toThrow('Roles');
    await expect(aPolicy(['nobody'])).rejects.toThrow('nobody');
  });

  test.each([
    ['role', () => getRole('nobody')],
    ['list of policies', () => policies('nobody')],
    [
      'policy',
      async () => {
        await aRole('bare');
        return iam.send(new GetRolePolicyCommand({ RoleName: 'bare', PolicyName: 'none' }));
      },
    ],
  ])('a %s that there is not', async (_what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

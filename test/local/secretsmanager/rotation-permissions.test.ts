import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import { startClock } from '../../../local/clock.ts';
import type { PolicyDocument, Principal, Role, TemplateResource, World } from '../../../local/service.ts';
import { createLambda, type LambdaService } from '../../../local/services/lambda/lambda.ts';
import {
  createSecretsManager,
  type SecretsManagerHandle,
} from '../../../local/services/secretsmanager/secretsmanager.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { aFunctionPolicy, aRotationFunction, FUNCTION_ARN } from './a-rotation-function.ts';

const REGION = 'us-east-1';
const ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/rotator`;
const rotator: Principal = { kind: 'role', arn: ROLE_ARN, session: 'test' };
const LAMBDA_TRUST: PolicyDocument = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};
const allowing = (...actions: string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

let world: AWorld;
let service: SecretsManagerHandle;
const roles = new Map<string, Role>();
const may = (...actions: string[]) => {
  const policies = new Map([['inline', allowing(...actions)]]);
  roles.set(ROLE_ARN, { arn: ROLE_ARN, name: 'rotator', trust: LAMBDA_TRUST, policies });
};
/** IAM as it is, asked by a world with these services. */
const open = async (
  lambda: (world: World) => LambdaService | ReturnType<ReturnType<typeof aRotationFunction>['service']>,
) => {
  const store = { put: (role: Role) => void roles.set(role.arn, role), get: (arn: string) => roles.get(arn) };
  const { authorize } = createAuthorizer({ accountId: ACCOUNT_ID, roles: store, clock: startClock() });
  const create = (around: World) => {
    around.roles.put({ arn: ROLE_ARN, name: 'rotator', trust: LAMBDA_TRUST, policies: new Map() });
    const made = createSecretsManager(around);
    service = made;
    return made;
  };
  world = await aWorld({ services: [lambda, create], speed: 60_000, authorize });
};
const create = async (Name: string) => {
  const client = world.operatorClient(SecretsManagerClient);
  return (await client.send(new CreateSecretCommand({ Name, SecretString: 'one' }))).ARN ?? '';
};
const rotate = (SecretId: string) =>
  world.client(SecretsManagerClient, rotator, REGION).send(
    new RotateSecretCommand({
      SecretId,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { AutomaticallyAfterDays: 30 },
    }),
  );
const isSetUp = async (SecretId: string) => {
  const client = world.operatorClient(SecretsManagerClient);
  return (await client.send(new DescribeSecretCommand({ SecretId }))).RotationEnabled === true;
};

describe('to have a secret rotated', () => {
  let fn: ReturnType<typeof aRotationFunction>['fn'];
  let arn: string;
  beforeEach(async () => {
    const lambda = aRotationFunction();
    fn = lambda.fn;
    await open(lambda.service);
    arn = await create('orders');
  });
  afterEach(() => world.close());

  it.each([
    ['RotateSecret alone', ['secretsmanager:RotateSecret']],
    ['InvokeFunction alone', ['lambda:InvokeFunction']],
  ])('%s is not enough for the caller', async (_what, actions) => {
    may(...actions);
    await expect(rotate(arn)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await isSetUp(arn)).toBe(false);
    expect(fn.events).toEqual([]);
  });

  const mine = { StringEquals: { 'aws:SourceAccount': ACCOUNT_ID } };
  it.each([
    ['of any account', () => aFunctionPolicy(), true],
    ['of this account', () => aFunctionPolicy(mine), true],
    ['for this secret', () => aFunctionPolicy({ ...mine, ArnLike: { 'aws:SourceArn': arn } }), true],
    ['for another secret', () => aFunctionPolicy({ ArnLike: { 'aws:SourceArn': `${arn}x` } }), false],
    ['of another account', () => aFunctionPolicy({ StringEquals: { 'aws:SourceAccount': '999999999999' } }), false],
    ['nobody', () => undefined, false],
  ])('the function lets in Secrets Manager %s', async (_what, policy, isAllowed) => {
    may('secretsmanager:RotateSecret', 'lambda:InvokeFunction');
    fn.policy = policy();
    if (isAllowed) {
      await rotate(arn);
    } else {
      const message = expect.stringContaining('grants access to the principal secretsmanager.amazonaws.com');
      await expect(rotate(arn)).rejects.toMatchObject({ name: 'AccessDeniedException', message });
    }
    expect(await isSetUp(arn)).toBe(isAllowed);
    await service.idle();
    expect(fn.events.length > 0).toBe(isAllowed);
  });

  it('the function must let Secrets Manager in at each step, too', async () => {
    may('secretsmanager:RotateSecret', 'lambda:InvokeFunction');
    fn.does = async () => {
      fn.policy = undefined;
    };
    await rotate(arn);
    await service.idle();
    expect(fn.events).toHaveLength(1);
    expect(service.rotation(REGION, arn)).toMatchObject({
      state: 'failed',
      problem: expect.stringMatching(/AccessDenied/),
    });
  });

  it('IAM is told of the function and the rules', async () => {
    may('secretsmanager:RotateSecret', 'lambda:InvokeFunction');
    await rotate(arn);
    const asked = world.asked.filter(({ principal }) => principal.kind === 'role').map(({ permission }) => permission);
    expect(asked).toEqual([
      {
        action: 'secretsmanager:RotateSecret',
        resource: arn,
        context: {
          'secretsmanager:Name': 'orders',
          'secretsmanager:RotationLambdaARN': FUNCTION_ARN,
          'secretsmanager:ModifyRotationRules': 'true',
        },
      },
      { action: 'lambda:InvokeFunction', resource: FUNCTION_ARN },
    ]);
  });
});

describe('a function of a template', () => {
  let folder: string;
  let lambda: LambdaService;
  const resource = (type: string, properties: Record<string, unknown>): TemplateResource => ({
    stackName: 'S',
    region: REGION,
    logicalId: 'Rotate',
    type,
    properties,
    generatedName: () => 'Rotate',
    assetFolder: () => folder,
  });
  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'asset-'));
    const code = "exports.handler = async ({ Step }) => { if (Step === 'setSecret') throw new RangeError(Step); };";
    writeFileSync(path.join(folder, 'index.cjs'), code);
    await open((around) => {
      lambda = createLambda(around);
      return lambda;
    });
    await lambda.resources?.['AWS::Lambda::Function']?.create(
      resource('AWS::Lambda::Function', {
        Code: { S3Bucket: 'b', S3Key: 'k.zip' },
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: ROLE_ARN,
        FunctionName: 'rotate',
      }),
    );
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it('is invoked once its AWS::Lambda::Permission names Secrets Manager', async () => {
    may('secretsmanager:RotateSecret', 'lambda:InvokeFunction');
    const arn = await create('orders');
    await expect(rotate(arn)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await lambda.resources?.['AWS::Lambda::Permission']?.create(
      resource('AWS::Lambda::Permission', {
        Action: 'lambda:InvokeFunction',
        FunctionName: 'rotate',
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: ACCOUNT_ID,
        SourceArn: arn,
      }),
    );
    await rotate(arn);
    await service.idle();
    expect(service.rotation(REGION, arn)).toMatchObject({ state: 'failed', problem: 'setSecret failed: RangeError' });
  });
});

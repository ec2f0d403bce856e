import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createSsm } from '../../../local/services/ssm/ssm.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let ssm: SSMClient;
let service: Service;
beforeAll(async () => {
  world = await aWorld({ services: [(made) => (service = createSsm(made))] });
  ssm = world.operatorClient(SSMClient);
});
afterAll(() => world.close());

const put = (Name: string, Value = 'on', more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const get = async (Name: string, client = ssm) => (await client.send(new GetParameterCommand({ Name }))).Parameter;
const below = async (Path: string, Recursive = false) => {
  const names: string[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, { Path, Recursive })) {
    expect(Parameters.length).toBeLessThanOrEqual(10);
    names.push(...Parameters.map(({ Name = '' }) => Name));
  }
  return names;
};

describe('a parameter', () => {
  test('counts its versions, and keeps its type when it is overwritten', async () => {
    await put('/switch', 'a,b', { Type: 'StringList' });
    expect(await put('/switch', 'c,d', { Type: undefined, Overwrite: true })).toMatchObject({ Version: 2 });
    expect(await get('/switch')).toMatchObject({
      Value: 'c,d',
      Type: 'StringList',
      Version: 2,
      ARN: `arn:aws:ssm:us-east-1:${ACCOUNT_ID}:parameter/switch`,
    });
  });

  test('has the slash of its ARN also when its name has none', async () => {
    await put('plain');
    expect((await get('plain'))?.ARN).toBe(`arn:aws:ssm:us-east-1:${ACCOUNT_ID}:parameter/plain`);
  });

  test('is in one Region, and gone when it is deleted', async () => {
    await put('/short');
    const missing = { name: 'ParameterNotFound' };
    await expect(get('/short', world.operatorClient(SSMClient, 'eu-west-1'))).rejects.toMatchObject(missing);
    await ssm.send(new DeleteParameterCommand({ Name: '/short' }));
    await expect(get('/short')).rejects.toMatchObject(missing);
  });

  test('is one of several that are asked for, each by its own permission', async () => {
    await put('/several');
    const before = world.asked.length;
    const Names = ['/several', '/nobody'];
    const { Parameters, InvalidParameters } = await ssm.send(new GetParametersCommand({ Names }));
    expect(Parameters).toMatchObject([{ Name: '/several' }]);
    expect(InvalidParameters).toEqual(['/nobody']);
    expect(world.asked.slice(before).map(({ permission }) => permission)).toEqual(
      Names.map((name) => ({
        action: 'ssm:GetParameters',
        resource: `arn:aws:ssm:us-east-1:${ACCOUNT_ID}:parameter${name}`,
      })),
    );
  });

  test('of a template has a name of its own or a generated one', async () => {
    const properties = { Type: 'String', Value: 'on' };
    expect(await build(service, 'AWS::SSM::Parameter', properties)).toMatchObject({ ref: 'S-Made-1' });
    await build(service, 'AWS::SSM::Parameter', { ...properties, Name: '/made' });
    expect(await get('/made')).toMatchObject({ Value: 'on', Version: 1 });
    await expect(build(service, 'AWS::SSM::Parameter', { ...properties, Policies: '[]' })).rejects.toThrow('Policies');
  });
});

test('a path has what is directly below it, or all of it, ten at a time', async () => {
  const all = Array.from({ length: 23 }, (_, index) => `/app/p${index}`);
  for (const name of [...all, '/app/deep/er', '/application']) await put(name);
  expect(await below('/app')).toEqual(all);
  expect(await below('/app/', true)).toEqual([...all, '/app/deep/er']);
});

describe('Parameter Store refuses', () => {
  test.each([
    ['what is there already', () => put('/twice').then(() => put('/twice')), 'ParameterAlreadyExists'],
    ['a secret', () => put('/secret', 'x', { Type: 'SecureString' }), 'UnsupportedParameterType'],
    ['a new parameter without a type', () => put('/new', 'x', { Type: undefined }), 'ValidationException'],
    ['an empty value', () => put('/empty', ''), 'ValidationException'],
    ['more than 4 KB', () => put('/large', 'x'.repeat(4097)), 'ValidationException'],
    ['more than 8 KB', () => put('/large', 'x'.repeat(8193), { Tier: 'Advanced' }), 'ValidationException'],
    ['a path that does not begin at the root', () => put('app/one'), 'ValidationException'],
    [
      'eleven names',
      () => ssm.send(new GetParametersCommand({ Names: Array(11).fill('/several') })),
      'ValidationException',
    ],
    ['to delete what is not there', () => ssm.send(new DeleteParameterCommand({ Name: '/no' })), 'ParameterNotFound'],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });

  test('nothing of 8 KB, in the advanced tier', async () => {
    expect(await put('/advanced', 'x'.repeat(8192), { Tier: 'Advanced' })).toMatchObject({ Tier: 'Advanced' });
  });
});

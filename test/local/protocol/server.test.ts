import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elasticache from '@aws-sdk/client-elasticache';
import * as lambda from '@aws-sdk/client-lambda';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operation, type Service, ServiceError } from '../../../local/service.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';

const groupNamed = (id: string, description: string) => ({
  ReplicationGroupId: id,
  Description: description,
  ReplicationGroupCreateTime: new Date('2026-11-20T01:02:03.456Z'),
  NodeGroups: [{ NodeGroupId: '0001', PrimaryEndpoint: { Address: 'a & <b>', Port: 6379 } }],
});

const fakeElastiCache = (): Service => ({
  name: 'elasticache',
  api: {
    signingName: 'elasticache',
    iamPrefix: 'elasticache',
    sdk: elasticache,
    Client: elasticache.ElastiCacheClient,
    operations: {
      CreateReplicationGroup: operation<
        elasticache.CreateReplicationGroupCommandInput,
        elasticache.CreateReplicationGroupCommandOutput
      >({
        permissions: (input) => [
          { action: 'elasticache:CreateReplicationGroup', resource: `arn:${input.ReplicationGroupId}` },
        ],
        handle: (input) => {
          if (input.ReplicationGroupId === 'taken') {
            throw new ServiceError('ReplicationGroupAlreadyExistsFault', 'Replication group taken already exists.');
          }
          return { ReplicationGroup: groupNamed(input.ReplicationGroupId ?? '', JSON.stringify(input)) };
        },
      }),
      DescribeReplicationGroups: operation<
        elasticache.DescribeReplicationGroupsCommandInput,
        elasticache.DescribeReplicationGroupsCommandOutput
      >({ handle: () => ({ ReplicationGroups: [groupNamed('orders', 'd')] }) }),
    },
  },
});

const fakeEc2 = (): Service => ({
  name: 'ec2',
  api: {
    signingName: 'ec2',
    iamPrefix: 'ec2',
    sdk: ec2,
    Client: ec2.EC2Client,
    operations: {
      DescribeSubnets: operation<ec2.DescribeSubnetsCommandInput, ec2.DescribeSubnetsCommandOutput>({
        handle: (input) => ({
          Subnets: [
            {
              SubnetId: input.SubnetIds?.[0],
              VpcId: input.Filters?.[0]?.Values?.[1],
              Tags: [{ Key: 'k', Value: 'v' }],
              AvailableIpAddressCount: 4091,
            },
          ],
        }),
      }),
    },
  },
});

const fakeLambda = (): Service => ({
  name: 'lambda',
  api: {
    signingName: 'lambda',
    iamPrefix: 'lambda',
    sdk: lambda,
    Client: lambda.LambdaClient,
    operations: {
      Invoke: operation<lambda.InvokeCommandInput, lambda.InvokeCommandOutput>({
        handle: (input) => ({
          StatusCode: input.InvocationType === 'Event' ? 202 : 200,
          ExecutedVersion: '$LATEST',
          Payload: Buffer.from(`${input.FunctionName}:${Buffer.from(input.Payload as Uint8Array)}`) as never,
        }),
      }),
    },
  },
});

const fakeSecrets = (): Service => ({
  name: 'secretsmanager',
  api: {
    signingName: 'secretsmanager',
    iamPrefix: 'secretsmanager',
    sdk: secrets,
    Client: secrets.SecretsManagerClient,
    operations: {
      GetSecretValue: operation<secrets.GetSecretValueCommandInput, secrets.GetSecretValueCommandOutput>({
        handle: (input) => {
          if (input.SecretId === 'none') throw new ServiceError('ResourceNotFoundException', 'no such secret');
          return { Name: input.SecretId, SecretString: 's', CreatedDate: new Date(1000) };
        },
      }),
    },
  },
});

const fakeCloudWatch = (): Service => ({
  name: 'monitoring',
  api: {
    signingName: 'monitoring',
    iamPrefix: 'cloudwatch',
    sdk: cloudwatch,
    Client: cloudwatch.CloudWatchClient,
    operations: {
      GetMetricData: operation<cloudwatch.GetMetricDataCommandInput, cloudwatch.GetMetricDataCommandOutput>({
        handle: (input) => ({
          MetricDataResults: [{ Id: input.MetricDataQueries?.[0]?.Id, Timestamps: [new Date(5000)], Values: [1.5] }],
        }),
      }),
    },
  },
});

let world: AWorld;
let denied = false;
beforeAll(async () => {
  world = await aWorld({
    services: [fakeElastiCache, fakeEc2, fakeLambda, fakeSecrets, fakeCloudWatch],
    authorize: async () => {
      if (denied) throw new ServiceError('AccessDeniedException', 'not authorized', 403);
    },
  });
});
afterAll(() => world.close());

const create = (id: string, more: object = {}) =>
  world.operatorClient(elasticache.ElastiCacheClient).send(
    new elasticache.CreateReplicationGroupCommand({
      ReplicationGroupId: id,
      ReplicationGroupDescription: 'd & <x>',
      ...more,
    }),
  );

describe('AWS Query', () => {
  it('carries nested structures, lists, numbers and dates both ways', async () => {
    const nested = {
      AutomaticFailoverEnabled: true,
      NumNodeGroups: 2,
      SecurityGroupIds: ['sg-1', 'sg-2'],
      Tags: [{ Key: 'a', Value: 'b c' }],
      NodeGroupConfiguration: [{ NodeGroupId: '0001', ReplicaCount: 1, ReplicaAvailabilityZones: ['a', 'b'] }],
    };
    const { ReplicationGroup } = await create('js1', nested);
    expect(JSON.parse(ReplicationGroup?.Description ?? '')).toMatchObject(nested);
    expect(ReplicationGroup?.ReplicationGroupCreateTime).toEqual(new Date('2026-11-20T01:02:03.456Z'));
    expect(ReplicationGroup?.NodeGroups?.[0]?.PrimaryEndpoint).toEqual({ Address: 'a & <b>', Port: 6379 });
  });

  it('answers a modelled error with its wire code, and the client makes it the typed one', async () => {
    const error = await create('taken').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(elasticache.ReplicationGroupAlreadyExistsFault);
    expect(error).toMatchObject({ Code: 'ReplicationGroupAlreadyExists', $metadata: { httpStatusCode: 400 } });
  });

  it('refuses a request that lacks a required parameter, by name', async () => {
    await expect(create('x', { ReplicationGroupDescription: undefined })).rejects.toMatchObject({
      name: 'MissingParameter',
      message: expect.stringContaining('ReplicationGroupDescription'),
    });
  });

  it('names an operation that is not emulated', async () => {
    const client = world.operatorClient(elasticache.ElastiCacheClient);
    await expect(client.send(new elasticache.DescribeEventsCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('elasticache:DescribeEvents'),
      $metadata: { httpStatusCode: 501 },
    });
  });
});

describe('other protocols', () => {
  it('speaks EC2 Query', async () => {
    const { Subnets } = await world.operatorClient(ec2.EC2Client).send(
      new ec2.DescribeSubnetsCommand({
        SubnetIds: ['subnet-1'],
        Filters: [{ Name: 'vpc-id', Values: ['vpc-1', 'vpc-2'] }],
      }),
    );
    expect(Subnets).toMatchObject([
      { SubnetId: 'subnet-1', VpcId: 'vpc-2', Tags: [{ Key: 'k', Value: 'v' }], AvailableIpAddressCount: 4091 },
    ]);
  });

  it('speaks REST JSON with blobs, headers and status codes', async () => {
    const answer = await world
      .operatorClient(lambda.LambdaClient)
      .send(new lambda.InvokeCommand({ FunctionName: 'arn:f', InvocationType: 'Event', Payload: '{"a":1}' }));
    expect(answer).toMatchObject({ StatusCode: 202, ExecutedVersion: '$LATEST' });
    expect(new TextDecoder().decode(answer.Payload)).toBe('arn:f:{"a":1}');
  });

  it('speaks AWS JSON, with typed errors', async () => {
    const client = world.operatorClient(secrets.SecretsManagerClient);
    const found = await client.send(new secrets.GetSecretValueCommand({ SecretId: 'a' }));
    expect(found).toMatchObject({ Name: 'a', SecretString: 's', CreatedDate: new Date(1000) });
    const missing = client.send(new secrets.GetSecretValueCommand({ SecretId: 'none' }));
    await expect(missing).rejects.toBeInstanceOf(secrets.ResourceNotFoundException);
    const nothing = client.send(new secrets.GetSecretValueCommand({ SecretId: undefined }));
    await expect(nothing).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('speaks AWS JSON to CloudWatch', async () => {
    const { MetricDataResults } = await world.operatorClient(cloudwatch.CloudWatchClient).send(
      new cloudwatch.GetMetricDataCommand({
        StartTime: new Date(0),
        EndTime: new Date(1),
        MetricDataQueries: [{ Id: 'q', Expression: '1' }],
      }),
    );
    expect(MetricDataResults).toMatchObject([{ Id: 'q', Timestamps: [new Date(5000)], Values: [1.5] }]);
  });
});

describe('who may call', () => {
  it('turns a stranger’s access key away', async () => {
    const client = new elasticache.ElastiCacheClient({
      region: 'us-east-1',
      endpoint: world.endpoint,
      credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' },
      maxAttempts: 1,
    });
    await expect(client.send(new elasticache.DescribeReplicationGroupsCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });

  it('asks IAM for the action and the resource that the operation names', async () => {
    await create('asked');
    expect(world.asked.at(-1)?.permission).toEqual({
      action: 'elasticache:CreateReplicationGroup',
      resource: 'arn:asked',
    });
  });
});

describe('a denial', () => {
  it.each([
    ['elasticache', () => create('forbidden'), 'AccessDenied', 403],
    [
      'ec2',
      () => world.operatorClient(ec2.EC2Client).send(new ec2.DescribeSubnetsCommand({})),
      'UnauthorizedOperation',
      403,
    ],
  ])('is spelt as %s spells it', async (_service, call, name, httpStatusCode) => {
    denied = true;
    const outcome = call();
    await expect(outcome).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    denied = false;
  });
});

describe('faults on demand', () => {
  it('answers with the fault as often as asked, then normally again', async () => {
    world.faults.add({
      service: 'elasticache',
      operation: 'CreateReplicationGroup',
      times: 1,
      error: { code: 'Throttling' },
    });
    await expect(create('f1')).rejects.toMatchObject({ name: 'Throttling' });
    await expect(create('f1')).resolves.toBeDefined();
  });

  it('can carry a call out and lose the answer', async () => {
    world.faults.add({ service: 'elasticache', operation: 'CreateReplicationGroup', times: 1, loseAnswer: true });
    const before = world.asked.length;
    await expect(create('lost')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(world.asked.length).toBe(before + 1);
  });
});

const awsCli = (() => {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
})();

describe.skipIf(!awsCli)('the Python AWS CLI (skipped where there is no aws on PATH)', () => {
  const aws = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], {
      env: { ...process.env, ...world.environmentFor({ kind: 'user', arn: 'arn:cli' }, 'us-east-1') },
    });
    return JSON.parse(stdout);
  };

  it('reads what the JavaScript SDK reads', async () => {
    const { ReplicationGroups } = await aws('elasticache', 'describe-replication-groups');
    expect(ReplicationGroups).toMatchObject([{ ReplicationGroupId: 'orders', Description: 'd' }]);
    const { Subnets } = await aws('ec2', 'describe-subnets', '--subnet-ids', 'subnet-9');
    expect(Subnets).toMatchObject([{ SubnetId: 'subnet-9' }]);
  });

  it('gets errors in its own words', async () => {
    const args = ['--replication-group-id', 'taken', '--replication-group-description', 'd'];
    await expect(aws('elasticache', 'create-replication-group', ...args)).rejects.toThrow(
      'An error occurred (ReplicationGroupAlreadyExists)',
    );
  });
});

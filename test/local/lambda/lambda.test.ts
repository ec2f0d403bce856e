import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemplateResource, World } from '../../../local/service.ts';
import { createLambda, type LambdaService } from '../../../local/services/lambda/lambda.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';

const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/step`;
const CODE = `
let calls = 0;
exports.handler = async (event, context) => {
  calls += 1;
  if (event.throw) throw Object.assign(new Error('broken on purpose'), { name: 'Broken' });
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  if (event.failures >= calls) throw new Error('not yet');
  if (event.print) console.log(event.print);
  if (event.bytes) return 'x'.repeat(event.bytes - 2);
  return {
    calls, event, year: new Date().getUTCFullYear(), now: Date.now(), isDate: new Date() instanceof Date,
    parsed: new Date('2020-01-01T00:00:00Z').toISOString(),
    remaining: context.getRemainingTimeInMillis(), name: context.functionName,
    environment: Object.keys(process.env).sort(), own: process.env.OWN, secret: process.env.OUR_SECRET,
  };
};
`;

let folder: string;
let world: AWorld;
let lambda: LambdaService;

const resource = (type: string, logicalId: string, properties: object): TemplateResource => ({
  stackName: 'S',
  region: 'us-east-1',
  logicalId,
  type,
  properties: properties as Record<string, unknown>,
  generatedName: () => logicalId,
  assetFolder: () => folder,
});

const deploy = async (name: string, more: object = {}) =>
  lambda.resources?.['AWS::Lambda::Function']?.create(
    resource('AWS::Lambda::Function', name, {
      Code: { S3Bucket: 'b', S3Key: 'k.zip' },
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: ROLE,
      FunctionName: name,
      Environment: { Variables: { OWN: 'mine' } },
      Timeout: 5,
      ...more,
    }),
  );

beforeAll(async () => {
  process.env.OUR_SECRET = 'never inherited';
  folder = mkdtempSync(path.join(os.tmpdir(), 'asset-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'index.cjs'), CODE);
  const create = (around: World) => {
    around.roles.put({
      arn: ROLE,
      name: 'step',
      trust: {
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
      },
      policies: new Map(),
    });
    lambda = createLambda(around);
    return lambda;
  };
  world = await aWorld({ services: [createSqs, create], speed: 100 });
  await deploy('step');
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const invoke = async (name: string, event: object, InvocationType: 'RequestResponse' | 'Event' = 'RequestResponse') => {
  const answer = await world
    .operatorClient(LambdaClient)
    .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), InvocationType }));
  const text = Buffer.from(answer.Payload ?? []).toString();
  return { ...answer, answer: text ? JSON.parse(text) : undefined };
};

describe('a function', () => {
  it('runs unchanged, with its own environment only', async () => {
    const { answer, FunctionError } = await invoke('step', { a: 1 });
    expect(FunctionError).toBeUndefined();
    expect(answer).toMatchObject({ event: { a: 1 }, name: 'step', own: 'mine', isDate: true });
    expect(answer.secret).toBeUndefined();
    expect(answer.parsed).toBe('2020-01-01T00:00:00.000Z');
    expect(answer.environment).toEqual(expect.arrayContaining(['AWS_ENDPOINT_URL', 'AWS_LAMBDA_FUNCTION_NAME']));
    expect(answer.remaining).toBeLessThanOrEqual(5000);
  });

  it('sees the account’s time', async () => {
    const before = world.clock.now();
    const { answer } = await invoke('step', {});
    expect(answer.now).toBeGreaterThanOrEqual(before - 1000);
    expect(answer.now).toBeLessThanOrEqual(world.clock.now() + 1000);
  });

  it('keeps a warm sandbox, and takes another while it is busy', async () => {
    await deploy('warm');
    const first = await invoke('warm', {});
    const second = await invoke('warm', {});
    expect([first.answer.calls, second.answer.calls]).toEqual([1, 2]);
    const both = await Promise.all([invoke('warm', { sleepMs: 100 }), invoke('warm', { sleepMs: 100 })]);
    expect(both.map(({ answer }) => answer.calls).sort()).toEqual([1, 3]);
  });

  it('answers an error as Lambda does', async () => {
    const { FunctionError, StatusCode, answer } = await invoke('step', { throw: true });
    expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
    expect(answer).toMatchObject({ errorType: 'Broken', errorMessage: 'broken on purpose' });
  });

  it('answers six megabytes and no more', async () => {
    const most = 6_291_556;
    expect((await invoke('step', { bytes: most })).answer).toHaveLength(most - 2);
    const { FunctionError, answer } = await invoke('step', { bytes: most + 1 });
    expect(FunctionError).toBe('Unhandled');
    expect(answer).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    });
  });

  it('is ended when its time is over', async () => {
    await deploy('slow', { Timeout: 1 });
    const { FunctionError, answer } = await invoke('slow', { sleepMs: 10_000 });
    expect(FunctionError).toBe('Unhandled');
    expect(answer.errorMessage).toContain('Task timed out after 1.00 seconds');
    expect((await invoke('slow', {})).answer.calls).toBe(1);
  });

  it('can be killed in the middle', async () => {
    await deploy('victim');
    await invoke('victim', {});
    lambda.killOnNextCall('victim', { afterMs: 50 });
    const { answer } = await invoke('victim', { sleepMs: 5000 });
    expect(answer).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  it('logs what it prints, and its own report', async () => {
    await invoke('step', { print: 'a line of its own' });
    const log = () => readFileSync(path.join(world.folder, 'logs', 'lambda', 'step.log'), 'utf8');
    await eventually(
      async () => log(),
      (text) => text.includes('a line of its own'),
    );
    expect(log()).toMatch(/REPORT RequestId: \S+ Duration: [\d.]+ ms Memory Size: 128 MB/);
  });

  it('does not run with a role that Lambda may not assume', async () => {
    await deploy('untrusted', { Role: `arn:aws:iam::${ACCOUNT_ID}:role/nobody` });
    await expect(invoke('untrusted', {})).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });
});

describe('events', () => {
  it('are accepted at once, tried three times, and end in the log when there is no queue', async () => {
    await deploy('eventful');
    expect((await invoke('eventful', { throw: true }, 'Event')).StatusCode).toBe(202);
    const log = () => readFileSync(path.join(world.folder, 'logs', 'lambda.log'), 'utf8');
    await eventually(
      async () => {
        try {
          return log();
        } catch {
          return '';
        }
      },
      (text) => text.includes('eventful lost an event after 3 attempts'),
    );
    const lines = readFileSync(path.join(world.folder, 'logs', 'lambda', 'eventful.log'), 'utf8').split('\n');
    const attempts = lines.flatMap((line) => /START RequestId: (\S+)/.exec(line)?.[1] ?? []);
    expect(attempts).toHaveLength(3);
    expect(new Set(attempts).size).toBe(1);
  });

  /** A queue for dead letters, and what came into it, each message once. */
  const aDeadLetterQueue = async (QueueName: string) => {
    const sqs = world.operatorClient(SQSClient);
    // Nobody gives up a message during the test.
    const Attributes = { VisibilityTimeout: '43200' };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const letters = async () => {
      const ask = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
      return (await sqs.send(new ReceiveMessageCommand(ask))).Messages ?? [];
    };
    const TargetArn = `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${QueueName}`;
    return { letters, properties: { DeadLetterConfig: { TargetArn } } };
  };

  it('go to the dead-letter queue after three attempts, as the function’s role', async () => {
    const { letters, properties } = await aDeadLetterQueue('dead');
    await deploy('hopeless', properties);
    await invoke('hopeless', { throw: true, cacheId: 'orders' }, 'Event');
    const [letter, ...others] = await eventually(letters, (found) => found.length > 0);
    expect(others).toEqual([]);
    expect(JSON.parse(letter?.Body ?? '{}')).toEqual({ throw: true, cacheId: 'orders' });
    const log = readFileSync(path.join(world.folder, 'logs', 'lambda', 'hopeless.log'), 'utf8');
    expect(log.match(/START RequestId/g)).toHaveLength(3);
    expect(letter?.MessageAttributes).toMatchObject({
      RequestID: { StringValue: /START RequestId: (\S+)/.exec(log)?.[1] },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: { StringValue: 'broken on purpose' },
    });
    const { TargetArn: resource } = properties.DeadLetterConfig;
    const sent = world.asked.find(
      ({ permission }) => permission.resource === resource && permission.action === 'sqs:SendMessage',
    );
    expect(sent?.principal).toEqual({ kind: 'role', arn: ROLE, session: 'hopeless' });
  });

  it('are done as soon as one attempt is', async () => {
    const { letters, properties } = await aDeadLetterQueue('unused');
    await deploy('patient', properties);
    await invoke('patient', { failures: 1, print: 'done at last' }, 'Event');
    const log = () => readFileSync(path.join(world.folder, 'logs', 'lambda', 'patient.log'), 'utf8');
    await eventually(
      async () => log(),
      (text) => text.includes('done at last'),
    );
    await world.clock.sleep(125_000);
    expect(log().match(/START RequestId/g)).toHaveLength(2);
    expect(await letters()).toEqual([]);
  });

  describe('of a function with settings of its own', () => {
    const settings = (FunctionName: string, more: object) =>
      lambda.resources?.['AWS::Lambda::EventInvokeConfig']?.create(
        resource('AWS::Lambda::EventInvokeConfig', 'Settings', { FunctionName, Qualifier: '$LATEST', ...more }),
      );
    const attemptsOf = (name: string) =>
      readFileSync(path.join(world.folder, 'logs', 'lambda', `${name}.log`), 'utf8').match(/START RequestId/g)?.length;

    it.each([
      ['never', { MaximumRetryAttempts: 0 }, 1],
      ['once', { MaximumRetryAttempts: 1 }, 2],
      // The third attempt would come 180 s after the event.
      ['within their age', { MaximumEventAgeInSeconds: 120 }, 2],
      ['within their age that is over at once', { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 }, 1],
    ])('are tried again %s, and then given up', async (_how, more, attempts) => {
      const name = `settled-${Object.values(more).join('-')}`;
      const { letters, properties } = await aDeadLetterQueue(`dead-${name}`);
      await deploy(name, properties);
      await settings(name, more);
      await invoke(name, { throw: true }, 'Event');
      const given = await eventually(letters, (found) => found.length > 0);
      expect(given[0]?.MessageAttributes?.ErrorMessage?.StringValue).toBe('broken on purpose');
      await world.clock.sleep(130_000);
      expect(attemptsOf(name)).toBe(attempts);
    });

    it('die in the middle when they are told to, and are not tried again', async () => {
      const { letters, properties } = await aDeadLetterQueue('dead-killed');
      await deploy('killed', properties);
      await settings('killed', { MaximumRetryAttempts: 0 });
      lambda.killOnNextCall('killed', { afterMs: 100 });
      await invoke('killed', { sleepMs: 60_000 }, 'Event');
      const [letter] = await eventually(letters, (found) => found.length > 0);
      expect(letter?.MessageAttributes?.ErrorMessage?.StringValue).toContain('signal: killed');
      expect(attemptsOf('killed')).toBe(1);
    });

    it.each([
      ['more than two attempts more', { MaximumRetryAttempts: 3 }, 'MaximumRetryAttempts'],
      ['less than a minute', { MaximumEventAgeInSeconds: 59 }, 'MaximumEventAgeInSeconds'],
      ['destinations', { DestinationConfig: {} }, 'DestinationConfig'],
      ['an alias', { Qualifier: 'live' }, 'aliases'],
      ['a function that is not there', { FunctionName: 'nobody' }, 'Function not found'],
    ])('are refused with %s', async (_what, more, words) => {
      await expect((async () => settings('step', more))()).rejects.toThrow(words);
    });
  });

  it('are refused when they are larger than one megabyte, or no JSON', async () => {
    const tooLarge = invoke('step', { x: 'x'.repeat(1_048_576) }, 'Event');
    await expect(tooLarge).rejects.toMatchObject({ name: 'RequestTooLargeException' });
    const client = world.operatorClient(LambdaClient);
    const wrong = client.send(new InvokeCommand({ FunctionName: 'step', Payload: 'no JSON', InvocationType: 'Event' }));
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  });
});

describe('permissions', () => {
  it('asks for lambda:InvokeFunction on the function, with its own policy', async () => {
    await lambda.resources?.['AWS::Lambda::Permission']?.create(
      resource('AWS::Lambda::Permission', 'Rule', {
        Action: 'lambda:InvokeFunction',
        FunctionName: 'step',
        Principal: 'events.amazonaws.com',
        SourceArn: 'arn:rule',
      }),
    );
    await invoke('step', {});
    const asked = world.asked
      .map(({ permission }) => permission)
      .findLast(({ action }) => action === 'lambda:InvokeFunction');
    expect(asked).toMatchObject({
      resource: `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:step`,
      resourcePolicy: { Statement: [{ Principal: { Service: 'events.amazonaws.com' }, Effect: 'Allow' }] },
    });
  });
});

describe('what Lambda refuses', () => {
  it.each([
    ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, 'AWS_REGION'],
    ['a handler that is not there', { Handler: 'main.handler' }, 'main.handler'],
    ['a property that is not emulated', { EphemeralStorage: { Size: 1024 } }, 'EphemeralStorage'],
    ['a topic for dead letters', { DeadLetterConfig: { TargetArn: 'arn:aws:sns:us-east-1:1:t' } }, 'queues only'],
    ['too long a timeout', { Timeout: 901 }, '900'],
  ])('%s', (_what, more, word) => expect(deploy('refused', more)).rejects.toThrow(word));

  it('to call a function whose network is asleep, until it is back', async () => {
    await deploy('sleepy');
    lambda.fallAsleep('sleepy', 20_000);
    const call = () =>
      world.operatorClient(LambdaClient).send(new InvokeCommand({ FunctionName: 'sleepy', Payload: '{}' }));
    await expect(call()).rejects.toMatchObject({
      name: 'ResourceNotReadyException',
      $metadata: { httpStatusCode: 502 },
    });
    await world.clock.sleep(20_000);
    expect((await call()).StatusCode).toBe(200);
  });

  it('an unknown function', async () => {
    const get = world.operatorClient(LambdaClient).send(new GetFunctionCommand({ FunctionName: 'nobody' }));
    await expect(get).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

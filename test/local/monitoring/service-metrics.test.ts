import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Service, World } from '../../../local/service.ts';
import { createLambda } from '../../../local/services/lambda/lambda.ts';
import { createMonitoring } from '../../../local/services/monitoring/monitoring.ts';
import { createStates } from '../../../local/services/states/states.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { makeMachine, trustedRole } from '../states/account.ts';

const FUNCTION_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/function`;
const MACHINE = `arn:aws:states:us-east-1:${ACCOUNT_ID}:stateMachine:tested`;
const CODE = `
exports.handler = async (event) => {
  if (event.throw) throw new Error('broken on purpose');
  if (event.print) console.log(JSON.stringify(event.print));
};
`;

let folder: string;
let world: AWorld;
let cloudwatch: CloudWatchClient;
let lambda: Service;
let states: Service;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'asset-'));
  writeFileSync(path.join(folder, 'index.cjs'), CODE);
  const allServices = [
    createMonitoring,
    (inside: World) => {
      lambda = createLambda(inside);
      return lambda;
    },
    (inside: World) => {
      states = createStates(inside);
      return states;
    },
  ];
  world = await aWorld({ services: allServices });
  cloudwatch = world.operatorClient(CloudWatchClient);
  world.roles.put(trustedRole());
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  world.roles.put({ arn: FUNCTION_ROLE, name: 'function', trust: { Statement: [trust] }, policies: new Map() });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

/** Sum and number of measurements in the last hour. */
const measured = async (Namespace: string, MetricName: string, dimensions: Record<string, string>) => {
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(world.clock.now() - 3_600_000),
      EndTime: new Date(world.clock.now() + 60_000),
      Period: 60,
      Statistics: ['Sum', 'SampleCount'],
    }),
  );
  const total = (statistic: 'Sum' | 'SampleCount') =>
    Datapoints.reduce((sum, point) => sum + (point[statistic] ?? 0), 0);
  return { sum: total('Sum'), count: total('SampleCount'), unit: Datapoints[0]?.Unit };
};

describe('a function', () => {
  const invoke = async (name: string, event: object) => {
    await lambda.resources?.['AWS::Lambda::Function']?.create({
      stackName: 'S',
      region: 'us-east-1',
      logicalId: name,
      type: 'AWS::Lambda::Function',
      properties: {
        Code: { S3Bucket: 'b', S3Key: 'k.zip' },
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: FUNCTION_ROLE,
        FunctionName: name,
      },
      generatedName: () => name,
      assetFolder: () => folder,
    });
    const call = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
    await world.operatorClient(LambdaClient).send(call);
  };

  it('counts what went well as no error', async () => {
    await invoke('well', {});
    const of = (metric: string) => measured('AWS/Lambda', metric, { FunctionName: 'well' });
    expect(await of('Invocations')).toEqual({ sum: 1, count: 1, unit: 'Count' });
    expect(await of('Errors')).toEqual({ sum: 0, count: 1, unit: 'Count' });
    expect(await of('Throttles')).toEqual({ sum: 0, count: 1, unit: 'Count' });
    expect(await of('Duration')).toMatchObject({ count: 1, unit: 'Milliseconds' });
  });

  it('counts an error', async () => {
    await invoke('badly', { throw: true });
    expect(await measured('AWS/Lambda', 'Errors', { FunctionName: 'badly' })).toMatchObject({ sum: 1, count: 1 });
  });

  it('measures what it prints in the embedded metric format', async () => {
    const directive = { Namespace: 'Mine', Dimensions: [['step']], Metrics: [{ Name: 'Waited', Unit: 'Seconds' }] };
    const print = {
      _aws: { Timestamp: Math.floor(world.clock.now()), CloudWatchMetrics: [directive] },
      step: 'grow',
      Waited: [3, 4],
    };
    await invoke('printing', { print });
    const waited = await eventually(
      () => measured('Mine', 'Waited', { step: 'grow' }),
      ({ count }) => count > 0,
    );
    expect(waited).toEqual({ sum: 7, count: 2, unit: 'Seconds' });
  });
});

describe('a state machine', () => {
  const counts = async () => {
    const names = ['Started', 'Succeeded', 'Failed', 'TimedOut', 'Aborted'];
    const all = await Promise.all(
      names.map((name) => measured('AWS/States', `Executions${name}`, { StateMachineArn: MACHINE })),
    );
    return Object.fromEntries(names.map((name, index) => [name, all[index]?.sum]));
  };

  it('counts each end of its executions under its own name', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'End',
      TimeoutSeconds: 3,
      States: {
        End: {
          Type: 'Choice',
          Choices: [
            { Condition: "{% $states.input = 'fail' %}", Next: 'Fail' },
            { Condition: "{% $states.input = 'wait' %}", Next: 'Wait' },
          ],
          Default: 'Succeed',
        },
        Fail: { Type: 'Fail', Error: 'Broken' },
        Wait: { Type: 'Wait', Seconds: 600, Next: 'Succeed' },
        Succeed: { Type: 'Succeed' },
      },
    };
    await makeMachine(states, definition, {});
    const sfn = world.operatorClient(SFNClient);
    const start = (input: string) =>
      sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE, input: JSON.stringify(input) }));
    await start('succeed');
    await start('fail');
    await start('wait');
    const { executionArn } = await start('wait');
    await sfn.send(new StopExecutionCommand({ executionArn }));
    const counted = await eventually(counts, ({ TimedOut }) => TimedOut === 1);
    expect(counted).toEqual({ Started: 4, Succeeded: 1, Failed: 1, TimedOut: 1, Aborted: 1 });
  });
});

test('an AWS service writes into its own namespace by its service-linked role, and a role of the customer does not', async () => {
  const put = (arn: string) => {
    const client = world.client(CloudWatchClient, { kind: 'role', arn, session: 's' }, 'us-east-1');
    const MetricData = [{ MetricName: 'Evictions', Value: 1 }];
    return client.send(new PutMetricDataCommand({ Namespace: 'AWS/ElastiCache', MetricData }));
  };
  const linked = `arn:aws:iam::${ACCOUNT_ID}:role/aws-service-role/elasticache.amazonaws.com/AWSServiceRoleForElastiCache`;
  await put(linked);
  expect(await measured('AWS/ElastiCache', 'Evictions', {})).toMatchObject({ sum: 1 });
  await expect(put(FUNCTION_ROLE)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
});

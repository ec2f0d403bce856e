import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  CfnSchedule,
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import { deploy, refuseUnknownTypes } from '../../../local/assembly/deploy.ts';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { Service, World } from '../../../local/service.ts';
import { createIam } from '../../../local/services/iam/iam.ts';
import { createScheduler, type SchedulerService } from '../../../local/services/scheduler/scheduler.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let scheduler: SchedulerService;
const folder = mkdtempSync(path.join(os.tmpdir(), 'schedules-'));

/** Two weekly schedules for one queue: the role of the first may send to it, that of the second to dead letters only. */
const synthesize = () => {
  const app = new App({ outdir: folder, analyticsReporting: false });
  const stack = new Stack(app, 'Calendar', { env: { account: ACCOUNT_ID, region: 'us-east-1' } });
  const scheduleGroup = new ScheduleGroup(stack, 'Group');
  const schedule = ScheduleExpression.cron({
    minute: '0',
    hour: '3',
    weekDay: 'SUN',
    timeZone: TimeZone.EUROPE_BERLIN,
  });
  const deadLetterQueue = new Queue(stack, 'Dead', { queueName: 'dead' });
  const input = ScheduleTargetInput.fromObject({ due: ContextAttribute.scheduledTime });
  const settings = { deadLetterQueue, input, retryAttempts: 3, maxEventAge: Duration.hours(1) };
  const queue = new Queue(stack, 'Queue', { queueName: 'sweeps' });
  const target = new SqsSendMessage(queue, settings);
  new Schedule(stack, 'Weekly', { scheduleGroup, scheduleName: 'weekly', schedule, target });

  const role = new Role(stack, 'Powerless', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
  deadLetterQueue.grantSendMessages(role);
  new CfnSchedule(stack, 'Denied', {
    name: 'denied',
    scheduleExpression: 'cron(0 3 ? * SUN *)',
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 15 },
    target: {
      arn: queue.queueArn,
      roleArn: role.roleArn,
      deadLetterConfig: { arn: deadLetterQueue.queueArn },
      input: 'denied',
    },
  });
  app.synth();
  return readCloudAssembly(folder);
};

beforeAll(async () => {
  let judge: ReturnType<typeof createAuthorizer> | undefined;
  const services: Service[] = [];
  const keep = (create: (made: World) => Service) => (made: World) => {
    const service = create(made);
    services.push(service);
    return service;
  };
  world = await aWorld({
    services: [keep(createIam), keep(createSqs), keep((made) => (scheduler = createScheduler(made)))],
    authorize: async (...asked) => judge?.authorize(...asked),
  });
  judge = createAuthorizer(world);
  const builders = Object.assign({}, ...services.map(({ resources }) => resources));
  const stacks = synthesize();
  refuseUnknownTypes(stacks, builders);
  for (const stack of stacks) await deploy(stack, builders);
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const bodiesIn = async (name: string) => {
  const QueueUrl = `${world.endpoint}/${ACCOUNT_ID}/${name}`;
  const { Messages = [] } = await world.operatorClient(SQSClient).send(new ReceiveMessageCommand({ QueueUrl }));
  return Messages.map(({ Body }) => Body);
};

test('a schedule that the CDK wrote calls its target with the permissions that the CDK gave it', async () => {
  expect(await scheduler.invoke('weekly')).toBe('delivered');
  const [body = ''] = await bodiesIn('sweeps');
  expect(JSON.parse(body)).toEqual({ due: expect.stringMatching(/Z$/) });
});

test('a schedule cannot do what its role may not', async () => {
  expect(await scheduler.invoke('denied')).toBe('dead-lettered');
  expect(await bodiesIn('dead')).toEqual(['denied']);
});

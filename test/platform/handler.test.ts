import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { handler as makeHandler } from '../../functions/platform/handler.ts';
import { CacheLocked } from '../../functions/platform/operator-actions.ts';

const context: Context = {
  awsRequestId: 'request-1',
  functionName: 'autopilot-creation-plan',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:autopilot-creation-plan',
  memoryLimitInMB: '512',
  logGroupName: '',
  logStreamName: '',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => 30_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};
const Input = z.strictObject({ operationId: z.string(), cacheId: z.string(), taskToken: z.string().optional() });
const event = { operationId: 'operation-1', cacheId: 'orders' };

/** Powertools writes with a console of its own, straight to the streams. */
let lines: string[] = [];
const written = () => lines.join('');
beforeEach(() => {
  lines = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
  }
  for (const method of ['info', 'error', 'log', 'warn'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) =>
      lines.push(`${parts.map(String).join(' ')}\n`),
    );
  }
});
afterEach(() => vi.restoreAllMocks());

const stepThat = (run: (input: z.output<typeof Input>) => Promise<{ reason: string }>) =>
  makeHandler({
    name: 'creation/plan',
    input: Input,
    run,
    report: ({ reason }, { taskToken }) => ({ says: 'Planned', reason, fields: { taskToken } }),
  });

describe('a handler', () => {
  it('logs its work with the operation and the cache, and counts its reason', async () => {
    const output = await stepThat(async () => ({ reason: 'NewCache' }))(event, context);
    expect(output).toEqual({ reason: 'NewCache' });
    expect(written()).toMatch(/"message":"Planned".*|"operationId":"operation-1"/);
    expect(written()).toContain('"operationId":"operation-1"');
    expect(written()).toContain('"cacheId":"orders"');
    expect(written()).toContain('"NewCache":1');
  });

  it('refuses a wrong input with every fault, and does not start to work', async () => {
    const run = vi.fn(async () => ({ reason: 'NewCache' }));
    await expect(stepThat(run)({ cacheId: 7, extra: 'the-secret' }, context)).rejects.toMatchObject({
      name: 'FixInput',
      message: expect.stringMatching(/operationId.*cacheId.*extra/s),
    });
    expect(run).not.toHaveBeenCalled();
    expect(written()).toContain('"FixInput":1');
    expect(written()).not.toContain('the-secret');
  });

  it.each([
    ['ThrottlingException', 'ServiceBusy'],
    ['Throttling', 'ServiceBusy'],
    ['AccessDenied', 'GrantPermission'],
    ['UnauthorizedOperation', 'GrantPermission'],
    ['InvalidReplicationGroupStateFault', 'WaitUntilAvailable'],
    ['NodeGroupsPerReplicationGroupQuotaExceededFault', 'RaiseShardQuota'],
    ['ReplicationGroupAlreadyExistsFault', 'CacheExists'],
    ['InvalidUserGroupStateFault', 'WaitUntilAvailable'],
    ['SnapshotQuotaExceededFault', 'WaitForSnapshotQuota'],
    ['TagQuotaPerResourceExceeded', 'FixInput'],
    ['TagNotFoundFault', 'AskAgain'],
    ['CacheParameterGroupNotFoundFault', 'AskAgain'],
    ['UserGroupNotFoundFault', 'AskAgain'],
    ['ReplicationGroupNotFoundFault', 'AskAgain'],
    ['InvalidVPCNetworkStateFault', 'FixNetwork'],
    ['SomethingNew', 'SomethingNew'],
  ])('throws %s of AWS as %s', async (thrown, expected) => {
    const error = Object.assign(new Error('as AWS says it'), { name: thrown });
    const failing = stepThat(() => Promise.reject(error))(event, context);
    await expect(failing).rejects.toMatchObject({ name: expected, message: expect.stringContaining('as AWS says it') });
    expect(written()).toContain(`"${expected}":1`);
  });

  it('takes any answer of AWS from 500 up as passing trouble', async () => {
    const error = Object.assign(new Error('oops'), { name: 'Strange', $metadata: { httpStatusCode: 503 } });
    await expect(stepThat(() => Promise.reject(error))(event, context)).rejects.toMatchObject({ name: 'ServiceBusy' });
  });

  it('lets our own errors through', async () => {
    const failing = stepThat(() => Promise.reject(new CacheLocked('held by operation-0')))(event, context);
    await expect(failing).rejects.toMatchObject({ name: 'CacheLocked', message: 'held by operation-0' });
  });

  it('never writes a token or the whole event, whatever a step reports', async () => {
    await stepThat(async () => ({ reason: 'NewCache' }))({ ...event, taskToken: 'the-task-token' }, context);
    expect(written()).toContain('(masked)');
    expect(written()).not.toContain('the-task-token');
  });

  it('forgets the ids of the invocation before', async () => {
    const step = stepThat(async () => ({ reason: 'NewCache' }));
    await step(event, context);
    lines = [];
    await step({ operationId: 'operation-2' }, context).catch(() => undefined);
    expect(written()).not.toContain('orders');
    expect(written()).toContain('operation-2');
  });

  it('knows how much of its life is left', async () => {
    const step = makeHandler({
      name: 'failover-drill/probe',
      input: Input,
      run: async (_, { remainingMs }) => remainingMs(),
      report: () => ({ says: 'Probed' }),
    });
    let left = 900_000;
    const dying: Context = { ...context, getRemainingTimeInMillis: () => left };
    expect(await step(event, dying)).toBe(900_000);
    left = 1000;
    expect(await step(event, dying)).toBe(1000);
  });

  it('publishes figures by their own dimensions, apart from the count of its reason', async () => {
    const step = makeHandler({
      name: 'failover-drill/judge',
      input: Input,
      run: async () => 1420,
      report: (outageMs, { cacheId }) => ({
        says: 'Judged the drill',
        reason: 'DrillPassed',
        measures: {
          dimensions: { CacheId: cacheId },
          values: [
            { name: 'DrillWriteOutage', unit: 'Milliseconds', value: outageMs },
            { name: 'DrillStaleReads', unit: 'Count', value: 0 },
          ],
        },
      }),
    });
    await step(event, context);
    const published = written()
      .split('\n')
      .filter((line) => line.includes('CloudWatchMetrics'))
      .map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
    const emf = (metric: string) => published.find((line) => metric in line);
    const described = (metric: string) =>
      JSON.stringify(emf(metric)?._aws)
        .match(/"Dimensions":\[\[(.*?)\]\].*"Metrics":\[(.*?)\]/)
        ?.slice(1);
    expect(emf('DrillWriteOutage')).toMatchObject({ CacheId: 'orders', DrillWriteOutage: 1420 });
    expect(described('DrillWriteOutage')?.[0]).toContain('"CacheId"');
    expect(described('DrillWriteOutage')?.[1]).toContain('"Unit":"Milliseconds"');
    expect(emf('DrillStaleReads')).toMatchObject({ CacheId: 'orders', DrillStaleReads: 0 });
    expect(emf('DrillPassed')).toMatchObject({ DrillPassed: 1 });
    expect(emf('DrillPassed')).not.toHaveProperty('CacheId');
  });
});

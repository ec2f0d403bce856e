import { CloudWatchClient, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { cloudWatchAlarms } from '../../functions/platform/alarms.ts';
import { aClientOf } from '../builders/a-client-of.ts';
import { type Answer, named } from '../builders/an-sdk-client.ts';

const alarmsOf = (answer: Answer) => {
  const { client, asked } = aClientOf(CloudWatchClient, { DescribeAlarms: answer });
  return { alarms: cloudWatchAlarms(client), asked };
};
const on = (name: string, value: string, dimension = 'CacheClusterId'): MetricAlarm => ({
  AlarmName: name,
  StateValue: 'ALARM',
  Dimensions: [{ Name: dimension, Value: value }],
});

describe('the alarms that concern a cache', () => {
  it('are those on the metrics of the cache, and of its nodes', async () => {
    const { alarms, asked } = alarmsOf(() => ({
      MetricAlarms: [
        on('its node', 'orders-0001-002'),
        on('its node without cluster mode', 'orders-001'),
        on('the group', 'orders', 'ReplicationGroupId'),
        on('the group of a global datastore', 'orders', 'ReplicationGroup'),
        {
          AlarmName: 'several metrics',
          StateValue: 'ALARM',
          Metrics: [
            { Id: 'a', Expression: 'b / 2' },
            {
              Id: 'b',
              MetricStat: {
                Metric: { Dimensions: [{ Name: 'CacheClusterId', Value: 'orders-0003-001' }] },
                Period: 60,
                Stat: 'Sum',
              },
            },
          ],
        },
        on('a cache whose id begins alike', 'orders-2-001'),
        on('another cache', 'carts-001'),
        on('something that is called the same', 'orders', 'QueueName'),
        { AlarmName: 'without dimensions', StateValue: 'ALARM' },
      ],
    }));
    expect((await alarms.firingOf('orders')).map(({ name }) => name)).toEqual([
      'its node',
      'its node without cluster mode',
      'the group',
      'the group of a global datastore',
      'several metrics',
    ]);
    expect(asked[0]?.input).toMatchObject({ StateValue: 'ALARM' });
  });

  it('are looked for on all pages', async () => {
    const { alarms, asked } = alarmsOf((_, call) => ({
      MetricAlarms: [on(`alarm-${call}`, 'orders-001')],
      ...(call < 3 ? { NextToken: `page-${call + 1}` } : {}),
    }));
    expect(await alarms.firingOf('orders')).toEqual(
      [1, 2, 3].map((page) => ({ name: `alarm-${page}`, state: 'ALARM' })),
    );
    expect(asked.map(({ input }) => input.NextToken)).toEqual([undefined, 'page-2', 'page-3']);
  });

  it('are not none only because nobody could be asked', async () => {
    await expect(alarmsOf(() => named('Throttling')).alarms.firingOf('orders')).rejects.toMatchObject({
      name: 'Throttling',
    });
  });
});

describe('the alarms that somebody named', () => {
  it('are found also when they are composite, each in its state', async () => {
    const { alarms, asked } = alarmsOf(() => ({
      MetricAlarms: [{ AlarmName: 'errors', StateValue: 'OK' }, { AlarmName: 'latency' }],
      CompositeAlarms: [{ AlarmName: 'checkout', StateValue: 'ALARM' }],
    }));
    expect(await alarms.named(['errors', 'latency', 'checkout', 'gone'])).toEqual([
      { name: 'errors', state: 'OK' },
      { name: 'latency', state: 'INSUFFICIENT_DATA' },
      { name: 'checkout', state: 'ALARM' },
    ]);
    expect(asked[0]?.input).toMatchObject({
      AlarmNames: ['errors', 'latency', 'checkout', 'gone'],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
  });

  it('are asked for a hundred at a time, and not at all when there are none', async () => {
    const { alarms, asked } = alarmsOf(() => ({}));
    await alarms.named(Array.from({ length: 201 }, (_, index) => `alarm-${index}`));
    expect(asked.map(({ input }) => [input.AlarmNames].flat().length)).toEqual([100, 100, 1]);
    // Without names CloudWatch would answer with every alarm of the account.
    expect(await alarmsOf(() => ({ MetricAlarms: [{ AlarmName: 'any' }] })).alarms.named([])).toEqual([]);
  });
});

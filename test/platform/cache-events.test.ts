import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elastiCacheEvents, isNodeOf } from '../../functions/platform/cache-events.ts';
import { type Answer, anSdkClient } from '../builders/an-sdk-client.ts';

const SINCE = '2026-11-21T07:00:00.000Z';
const told = (minute: number, SourceIdentifier: string, Message = `at ${minute}`) => ({
  Date: new Date(Date.UTC(2026, 10, 21, 7, minute)),
  SourceIdentifier,
  Message,
});
const eventsOf = (answer: Answer) => {
  const { client, asked } = anSdkClient<ElastiCacheClient>({ DescribeEvents: answer });
  return { events: elastiCacheEvents(client), asked };
};

describe('ElastiCache’s events', () => {
  it('are those of a cache and of its nodes, newest first', async () => {
    const { events, asked } = eventsOf(({ SourceType }) => ({
      Events:
        SourceType === 'replication-group'
          ? [told(1, 'orders')]
          : [told(4, 'orders-2-001'), told(3, 'orders-0001-001'), told(2, 'orders-001'), told(0, 'carts-001')],
    }));
    expect(await events.of('orders', SINCE)).toEqual([
      { at: '2026-11-21T07:03:00.000Z', source: 'orders-0001-001', message: 'at 3' },
      { at: '2026-11-21T07:02:00.000Z', source: 'orders-001', message: 'at 2' },
      { at: '2026-11-21T07:01:00.000Z', source: 'orders', message: 'at 1' },
    ]);
    expect(asked.map(({ input }) => input)).toEqual([
      { SourceType: 'replication-group', SourceIdentifier: 'orders', StartTime: new Date(SINCE), MaxRecords: 100 },
      { SourceType: 'cache-cluster', StartTime: new Date(SINCE), MaxRecords: 100 },
    ]);
  });

  it('of all groups are asked for in one go', async () => {
    const { events, asked } = eventsOf(() => ({ Events: [told(2, 'orders'), told(1, 'carts')] }));
    expect((await events.ofGroups(SINCE)).map(({ source }) => source)).toEqual(['orders', 'carts']);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.input).not.toHaveProperty('SourceIdentifier');
  });

  it('come page by page, and not without end', async () => {
    const pages = async (last: number) => {
      const { events, asked } = eventsOf((_, call) => ({
        Events: [told(call, 'orders')],
        ...(call < last ? { Marker: `page-${call + 1}` } : {}),
      }));
      const found = await events.ofGroups(SINCE);
      return [found.length, asked.map(({ input }) => input.Marker).slice(0, 3)];
    };
    expect(await pages(3)).toEqual([3, [undefined, 'page-2', 'page-3']]);
    expect((await pages(1000))[0]).toBe(10);
  });

  it('are left out where they do not say who, when, or what', async () => {
    const whole = told(1, 'orders');
    const { events } = eventsOf(() => ({
      Events: [{ ...whole, Date: undefined }, { ...whole, Message: undefined }, { ...whole, SourceIdentifier: '' }, {}],
    }));
    expect(await events.ofGroups(SINCE)).toEqual([]);
  });
});

describe('isNodeOf', () => {
  it.each(['orders', 'orders-001', 'orders-0001-001', 'orders-0123-006'])('takes %s for one of orders', (source) =>
    expect(isNodeOf('orders', source)).toBe(true),
  );
  it.each([
    'orders-2',
    'orders-2-001',
    'orders-2-0001-001',
    'orders-01',
    'orders-0001',
    'orders-0001-001-001',
    'order',
    'ordersx-001',
    'my-orders-001',
    '',
  ])('does not take %j for one of orders', (source) => expect(isNodeOf('orders', source)).toBe(false));

  it('never takes another cache’s node for its own', () => {
    const id = fc.stringMatching(/^[a-c]([a-c]|-[a-c]){0,4}$/);
    const node = fc.constantFrom('', '-001', '-0001-002');
    fc.assert(
      fc.property(id, id, node, (one, other, end) => {
        expect(isNodeOf(one, other + end)).toBe(one === other);
      }),
    );
  });
});

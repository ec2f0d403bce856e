import { describe, expect, it } from 'vitest';
import { followFailover } from '../../functions/failover-drill/follow-failover.ts';
import { FollowInput, FollowOutput } from '../../functions/failover-drill/schemas.ts';
import type { CacheEvent } from '../../functions/platform/conditions.ts';
import { secondsFromNow } from '../builders/a-drill.ts';
import { called, FAILOVER, promoted, recovering, wholeFailover } from '../builders/a-failover.ts';
import { inMemoryAlarms } from '../builders/in-memory-alarms.ts';
import { inMemoryEvents } from '../builders/in-memory-events.ts';

const follow = async (
  seconds: number,
  events: readonly CacheEvent[],
  alarms: Readonly<Record<string, string>> = {},
  abortOnAlarms: readonly string[] = Object.keys(alarms),
): Promise<FollowOutput> =>
  FollowOutput.parse(
    await followFailover(FollowInput.parse({ operationId: 'drill-1', ...FAILOVER, now: secondsFromNow(seconds) }), {
      events: inMemoryEvents(...events),
      alarms: inMemoryAlarms(alarms),
      abortOnAlarms,
    }),
  );
const hearing = async (seconds: number, events: readonly CacheEvent[]) => {
  const { stage, verdict, says } = await follow(seconds, events);
  return [stage, verdict, says];
};

describe('followFailover', () => {
  it('goes on as long as there is time, and says how far it is', async () => {
    const [call, promotion, same, recovery] = wholeFailover();
    const told = [call, promotion, same, recovery].filter((event) => event !== undefined);
    expect(await hearing(10, [])).toEqual(['nothing-yet', 'go-on', 'ElastiCache has told nothing of the failover']);
    expect(await hearing(10, told.slice(0, 1))).toEqual([
      'called',
      'go-on',
      'ElastiCache has told that the failover was called for, and of no promotion',
    ]);
    expect(await hearing(30, told.slice(0, 2))).toEqual([
      'promoted',
      'go-on',
      'a replica was promoted, and the old primary is not being rebuilt yet',
    ]);
    expect(await hearing(60, told)).toEqual([
      'recovering',
      'go-on',
      'a replica was promoted, and the old primary is being rebuilt',
    ]);
  });

  it('ends when the old primary is back, however late', async () => {
    for (const seconds of [400, 100_000]) {
      const followed = await follow(seconds, wholeFailover());
      expect(followed).toMatchObject({
        stage: 'recovered',
        verdict: 'recovered',
        says: 'a replica was promoted, and the old primary is back',
        oldPrimary: 'orders-0001-001',
        newPrimary: 'orders-0001-002',
      });
      expect(followed.marks).toHaveLength(4);
    }
  });

  it.each<[string, readonly CacheEvent[], number, string]>([
    ['told nothing', [], 600, 'ElastiCache has told nothing of the failover, 10 minutes after the order'],
    [
      'told of no promotion',
      [called(1)],
      600,
      'ElastiCache has told that the failover was called for, and of no promotion, 10 minutes after the order',
    ],
    [
      'not begun to rebuild',
      [promoted(20)],
      2400,
      'a replica was promoted, and the old primary is not being rebuilt yet, 40 minutes after the order',
    ],
    [
      'not rebuilt',
      [promoted(20), recovering(40)],
      2400,
      'a replica was promoted, and the old primary is being rebuilt, 40 minutes after the order',
    ],
  ])('is late from its deadline on when it has %s', async (_, events, deadline, says) => {
    expect((await follow(deadline - 1, events)).verdict).toBe('go-on');
    expect(await follow(deadline, events)).toMatchObject({ verdict: 'late', says });
    expect((await follow(100_000, events)).verdict).toBe('late');
  });

  it('stops for a chosen alarm before all else, and says which', async () => {
    for (const [seconds, events] of [
      [10, []],
      [600, []],
      [400, wholeFailover()],
    ] as const) {
      const followed = await follow(seconds, events, { errors: 'ALARM', latency: 'OK', orders: 'ALARM' });
      expect(followed.verdict).toBe('alarm');
      expect(followed.says).toMatch(/^the alarm errors, orders went off; /);
    }
  });

  it('stops neither for an alarm that nobody chose, nor for one without data', async () => {
    expect((await follow(10, [], { errors: 'ALARM' }, [])).verdict).toBe('go-on');
    expect((await follow(10, [], { errors: 'INSUFFICIENT_DATA' })).verdict).toBe('go-on');
    expect((await follow(10, [], {}, ['gone'])).verdict).toBe('go-on');
  });

  it('passes on that it could not look', async () => {
    const input = FollowInput.parse({ operationId: 'drill-1', ...FAILOVER, now: secondsFromNow(10) });
    const silent = { of: () => Promise.reject(new Error('no events')), ofGroups: async () => [] };
    const tools = { events: silent, alarms: inMemoryAlarms(), abortOnAlarms: [] };
    await expect(followFailover(input, tools)).rejects.toThrow('no events');
  });
});

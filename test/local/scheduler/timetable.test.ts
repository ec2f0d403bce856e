import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../local/clock.ts';
import { createTimetable, type Timetable } from '../../../local/services/scheduler/timetable.ts';
import { aLeapingClock } from '../../builders/a-leaping-clock.ts';
import { aSchedule } from './a-schedule.ts';

const NOW = '2026-11-21T07:00:00.000Z';
const HOUR_MS = 3_600_000;
const running: Timetable[] = [];
afterEach(() => {
  for (const timetable of running.splice(0)) timetable.stop();
});

interface Options {
  readonly random?: () => number;
  /** How long an invocation lasts. */
  readonly lastsMs?: number;
}

/** An open timetable on a clock that never waits; remembers what it invoked, and when. */
const aTimetable = ({ random = () => 0, lastsMs = 0 }: Options = {}) => {
  const clock = aLeapingClock(NOW);
  const invoked: { name: string; dueAt: string; at: string }[] = [];
  const completed: string[] = [];
  const timetable = createTimetable({
    clock,
    random,
    invoke: async ({ settings: { Name } }, dueAt) => {
      invoked.push({ name: Name, dueAt: new Date(dueAt).toISOString(), at: clock.iso() });
      if (lastsMs > 0) await clock.sleep(lastsMs);
    },
    completed: ({ settings: { Name } }) => completed.push(Name),
  });
  timetable.open();
  running.push(timetable);
  return { clock, timetable, invoked, completed, dueTimes: () => invoked.map(({ dueAt }) => dueAt.slice(0, 16)) };
};
const hours = (clock: Clock, count: number) => clock.sleep(count * HOUR_MS);

describe('a timetable', () => {
  test('invokes a rate at once and after each period', async () => {
    const { clock, timetable, dueTimes } = aTimetable();
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(8 hours)' }, NOW));
    await hours(clock, 17);
    expect(dueTimes()).toEqual(['2026-11-21T07:00', '2026-11-21T15:00', '2026-11-21T23:00']);
  });

  test('invokes a cron expression when it is due, also at the very moment it was made', async () => {
    const { clock, timetable, dueTimes } = aTimetable();
    timetable.enter(aSchedule({ ScheduleExpression: 'cron(0 7 * * ? *)' }, NOW));
    await hours(clock, 49);
    expect(dueTimes()).toEqual(['2026-11-21T07:00', '2026-11-22T07:00', '2026-11-23T07:00']);
  });

  test('keeps to the dates of a schedule: from the start on, and before the end', async () => {
    const { clock, timetable, dueTimes } = aTimetable();
    const [StartDate, EndDate] = [new Date('2026-11-22T07:00:00Z'), new Date('2026-11-22T09:00:00Z')];
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(1 hour)', StartDate, EndDate }, NOW));
    await hours(clock, 72);
    expect(dueTimes()).toEqual(['2026-11-22T07:00', '2026-11-22T08:00']);
  });

  test('never invokes too early, nor later than its minute or its flexible window', async () => {
    const window = fc.option(fc.integer({ min: 1, max: 1440 }), { nil: undefined });
    const luck = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(window, luck, async (minutes, chances) => {
        let drawn = 0;
        const random = () => chances[drawn++ % chances.length] ?? 0;
        const { clock, timetable, invoked } = aTimetable({ random });
        const FlexibleTimeWindow =
          minutes === undefined
            ? { Mode: 'OFF' as const }
            : { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: minutes };
        timetable.enter(aSchedule({ ScheduleExpression: 'rate(7 hours)', FlexibleTimeWindow }, NOW));
        await hours(clock, 60);
        timetable.stop();
        const lateBy = invoked.map(({ dueAt, at }) => Date.parse(at) - Date.parse(dueAt));
        expect(invoked.length).toBeGreaterThan(4);
        expect(Math.min(...lateBy)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...lateBy)).toBeLessThan((minutes ?? 1) * 60_000);
        // Each due time once, however their windows overlap.
        expect(new Set(invoked.map(({ dueAt }) => dueAt)).size).toBe(invoked.length);
      }),
      { numRuns: 30 },
    );
  });

  test('invokes nothing of a disabled schedule', async () => {
    const { clock, timetable, invoked } = aTimetable();
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' }, NOW));
    await hours(clock, 10);
    expect(invoked).toEqual([]);
  });

  test('goes by what a schedule was replaced with, and forgets a removed one', async () => {
    const { clock, timetable, dueTimes } = aTimetable();
    timetable.enter(aSchedule({ ScheduleExpression: 'cron(0 9 * * ? *)' }, NOW));
    timetable.enter(aSchedule({ ScheduleExpression: 'cron(0 10 * * ? *)' }, NOW));
    await hours(clock, 28);
    timetable.remove(aSchedule({}, NOW).arn);
    await hours(clock, 48);
    expect(dueTimes()).toEqual(['2026-11-21T10:00', '2026-11-22T10:00']);
  });

  test('still invokes what was due before a schedule was replaced', async () => {
    const { clock, timetable, dueTimes } = aTimetable({ random: () => 0.5 });
    timetable.enter(aSchedule({ ScheduleExpression: 'cron(0 7 * * ? *)' }, NOW));
    await clock.sleep(10_000);
    timetable.enter(aSchedule({ ScheduleExpression: 'cron(0 9 1 1 ? *)' }, clock.iso()));
    await clock.sleep(60_000);
    expect(dueTimes()).toEqual(['2026-11-21T07:00']);
  });

  test('invokes nothing before it is opened, nor after it is stopped', async () => {
    const clock = aLeapingClock(NOW);
    const invoked: string[] = [];
    const invoke = async () => void invoked.push(clock.iso().slice(0, 16));
    const timetable = createTimetable({ clock, random: () => 0, invoke, completed: () => {} });
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(3 hours)' }, NOW));
    await hours(clock, 4);
    expect(invoked).toEqual([]);
    timetable.open();
    await hours(clock, 1);
    expect(invoked).toEqual(['2026-11-21T11:00', '2026-11-21T11:00']);
    timetable.stop();
    await hours(clock, 24);
    expect(invoked).toHaveLength(2);
  });
});

describe('a schedule is complete', () => {
  test('once its last invocation has ended, and not before', async () => {
    const { clock, timetable, completed } = aTimetable({ lastsMs: HOUR_MS });
    timetable.enter(aSchedule({ ScheduleExpression: 'at(2026-11-21T09:00:00)' }, NOW));
    await clock.sleep(2.5 * HOUR_MS);
    expect(completed).toEqual([]);
    await hours(clock, 1);
    expect(completed).toEqual(['daily']);
  });

  test('only at its end when it comes several times', async () => {
    const { clock, timetable, completed, invoked } = aTimetable();
    const EndDate = new Date('2026-11-21T10:00:00Z');
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(1 hour)', EndDate }, NOW));
    await clock.sleep(1.5 * HOUR_MS);
    expect(completed).toEqual([]);
    await hours(clock, 5);
    expect([invoked.length, completed]).toEqual([3, ['daily']]);
  });

  test('also when its last invocation came before an earlier one', async () => {
    // The windows overlap: what is due at 07:00 comes at 08:59, what is due at 08:00 comes at once.
    const chances = [0.992, 0];
    const { clock, timetable, completed, invoked } = aTimetable({ random: () => chances.shift() ?? 0 });
    const EndDate = new Date('2026-11-21T09:00:00Z');
    const FlexibleTimeWindow = { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: 120 };
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(1 hour)', EndDate, FlexibleTimeWindow }, NOW));
    await hours(clock, 5);
    expect(invoked.map(({ dueAt }) => dueAt.slice(11, 16))).toEqual(['08:00', '07:00']);
    expect(completed).toEqual(['daily']);
  });

  test('never when it goes on', async () => {
    const { clock, timetable, completed } = aTimetable();
    timetable.enter(aSchedule({ ScheduleExpression: 'rate(1 hour)' }, NOW));
    await hours(clock, 30);
    expect(completed).toEqual([]);
  });
});

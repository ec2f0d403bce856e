import type { Clock } from '../../clock.ts';
import { nextDue, type Schedule } from './schedule.ts';

/** Knows when each schedule is to be invoked next, and does it. */
export interface Timetable {
  /** Enters a schedule, or replaces what was entered of it. What was due already comes as it was then. */
  enter(schedule: Schedule): void;
  /** Nothing more comes of this schedule. */
  remove(arn: string): void;
  /** Until now nothing was invoked; from now on everything is, on time. */
  open(): void;
  stop(): void;
}

export interface TimetableOptions {
  readonly clock: Clock;
  /** From 0 up to 1: how far into its window an invocation comes. */
  readonly random: () => number;
  /** Its promise ends when nothing more will come of this invocation; it never rejects. */
  readonly invoke: (schedule: Schedule, dueAt: number) => Promise<unknown>;
  /** Called after the last invocation of a schedule that will never be due again. */
  readonly completed: (schedule: Schedule) => void;
}

/** Scheduler invokes within the minute (guide, "Schedule types": 60 second precision), or within the flexible window. */
const PRECISION_MS = 60_000;

const windowOf = ({ settings: { FlexibleTimeWindow } }: Schedule): number =>
  FlexibleTimeWindow.Mode === 'OFF' ? PRECISION_MS : FlexibleTimeWindow.MaximumWindowInMinutes * 60_000;

interface Entry {
  schedule: Schedule;
  cancelNext: () => void;
  /** Whether it will never be due again. */
  isOver: boolean;
  /** Invocations that were due and have not ended yet. */
  open: number;
  readonly cancelLate: Set<() => void>;
}

const newEntry = (schedule: Schedule): Entry => ({
  schedule,
  cancelNext: () => {},
  isOver: false,
  open: 0,
  cancelLate: new Set(),
});

export const createTimetable = ({ clock, random, invoke, completed }: TimetableOptions): Timetable => {
  const entries = new Map<string, Entry>();
  let isOpen = false;

  const invokeLater = (entry: Entry, dueAt: number) => {
    const { schedule } = entry;
    entry.open += 1;
    const lateBy = Math.max(0, dueAt + Math.floor(random() * windowOf(schedule)) - clock.now());
    const cancel = clock.after(lateBy, () => {
      entry.cancelLate.delete(cancel);
      void invoke(schedule, dueAt).then(() => {
        entry.open -= 1;
        const isThere = entries.get(schedule.arn) === entry;
        if (isThere && entry.isOver && entry.open === 0) completed(entry.schedule);
      });
    });
    entry.cancelLate.add(cancel);
  };

  const awaitNext = (entry: Entry, afterMs: number) => {
    const { schedule } = entry;
    if (schedule.settings.State === 'DISABLED') return;
    const dueAt = nextDue(schedule, afterMs);
    entry.isOver = dueAt === undefined;
    if (dueAt === undefined) return;
    entry.cancelNext = clock.after(dueAt - clock.now(), () => {
      invokeLater(entry, dueAt);
      awaitNext(entry, dueAt);
    });
  };

  const begin = (entry: Entry) => {
    // What is due at this very moment counts.
    if (isOpen) awaitNext(entry, entry.schedule.modifiedAt - 1);
  };

  const enter = (schedule: Schedule) => {
    const entry = entries.get(schedule.arn) ?? newEntry(schedule);
    entry.cancelNext();
    entry.schedule = schedule;
    entry.isOver = false;
    entries.set(schedule.arn, entry);
    begin(entry);
  };

  const remove = (arn: string) => {
    const entry = entries.get(arn);
    entry?.cancelNext();
    for (const cancel of entry?.cancelLate ?? []) cancel();
    entries.delete(arn);
  };

  return {
    enter,
    remove,
    open() {
      isOpen = true;
      for (const entry of entries.values()) begin(entry);
    },
    stop() {
      for (const arn of [...entries.keys()]) remove(arn);
    },
  };
};

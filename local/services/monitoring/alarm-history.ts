import type { Alarm } from './alarm.ts';

export interface HistoryItem {
  readonly region: string;
  readonly name: string;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action';
  readonly summary: string;
  /** For machines. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export interface AlarmHistory {
  note(alarm: Pick<Alarm, 'region' | 'name'>, item: Pick<HistoryItem, 'type' | 'summary' | 'data'>): void;
  /** Newest first. */
  list(region: string): readonly HistoryItem[];
}

/** CloudWatch keeps the history of alarms for 30 days, of deleted ones too (user guide, "Using CloudWatch alarms"). */
const KEPT_MS = 30 * 86_400_000;

export const createAlarmHistory = (now: () => number): AlarmHistory => {
  const items: HistoryItem[] = [];
  return {
    note({ region, name }, item) {
      items.unshift({ region, name, ...item, atMs: now() });
      while ((items.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) < now() - KEPT_MS) items.pop();
    },
    list: (region) => items.filter((item) => item.region === region),
  };
};

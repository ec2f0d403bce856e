import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import type { Json } from './json.ts';
import { MAX_HISTORY_EVENTS } from './limits.ts';
import { StatesError } from './states-error.ts';

/** What an event says besides its type: the one details member that belongs to it. */
export type EventDetails = Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp' | 'type'>;

/** An execution's history, as `GetExecutionHistory` shows it. */
export interface History {
  readonly events: readonly HistoryEvent[];
  /** Adds an event and answers its id. @throws StatesError States.Runtime when only room for the last event is left */
  add(previousEventId: number, type: HistoryEventType, details?: EventDetails): number;
  /** Adds the execution's last event; whatever is added later is not part of the story any more. */
  close(type: HistoryEventType, details: EventDetails): void;
}

/** @param onEvent told of each event as it is added */
export const createHistory = (now: () => number, onEvent: (event: HistoryEvent) => void = () => {}): History => {
  const events: HistoryEvent[] = [];
  let closed = false;
  const push = (previousEventId: number, type: HistoryEventType, details: EventDetails) => {
    const id = events.length + 1;
    const event = { id, previousEventId, timestamp: new Date(now()), type, ...details };
    events.push(event);
    onEvent(event);
    return id;
  };

  return {
    events,
    add(previousEventId, type, details = {}) {
      if (closed) return previousEventId;
      if (events.length >= MAX_HISTORY_EVENTS - 1) {
        throw new StatesError(
          'States.Runtime',
          `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
        );
      }
      return push(previousEventId, type, details);
    },
    close(type, details) {
      if (closed) return;
      closed = true;
      push(events.length, type, details);
    },
  };
};

/** One thread through the history: each event follows the one before it in the same branch. */
export interface Trail {
  readonly last: number;
  add(type: HistoryEventType, details?: EventDetails): number;
  /** A branch that begins where this trail stands. */
  fork(): Trail;
  /** Goes on after the latest of these branches. */
  join(branches: readonly Trail[]): void;
}

export const createTrail = (history: History, start = 0): Trail => {
  let last = start;
  return {
    get last() {
      return last;
    },
    add(type, details) {
      last = history.add(last, type, details);
      return last;
    },
    fork: () => createTrail(history, last),
    join(branches) {
      last = Math.max(last, ...branches.map((branch) => branch.last));
    },
  };
};

const NOT_TRUNCATED = { truncated: false };

/** `{ input, inputDetails }` as events carry them. */
export const inputOf = (value: Json) => ({ input: JSON.stringify(value), inputDetails: NOT_TRUNCATED });

/** `{ output, outputDetails }` as events carry them. */
export const outputOf = (value: Json) => ({ output: JSON.stringify(value), outputDetails: NOT_TRUNCATED });

/** The variables that a state assigned; each value is JSON text. Nothing when it assigned none. */
export const assignedOf = (assigned: Readonly<Record<string, Json>>) => {
  const entries = Object.entries(assigned);
  if (entries.length === 0) return {};
  const assignedVariables = Object.fromEntries(entries.map(([name, value]) => [name, JSON.stringify(value)]));
  return { assignedVariables, assignedVariablesDetails: NOT_TRUNCATED };
};

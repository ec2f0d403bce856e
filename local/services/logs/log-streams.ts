import type { InputLogEvent, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../service.ts';

export interface LogEvent {
  readonly stream: string;
  readonly id: string;
  /** When it happened, account milliseconds since the epoch; whoever wrote it says so. */
  readonly timestamp: number;
  readonly message: string;
  readonly ingestedAt: number;
}

/** What was written to the streams of one log group. */
export interface LogStreams {
  /** @throws ServiceError ResourceAlreadyExistsException */
  create(stream: string, now: number): void;
  /**
   * Takes what is neither too old nor too new, and says what is.
   *
   * @throws ServiceError ResourceNotFoundException, InvalidParameterException
   */
  write(stream: string, events: readonly InputLogEvent[], now: number): RejectedLogEventsInfo | undefined;
  /** By name. */
  all(): readonly { readonly name: string; readonly createdAt: number; readonly events: readonly LogEvent[] }[];
}

/** Of each stream the local account remembers the last ones. */
const MOST_EVENTS = 10_000;
/** Limits of one call, and how far an event may lie back or ahead (API reference, PutLogEvents). */
const MOST_EVENTS_A_CALL = 10_000;
const OLDEST_MS = 14 * 24 * 3_600_000;
const NEWEST_MS = 2 * 3_600_000;

export const createLogStreams = (): LogStreams => {
  const streams = new Map<string, { readonly createdAt: number; readonly events: LogEvent[] }>();
  let sequence = 0;

  return {
    create(stream, now) {
      if (streams.has(stream)) {
        throw new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      }
      streams.set(stream, { createdAt: now, events: [] });
    },
    write(name, events, now) {
      const stream = streams.get(name);
      if (!stream) throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
      const times = events.map(({ timestamp = 0 }) => timestamp);
      checkBatch(times);
      for (const { timestamp = 0, message = '' } of events) {
        if (timestamp < now - OLDEST_MS || timestamp > now + NEWEST_MS) continue;
        sequence += 1;
        const id = String(sequence).padStart(56, '0');
        stream.events.push({ stream: name, id, timestamp, message, ingestedAt: now });
      }
      stream.events.splice(0, stream.events.length - MOST_EVENTS);
      return rejected(times, now);
    },
    all: () =>
      [...streams].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, rest]) => ({ name, ...rest })),
  };
};

const checkBatch = (times: readonly number[]) => {
  if (times.length < 1 || times.length > MOST_EVENTS_A_CALL) {
    throw new ServiceError(
      'InvalidParameterException',
      `Give 1-${MOST_EVENTS_A_CALL} log events, not ${times.length}.`,
    );
  }
  if (times.some((time, index) => time < (times[index - 1] ?? 0))) {
    throw new ServiceError(
      'InvalidParameterException',
      'Log events in a single PutLogEvents request must be in order.',
    );
  }
};

const rejected = (times: readonly number[], now: number): RejectedLogEventsInfo | undefined => {
  const tooOld = times.filter((time) => time < now - OLDEST_MS).length;
  const firstTooNew = times.findIndex((time) => time > now + NEWEST_MS);
  if (tooOld === 0 && firstTooNew < 0) return undefined;
  return {
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(firstTooNew < 0 ? {} : { tooNewLogEventStartIndex: firstTooNew }),
  };
};

import { z } from 'zod';
import type { LogFormat } from '../state/log-delivery.ts';

/** One line of a log, as it is delivered. */
export interface LogEntry {
  /** Real time, milliseconds since the epoch. */
  readonly happenedAt: number;
  /** @param accountMs when it happened on the account's clock */
  text(format: LogFormat, accountMs: number): string;
}

export interface SlowEntry extends LogEntry {
  /** The engine's own number: it grows until the node starts anew. */
  readonly id: number;
}

const Reply = z.array(
  z.tuple([z.number(), z.number(), z.number(), z.array(z.string()).min(1), z.string(), z.string()]).rest(z.unknown()),
);

/**
 * Entries of a SLOWLOG GET reply, oldest first, as ElastiCache delivers them: keys and values are left out.
 *
 * @throws Error when it is no such reply
 */
export const slowEntries = (reply: unknown, clusterId: string): readonly SlowEntry[] =>
  Reply.parse(reply)
    .map(([id, seconds, microseconds, [name = '', ...args], address, clientName]) => ({
      id,
      happenedAt: seconds * 1000,
      text(format: LogFormat, accountMs: number) {
        const command = args.length === 0 ? name : `${name} ... (${args.length} more arguments)`;
        const timestamp = Math.floor(accountMs / 1000);
        if (format === 'text') {
          return [clusterId, '0001', timestamp, microseconds, command, address, clientName].join(',');
        }
        return JSON.stringify({
          CacheClusterId: clusterId,
          CacheNodeId: '0001',
          Id: id,
          Timestamp: timestamp,
          'Duration (us)': microseconds,
          Command: command,
          ClientAddress: address,
          ClientName: clientName,
        });
      },
    }))
    .reverse();

/** `4711:M 21 Nov 2026 12:00:00.123 * Ready to accept connections`, in UTC: the nodes have no other time zone. */
const ENGINE_LINE = /^\d+:([MSCX]) (\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.*#-]) (.*)$/;

const LEVELS: Readonly<Record<string, string>> = { '.': 'DEBUG', '-': 'VERBOSE', '*': 'NOTICE', '#': 'WARNING' };

/** One line of an engine's log; undefined for what is none, such as the picture that an engine greets with. */
export const engineEntry = (line: string, clusterId: string): LogEntry | undefined => {
  const [matched, role, time, sign = '', message] = ENGINE_LINE.exec(line) ?? [];
  if (matched === undefined) return undefined;
  return {
    happenedAt: Date.parse(`${time} UTC`),
    text(format, accountMs) {
      const shown = engineTime(accountMs);
      if (format === 'text') return `${clusterId}/0001:${role} ${shown} ${sign} ${message}`;
      return JSON.stringify({
        CacheClusterId: clusterId,
        CacheNodeId: '0001',
        LogLevel: LEVELS[sign],
        Role: role,
        Time: shown,
        Message: message,
      });
    },
  };
};

/** `12 Nov 2020 01:28:57.994 UTC` */
const engineTime = (ms: number): string => {
  const at = new Date(ms);
  const [, day, month, year] = at.toUTCString().split(' ');
  return `${day} ${month} ${year} ${at.toISOString().slice(11, 23)} UTC`;
};

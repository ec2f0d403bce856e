import { open } from 'node:fs/promises';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../../clock.ts';
import type { RunningCache } from '../../../engine/types.ts';
import type { Principal } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import type { LogDelivery } from '../state/log-delivery.ts';
import { allCaches } from '../state/region-state.ts';
import { engineEntry, type LogEntry, slowEntries } from './log-entries.ts';

/** How often the nodes are asked, in account time; the guide says only that it is done from time to time. */
const PERIOD_MS = 60_000;
/** Entries of the slow log that are fetched at a time: what the engine keeps by default. */
const FETCHED = 128;

export interface LogDeliverer {
  /** Resolves when the round that is going on, if any, is done. */
  stop(): Promise<void>;
}

/**
 * Takes the slow and engine logs of all caches to where they are to go, again and again.
 *
 * @param planes the Regions that are in use now
 */
export const startLogDelivery = (clock: Clock, planes: () => Iterable<ControlPlane>): LogDeliverer => {
  let cancel = () => {};
  let round = Promise.resolve();
  let isStopped = false;

  const deliverAll = async () => {
    for (const plane of planes()) {
      for (const cache of allCaches(plane.state)) {
        for (const log of cache.logDeliveries) await deliver(plane, cache, log);
      }
    }
  };
  const arm = () => {
    if (isStopped) return;
    cancel = clock.after(PERIOD_MS, () => {
      round = deliverAll().finally(arm);
    });
  };

  arm();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await round;
    },
  };
};

/** Never throws: what could not be delivered is tried again in the next round, and Describe says so meanwhile. */
const deliver = async (plane: ControlPlane, cache: Cache, log: LogDelivery): Promise<void> => {
  const running = plane.engines.get(cache);
  if (!running || log.status === 'enabling' || log.status === 'disabling') return;
  for (const { id } of nodesOf(cache)) {
    // A node that does not answer now is asked again; its log waits for it.
    const read = await readLog(running, id, log).catch(() => undefined);
    if (!read) continue;
    try {
      await write(plane, cache, log, id, read.entries);
    } catch (error) {
      plane.world.log('elasticache', `${log.logType} of ${id} did not reach ${log.logGroup}: ${String(error)}`);
      log.status = 'error';
      log.message = `The log group ${log.logGroup} cannot be written to.`;
      return;
    }
    log.readUpTo.set(id, read.upTo);
  }
  if (log.status !== 'error') return;
  log.status = 'active';
  log.message = undefined;
};

/** What a node has logged since it was read last, and up to where that is. */
const readLog = async (running: RunningCache, nodeId: string, log: LogDelivery) => {
  const from = log.readUpTo.get(nodeId);
  return log.logType === 'slow-log' ? readSlowLog(running, nodeId, from) : readEngineLog(running, nodeId, from);
};

interface Read {
  readonly entries: readonly LogEntry[];
  readonly upTo: number;
}

const readSlowLog = async (running: RunningCache, nodeId: string, lastId = -1): Promise<Read> => {
  const reply = await running.command(nodeId, 'SLOWLOG', 'GET', String(FETCHED));
  const entries = slowEntries(reply, nodeId);
  const newest = entries.at(-1)?.id;
  // Smaller numbers than before: the node has started anew and counts from 0 again.
  const known = newest !== undefined && newest < lastId ? -1 : lastId;
  return { entries: entries.filter(({ id }) => id > known), upTo: newest ?? lastId };
};

const readEngineLog = async (running: RunningCache, nodeId: string, from = 0): Promise<Read> => {
  const file = await open(running.logFile(nodeId));
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(Math.max(0, size - from)), { position: from });
    // The last line may not be written to its end yet.
    const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1);
    const lines = whole.toString('utf8').split('\n');
    return { entries: lines.flatMap((line) => engineEntry(line, nodeId) ?? []), upTo: from + whole.length };
  } finally {
    await file.close();
  }
};

const write = async (
  plane: ControlPlane,
  cache: Cache,
  log: LogDelivery,
  nodeId: string,
  entries: readonly LogEntry[],
): Promise<void> => {
  const { region, world } = plane;
  const logEvents = entries.flatMap((entry): InputLogEvent[] => {
    const timestamp = Math.floor(accountTime(world.clock, entry.happenedAt));
    // The slow log tells whole seconds.
    return timestamp < log.since - 1000 * world.clock.speed
      ? []
      : [{ timestamp, message: entry.text(log.format, timestamp) }];
  });
  if (logEvents.length === 0) return;
  logEvents.sort((left, right) => (left.timestamp ?? 0) - (right.timestamp ?? 0));
  const client = world.client(CloudWatchLogsClient, deliverer(plane), region);
  const stream = {
    logGroupName: log.logGroup,
    logStreamName: `elasticache/${cache.engine}/${nodeId}/0001/${log.logType}`,
  };
  await client.send(new CreateLogStreamCommand(stream)).catch((error: Error) => {
    if (error.name !== 'ResourceAlreadyExistsException') throw error;
  });
  await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
};

/** The log delivery of AWS, which only a policy on the logs lets write. */
const deliverer = ({ accountId, region }: ControlPlane): Principal => ({
  kind: 'service',
  service: 'delivery.logs.amazonaws.com',
  context: {
    'aws:SourceAccount': accountId,
    'aws:SourceArn': `arn:aws:logs:${region}:${accountId}:delivery-source:elasticache`,
  },
});

/** Engines know the real time only. */
const accountTime = ({ origin, realOrigin, speed }: Clock, realMs: number): number =>
  origin + (realMs - realOrigin) * speed;

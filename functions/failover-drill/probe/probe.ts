import { randomBytes } from 'node:crypto';
import { keyIn, slotOf } from '../../platform/key-slot.ts';
import { NotReady } from '../../platform/operator-actions.ts';
import { LASTING_MS } from '../measure.ts';
import { ClientKind, type ProbeLog } from '../probe-log.ts';
import { linkParts } from './clients.ts';
import type { Connection, Credentials } from './connection.ts';
import { createLane, DEADLINE_MS, type Lane } from './lane.ts';
import { createLink, type Link } from './link.ts';
import { createOutcomes } from './outcomes.ts';
import { watchOwnStalls } from './own-stalls.ts';
import { createScout, type Scout } from './scout.ts';
import { settleKeys } from './settle-keys.ts';
import { findPlaces, lookAtShard, type Place, type ReplicaSeen, visit, waitForReplicas } from './survey.ts';
import type { Target } from './target.ts';

export interface ProbeRequest {
  readonly operationId: string;
  readonly cacheId: string;
  /** The shard that is to fail over. */
  readonly shardId: string;
  readonly target: Target;
  readonly credentials: Credentials;
  /** How many replicas of the shard have to be attached. */
  readonly replicas: number;
  /** For how long everything has to be well before the failover may be ordered. */
  readonly baselineMs: number;
  /** After this the prober has ended and cleaned up, whatever happens. */
  readonly timeLimitMs: number;
}

export interface ProbeHooks {
  /**
   * Called once, when the baseline is over, with the shard's replicas. When it rejects nobody waits for the failover: the prober
   * ends with that.
   */
  onBaseline(replicas: readonly ReplicaSeen[]): Promise<void>;
  /**
   * Asked about once a second, until it says so. It may be slow, and it may fail. `told`: the prober ends when the last success
   * has been seen to last; `drill-ended`: at once.
   */
  shouldStop(): Promise<'told' | 'drill-ended' | undefined>;
}

/** Of the tested shard, for each of its lanes: an outage is known to that much at its beginning. */
const EVERY_MS = 25;
/**
 * What comes to the tested shard: each of three clients writes and reads. It disturbs nobody: a node of the smallest kind answers
 * tens of thousands. Whatever else is asked (expiries, topology) is a few a second.
 */
export const COMMANDS_A_SECOND = (ClientKind.options.length * 2 * 1000) / EVERY_MS;
/** The control shard only shows whether anything happens there. */
const CONTROL_EVERY_MS = 100;
const ASK_EVERY_MS = 1000;
/** A question that has not been answered by then is asked again. */
const ASK_PATIENCE_MS = 5000;
/**
 * Who is told to end does so when everything has been sound for as long as a success has to last, and a little: the workflow may
 * tell it as soon as the old primary is back, and one attempt that failed just before would make the outage one that is not over.
 */
const SOUND_MS = LASTING_MS + 500;
/** Nobody waits longer for that. */
const MOST_AFTER_TOLD_MS = 30_000;
const LOOK_EVERY_MS = 100;
const READ_CLOCK_EVERY_MS = 500;
/** For connecting at the beginning: far longer than names, handshakes and a slow zone take. */
const CONNECT_MS = 5000;
/** For asking what was kept and deleting the keys; behind it nothing of the time limit is left. */
const SETTLE_MS = 8000;

/** One client and one shard. */
interface Probing {
  readonly client: ClientKind;
  readonly shard: 'tested' | 'control';
  readonly place: Place;
  readonly key: string;
  readonly slot: number;
  readonly link: Link;
  readonly scout: Scout;
  readonly writer: Lane;
  readonly reader: Lane;
}

/**
 * Writes and reads one shard, and another one for comparison, as several kinds of clients do, from before a failover until
 * it is told to stop, and logs what each of them felt. Whatever the cache does during the drill ends up in the log.
 *
 * @throws NotReady when there is no sound baseline: nobody answers, replicas are missing or do not follow, attempts fail
 * @throws VerificationFailed when the prober is not let in, or the cache has no such shard
 */
export const probe = async (request: ProbeRequest, hooks: ProbeHooks): Promise<ProbeLog> => {
  const { operationId, cacheId, shardId, target, credentials, baselineMs, timeLimitMs } = request;
  const beganMs = performance.now();
  const startedAt = new Date().toISOString();
  const now = () => performance.now() - beganMs;
  const settleMs = Math.min(SETTLE_MS, timeLimitMs / 3);
  const lanesEndMs = timeLimitMs - settleMs;

  const places = await findPlaces(cacheId, shardId, target, credentials, AbortSignal.timeout(CONNECT_MS));
  const visitPrimary = <T>(work: (connection: Connection) => Promise<T>): Promise<T> =>
    visit(cacheId, places.tested.primary, target.tls, credentials, AbortSignal.timeout(CONNECT_MS), work);
  await visitPrimary((connection) => lookAtShard(connection, places.tested, request.replicas));

  const closing = new AbortController();
  const outcomes = createOutcomes();
  const clock: [number, number][] = [[now(), Date.now()]];
  const probings: Probing[] = [];
  const stalls = watchOwnStalls(now, () => {
    for (const { link } of probings) link.watch();
  });
  const clockTimer = setInterval(() => clock.push([now(), Date.now()]), READ_CLOCK_EVERY_MS);
  const end = untilTold(hooks, lanesEndMs - now(), () => isSound(probings, now()));
  let fromBaseline: ReadonlyMap<Probing, readonly number[]> = new Map();

  try {
    // A prober that is started twice for one operation must not write into its twin's keys.
    const run = randomBytes(4).toString('hex');
    for (const shard of ['tested', 'control'] as const) {
      const place = places[shard];
      // Nobody expects a client that stays where it was to notice anything of another shard.
      const clients = ClientKind.options.filter((client) => shard === 'tested' || client !== 'naive');
      for (const client of place ? clients : []) {
        if (!place) continue;
        const key = keyIn(`autopilot:drill:${operationId}:${client}:${run}`, place.slots);
        const scout = createScout(target.endpoint, target.tls, credentials, closing.signal);
        const slot = slotOf(key);
        const link = createLink(
          await linkParts({ kind: client, target, credentials, firstPrimary: place.primary, key, slot, scout, now }),
        );
        const everyMs = shard === 'tested' ? EVERY_MS : CONTROL_EVERY_MS;
        // Twice what the rate gives: an attempt is also sent whenever a connection comes or goes.
        const mostAttempts = Math.ceil((2 * timeLimitMs) / everyMs);
        const lane = (does: 'write' | 'read') =>
          createLane({ client, does, shard, shardId: place.shardId, link, key, everyMs, outcomes, mostAttempts, now });
        probings.push({ client, shard, place, key, slot, link, scout, writer: lane('write'), reader: lane('read') });
      }
    }
    await allConnected(cacheId, probings);
    for (const { writer } of probings) writer.start();
    // Writers go first and half a step ahead, so that a reader finds something and the two do not come in pairs.
    await sleep(EVERY_MS / 2);
    for (const { reader } of probings) reader.start();

    await Promise.race([sleep(baselineMs), end.told]);
    if (!end.reason) {
      mustBeSound(cacheId, probings);
      fromBaseline = new Map(probings.map((probing) => [probing, probing.writer.acknowledged()]));
      const [{ key = '' } = {}] = probings;
      const replicas = await visitPrimary(async (connection) => {
        await waitForReplicas(connection, places.tested, key, request.replicas);
        return lookAtShard(connection, places.tested, request.replicas);
      });
      await Promise.race([hooks.onBaseline(replicas), end.told]);
    }
    const endedBecause = await end.told;

    const lastedMs = now();
    await stopLanes(probings);
    for (const { link } of probings) link.close();
    const kept = await settle(probings, fromBaseline, target, credentials, Math.min(settleMs, timeLimitMs - now()));
    clock.push([now(), Date.now()]);
    return {
      operationId,
      cacheId,
      shardId,
      startedAt,
      clock,
      outcomes: [...outcomes.names],
      lanes: probings.flatMap(({ writer, reader }) => [writer.read(), reader.read()]),
      kept,
      stalls: stalls.stalls.map(([fromMs, toMs]) => [fromMs, toMs]),
      lastedMs,
      endedBecause,
    };
  } catch (error) {
    await stopLanes(probings);
    await settle(probings, fromBaseline, target, credentials, Math.min(settleMs, timeLimitMs - now()));
    throw error;
  } finally {
    end.stop();
    stalls.stop();
    clearInterval(clockTimer);
    closing.abort();
    for (const { link, scout } of probings) {
      link.close();
      scout.close();
    }
  }
};

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

type EndReason = ProbeLog['endedBecause'];

/** Asks once a second whether to stop; who is told goes on until all is sound. After `limitMs` nobody has to say so. */
const untilTold = ({ shouldStop }: ProbeHooks, limitMs: number, allSound: () => boolean) => {
  const { promise: told, resolve } = Promise.withResolvers<EndReason>();
  const end: { reason?: EndReason | undefined; readonly told: Promise<EndReason>; stop(): void } = {
    told,
    stop() {
      clearInterval(timer);
      clearInterval(looking);
      clearTimeout(limit);
    },
  };
  let looking: NodeJS.Timeout | undefined;
  const finish = (reason: EndReason) => {
    end.reason ??= reason;
    resolve(reason);
    end.stop();
  };
  const finishWhenSound = () => {
    const toldAtMs = performance.now();
    const look = () => {
      if (allSound() || performance.now() - toldAtMs >= MOST_AFTER_TOLD_MS) finish('told');
    };
    clearInterval(timer);
    looking = setInterval(look, LOOK_EVERY_MS);
    look();
  };
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const ask = async () => {
    if (performance.now() - askedAtMs < ASK_PATIENCE_MS) return;
    askedAtMs = performance.now();
    try {
      const reason = await shouldStop();
      if (reason === 'told') finishWhenSound();
      else if (reason) finish(reason);
    } catch {
      // Whoever cannot answer now is asked again; the time limit holds in any case.
    }
    askedAtMs = Number.NEGATIVE_INFINITY;
  };
  const timer = setInterval(() => void ask(), ASK_EVERY_MS);
  const limit = setTimeout(() => finish('time-limit'), Math.max(0, limitMs));
  return end;
};

/** @throws NotReady when a client does not get in */
const allConnected = async (cacheId: string, probings: readonly Probing[]): Promise<void> => {
  const deadline = performance.now() + CONNECT_MS;
  while (probings.some(({ link }) => !link.connected)) {
    if (performance.now() > deadline) {
      const outside = probings.filter(({ link }) => !link.connected);
      const who = outside.map(({ client, shard, link }) => `${client} to the ${shard} shard (${link.trouble})`);
      throw new NotReady(`${cacheId} does not let in the prober’s clients: ${who.join(', ')}.`);
    }
    await sleep(10);
  }
};

/** @throws NotReady when anything failed before the failover: what is broken already shows nothing */
const mustBeSound = (cacheId: string, probings: readonly Probing[]): void => {
  const lanes = probings.flatMap(({ writer, reader }) => [writer, reader]);
  const kinds = new Set(lanes.flatMap(({ failures }) => [...failures.keys()]));
  if (kinds.size > 0) {
    throw new NotReady(`${cacheId} failed before the failover already: ${[...kinds].join(', ')}.`);
  }
  if (lanes.some(({ successes }) => successes === 0))
    throw new NotReady(`${cacheId} answers too slowly to be drilled.`);
};

/** Whether every client that behaves has been answered without a failure for so long that it lasts. */
const isSound = (probings: readonly Probing[], nowMs: number): boolean =>
  probings
    .filter(({ client }) => client !== 'naive')
    .flatMap(({ writer, reader }) => [writer, reader])
    .every(({ soundSinceMs }) => soundSinceMs !== undefined && nowMs - soundSinceMs >= SOUND_MS);

const stopLanes = async (probings: readonly Probing[]): Promise<void> => {
  const stopped = Promise.all(probings.flatMap(({ writer, reader }) => [writer.stop(), reader.stop()]));
  await Promise.race([stopped, sleep(2 * DEADLINE_MS)]);
};

const settle = (
  probings: readonly Probing[],
  fromBaseline: ReadonlyMap<Probing, readonly number[]>,
  target: Target,
  credentials: Credentials,
  withinMs: number,
) => {
  const written = probings.map((probing) => ({
    ...probing,
    acknowledged: probing.writer.acknowledged(),
    fromBaseline: fromBaseline.get(probing) ?? [],
  }));
  return settleKeys(written, target, credentials, AbortSignal.timeout(Math.max(0, Math.round(withinMs))));
};

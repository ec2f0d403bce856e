import { LASTING_MS, measure } from '../../../functions/failover-drill/measure.ts';
import type { Felt, Measurement } from '../../../functions/failover-drill/measurement.ts';
import { type ProbeRequest, probe } from '../../../functions/failover-drill/probe/probe.ts';
import type { ProbeLog } from '../../../functions/failover-drill/probe-log.ts';
import {
  aScriptedEndpoint,
  type DownTime,
  type ScriptedEndpoint,
  type Step,
  type Truth,
} from '../../builders/a-scripted-endpoint.ts';

/** How long a flapping endpoint is up, or down, at most: up for less than what lasts. */
const FLAP_MS = LASTING_MS / 2;
/** How long an endpoint is up that comes back and breaks again: for longer than what lasts. */
const APART_MS = LASTING_MS + 1000;
const TIMES = 3;

/** Ways to be out of order, each as a script of so many milliseconds. */
export const MANNERS = {
  refused: (ms) => downFor(ms, 'refusing'),
  reset: (ms) => downFor(ms, 'resetting'),
  silent: (ms) => downFor(ms, 'silent'),
  hung: (ms) => downFor(ms, 'hung'),
  readonly: (ms) => downFor(ms, 'readonly'),
  clusterdown: (ms) => downFor(ms, 'clusterdown'),
  loading: (ms) => downFor(ms, 'loading'),
  /** Down and up in turn, down at the beginning and at the end. */
  flapping: (ms) => {
    const flaps = 2 * Math.max(2, Math.ceil(ms / FLAP_MS / 2)) + 1;
    const states = Array.from({ length: flaps + 1 }, (_, index) => (index % 2 === 0 ? 'resetting' : 'healthy'));
    return states.map((state, index): Step => ({ afterMs: index === 0 ? 0 : ms / flaps, state }));
  },
  /** Three outages of that time. */
  'again and again': (ms) =>
    Array.from({ length: TIMES }, (_, index) => [
      { afterMs: index === 0 ? 0 : APART_MS, state: 'resetting' as const },
      { afterMs: ms, state: 'healthy' as const },
    ]).flat(),
  /** With cluster mode: the first node fails, and after that time the second one is promoted. */
  'failover after a refusal': (ms) => failover(ms, 'refusing'),
  'failover after silence': (ms) => failover(ms, 'silent'),
  /** The first node stops in the middle and comes to, when another one leads: what was under way is answered too late. */
  'failover after a hang': (ms) => [...failover(ms, 'hung'), { afterMs: 50, node: 0, state: 'healthy' }],
} satisfies Record<string, (ms: number) => readonly Step[]>;
export type Manner = keyof typeof MANNERS;

type State = NonNullable<Step['state']>;

const downFor = (ms: number, state: State): readonly Step[] => [
  { afterMs: 0, state },
  { afterMs: ms, state: 'healthy' },
];

const failover = (ms: number, state: State): readonly Step[] => [
  { afterMs: 0, state },
  { afterMs: ms, promote: 1 },
];

export interface Run {
  readonly truth: Truth;
  readonly log: ProbeLog;
  readonly measured: Measurement;
  /** The longest time for which the prober or the endpoint itself got no CPU, ms: neither can know better than that. */
  readonly heldUpMs: number;
}

export const aProbeRequest = (endpoint: ScriptedEndpoint, changes: Partial<ProbeRequest> = {}): ProbeRequest => ({
  operationId: 'drill-1',
  cacheId: 'orders',
  shardId: '0001',
  target: endpoint.target,
  credentials: {},
  replicas: 1,
  baselineMs: 400,
  timeLimitMs: 60_000,
  ...changes,
});

/** Drives the real prober against an endpoint that follows a script once the baseline is over. */
export const runScript = async (
  endpoint: ScriptedEndpoint,
  steps: readonly Step[],
  changes: Partial<ProbeRequest> = {},
): Promise<Run> => {
  let truth: Promise<Truth> | undefined;
  let over = false;
  const log = await probe(aProbeRequest(endpoint, changes), {
    async onBaseline() {
      truth = endpoint.play([{ afterMs: 100 }, ...steps]);
      void truth.then(async () => {
        // The end of an outage is seen up to 2 % late, and has to last before it counts.
        const settleMs = LASTING_MS + 400 + 0.02 * steps.reduce((sum, { afterMs }) => sum + afterMs, 0);
        await new Promise((resolve) => setTimeout(resolve, settleMs));
        over = true;
      });
    },
    shouldStop: async () => (over ? 'drill-ended' : undefined),
  });
  if (!truth) throw new Error('There was no baseline.');
  const stalls = log.stalls ?? [];
  const [happened, { heldUpMs }] = await Promise.all([truth, endpoint.look()]);
  return {
    truth: happened,
    log,
    measured: measure(log),
    heldUpMs: Math.max(heldUpMs, ...stalls.map(([fromMs, toMs]) => toMs - fromMs)),
  };
};

/** One outage of a known length, with an endpoint of its own; 0: none at all. */
const runOutage = async (manner: Manner, ms: number, clusterMode: boolean): Promise<Run> => {
  const endpoint = await aScriptedEndpoint({ clusterMode });
  try {
    return await runScript(endpoint, ms === 0 ? [] : MANNERS[manner](ms));
  } finally {
    await endpoint.stop();
  }
};

/** What the prober may be wrong by: 50 ms of each outage, or 2 % of long ones. */
export const toleranceMs = (trueMs: number, outages = 1): number => Math.max(50 * Math.max(1, outages), 0.02 * trueMs);

/** What has failed again within what lasts has not been back. */
const outagesIn = (downTimes: readonly DownTime[]): readonly DownTime[] => {
  const outages: DownTime[] = [];
  for (const down of downTimes) {
    const last = outages.at(-1);
    if (last && down.fromMs - last.toMs <= LASTING_MS) outages[outages.length - 1] = { ...last, toMs: down.toMs };
    else outages.push(down);
  }
  return outages;
};

interface Wrong {
  readonly who: string;
  /** All outages together. */
  readonly trueMs: number;
  readonly outages: number;
  /** Of the longest outage or of all together, whichever is further from the truth; infinite when no end was seen. */
  readonly errorMs: number;
  readonly outagesSeen: number;
}

/** How far each well-behaved client's figures are from the truth, ms. */
export const errorsOf = ({ truth, measured }: Run): readonly Wrong[] =>
  measured.clients
    .filter(({ client, shard }) => client !== 'naive' && shard === 'tested')
    .map(({ client, does, outageMs, unavailableMs, outages: outagesSeen }) => {
      const lengths = outagesIn(does === 'write' ? truth.writes : truth.reads).map(({ fromMs, toMs }) => toMs - fromMs);
      const trueMs = lengths.reduce((sum, length) => sum + length, 0);
      const errors = [errorIn(outageMs, Math.max(0, ...lengths)), errorIn(unavailableMs, trueMs)];
      const errorMs = errors.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
      return { who: `${client}, ${does}`, trueMs, outages: lengths.length, errorMs, outagesSeen };
    });

const errorIn = (ms: Felt['outageMs'], trueMs: number): number =>
  ms === 'not-over' ? Number.POSITIVE_INFINITY : ms - trueMs;

const isRight = (run: Run) =>
  errorsOf(run).every(({ errorMs, trueMs, outages }) => Math.abs(errorMs) < toleranceMs(trueMs, outages));

/**
 * A machine that takes the CPU away from the prober or the endpoint for this long, or on which a healthy endpoint of the
 * loopback takes this long to answer, makes a run meaningless.
 */
const HELD_UP_MS = 15;
const SLOW_MS = 4;
const REPETITIONS = 6;

const wasDisturbed = ({ heldUpMs, measured }: Run) =>
  heldUpMs > HELD_UP_MS ||
  measured.clients.some(({ latency: { before, after } }) => Math.max(before?.p99Ms ?? 0, after?.p99Ms ?? 0) > SLOW_MS);

/**
 * One outage of a known length, anew when the machine was too busy to tell: what was wrong without a disturbance stays
 * wrong, and so does what is wrong again and again. What the prober may be wrong by is not touched.
 */
export const runUndisturbed = async (manner: Manner, ms: number, clusterMode: boolean): Promise<Run> => {
  for (let repetition = 1; ; repetition += 1) {
    const run = await runOutage(manner, ms, clusterMode);
    if (isRight(run) || !wasDisturbed(run) || repetition === REPETITIONS) return run;
  }
};

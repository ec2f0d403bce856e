import { measure } from '../../../functions/failover-drill/measure.ts';
import type { Measurement } from '../../../functions/failover-drill/measurement.ts';
import { type ProbeRequest, probe } from '../../../functions/failover-drill/probe/probe.ts';
import type { ProbeLog } from '../../../functions/failover-drill/probe-log.ts';
import { aScriptedEndpoint, type ScriptedEndpoint, type Step, type Truth } from '../../builders/a-scripted-endpoint.ts';

/** Shorter than the product's, so that a case of 30 s takes 35: still far longer than any flapping here. */
export const LASTING_MS = 1500;
/** The longest pause between two failures of a flapping endpoint that is one outage. */
const FLAPS = 5;

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
  flapping: (ms) =>
    ms === 0
      ? []
      : Array.from(
          { length: FLAPS + 1 },
          (_, index): Step => ({
            afterMs: index === 0 ? 0 : Math.min(ms / FLAPS, LASTING_MS / 2),
            state: index % 2 === 0 ? 'resetting' : 'healthy',
          }),
        ),
} satisfies Record<string, (ms: number) => readonly Step[]>;
export type Manner = keyof typeof MANNERS;

const downFor = (ms: number, state: NonNullable<Step['state']>): readonly Step[] =>
  ms === 0
    ? []
    : [
        { afterMs: 0, state },
        { afterMs: ms, state: 'healthy' },
      ];

export interface Run {
  readonly truth: Truth;
  readonly log: ProbeLog;
  readonly measured: Measurement;
  /** The longest time for which the prober itself was held up, ms. */
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
        await new Promise((resolve) => setTimeout(resolve, LASTING_MS + 300));
        over = true;
      });
    },
    shouldStop: async () => (over ? 'drill-ended' : undefined),
  });
  if (!truth) throw new Error('There was no baseline.');
  const stalls = log.stalls ?? [];
  return {
    truth: await truth,
    log,
    measured: measure(log, { lastingMs: LASTING_MS }),
    heldUpMs: Math.max(0, ...stalls.map(([fromMs, toMs]) => toMs - fromMs)),
  };
};

/** One outage of a known length, with an endpoint of its own. */
export const runOutage = async (manner: Manner, ms: number, clusterMode = false): Promise<Run> => {
  const endpoint = await aScriptedEndpoint({ clusterMode });
  try {
    return await runScript(endpoint, MANNERS[manner](ms));
  } finally {
    await endpoint.stop();
  }
};

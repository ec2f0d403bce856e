import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LASTING_MS, measure } from '../../../functions/failover-drill/measure.ts';
import { type ProbeHooks, type ProbeRequest, probe } from '../../../functions/failover-drill/probe/probe.ts';
import { slotOf } from '../../../functions/platform/key-slot.ts';
import { aScriptedEndpoint, type ScriptedEndpoint, type Step } from '../../builders/a-scripted-endpoint.ts';
import {
  aProbeRequest,
  errorsOf,
  type Manner,
  type Run,
  runScript,
  runUndisturbed,
  toleranceMs,
} from './scripted-outage.ts';

const PATIENCE_MS = 240_000;

const MANNERS_WITHOUT_CLUSTER: readonly Manner[] = ['refused', 'reset', 'silent', 'readonly', 'flapping'];
const FAILOVERS: readonly Manner[] = ['failover after a refusal', 'failover after silence', 'failover after a hang'];

interface Case {
  readonly manner: Manner;
  readonly ms: number;
  readonly clusterMode: boolean;
}

/** The long ones run side by side, and beside them the others, a few at a time: more would disturb each other. */
const LONG: readonly Case[] = [
  ...MANNERS_WITHOUT_CLUSTER.map((manner) => ({ manner, ms: 30_000, clusterMode: false })),
  { manner: 'failover after a refusal', ms: 30_000, clusterMode: true },
  { manner: 'failover after silence', ms: 30_000, clusterMode: true },
];
const SHORT: readonly Case[] = [
  ...FAILOVERS.flatMap((manner) => [5000, 1000, 200].map((ms) => ({ manner, ms, clusterMode: true }))),
  ...MANNERS_WITHOUT_CLUSTER.flatMap((manner) => [5000, 1000, 200].map((ms) => ({ manner, ms, clusterMode: false }))),
  { manner: 'again and again', ms: 5000, clusterMode: false },
  { manner: 'again and again', ms: 200, clusterMode: false },
  { manner: 'again and again', ms: 1000, clusterMode: true },
  { manner: 'hung', ms: 1000, clusterMode: false },
  { manner: 'hung', ms: 200, clusterMode: false },
  { manner: 'loading', ms: 1000, clusterMode: false },
  { manner: 'clusterdown', ms: 200, clusterMode: true },
  { manner: 'refused', ms: 1000, clusterMode: true },
  { manner: 'silent', ms: 1000, clusterMode: true },
  // Nothing happens; there are no manners of that.
  { manner: 'refused', ms: 0, clusterMode: false },
  { manner: 'refused', ms: 0, clusterMode: true },
];
/** All others are one outage. */
const TIMES_OF: Partial<Record<Manner, number>> = { 'again and again': 3 };
const AT_ONCE = 5;
const CASES = [...LONG, ...SHORT];
const nameOf = ({ manner, ms, clusterMode }: Case) => `${manner}, ${ms} ms${clusterMode ? ', cluster mode' : ''}`;

const runs = new Map(CASES.map((one) => [nameOf(one), Promise.withResolvers<Run>()]));
const proberTests = Promise.withResolvers<void>();

const runAll = async (cases: Case[]) => {
  for (let next = cases.shift(); next; next = cases.shift()) {
    const result = runs.get(nameOf(next));
    await runUndisturbed(next.manner, next.ms, next.clusterMode).then(result?.resolve, result?.reject);
  }
};

beforeAll(() => {
  for (const { promise } of runs.values()) promise.catch(() => undefined);
  for (const long of LONG) void runAll([long]);
  // The others when the prober's own tests are over.
  const queue = [...SHORT];
  void proberTests.promise.then(() => Promise.all(Array.from({ length: AT_ONCE }, () => runAll(queue))));
});

describe('the prober', () => {
  const opened: ScriptedEndpoint[] = [];
  const endpointOf = async (traits?: Parameters<typeof aScriptedEndpoint>[0]) => {
    const endpoint = await aScriptedEndpoint(traits);
    opened.push(endpoint);
    return endpoint;
  };
  afterAll(async () => {
    proberTests.resolve();
    await Promise.all(opened.map((endpoint) => endpoint.stop()));
  });
  const hooks = (changes: Partial<ProbeHooks> = {}): ProbeHooks => ({
    onBaseline: async () => undefined,
    shouldStop: async () => undefined,
    ...changes,
  });
  const timed = async (endpoint: ScriptedEndpoint, some: Partial<ProbeHooks>, changes: Partial<ProbeRequest> = {}) => {
    const began = performance.now();
    const log = await probe(aProbeRequest(endpoint, changes), hooks(some));
    return { log, tookMs: performance.now() - began };
  };

  it.concurrent(
    'counts lost acknowledged writes exactly',
    async () => {
      const endpoint = await endpointOf({ clusterMode: true });
      const { measured, log } = await runScript(endpoint, [{ afterMs: 0, forgetWrites: 7 }]);
      const { forgotten } = await endpoint.look();
      for (const kept of log.kept) {
        const [, numbers] = Object.entries(forgotten).find(([key]) => isKeyOf(key, kept, forgotten)) ?? [];
        expect(numbers).toHaveLength(7);
        expect(kept.lostNumbers).toEqual(numbers);
      }
      // Three clients of the tested shard, and two of the other one.
      expect(measured).toMatchObject({ lostAcknowledgedWrites: 5 * 7, controlLostWrites: 2 * 7 });
      expect(measured.writeOutageMs).toBe(0);
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'counts stale reads exactly',
    async () => {
      const endpoint = await endpointOf();
      const { measured } = await runScript(endpoint, [{ afterMs: 0, answerOld: 5 }]);
      const { answeredOld } = await endpoint.look();
      expect(Object.values(answeredOld)).toEqual([5, 5, 5]);
      expect(measured.staleReads).toBe(10);
      expect(measured).toMatchObject({ lostAcknowledgedWrites: 0, readOutageMs: 0, writeOutageMs: 0 });
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'does not say that nothing was lost when everything is gone',
    async () => {
      const endpoint = await endpointOf();
      const { measured } = await runScript(endpoint, [{ afterMs: 0, loseAll: true }]);
      expect(measured.lostAcknowledgedWrites).toBe('unknown');
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'takes its keys and connections away, and none of its keys is without expiry',
    async () => {
      const endpoint = await endpointOf({ clusterMode: true, token: 'the-token' });
      let meanwhile = await endpoint.look();
      await timed(
        endpoint,
        {
          async shouldStop() {
            meanwhile = await endpoint.look();
            return 'told';
          },
        },
        { credentials: { authToken: 'the-token' } },
      );
      expect(meanwhile.keys).toHaveLength(5);
      expect(meanwhile.keysWithoutExpiry).toEqual([]);
      for (const key of meanwhile.keys)
        expect(key).toMatch(/^autopilot:drill:drill-1:(cluster|plain|naive):.*\{\d+\}$/);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await endpoint.look()).toMatchObject({ keys: [], connections: 0 });
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'makes few connections to a cache that is away for long',
    async () => {
      const endpoint = await endpointOf();
      await runScript(endpoint, [
        { afterMs: 0, state: 'silent' },
        { afterMs: 8000, state: 'healthy' },
      ]);
      // 100 in the first 2.5 s and 116 until 8 s for each of three clients, and what else it takes.
      expect((await endpoint.look()).accepted).toBeLessThan(3 * 216 + 30);
    },
    PATIENCE_MS,
  );

  describe('that is told to end', () => {
    /** Told as soon as the baseline is over, which is when the script begins. */
    const toldDuring = async (
      steps: readonly Step[],
      traits: Parameters<typeof aScriptedEndpoint>[0] = {},
      baselineMs = 400,
    ) => {
      const endpoint = await endpointOf(traits);
      let toldAtMs = Number.POSITIVE_INFINITY;
      const { log } = await timed(
        endpoint,
        {
          async onBaseline() {
            void endpoint.play(steps);
            // The script has begun when the question comes.
            toldAtMs = performance.now() + 500;
          },
          shouldStop: async () => (performance.now() > toldAtMs ? 'told' : undefined),
        },
        { baselineMs },
      );
      expect(log.endedBecause).toBe('told');
      return { log, measured: measure(log), afterMs: performance.now() - toldAtMs };
    };

    it.concurrent(
      'ends within two seconds when everything has been sound for long',
      async () => {
        const { afterMs } = await toldDuring([], {}, LASTING_MS + 500);
        expect(afterMs).toBeLessThan(2000);
      },
      PATIENCE_MS,
    );

    it.concurrent(
      'goes on until the last success is seen to last',
      async () => {
        const { measured, afterMs } = await toldDuring([
          { afterMs: 0, state: 'readonly' },
          { afterMs: 3000, state: 'healthy' },
        ]);
        expect(measured.writeOutageMs).toBeGreaterThan(2900);
        expect(measured.writeOutageMs).toBeLessThan(3200);
        expect(afterMs).toBeGreaterThan(LASTING_MS);
        expect(afterMs).toBeLessThan(3000 + LASTING_MS + 2500);
      },
      PATIENCE_MS,
    );

    it.concurrent(
      'begins to wait anew when something fails meanwhile',
      async () => {
        const blip = { node: 0, state: 'loading' } as const;
        const { measured, afterMs } = await toldDuring([
          { afterMs: 0, state: 'readonly' },
          { afterMs: 1000, state: 'healthy' },
          { ...blip, afterMs: 4000 },
          { afterMs: 300, state: 'healthy' },
        ]);
        expect(measured.writeOutageMs).toBeGreaterThan(5200);
        expect(measured.writeOutageMs).toBeLessThan(5500);
        expect(afterMs).toBeGreaterThan(5300 - 500 + LASTING_MS);
      },
      PATIENCE_MS,
    );

    it.concurrent(
      'waits for the control shard, and not for the client that stays where it was',
      async () => {
        const { measured, afterMs } = await toldDuring(
          [
            { afterMs: 0, state: 'refusing' },
            { afterMs: 200, promote: 1 },
            { afterMs: 1800, node: 2, state: 'loading' },
            { afterMs: 200, node: 2, state: 'healthy' },
          ],
          { clusterMode: true },
        );
        expect(measured.controlOutageMs).toBeGreaterThan(100);
        expect(measured.controlOutageMs).toBeLessThan(500);
        expect(measured.clients.filter(({ client }) => client === 'naive')).toMatchObject([
          { outageMs: 'not-over' },
          { outageMs: 'not-over' },
        ]);
        expect(afterMs).toBeLessThan(2200 + LASTING_MS + 2500);
      },
      PATIENCE_MS,
    );

    it.concurrent(
      'waits for at most half a minute',
      async () => {
        const { measured, log } = await toldDuring([{ afterMs: 0, state: 'readonly' }]);
        expect(measured.writeOutageMs).toBe('not-over');
        expect(log.lastedMs).toBeGreaterThan(30_000);
        // Before it: the baseline, and until the question comes that is answered.
        expect(log.lastedMs).toBeLessThan(30_000 + 4000);
      },
      PATIENCE_MS,
    );
  });

  it.concurrent(
    'probes on while the question whether to stop fails, and then is never answered',
    async () => {
      const endpoint = await endpointOf();
      let asked = 0;
      const { log, tookMs } = await timed(
        endpoint,
        {
          shouldStop() {
            asked += 1;
            return asked < 3 ? Promise.reject(new Error('The ledger is away.')) : new Promise(() => undefined);
          },
        },
        { timeLimitMs: 6000 },
      );
      expect(asked).toBe(3);
      expect(log.endedBecause).toBe('time-limit');
      expect(tookMs).toBeLessThan(6000);
      for (const lane of log.lanes) expect(lane.sentAtMs.length).toBeGreaterThan(100);
      expect((await endpoint.look()).keys).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.concurrent.each(['refusing', 'silent', 'hung'] as const)(
    'ends in time although the endpoint is away for good: %s',
    async (state) => {
      const endpoint = await endpointOf();
      const { log, tookMs } = await timed(
        endpoint,
        {
          async onBaseline() {
            void endpoint.play([{ afterMs: 0, state }]);
          },
        },
        { timeLimitMs: 6000 },
      );
      expect(tookMs).toBeLessThan(6300);
      expect(log.endedBecause).toBe('time-limit');
      expect(log.kept.map(({ lostNumbers }) => lostNumbers)).toEqual(['unknown', 'unknown', 'unknown']);
      // Everything that was asked has an outcome, and none of it says more than a kind.
      expect(log.outcomes.filter((outcome) => !/^[A-Za-z]{2,20}$/.test(outcome))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'tells what it saw when the baseline is over',
    async () => {
      const endpoint = await endpointOf({ replicas: 2 });
      let seen: unknown;
      await timed(
        endpoint,
        {
          async onBaseline(replicas) {
            seen = replicas;
          },
          shouldStop: async () => (seen ? 'drill-ended' : undefined),
        },
        { replicas: 2 },
      );
      expect(seen).toEqual([
        { address: '10.0.0.1:6379', online: true, lagSeconds: 0, lagBytes: 0 },
        { address: '10.0.0.2:6379', online: true, lagSeconds: 1, lagBytes: 1 },
      ]);
    },
    PATIENCE_MS,
  );

  it.concurrent(
    'places the other clock in its log',
    async () => {
      const endpoint = await endpointOf();
      const { log } = await timed(endpoint, { shouldStop: async () => 'told' });
      expect(log.clock.length).toBeGreaterThan(2);
      for (const [index, [ms, epochMs]] of log.clock.entries()) {
        const [firstMs, firstEpochMs] = log.clock[0] ?? [0, 0];
        expect(Math.abs(epochMs - firstEpochMs - (ms - firstMs))).toBeLessThan(20);
        expect(ms - (log.clock[index - 1]?.[0] ?? ms)).toBeLessThan(1000);
      }
    },
    PATIENCE_MS,
  );

  describe('refuses to begin', () => {
    const refusal = async (
      traits: Parameters<typeof aScriptedEndpoint>[0],
      changes: Partial<ProbeRequest> = {},
      some: Partial<ProbeHooks> = {},
    ) => {
      const endpoint = await endpointOf(traits);
      const failed: unknown = await probe(aProbeRequest(endpoint, changes), hooks(some)).catch(
        (error: unknown) => error,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { keys, connections } = await endpoint.look();
      expect({ keys, connections }).toEqual({ keys: [], connections: 0 });
      return failed as Error;
    };

    it.concurrent(
      'with the wrong token, which it does not repeat',
      async () => {
        const error = await refusal({ token: 'right-token' }, { credentials: { authToken: 'wrong-token' } });
        expect(error).toMatchObject({ name: 'VerificationFailed' });
        expect(String(error)).not.toContain('wrong-token');
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'without a token where one is asked for',
      async () => {
        expect(await refusal({ token: 'right-token' })).toMatchObject({ name: 'VerificationFailed' });
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'a shard that is not there',
      async () => {
        expect(await refusal({ clusterMode: true }, { shardId: '0009' })).toMatchObject({ name: 'VerificationFailed' });
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'while a replica is missing',
      async () => {
        expect(await refusal({ replicas: 1 }, { replicas: 2 })).toMatchObject({ name: 'NotReady' });
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'while a replica is attached and does not follow',
      async () => {
        const error = await refusal({ replicas: 1, replicasInStep: 0 });
        expect(error).toMatchObject({ name: 'NotReady', message: expect.stringMatching(/0 of 1 confirm/) as string });
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'where nobody listens',
      async () => {
        const target = { clusterMode: false, endpoint: { host: '127.0.0.1', port: 1 }, tls: false } as const;
        expect(await refusal({}, { target })).toMatchObject({ name: 'NotReady', message: /refused/ });
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'when something fails before the failover already',
      async () => {
        const endpoint = await endpointOf();
        void endpoint.play([
          { afterMs: 300, state: 'readonly' },
          { afterMs: 200, state: 'healthy' },
        ]);
        const failed = probe(aProbeRequest(endpoint, { baselineMs: 1000 }), hooks());
        await expect(failed).rejects.toMatchObject({ name: 'NotReady', message: /READONLY/ });
        expect((await endpoint.look()).keys).toEqual([]);
      },
      PATIENCE_MS,
    );
    it.concurrent(
      'when nobody can be told that the baseline is over',
      async () => {
        const onBaseline = () => Promise.reject(new Error('The token has expired.'));
        expect(await refusal({}, {}, { onBaseline })).toMatchObject({ message: 'The token has expired.' });
      },
      PATIENCE_MS,
    );
  });
});

describe('the measured outage', () => {
  it.each(CASES.map((one) => ({ name: nameOf(one), ...one })))(
    'is the true one within 50 ms or 2 %: $name',
    async ({ name, manner, ms }) => {
      const run = await runs.get(name)?.promise;
      if (!run) throw new Error('It was not run.');
      // The script really was followed, or there is nothing to be right about.
      expect(errorsOf(run)).toHaveLength(4);
      for (const { who, trueMs, outages, errorMs, outagesSeen } of errorsOf(run)) {
        const times = ms === 0 || (manner === 'readonly' && who.endsWith('read')) ? 0 : (TIMES_OF[manner] ?? 1);
        expect(outages, who).toBe(times);
        expect(trueMs, who).toBeGreaterThanOrEqual(times * ms * 0.99);
        const says = `${who}: ${errorMs.toFixed(1)} ms wrong of ${trueMs.toFixed(1)} ms`;
        expect(Math.abs(errorMs), says).toBeLessThan(toleranceMs(trueMs, outages));
        // Where everything was answered in the end, only late, there is none to be counted.
        if (!/hung|hang/.test(manner)) expect(outagesSeen, who).toBe(outages);
      }
    },
    PATIENCE_MS,
  );

  it(
    'counts nothing as lost, stale or failed when nothing happened',
    async () => {
      for (const clusterMode of [false, true]) {
        const run = await runs.get(nameOf({ manner: 'refused', ms: 0, clusterMode }))?.promise;
        expect(run?.measured).toMatchObject({
          writeOutageMs: 0,
          readOutageMs: 0,
          lostAcknowledgedWrites: 0,
          staleReads: 0,
          ...(clusterMode ? { controlOutageMs: 0 } : {}),
        });
        for (const client of run?.measured.clients ?? []) {
          expect(client).toMatchObject({ failures: 0, errors: {}, outageMs: 0 });
          expect(client.attempts).toBeGreaterThan(client.shard === 'tested' ? 60 : 15);
        }
      }
    },
    PATIENCE_MS,
  );

  it(
    'reads on while only writes are refused, and nobody calls it an outage of reads',
    async () => {
      const run = await runs.get(nameOf({ manner: 'readonly', ms: 5000, clusterMode: false }))?.promise;
      expect(run?.measured.readOutageMs).toBe(0);
      for (const client of run?.measured.clients ?? []) {
        if (client.does === 'write') expect(Object.keys(client.errors)).toEqual(['READONLY']);
      }
    },
    PATIENCE_MS,
  );

  it(
    'does not disturb the other shard, and leaves the client that stays where it was behind',
    async () => {
      const run = await runs.get(nameOf({ manner: 'failover after a refusal', ms: 1000, clusterMode: true }))?.promise;
      expect(run?.measured.controlOutageMs).toBe(0);
      const naive = run?.measured.clients.filter(({ client }) => client === 'naive') ?? [];
      expect(naive.map(({ outageMs }) => outageMs)).toEqual(['not-over', 'not-over']);
    },
    PATIENCE_MS,
  );
});

/** A key holds the client's name; the two shards of one client lie in two halves of the slots. */
const isKeyOf = (
  key: string,
  { client, shard }: { client: string; shard: string },
  keys: Readonly<Record<string, unknown>>,
): boolean => {
  const [tested, control] = Object.keys(keys)
    .filter((one) => one.includes(`:${client}:`))
    .sort((one, other) => slotOf(one) - slotOf(other));
  return key === (shard === 'tested' ? tested : control);
};

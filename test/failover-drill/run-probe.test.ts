import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceKeys } from '../../functions/failover-drill/evidence-keys.ts';
import type { ProbeHooks, ProbeRequest } from '../../functions/failover-drill/probe/probe.ts';
import { ProbeLog } from '../../functions/failover-drill/probe-log.ts';
import { runProbe } from '../../functions/failover-drill/run-probe.ts';
import { EndProbeInput, ProbeEnded, ProbeInput, ShardSeenByClient } from '../../functions/failover-drill/schemas.ts';
import { tellProbeToEnd } from '../../functions/failover-drill/tell-probe-to-end.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { tokenSecretText } from '../../functions/platform/secret-format.ts';
import { aDrillableCache, aDrillRecord, aShard, NOW } from '../builders/a-drill.ts';
import { aProbeLog, attempts } from '../builders/a-probe-log.ts';
import { aReplicatingEngine, PORT, TOKEN } from '../builders/a-replicating-engine.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemoryObjects } from '../builders/in-memory-objects.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';
import { inMemoryTaskTokens } from '../builders/in-memory-task-tokens.ts';

const SECRET = 'autopilot/orders/auth-token';
const INPUT = ProbeInput.parse({
  operationId: 'drill-1',
  cacheId: 'orders',
  shardId: '0002',
  taskToken: 'begin',
  clusterMode: true,
  nodesInShard: 3,
  wayIn: { tls: true, auth: true, secretName: SECRET },
});
const END = (taskToken: string) =>
  EndProbeInput.parse({ operationId: 'drill-1', cacheId: 'orders', taskToken, now: NOW });
const { log: LOG_KEY } = evidenceKeys(INPUT);
const REPLICAS = [{ address: '10.0.0.1:6379', online: true, lagSeconds: 0, lagBytes: 14 }];
const aLog = (endedBecause: ProbeLog['endedBecause'] = 'told'): ProbeLog =>
  aProbeLog([{ attempts: attempts(0, 1000) }], { endedBecause });

/** What the prober does in its time: by default the baseline, and then it asks until it may stop. */
type Doing = (hooks: ProbeHooks, request: ProbeRequest) => Promise<ProbeLog>;
const untilStopped: Doing = async (hooks) => {
  await hooks.onBaseline(REPLICAS);
  for (let second = 0; second < 900; second += 1) {
    const reason = await hooks.shouldStop();
    if (reason) return aLog(reason);
  }
  return aLog('time-limit');
};

/** A cluster of three shards, of which the second is probed, and all that a prober needs beside it. */
const aWorld = ({ cache = {}, doing = untilStopped }: { cache?: Partial<CacheSeen>; doing?: Doing } = {}) => {
  const ledger = inMemoryLedger();
  const objects = inMemoryObjects();
  const tokens = inMemoryTaskTokens();
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN }),
    versionId: '1',
    deleted: false,
  });
  const connect = aReplicatingEngine({
    nodes: { left: { role: 'master' }, one: { role: 'master' }, two: {}, three: {}, right: { role: 'master' } },
    endpoints: { 'orders.example.com': 'left' },
    slots: [
      [0, 5460, 'left'],
      [5461, 10_922, 'one', 'two', 'three'],
      [10_923, 16_383, 'right'],
    ],
  });
  const requests: ProbeRequest[] = [];
  const tools = {
    caches: inMemoryCaches(aDrillableCache(cache)),
    secrets,
    connect,
    ledger,
    objects,
    tokens,
    remainingMs: () => 895_000,
    probe: (request: ProbeRequest, hooks: ProbeHooks) => {
      requests.push(request);
      return doing(hooks, request);
    },
  };
  const answerTo = (taskToken: string) => tokens.answers.filter((answer) => answer.taskToken === taskToken);
  return { ledger, objects, tokens, secrets, connect, requests, tools, answerTo };
};

describe('runProbe', () => {
  it('answers the first token when the baseline is known, with the shard as it is now', async () => {
    const world = aWorld();
    await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
    await runProbe(INPUT, world.tools);
    expect(world.answerTo('begin')).toEqual([
      {
        taskToken: 'begin',
        output: ShardSeenByClient.parse({ primary: 'one:6379', replicas: REPLICAS }),
      },
    ]);
  });

  it('keeps its log, packed, and answers the second token with where it is', async () => {
    const world = aWorld();
    await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
    const ended = ProbeEnded.parse(await runProbe(INPUT, world.tools));
    expect(ended).toEqual({ logKey: LOG_KEY, endedBecause: 'told' });
    expect(world.answerTo('end')).toEqual([{ taskToken: 'end', output: ended }]);
    const kept = world.objects.kept.get(LOG_KEY);
    expect(kept).toMatchObject({ contentType: 'application/json', contentEncoding: 'gzip' });
    expect(ProbeLog.parse(JSON.parse(gunzipSync(kept?.body ?? '').toString()))).toEqual(aLog('told'));
  });

  it('answers with the log only after it is kept', async () => {
    const world = aWorld();
    await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
    const broken = { put: () => Promise.reject(new Error('No bucket.')) };
    await expect(runProbe(INPUT, { ...world.tools, objects: broken })).rejects.toThrow('No bucket.');
    expect(world.answerTo('end')).toEqual([]);
    expect(world.answerTo('begin')).toHaveLength(1);
  });

  it('says that it was told as soon as the ledger does: for how long to go on is for the prober to know', async () => {
    const asked: (string | undefined)[] = [];
    const world = aWorld({
      doing: async (hooks) => {
        asked.push(await hooks.shouldStop());
        await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
        asked.push(await hooks.shouldStop());
        return aLog();
      },
    });
    await runProbe(INPUT, world.tools);
    expect(asked).toEqual([undefined, 'told']);
  });

  it('ends by itself when its operation has ended, and answers nobody', async () => {
    const world = aWorld();
    const record = aDrillRecord({ operationId: 'drill-1' });
    await world.ledger.close(record, { outcome: 'failed', reason: 'Timeout', summary: 'Late.', closedAt: NOW });
    expect(await runProbe(INPUT, world.tools)).toMatchObject({ endedBecause: 'drill-ended' });
    expect(world.tokens.answers.map(({ taskToken }) => taskToken)).toEqual(['begin']);
    expect(world.objects.kept.has(LOG_KEY)).toBe(true);
  });

  it('goes on while its operation does, also before the ledger knows of it', async () => {
    const asked: unknown[] = [];
    const world = aWorld({
      doing: async (hooks) => {
        asked.push(await hooks.shouldStop());
        await world.ledger.open(aDrillRecord({ operationId: 'drill-1', outcome: undefined }));
        asked.push(await hooks.shouldStop());
        return aLog('time-limit');
      },
    });
    await runProbe(INPUT, world.tools);
    expect(asked).toEqual([undefined, undefined]);
  });

  it('finds the token that was left while its time ran out', async () => {
    const world = aWorld({
      doing: async (hooks) => {
        await hooks.onBaseline(REPLICAS);
        await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
        return aLog('time-limit');
      },
    });
    await runProbe(INPUT, world.tools);
    expect(world.answerTo('end')).toEqual([
      { taskToken: 'end', output: { logKey: LOG_KEY, endedBecause: 'time-limit' } },
    ]);
  });

  it('answers the newest token: who tells it twice waits with the second', async () => {
    const world = aWorld({
      doing: async (hooks, request) => {
        const log = await untilStopped(hooks, request);
        await world.ledger.leaveToken('drill-1', 'probe', 'end-again', NOW);
        return log;
      },
    });
    await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
    await runProbe(INPUT, world.tools);
    expect(world.answerTo('end-again')).toHaveLength(1);
  });

  it('asks for what the plan said, and leaves itself the time to keep its log', async () => {
    const world = aWorld({ doing: async () => aLog('drill-ended') });
    await runProbe(INPUT, world.tools);
    expect(world.requests).toEqual([
      {
        operationId: 'drill-1',
        cacheId: 'orders',
        shardId: '0002',
        credentials: { authToken: TOKEN },
        replicas: 2,
        baselineMs: 5000,
        timeLimitMs: 850_000,
        target: {
          clusterMode: true,
          endpoint: { host: 'orders.example.com', port: PORT },
          tls: true,
          shards: [
            { id: '0001', slots: [[0, 5460]] },
            { id: '0002', slots: [[5461, 10_922]] },
            { id: '0003', slots: [[10_923, 16_383]] },
          ],
        },
      },
    ]);
    expect(world.connect.open()).toBe(0);
  });

  it('goes to the primary endpoint without cluster mode', async () => {
    const cache = {
      clusterMode: false,
      shards: [aShard('0002', { nodes: ['one', 'two'].map((host) => ({ id: host, endpoint: { host, port: PORT } })) })],
      endpoints: { primary: { host: 'orders', port: PORT } },
    };
    const world = aWorld({ cache, doing: async () => aLog('drill-ended') });
    await runProbe({ ...INPUT, clusterMode: false }, world.tools);
    expect(world.requests[0]?.target).toEqual({
      clusterMode: false,
      endpoint: { host: 'orders', port: PORT },
      tls: true,
    });
  });

  describe('before the baseline', () => {
    const failing = async (world: ReturnType<typeof aWorld>, input: object = {}) => {
      const ended = await runProbe({ ...INPUT, ...input }, world.tools);
      // It tells the workflow, which has its alarm. For Lambda it has done its work: no event is left among the dead letters.
      const [told, ...others] = world.answerTo('begin');
      expect(others).toEqual([]);
      const error = told && 'error' in told ? told.error : expect.fail('It did not tell.');
      expect(ended).toEqual({ endedBecause: 'told-why', told: String(error) });
      expect(world.objects.kept.size).toBe(0);
      return error;
    };

    it.each<[string, Partial<CacheSeen>, string]>([
      ['the cache is being changed', { status: 'modifying' }, 'orders is modifying.'],
      ['it has no endpoint', { endpoints: {} }, 'orders has no configuration endpoint now.'],
      [
        'the slots of another shard are not told',
        { shards: [aShard('0001', { slots: undefined }), aShard('0002')] },
        'ElastiCache does not tell the slots of shard 0001 of orders now.',
      ],
    ])('says so by the first token when %s', async (_, cache, message) => {
      expect(await failing(aWorld({ cache }))).toMatchObject({ name: 'NotReady', message });
    });

    it('says so when the cache is gone', async () => {
      const world = aWorld();
      world.tools.caches.there.clear();
      expect(await failing(world)).toMatchObject({ name: 'NotReady', message: 'orders is gone.' });
    });

    it('says so when there is no sound baseline', async () => {
      const world = aWorld({ doing: () => Promise.reject(new Error('Replicas are missing.')) });
      expect(await failing(world)).toMatchObject({ message: 'Replicas are missing.' });
    });

    it('says so when its answer was not taken, because then nobody orders the failover', async () => {
      const world = aWorld();
      world.tokens.succeed = () => Promise.reject(new Error('Step Functions does not answer.'));
      expect(await failing(world)).toMatchObject({ message: 'Step Functions does not answer.' });
    });

    it('leaves its event to a person when it could not even say so', async () => {
      const world = aWorld({ cache: { status: 'modifying' } });
      world.tokens.fail = () => Promise.reject(new Error('Step Functions does not answer.'));
      await expect(runProbe(INPUT, world.tools)).rejects.toThrow('orders is modifying.');
    });

    it('never says a secret, whatever is wrong with it', async () => {
      const secretly = async (text: string, input: object = {}) => {
        const world = aWorld();
        world.secrets.kept.set(SECRET, { value: text, versionId: '1', deleted: false });
        const error = await failing(world, input);
        expect(JSON.stringify([error, String(error), (error as Error).stack, world.tokens.answers])).not.toContain(
          's3cret',
        );
        return (error as Error).name;
      };
      expect(await secretly('s3cret')).toBe('FixSecret');
      expect(await secretly('{"token": "s3cret"}')).toBe('FixSecret');
      expect(
        await secretly(tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: 's3cret'.padEnd(64, 'x') })),
      ).toBe('VerificationFailed');
      const asUser = { wayIn: { tls: true, auth: true, asUser: true, secretName: SECRET } };
      expect(await secretly('{"username": "drill", "word": "s3cret"}', asUser)).toBe('FixSecret');
    });
  });

  it('does not answer the first token again when it fails after the baseline', async () => {
    const world = aWorld({
      doing: async (hooks) => {
        await hooks.onBaseline(REPLICAS);
        throw new Error('It broke.');
      },
    });
    await world.ledger.leaveToken('drill-1', 'probe', 'end', NOW);
    await expect(runProbe(INPUT, world.tools)).rejects.toThrow('It broke.');
    expect(world.tokens.answers).toEqual([expect.objectContaining({ taskToken: 'begin', output: expect.anything() })]);
  });
});

describe('tellProbeToEnd', () => {
  it('leaves the token for a prober that is at work', async () => {
    const { ledger, objects, tokens } = aWorld();
    expect(await tellProbeToEnd(END('end'), { ledger, objects, tokens })).toEqual({ told: true });
    expect(await ledger.tokenLeft('drill-1', 'probe')).toBe('end');
    expect(tokens.answers).toEqual([]);
  });

  it('answers for one that has ended by itself', async () => {
    const world = aWorld({ doing: async () => aLog('time-limit') });
    await runProbe(INPUT, world.tools);
    expect(await tellProbeToEnd(END('end'), world)).toEqual({ told: false });
    expect(world.answerTo('end').map(({ output }) => ProbeEnded.parse(output))).toEqual([
      { logKey: LOG_KEY, endedBecause: 'time-limit' },
    ]);
  });

  it('does not take the log of another drill for this one’s', async () => {
    const { ledger, objects, tokens } = aWorld();
    await objects.put(evidenceKeys({ cacheId: 'orders', operationId: 'drill-0' }).log, 'x', 'application/json');
    expect(await tellProbeToEnd(END('end'), { ledger, objects, tokens })).toEqual({ told: true });
  });

  it('never leaves the workflow waiting, in whichever order the two come to ledger and bucket', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const begun = Promise.withResolvers<void>();
        const world = aWorld({
          doing: async (hooks) => {
            begun.resolve();
            await hooks.shouldStop();
            return aLog('time-limit');
          },
        });
        const { ledger, objects, tokens } = world;
        const slow = {
          ledger: {
            record: ledger.record,
            leaveToken: s.scheduleFunction(ledger.leaveToken),
            tokenLeft: s.scheduleFunction(ledger.tokenLeft),
          },
          objects: { put: s.scheduleFunction(objects.put), get: s.scheduleFunction(objects.get) },
          tokens,
        };
        const telling = begun.promise.then(() => tellProbeToEnd(END('end'), slow));
        const both = Promise.all([runProbe(INPUT, { ...world.tools, ...slow }), telling]);
        await s.waitFor(both);
        expect(world.answerTo('end')).toHaveLength(1);
      }),
    ));
});

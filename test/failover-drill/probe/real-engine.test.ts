import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure } from '../../../functions/failover-drill/measure.ts';
import type { Felt, Measurement } from '../../../functions/failover-drill/measurement.ts';
import { COMMANDS_A_SECOND, probe } from '../../../functions/failover-drill/probe/probe.ts';
import type { ReplicaSeen } from '../../../functions/failover-drill/probe/survey.ts';
import type { Target } from '../../../functions/failover-drill/probe/target.ts';
import type { ProbeLog } from '../../../functions/failover-drill/probe-log.ts';
import type { RunningCache } from '../../../local/engine/types.ts';
import { aCluster, anEngine, aPair, type EngineFixture, known, TOKEN } from '../../local/engine/an-engine.ts';

const LASTING_MS = 1500;
const PATIENCE_MS = 60_000;
/** Between the end of a primary and the promotion of its replica. */
const LEADERLESS_MS = 700;

let fixture: EngineFixture;
const trusted = getCACertificates('default');
beforeAll(async () => {
  fixture = await anEngine();
  // As NODE_EXTRA_CA_CERTS does for a process of its own.
  setDefaultCACertificates([...trusted, fixture.caPem]);
}, PATIENCE_MS);
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await fixture.end();
}, PATIENCE_MS);

interface Drill {
  readonly log: ProbeLog;
  readonly measured: Measurement;
  readonly replicas: readonly ReplicaSeen[] | undefined;
  /** From the order until the shard's new primary led, by the clock of this test. */
  readonly trueMs: number;
}

/** The whole drill: a prober, and a failover once it has its baseline. */
const drill = async (target: Target, shardId: string, failOver: () => Promise<void>): Promise<Drill> => {
  let replicas: Drill['replicas'];
  let trueMs = 0;
  let stopAtMs = Number.POSITIVE_INFINITY;
  let failed: unknown;
  const log = await probe(
    {
      operationId: 'drill-2',
      cacheId: 'orders',
      shardId,
      target,
      credentials: { authToken: TOKEN },
      replicas: 1,
      baselineMs: 700,
      timeLimitMs: 30_000,
    },
    {
      async onBaseline(seen) {
        replicas = seen;
        const beganMs = performance.now();
        await failOver().catch((error: unknown) => {
          failed = error;
        });
        trueMs = performance.now() - beganMs;
        stopAtMs = performance.now() + LASTING_MS + 1000;
      },
      shouldStop: async () => (performance.now() > stopAtMs ? 'drill-ended' : undefined),
    },
  );
  if (failed) throw failed;
  return { log, measured: measure(log, { lastingMs: LASTING_MS }), replicas, trueMs };
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const feltBy = ({ measured }: Drill, client: Felt['client']) =>
  measured.clients.filter((felt) => felt.client === client && felt.shard === 'tested');

const keysOf = async (cache: RunningCache, nodeIds: readonly string[]): Promise<readonly unknown[]> => {
  const found = await Promise.all(nodeIds.map((id) => cache.command(id, 'KEYS', 'autopilot:drill:*')));
  return found.flat();
};

describe('a failover of a real cluster, with TLS and AUTH', () => {
  let cache: RunningCache;
  let result: Drill;

  beforeAll(async () => {
    cache = await fixture.engine.start(aCluster(3, 1));
    const shards = cache.shape.shards.map(({ id, slots }) => ({ id, slots }));
    const endpoint = known(cache.endpoints.configuration);
    result = await drill({ clusterMode: true, endpoint, tls: true, shards }, '0002', async () => {
      await cache.kill('orders-0002-001');
      await wait(LEADERLESS_MS);
      await cache.command('orders-0002-002', 'CLUSTER', 'FAILOVER', 'TAKEOVER');
      await cache.followPrimaries();
    });
  }, PATIENCE_MS);
  afterAll(() => cache?.stop());

  it('is felt by clients that look for the new primary for as long as there was none', () => {
    expect(result.trueMs).toBeGreaterThan(LEADERLESS_MS);
    for (const felt of [...feltBy(result, 'cluster'), ...feltBy(result, 'plain')]) {
      expect(felt.outageMs, `${felt.client} ${felt.does}`).toBeGreaterThan(LEADERLESS_MS - 50);
      // The cluster itself takes a moment to tell everybody who leads.
      expect(felt.outageMs, `${felt.client} ${felt.does}`).toBeLessThan(result.trueMs + 1000);
    }
    expect(result.measured.writeOutageMs).not.toBe('not-over');
  });

  it('is never over for a client that stays where it was', () => {
    expect(feltBy(result, 'naive').map(({ outageMs }) => outageMs)).toEqual(['not-over', 'not-over']);
  });

  it('is not felt on another shard', () => {
    expect(result.measured.controlOutageMs).toBe(0);
    expect(new Set(result.log.lanes.map(({ shard, shardId }) => `${shard} ${shardId}`))).toEqual(
      new Set(['tested 0002', 'control 0003']),
    );
  });

  it('loses as many acknowledged writes as are missing on the new primary', () => {
    expect(result.measured.lostAcknowledgedWrites).toBeTypeOf('number');
    expect(result.log.kept).toHaveLength(5);
  });

  it('saw before who followed', () => {
    const replica = cache.nodeAddress('orders-0002-002');
    expect(result.replicas).toMatchObject([{ address: `127.0.0.1:${replica.port}`, online: true }]);
  });

  it('leaves no key behind', async () => {
    const alive = cache.shape.shards
      .flatMap(({ nodes }) => nodes.map(({ id }) => id))
      .filter((id) => id !== 'orders-0002-001');
    expect(await keysOf(cache, alive)).toEqual([]);
  });
});

describe('a failover of a real pair, with TLS and AUTH', () => {
  let cache: RunningCache;
  let result: Drill;

  beforeAll(async () => {
    cache = await fixture.engine.start(aPair(1));
    const endpoint = known(cache.endpoints.primary);
    result = await drill({ clusterMode: false, endpoint, tls: true }, '0001', async () => {
      await cache.kill('sessions-001');
      await wait(LEADERLESS_MS);
      await cache.command('sessions-002', 'REPLICAOF', 'NO', 'ONE');
      await cache.followPrimaries();
    });
  }, PATIENCE_MS);
  afterAll(() => cache?.stop());

  it('is felt for as long as the endpoint led nowhere', () => {
    for (const felt of result.measured.clients) {
      expect(felt.outageMs, `${felt.client} ${felt.does}`).toBeGreaterThan(LEADERLESS_MS - 50);
      expect(felt.outageMs, `${felt.client} ${felt.does}`).toBeLessThan(result.trueMs + 300);
    }
    expect(result.measured.writeOutageMs).not.toBe('not-over');
    expect(result.measured.lostAcknowledgedWrites).toBeTypeOf('number');
  });

  it('leaves no key behind', async () => {
    expect(await keysOf(cache, ['sessions-002'])).toEqual([]);
  });
});

describe('what the prober asks of a shard', () => {
  const COUNTED_MS = 4000;
  let cache: RunningCache;
  let asked: Readonly<Record<string, number>>;

  beforeAll(async () => {
    cache = await fixture.engine.start(aPair(1));
    const calls = async () => callsIn(String(await cache.command('sessions-001', 'INFO', 'commandstats')));
    let before: Record<string, number> = {};
    let beganMs = Number.POSITIVE_INFINITY;
    await probe(
      {
        operationId: 'drill-3',
        cacheId: 'sessions',
        shardId: '0001',
        target: { clusterMode: false, endpoint: known(cache.endpoints.primary), tls: true },
        credentials: { authToken: TOKEN },
        replicas: 1,
        baselineMs: 700,
        timeLimitMs: 30_000,
      },
      {
        async onBaseline() {
          before = await calls();
          beganMs = performance.now();
        },
        async shouldStop() {
          const seconds = (performance.now() - beganMs) / 1000;
          if (seconds < COUNTED_MS / 1000) return undefined;
          const counts = Object.entries(await calls());
          asked = Object.fromEntries(counts.map(([name, count]) => [name, (count - (before[name] ?? 0)) / seconds]));
          return 'drill-ended';
        },
      },
    );
  }, PATIENCE_MS);
  afterAll(() => cache?.stop());

  it('is as many commands a second as is promised', () => {
    const { rpush = 0, lindex = 0 } = asked;
    expect(rpush + lindex).toBeGreaterThan(0.8 * COMMANDS_A_SECOND);
    expect(rpush + lindex).toBeLessThan(1.03 * COMMANDS_A_SECOND);
  });

  it('is hardly anything besides: each client renews its key’s expiry about once a second', () => {
    const { expire = 0 } = asked;
    expect(expire).toBeGreaterThan(3 * 0.5);
    expect(expire).toBeLessThan(3 * 1.5);
  });

  it('is half of it writes, which a replica follows', () => {
    expect((asked.rpush ?? 0) + (asked.expire ?? 0)).toBeLessThan(0.55 * COMMANDS_A_SECOND);
  });
});

/** `cmdstat_rpush:calls=14,usec=…` by name; a subcommand counts as itself. */
const callsIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]),
  );

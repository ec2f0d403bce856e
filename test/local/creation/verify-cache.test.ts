import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCache } from '../../../functions/creation/verify-cache.ts';
import type { Endpoint } from '../../../functions/platform/caches.ts';
import { connect } from '../../../functions/platform/engine-client.ts';
import { tokenSecretText } from '../../../functions/platform/secret-format.ts';
import type { CacheShape, RunningCache } from '../../../local/engine/types.ts';
import { aCache } from '../../builders/an-observation.ts';
import { inMemoryCaches } from '../../builders/in-memory-caches.ts';
import { inMemorySecrets } from '../../builders/in-memory-secrets.ts';
import { aCluster, aDefaultUser, anEngine, aPair, type EngineFixture, TOKEN } from '../engine/an-engine.ts';

const SECRET = 'autopilot/orders/auth-token';

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await anEngine();
  // On AWS, Lambda's trust store knows who signed ElastiCache's certificates.
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), fixture.caPem]);
});
afterAll(() => fixture.end());

const withCache = async (shape: CacheShape, story: (cache: RunningCache) => Promise<void>) => {
  const cache = await fixture.engine.start(shape);
  try {
    await story(cache);
  } finally {
    await cache.stop();
  }
};

/** Verifies a running cache as the workflow does, with the token that is expected to be its own. */
const verify = ({ shape, endpoints }: RunningCache, changes: object = {}, token = TOKEN) => {
  const { clusterMode } = shape;
  const endpoint = (clusterMode ? endpoints.configuration : endpoints.primary) as Endpoint;
  const cache = aCache({
    clusterMode,
    shards: shape.shards.map(({ id, nodes }) => ({ id, status: 'available', nodeCount: nodes.length })),
    endpoints: clusterMode ? { configuration: endpoint } : { primary: endpoint },
  });
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: token }),
    versionId: '1',
    deleted: false,
  });
  const expected = {
    shards: shape.shards.length,
    replicasPerShard: (shape.shards[0]?.nodes.length ?? 1) - 1,
    clusterMode,
    tls: true,
    auth: true,
    secretArn: SECRET,
    ...changes,
  };
  const input = { operationId: 'operation-1', cacheId: 'orders', expect: expected };
  const tools = { caches: inMemoryCaches(cache), secrets, connect: connect(2000), now: () => '2026-11-21T07:12:00Z' };
  return verifyCache(input, tools);
};

describe('verifying a real cache', () => {
  it('gives evidence of every shard of a cluster, and leaves nothing that stays', async () => {
    await withCache(aCluster(2, 1), async (cache) => {
      const { shards } = await verify(cache);
      expect(shards).toMatchObject([
        { id: '0001', replicas: 1, wroteAndRead: true },
        { id: '0002', replicas: 1, wroteAndRead: true },
      ]);
      for (const nodeId of (await cache.primaries()).values()) {
        const keys = (await cache.command(nodeId, 'KEYS', '*')) as string[];
        expect(keys).toHaveLength(1);
        expect(Number(await cache.command(nodeId, 'TTL', keys[0] ?? ''))).toBeGreaterThan(0);
      }
    });
  });

  it('gives evidence of a pair at its primary endpoint', async () => {
    await withCache(aPair(1), async (cache) => {
      expect(await verify(cache)).toMatchObject({ tls: true, authRequired: true, shards: [{ replicas: 1 }] });
    });
  });

  it('waits for a replica that is not attached', async () => {
    await withCache(aPair(1), async (cache) => {
      await cache.kill('sessions-002');
      await expect(verify(cache)).rejects.toMatchObject({ name: 'NotReady', message: /0 of 1 replicas/ });
    });
  });

  it('waits for a shard whose primary is dead', async () => {
    await withCache(aCluster(3, 0), async (cache) => {
      await cache.kill('orders-0002-001');
      await expect(verify(cache)).rejects.toMatchObject({ name: 'NotReady' });
    });
  });

  it('fails for a token that is not the cache’s', async () => {
    await withCache(aPair(0), async (cache) => {
      await expect(verify(cache, {}, 'another-token-0123456789')).rejects.toMatchObject({ name: 'VerificationFailed' });
    });
  });

  it('fails for a cache that lets in whoever comes', async () => {
    const open = { ...aDefaultUser(TOKEN), passwordHashes: [], open: true };
    await withCache(aPair(0, { users: [open] }), async (cache) => {
      await expect(verify(cache)).rejects.toMatchObject({ name: 'VerificationFailed' });
    });
  });

  it('never takes a cache without TLS for one with it', async () => {
    await withCache(aPair(0, { tls: false }), async (cache) => {
      await expect(verify(cache)).rejects.toMatchObject({ name: 'NotReady' });
    });
  });
});

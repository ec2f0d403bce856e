import { describe, expect, it } from 'vitest';
import { Evidence } from '../../functions/creation/schemas.ts';
import { verifyCache } from '../../functions/creation/verify-cache.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { tokenSecretText } from '../../functions/platform/secret-format.ts';
import { aTalkingEngine, type EngineTraits } from '../builders/a-talking-engine.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SECRET = 'autopilot/orders/auth-token';
const TOKEN = 't'.repeat(64);
const EXPECTED = { shards: 3, replicasPerShard: 2, clusterMode: true, tls: true, auth: true, secretArn: SECRET };

const verify = (
  engine: EngineTraits,
  { expect = {}, cache = {} }: { expect?: object; cache?: Partial<CacheSeen> } = {},
) => {
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN }),
    versionId: '1',
    deleted: false,
  });
  return verifyCache(
    { operationId: 'operation-1', cacheId: 'orders', expect: { ...EXPECTED, ...expect } },
    {
      caches: inMemoryCaches(aCache(cache)),
      secrets,
      connect: aTalkingEngine({ authToken: TOKEN, ...engine }),
      now: () => '2026-11-21T07:12:00Z',
    },
  );
};
const shards = (...changes: readonly object[]) =>
  (
    [
      [0, 5460],
      [5461, 10_922],
      [10_923, 16_383],
    ] as const
  ).map((slots, index) => ({ host: `node-${index + 1}`, slots: [slots], replicas: 2, ...changes[index] }));

describe('verifyCache', () => {
  it('gives evidence for every shard', async () => {
    const evidence = await verify({});
    expect(Evidence.parse(evidence)).toEqual({
      shards: ['0001', '0002', '0003'].map((id, index) => ({
        id,
        primary: `node-${index + 1}:6379`,
        replicas: 2,
        wroteAndRead: true,
      })),
      tls: true,
      authRequired: true,
      checkedAt: '2026-11-21T07:12:00Z',
    });
    expect(JSON.stringify(evidence)).not.toContain(TOKEN);
  });

  it('verifies a cache without cluster mode at its primary endpoint', async () => {
    const cache = {
      clusterMode: false,
      shards: [{ id: '0001', status: 'available', nodeCount: 2 }],
      endpoints: { primary: { host: 'orders-primary', port: 6379 } },
    };
    const engine = { shards: [{ host: 'orders-primary', slots: [[0, 16_383]] as const, replicas: 1 }] };
    const evidence = await verify(engine, { cache, expect: { clusterMode: false, shards: 1, replicasPerShard: 1 } });
    expect(evidence.shards).toEqual([{ id: '0001', primary: 'orders-primary:6379', replicas: 1, wroteAndRead: true }]);
  });

  it('verifies a cache that was ordered without TLS and AUTH, and says so', async () => {
    const evidence = await verify({ tls: false, authToken: undefined }, { expect: { tls: false, auth: false } });
    expect(evidence).toMatchObject({ tls: false, authRequired: false });
  });

  it.each<[string, EngineTraits, object?]>([
    ['it answers without TLS', { alsoPlain: true }],
    ['it lets in whoever comes', { open: true }],
    ['it knows no token', { authToken: undefined }],
    ['it has another token', { authToken: 'x'.repeat(64) }],
    ['a shard gives back something else', { shards: shards({}, { forgets: true }) }],
    ['nobody says where the token is', {}, { secretArn: undefined }],
  ])('fails for good when %s', async (_, engine, expectation = {}) => {
    await expect(verify(engine, { expect: expectation })).rejects.toMatchObject({ name: 'VerificationFailed' });
  });

  it.each<[string, EngineTraits]>([
    ['nothing listens', { down: true }],
    ['a replica is missing in one shard', { shards: shards({}, {}, { replicas: 1 }) }],
    ['a shard is missing', { shards: shards().slice(0, 2) }],
    ['slots are not covered', { shards: shards({}, {}, { slots: [[10_923, 16_000]] }) }],
    ['a primary is not one any more', { shards: shards({ role: 'slave' }) }],
  ])('waits when %s', async (_, engine) => {
    await expect(verify(engine)).rejects.toMatchObject({ name: 'NotReady' });
  });

  it.each<[string, Partial<CacheSeen>]>([
    ['it is being made', { status: 'creating' }],
    ['it has no endpoint yet', { endpoints: {} }],
  ])('waits when %s', async (_, cache) => {
    await expect(verify({}, { cache })).rejects.toMatchObject({ name: 'NotReady' });
  });

  it('puts ranges of one primary together', async () => {
    const torn = shards(
      {
        slots: [
          [0, 100],
          [200, 5460],
        ],
      },
      {
        slots: [
          [5461, 10_922],
          [101, 199],
        ],
      },
    );
    expect((await verify({ shards: torn })).shards).toHaveLength(3);
  });

  it('comes as a user of the cache’s user group where that decides', async () => {
    const secrets = inMemorySecrets();
    const name = 'autopilot/orders/verifier';
    const value = JSON.stringify({ username: 'verifier', password: TOKEN, user_arn: 'arn:aws:elasticache:…' });
    secrets.kept.set(name, { value, versionId: '1', deleted: false });
    const connect = aTalkingEngine({ authToken: TOKEN });
    const expected = { ...EXPECTED, asUser: true as const, secretArn: name };
    const tools = { caches: inMemoryCaches(aCache()), secrets, connect, now: () => '2026-11-21T07:12:00Z' };
    const verifying = () => verifyCache({ operationId: 'operation-1', cacheId: 'orders', expect: expected }, tools);
    expect(await verifying()).toMatchObject({ authRequired: true, shards: [{}, {}, {}] });
    expect(connect.asked.some(({ username }) => username === 'verifier')).toBe(true);
    secrets.kept.set(name, { value: '{"username": "verifier"}', versionId: '2', deleted: false });
    await expect(verifying()).rejects.toMatchObject({ name: 'FixSecret' });
  });
});

import { describe, expect, it } from 'vitest';
import { Evidence } from '../../functions/creation/schemas.ts';
import { verifyMemcached } from '../../functions/creation/verify-memcached.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { aTalkingMemcached, type MemcachedTraits } from '../builders/a-talking-memcached.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';

const EXPECTED = { shards: 1, replicasPerShard: 0, memcachedNodes: 2, clusterMode: false, tls: true, auth: false };
const CONFIGURATION = { configuration: { host: 'pages.cfg', port: 11_211 } };

const verify = async (
  engine: MemcachedTraits,
  { expect: expected = {}, cache = {} }: { expect?: object; cache?: Partial<CacheSeen> } = {},
) => {
  const connectMemcached = aTalkingMemcached(engine);
  try {
    return await verifyMemcached(
      { operationId: 'operation-1', cacheId: 'pages', expect: { ...EXPECTED, ...expected } },
      {
        caches: inMemoryCaches(aCache({ cacheId: 'pages', endpoints: CONFIGURATION, ...cache })),
        connectMemcached,
        now: () => '2026-11-21T07:12:00Z',
      },
    );
  } finally {
    expect(connectMemcached.stillOpen()).toBe(0);
  }
};

describe('verifyMemcached', () => {
  it('gives evidence for every node', async () => {
    expect(Evidence.parse(await verify({}))).toEqual({
      shards: ['0001', '0002'].map((id, index) => ({
        id,
        primary: `node-${index + 1}:11211`,
        replicas: 0,
        wroteAndRead: true,
      })),
      tls: true,
      authRequired: false,
      checkedAt: '2026-11-21T07:12:00Z',
    });
  });

  it('verifies a cluster that was ordered without TLS, and says so', async () => {
    expect(await verify({ tls: false }, { expect: { tls: false } })).toMatchObject({ tls: false });
  });

  it('says where clients without TLS get in too, when that is allowed', async () => {
    const evidence = await verify({ alsoPlain: true }, { expect: { plaintextAllowed: true } });
    expect(evidence).toMatchObject({ tls: true, plaintextAllowed: true });
  });

  it.each<[string, MemcachedTraits, RegExp]>([
    ['it answers without TLS', { alsoPlain: true }, /pages answers without TLS/],
    ['a node gives back something else', { forgets: true }, /node-1:11211 of pages gave back another value/],
    ['a node takes no key', { refuses: 'CLIENT_ERROR' }, /pages: node-1:11211 answered CLIENT_ERROR/],
    ['a node does not know the command', { refuses: 'ERROR' }, /pages: node-1:11211 answered ERROR/],
  ])('fails for good when %s', async (_what, engine, message) => {
    await expect(verify(engine)).rejects.toMatchObject({
      name: 'VerificationFailed',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, MemcachedTraits]>([
    ['TLS is not spoken', { tls: false }],
    ['a node is missing', { nodes: [{ host: 'node-1', port: 11_211 }] }],
    ['a node has trouble of its own', { refuses: 'SERVER_ERROR' }],
  ])('waits when %s', async (_what, engine) => {
    await expect(verify(engine)).rejects.toMatchObject({ name: 'NotReady' });
  });

  it.each<[string, Partial<CacheSeen>]>([
    ['it is being made', { status: 'creating' }],
    ['it has no endpoint yet', { endpoints: {} }],
  ])('waits when %s', async (_what, cache) => {
    await expect(verify({}, { cache })).rejects.toMatchObject({ name: 'NotReady' });
  });
});

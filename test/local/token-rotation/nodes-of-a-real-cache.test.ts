import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CacheSeen } from '../../../functions/platform/caches.ts';
import { connect } from '../../../functions/platform/engine-client.ts';
import { hold } from '../../../functions/token-rotation/hold.ts';
import { Held, HoldInput, LetGoInput, LookAtNodesInput } from '../../../functions/token-rotation/schemas.ts';
import { tellHolder } from '../../../functions/token-rotation/tell-holder.ts';
import { tryTokens } from '../../../functions/token-rotation/try-tokens.ts';
import type { CacheShape, EngineUser, RunningCache } from '../../../local/engine/types.ts';
import { aSecretWith, SECRET, TOKENS, VERSIONS } from '../../builders/a-rotation-target.ts';
import { aCache } from '../../builders/an-observation.ts';
import { inMemoryCaches } from '../../builders/in-memory-caches.ts';
import { inMemoryLedger } from '../../builders/in-memory-ledger.ts';
import { inMemoryObjects } from '../../builders/in-memory-objects.ts';
import { inMemoryTaskTokens } from '../../builders/in-memory-task-tokens.ts';
import { aUser, inMemoryUsers } from '../../builders/in-memory-users.ts';
import { aCluster, aDefaultUser, anEngine, aPair, connectTo, type EngineFixture, known } from '../engine/an-engine.ts';

let fixture: EngineFixture;
const trusted = tls.getCACertificates('default');
beforeAll(async () => {
  fixture = await anEngine();
  // On AWS, Lambda's trust store knows who signed ElastiCache's certificates.
  tls.setDefaultCACertificates([...trusted, fixture.caPem]);
});
afterAll(async () => {
  tls.setDefaultCACertificates(trusted);
  await fixture.end();
});

const withCache = async (shape: CacheShape, story: (cache: RunningCache) => Promise<void>) => {
  const cache = await fixture.engine.start(shape);
  try {
    await story(cache);
  } finally {
    await cache.stop();
  }
};

/** As ElastiCache describes a cache that runs. */
const described = ({ shape, endpoints, nodeAddress }: RunningCache): CacheSeen =>
  aCache({
    clusterMode: shape.clusterMode,
    shards: shape.shards.map(({ id, nodes }) => ({
      id,
      status: 'available',
      nodeCount: nodes.length,
      nodes: nodes.map((node) => ({ id: node.id, ...(shape.clusterMode ? {} : { endpoint: nodeAddress(node.id) }) })),
    })),
    endpoints,
  });

const look = (cache: RunningCache, changes: { readonly userId?: string; readonly currentSince?: string } = {}) => {
  const { userId, currentSince } = changes;
  const target = { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: cache.shape.clusterMode };
  const input = LookAtNodesInput.parse({
    operationId: 'rotation-1',
    target: userId === undefined ? target : { ...target, userId },
    versions: VERSIONS,
    ...(currentSince === undefined ? {} : { currentSince }),
  });
  const asUser = (token: string) => JSON.stringify({ username: 'app', password: token });
  return tryTokens(input, {
    caches: inMemoryCaches(described(cache)),
    users: inMemoryUsers(aUser()),
    secrets: userId === undefined ? aSecretWith() : aSecretWith(TOKENS, asUser),
    connect: connect(2000),
    now: () => new Date().toISOString(),
  });
};

/** Holds connections while something happens to the cache, and tells how they fared. */
const held = async (cache: RunningCache, meanwhile: () => Promise<void>): Promise<Held> => {
  const about = { operationId: 'rotation-1', phase: 'retire', lap: 1 };
  const target = { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: cache.shape.clusterMode };
  const tools = {
    caches: inMemoryCaches(described(cache)),
    users: inMemoryUsers(),
    secrets: aSecretWith(),
    connect: connect(2000),
    ledger: inMemoryLedger(),
    objects: inMemoryObjects(),
    tokens: inMemoryTaskTokens(),
    remainingMs: () => 600_000,
  };
  const holding = hold(HoldInput.parse({ ...about, target, versions: VERSIONS, taskToken: 'begin' }), tools);
  await vi.waitFor(() => expect(tools.tokens.answers).toHaveLength(1), { timeout: 10_000 });
  await meanwhile();
  await tellHolder(LetGoInput.parse({ ...about, taskToken: 'end', now: new Date().toISOString() }), tools);
  return Held.parse(await holding);
};

const secondNode = (cache: RunningCache): string => cache.shape.shards[0]?.nodes[1]?.id ?? expect.fail('no such node');

const { current, pending, previous } = TOKENS;
const SHAPES = { 'a cluster': aCluster(2, 1), 'a pair': aPair(1) };

describe.each(Object.keys(SHAPES) as (keyof typeof SHAPES)[])('the tokens of %s', (name) => {
  const shape = (users: readonly EngineUser[]): CacheShape => ({ ...SHAPES[name], users });
  const nodes = name === 'a cluster' ? 4 : 2;

  it('are followed through a rotation, on every node', async () => {
    await withCache(shape([aDefaultUser(previous, current)]), async (cache) => {
      const told = async () => {
        const { at: _, byNode: _each, ...rest } = await look(cache);
        return rest;
      };
      const now = { nodes, open: false, current: 'everywhere' };
      expect(await told()).toEqual({ ...now, pending: 'nowhere', previous: 'everywhere' });
      await cache.setUsers([aDefaultUser(current, pending)]);
      expect(await told()).toEqual({ ...now, pending: 'everywhere', previous: 'nowhere' });
      const forgetful = secondNode(cache);
      await cache.setUsers([aDefaultUser(pending)], { forgets: forgetful });
      expect(await told()).toEqual({ ...now, current: 'somewhere', pending: 'everywhere', previous: 'nowhere' });
    });
  });

  it('are not asked of a node that is down', async () => {
    await withCache(shape([aDefaultUser(current)]), async (cache) => {
      await cache.kill(secondNode(cache));
      await expect(look(cache)).rejects.toMatchObject({ name: 'NotReady' });
    });
  });

  it('protect nothing where somebody gets in without one', async () => {
    await withCache(shape([{ ...aDefaultUser(), open: true }]), async (cache) => {
      expect(await look(cache)).toMatchObject({ nodes, open: true, current: 'nowhere' });
    });
  });

  it('may be a user’s passwords', async () => {
    const app = { ...aDefaultUser(current, pending), name: 'app' };
    await withCache(shape([app, { ...aDefaultUser(), open: true }]), async (cache) => {
      expect(await look(cache, { userId: 'orders-app' })).toMatchObject({
        current: 'everywhere',
        pending: 'everywhere',
        previous: 'nowhere',
        open: false,
      });
      await cache.setUsers([{ ...app, open: true }]);
      expect(await look(cache, { userId: 'orders-app' })).toMatchObject({ open: true });
    });
  });

  it('leave the connections of old ones as they are, when one is brought in and one retired', async () => {
    await withCache(shape([aDefaultUser(previous, current)]), async (cache) => {
      const result = await held(cache, async () => {
        await cache.setUsers([aDefaultUser(current, pending)]);
        await cache.setUsers([aDefaultUser(current)]);
        // Connections that are held are none of an application.
        expect((await look(cache, { currentSince: '2020-01-01T00:00:00Z' })).clients?.connections).toBe(0);
      });
      expect(result).toMatchObject({ connections: 2 * nodes, lost: 0, endedBecause: 'told' });
      expect(result.commands).toBeGreaterThanOrEqual(4 * nodes);
    });
  });

  it('cost connections where the engine cuts them off, and each is counted', async () => {
    await withCache(shape([aDefaultUser(current)]), async (cache) => {
      const result = await held(cache, () => cache.setUsers([aDefaultUser(current)], { dropsConnections: true }));
      expect(result).toMatchObject({ connections: nodes, lost: nodes, endedBecause: 'told' });
      expect(result.losses.map(({ loggedInWith }) => loggedInWith)).toEqual(Array(nodes).fill('current'));
    });
  });

  it('show who is connected, and not who looks', async () => {
    await withCache(shape([aDefaultUser(current)]), async (cache) => {
      const { configuration, primary } = cache.endpoints;
      const client = await connectTo(known(configuration ?? primary), {
        password: current,
        caPem: fixture.caPem,
      });
      await client.client('SETNAME', 'shop');
      const { clients } = await look(cache, { currentSince: '2020-01-01T00:00:00Z' });
      client.disconnect();
      expect(clients).toMatchObject({
        connections: 1,
        olderThanCurrent: 0,
        groups: [{ name: 'shop', user: 'default', connections: 1 }],
      });
    });
  });
});

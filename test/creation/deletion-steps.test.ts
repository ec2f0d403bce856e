import { describe, expect, it } from 'vitest';
import { cacheRemovalRequested } from '../../events/cache-removal-requested.ts';
import { cleanUpCache } from '../../functions/creation/clean-up-cache.ts';
import { confirmFinalSnapshot } from '../../functions/creation/confirm-final-snapshot.ts';
import { deleteCache } from '../../functions/creation/delete-cache.ts';
import { letCacheGo } from '../../functions/creation/let-cache-go.ts';
import { lookBeforeDeletion } from '../../functions/creation/look-before-deletion.ts';
import { startDeletion } from '../../functions/creation/start-deletion.ts';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import type { SnapshotSeen } from '../../functions/platform/snapshots.ts';
import { aCache } from '../builders/an-observation.ts';
import { named } from '../builders/an-sdk-client.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemoryParameterGroups } from '../builders/in-memory-parameter-groups.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const GROUP = 'autopilot-orders-redis7';
const SECRET = 'autopilot/orders/auth-token';
const SNAPSHOT = 'orders-final-20261121-0659';
const input = { operationId: 'delete-1', cacheId: 'orders', fencing: 1 };
const key = { region: 'us-east-1', cacheId: 'orders' };
const lost = async () => {
  throw new LockLost('Another operation has it.');
};
const ours = { family: 'redis7', tags: { 'autopilot:operation': 'operation-1' } };

/** An account with a cache of ours and all that was made around it. */
const aWorld = async ({ cache, groups = { [GROUP]: ours } }: { cache?: object; groups?: object } = {}) => {
  const caches = inMemoryCaches(...(cache ? [aCache(cache)] : []));
  const secrets = inMemorySecrets();
  await secrets.create({
    name: SECRET,
    value: 'x',
    description: '',
    tags: [{ Key: 'autopilot:operation', Value: 'operation-1' }],
    requestToken: 'token',
  });
  const ledger = inMemoryLedger();
  const spec = { cacheId: 'orders', deletionPolicy: 'Delete' };
  await ledger.remember(key, { spec, operationId: 'operation-1', at: '2026-11-20T07:00:00Z' });
  const calls: string[] = [];
  const snapshots = new Map<string, SnapshotSeen>();
  return {
    caches,
    secrets,
    ledger,
    key,
    calls,
    parameterGroups: inMemoryParameterGroups(groups as Record<string, typeof ours>),
    changes: {
      async make(operation: string, parameters: Readonly<Record<string, unknown>>) {
        calls.push(`${operation} ${JSON.stringify(parameters.TagKeys ?? parameters.Tags)}`);
      },
    },
    taken: snapshots,
    snapshots: { find: async (name: string) => snapshots.get(name) },
    fence: async () => {},
    optInTag: 'autopilot:managed',
  };
};

describe('deleteCache', () => {
  const wanted = { ...input, finalSnapshot: SNAPSHOT, adopt: false };

  it('orders once, with the final snapshot, however often it is asked', async () => {
    const world = await aWorld({ cache: {} });
    expect(await deleteCache(wanted, world)).toEqual({ ordered: true });
    expect(await deleteCache(wanted, world)).toEqual({ ordered: false });
    world.caches.there.delete('orders');
    expect(await deleteCache(wanted, world)).toEqual({ ordered: false });
    expect(world.caches.finalSnapshots).toEqual([SNAPSHOT]);
    expect(world.calls).toEqual([]);
  });

  it('knows by its snapshot that an earlier attempt has ordered it', async () => {
    for (const status of ['available', 'snapshotting']) {
      const world = await aWorld({ cache: { status } });
      world.taken.set(SNAPSHOT, { name: SNAPSHOT, status: 'creating', sizes: [] });
      expect(await deleteCache(wanted, world)).toEqual({ ordered: false });
      expect(world.caches.finalSnapshots).toEqual([]);
    }
  });

  it('stops when the final snapshot has failed', async () => {
    const world = await aWorld({ cache: {} });
    world.taken.set(SNAPSHOT, { name: SNAPSHOT, status: 'failed', sizes: [] });
    await expect(deleteCache(wanted, world)).rejects.toMatchObject({ name: 'VerificationFailed' });
  });

  it.each(['creating', 'modifying', 'snapshotting'])('waits while the cache is %s', async (status) => {
    await expect(deleteCache(wanted, await aWorld({ cache: { status } }))).rejects.toMatchObject({
      name: 'WaitUntilAvailable',
    });
  });

  it('never acts without the lock', async () => {
    const world = await aWorld({ cache: {} });
    await expect(deleteCache({ ...wanted, adopt: true }, { ...world, fence: lost })).rejects.toMatchObject({
      name: 'LockLost',
    });
    expect(world.caches.there.get('orders')?.status).toBe('available');
    expect(world.calls).toEqual([]);
  });

  it('opts a foreign cache in first', async () => {
    const world = await aWorld({ cache: {} });
    await deleteCache({ ...wanted, adopt: true }, world);
    expect(world.calls).toEqual(['AddTagsToResource [{"Key":"autopilot:managed","Value":"true"}]']);
  });

  it('does not take another’s snapshot of that name for its own', async () => {
    const world = await aWorld({ cache: {} });
    const refusing = {
      ...world.caches,
      delete: () => Promise.reject(named('SnapshotAlreadyExistsFault', 'taken')),
    };
    await expect(deleteCache(wanted, { ...world, caches: refusing })).rejects.toMatchObject({
      name: 'SnapshotAlreadyExistsFault',
    });
  });
});

describe('confirmFinalSnapshot', () => {
  const ask = (status?: string) =>
    confirmFinalSnapshot(
      { operationId: 'delete-1', cacheId: 'orders', finalSnapshot: SNAPSHOT },
      { find: async (name) => (status ? { name, status, sizes: ['12 MB'] } : undefined) },
    );

  it('is content with `available` only', async () => {
    expect(await ask('available')).toEqual({ name: SNAPSHOT, status: 'available', sizes: ['12 MB'] });
    await expect(ask('creating')).rejects.toMatchObject({ name: 'NotReady' });
    for (const status of ['failed', 'deleting', 'unknown', undefined]) {
      await expect(ask(status)).rejects.toMatchObject({ name: 'VerificationFailed' });
    }
  });
});

describe('cleanUpCache', () => {
  it('removes what is ours, gives the secret 30 days, and forgets; a second time it finds nothing to remove', async () => {
    const world = await aWorld({
      groups: {
        [GROUP]: ours,
        'autopilot-orders-eu-redis7': ours,
        'autopilot-orders-redis6-x': { family: 'redis6.x' },
      },
    });
    const days: unknown[] = [];
    const secrets = {
      ...world.secrets,
      async delete(name: string, recoveryDays?: number) {
        days.push(recoveryDays);
        await world.secrets.delete(name);
      },
    };
    const { gone, kept } = await cleanUpCache(input, { ...world, secrets });
    expect(gone).toEqual([
      `parameter group ${GROUP}`,
      `secret ${SECRET} (can be restored for 30 days)`,
      'its specification in the ledger',
    ]);
    expect(kept).toEqual([]);
    expect(world.parameterGroups.names()).toEqual(['autopilot-orders-eu-redis7', 'autopilot-orders-redis6-x']);
    expect(await world.ledger.specOf(key)).toBeUndefined();

    // A second time nothing is there to forget, and nothing is said to be.
    expect((await cleanUpCache(input, { ...world, secrets })).gone).toEqual([
      `secret ${SECRET} (can be restored for 30 days)`,
    ]);
    expect(days).toEqual([30]);
  });

  it('keeps a parameter group that something uses, and a secret that it did not make, and says so', async () => {
    const world = await aWorld({ groups: { [GROUP]: { ...ours, users: ['baskets-001'] } } });
    world.secrets.kept.set(SECRET, { versionId: '1', deleted: false });
    expect((await cleanUpCache(input, world)).kept).toEqual([
      `parameter group ${GROUP}, which baskets-001 uses`,
      `secret ${SECRET}, which the autopilot did not make`,
    ]);
    expect(world.parameterGroups.names()).toEqual([GROUP]);
    expect(world.secrets.kept.get(SECRET)?.deleted).toBe(false);
  });

  it('touches nothing while the cache is there, or without the lock', async () => {
    for (const [cache, fence, name] of [
      [{ status: 'deleting' }, async () => {}, 'NotReady'],
      [undefined, lost, 'LockLost'],
    ] as const) {
      const world = await aWorld(cache ? { cache } : {});
      await expect(cleanUpCache(input, { ...world, fence })).rejects.toMatchObject({ name });
      expect(world.parameterGroups.names()).toEqual([GROUP]);
      expect(world.secrets.kept.get(SECRET)?.deleted).toBe(false);
      expect(await world.ledger.specOf(key)).toBeDefined();
    }
  });
});

describe('letCacheGo', () => {
  it('takes off our tags, keeps what the cache uses, and forgets', async () => {
    const world = await aWorld({ cache: {} });
    expect(await letCacheGo(input, world)).toEqual({
      gone: [
        'tag autopilot:managed',
        'tag autopilot:mode',
        'tag autopilot:operation',
        'its specification in the ledger',
      ],
      kept: [
        'cache orders, which the autopilot leaves alone',
        `parameter group ${GROUP}, which the cache may use`,
        `secret ${SECRET}, which the cache’s clients may use`,
      ],
    });
    expect(world.calls).toEqual([
      'RemoveTagsFromResource ["autopilot:managed","autopilot:mode","autopilot:operation"]',
    ]);
    expect(world.secrets.kept.get(SECRET)?.deleted).toBe(false);
    expect(await world.ledger.specOf(key)).toBeUndefined();
  });

  it('finishes an attempt that was interrupted after the tags', async () => {
    const world = await aWorld({ cache: { tags: { Owner: 'shop' } } });
    await letCacheGo(input, world);
    expect(world.calls).toEqual([]);
    expect(await world.ledger.specOf(key)).toBeUndefined();
  });

  it('waits while ElastiCache does not tell the tags, and never acts without the lock', async () => {
    await expect(letCacheGo(input, await aWorld({ cache: { status: 'modifying' } }))).rejects.toMatchObject({
      name: 'WaitUntilAvailable',
    });
    const world = await aWorld({ cache: {} });
    await expect(letCacheGo(input, { ...world, fence: lost })).rejects.toMatchObject({ name: 'LockLost' });
    expect(world.calls).toEqual([]);
  });
});

describe('lookBeforeDeletion', () => {
  it('sees what is ours, and asks nobody about an impossible id', async () => {
    const world = await aWorld({ cache: {} });
    const eyes = { ...world, rememberedSpec: (cacheId: string) => world.ledger.specOf({ ...key, cacheId }) };
    expect(await lookBeforeDeletion({ cacheId: 'orders' }, '2026-11-21T07:00:00Z', eyes)).toMatchObject({
      cache: { cacheId: 'orders', tags: { 'autopilot:managed': 'true' } },
      specification: { deletionPolicy: 'Delete' },
      parameterGroups: [GROUP],
      secret: true,
    });
    const caches = { ...world.caches, find: () => Promise.reject(new Error('asked')) };
    expect(await lookBeforeDeletion({ cacheId: 'no/where' }, '2026-11-21T07:00:00Z', { ...eyes, caches })).toEqual({
      observedAt: '2026-11-21T07:00:00Z',
      parameterGroups: [],
      secret: false,
    });
  });
});

it('starts one execution for an event that comes twice', async () => {
  const started = new Map<string, unknown>();
  const start = async (name: string, given: unknown) => !started.has(name) && Boolean(started.set(name, given));
  const event = cacheRemovalRequested.schema.parse(cacheRemovalRequested.sample);
  const operationId = `request-${cacheRemovalRequested.sample.id}`;
  expect(await startDeletion(event, start)).toEqual({ operationId, started: true });
  expect(await startDeletion(event, start)).toEqual({ operationId, started: false });
  expect(started.get(operationId)).toEqual(cacheRemovalRequested.sample.detail);
});

import { describe, expect, it } from 'vitest';
import { createCache } from '../../functions/creation/create-cache.ts';
import { makeTokenSecret } from '../../functions/creation/make-token-secret.ts';
import { undoCreation } from '../../functions/creation/undo-creation.ts';
import type { Fence } from '../../functions/platform/fence.ts';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { tokenIn, tokenSecretText } from '../../functions/platform/secret-format.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryParameterGroups } from '../builders/in-memory-parameter-groups.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SECRET = 'autopilot/orders/auth-token';
const TOKEN = 'a'.repeat(64);
const tokenInput = (operationId = 'operation-1') => ({
  operationId,
  cacheId: 'orders',
  fencing: 1,
  secretName: SECRET,
  engine: 'redis' as const,
  lengthCharacters: 64,
  tags: [{ Key: 'autopilot:operation', Value: operationId }],
});
/** The lock is held, as nearly always. */
const fence = async () => {};
const lost: Fence = () => Promise.reject(new LockLost('orders is held by the operation operation-2.'));
const aSecret = (overrides: object = {}) => ({
  value: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN }),
  madeBy: 'operation-1',
  versionId: 'version-1',
  deleted: false,
  ...overrides,
});

describe('makeTokenSecret', () => {
  it('puts a made-up token into the secret and gives back only where it is', async () => {
    const secrets = inMemorySecrets();
    const made = await makeTokenSecret(tokenInput(), { secrets, fence });
    expect(made).toMatchObject({ secretArn: SECRET, made: true });
    const [password = ''] = secrets.passwords;
    expect(JSON.stringify(made)).not.toContain(password);
    expect(tokenIn(await secrets.read(SECRET), SECRET)).toBe(password);
    expect(password).toHaveLength(64);
  });

  it('keeps the first token when it is repeated', async () => {
    const secrets = inMemorySecrets();
    const first = await makeTokenSecret(tokenInput(), { secrets, fence });
    expect(await makeTokenSecret(tokenInput(), { secrets, fence })).toEqual({ ...first, made: false });
    expect(secrets.passwords).toHaveLength(1);
  });

  it('asks with the same request token for the same operation, and with another for another', async () => {
    const versions = await Promise.all(
      ['operation-1', 'operation-1', 'operation-2'].map(async (operationId) =>
        makeTokenSecret(tokenInput(operationId), { secrets: inMemorySecrets(), fence }),
      ),
    );
    expect(versions[0]?.versionId).toBe(versions[1]?.versionId);
    expect(versions[0]?.versionId).not.toBe(versions[2]?.versionId);
    expect(versions[0]?.versionId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('restores a secret that is scheduled for deletion, with its token', async () => {
    const secrets = inMemorySecrets();
    secrets.kept.set(SECRET, aSecret({ deleted: true, madeBy: 'operation-0' }));
    expect(await makeTokenSecret(tokenInput(), { secrets, fence })).toMatchObject({
      made: false,
      versionId: 'version-1',
    });
    expect(tokenIn(await secrets.read(SECRET), SECRET)).toBe(TOKEN);
  });

  it('uses the secret that somebody made between looking and making', async () => {
    const secrets = inMemorySecrets();
    const racing = {
      ...secrets,
      create: async () => {
        secrets.kept.set(SECRET, aSecret());
        return undefined;
      },
    };
    expect(await makeTokenSecret(tokenInput(), { secrets: racing, fence })).toMatchObject({
      made: false,
      versionId: 'version-1',
    });
  });

  it('neither makes nor restores a secret once another operation has the lock', async () => {
    const none = inMemorySecrets();
    await expect(makeTokenSecret(tokenInput(), { secrets: none, fence: lost })).rejects.toMatchObject({
      name: 'LockLost',
    });
    expect(none.kept.size).toBe(0);
    const going = inMemorySecrets();
    going.kept.set(SECRET, aSecret({ deleted: true }));
    await expect(makeTokenSecret(tokenInput(), { secrets: going, fence: lost })).rejects.toMatchObject({
      name: 'LockLost',
    });
    expect(going.kept.get(SECRET)).toMatchObject({ deleted: true });
  });

  it('does not go on with a secret that has no value', async () => {
    const secrets = inMemorySecrets();
    secrets.kept.set(SECRET, aSecret({ value: undefined }));
    await expect(makeTokenSecret(tokenInput(), { secrets, fence })).rejects.toMatchObject({ name: 'FixSecret' });
  });
});

describe('createCache', () => {
  const input = (operationId = 'operation-1') => ({
    operationId,
    cacheId: 'orders',
    fencing: 1,
    request: {
      ReplicationGroupId: 'orders',
      ReplicationGroupDescription: `Orders (autopilot:operation=${operationId})`,
    },
    secretArn: SECRET,
  });
  const withSecret = () => {
    const secrets = inMemorySecrets();
    secrets.kept.set(SECRET, aSecret());
    return secrets;
  };

  it('orders the cache with the token from the secret', async () => {
    const caches = inMemoryCaches();
    const made = await createCache(input(), { caches, secrets: withSecret(), fence });
    expect(made).toEqual({ arn: expect.stringContaining('orders'), status: 'creating' });
    expect(caches.tokens.get('orders')).toBe(TOKEN);
  });

  it('orders it without a token when there is no secret', async () => {
    const caches = inMemoryCaches();
    const { secretArn: _, ...withoutSecret } = input();
    await createCache(withoutSecret, { caches, secrets: inMemorySecrets(), fence });
    expect(caches.tokens.get('orders')).toBeUndefined();
  });

  it('knows its own cache again when it is repeated, also while its tags cannot be read', async () => {
    const caches = inMemoryCaches();
    const first = await createCache(input(), { caches, secrets: withSecret(), fence });
    expect(await createCache(input(), { caches, secrets: withSecret(), fence })).toEqual(first);
    expect(caches.there.size).toBe(1);
  });

  it('knows its own cache when the answer to the order was lost', async () => {
    const caches = inMemoryCaches();
    let looks = 0;
    const forgetful = {
      ...caches,
      find: async (cacheId: string) => (looks++ === 0 ? undefined : caches.find(cacheId)),
    };
    await caches.create(input().request);
    expect(await createCache(input(), { caches: forgetful, secrets: withSecret(), fence })).toMatchObject({
      status: 'creating',
    });
  });

  it.each(['available', 'creating'])('leaves somebody else’s cache alone that is %s', async (status) => {
    const caches = inMemoryCaches(aCache({ status, description: 'Mine (autopilot:operation=operation-0)' }));
    await expect(createCache(input(), { caches, secrets: withSecret(), fence })).rejects.toMatchObject({
      name: 'CacheExists',
    });
    expect(caches.tokens.size).toBe(0);
  });

  it('orders nothing once another operation has the lock', async () => {
    const caches = inMemoryCaches();
    const late = createCache(input(), { caches, secrets: withSecret(), fence: lost });
    await expect(late).rejects.toMatchObject({ name: 'LockLost' });
    expect(caches.there.size).toBe(0);
  });

  it('does not order another cache than the operation’s', async () => {
    const wrong = { ...input(), cacheId: 'sessions' };
    await expect(createCache(wrong, { caches: inMemoryCaches(), secrets: withSecret(), fence })).rejects.toMatchObject({
      name: 'FixInput',
    });
  });
});

describe('undoCreation', () => {
  const GROUP = 'autopilot-orders-redis7';
  const made = { cache: true, parameterGroup: GROUP, secret: true };
  const input = (part: object = made) => ({ operationId: 'operation-1', cacheId: 'orders', fencing: 1, made: part });
  const group = (operationId: string) => ({
    [GROUP]: { family: 'redis7', tags: { 'autopilot:operation': operationId } },
  });
  const world = (madeBy = 'operation-1', status = 'available') => {
    const secrets = inMemorySecrets();
    secrets.kept.set(SECRET, aSecret({ madeBy }));
    const description = `Orders (autopilot:operation=${madeBy})`;
    return {
      caches: inMemoryCaches(aCache({ status, description })),
      secrets,
      parameterGroups: inMemoryParameterGroups(group(madeBy)),
      fence,
    };
  };

  it.each(['available', 'create-failed'])('deletes its own cache that is %s, then the rest', async (status) => {
    const tools = world('operation-1', status);
    await expect(undoCreation(input(), tools)).rejects.toMatchObject({ name: 'NotReady' });
    expect(tools.caches.there.get('orders')?.status).toBe('deleting');
    expect(tools.parameterGroups.names()).toEqual([GROUP]);
    await expect(undoCreation(input(), tools)).rejects.toMatchObject({ name: 'NotReady' });

    tools.caches.there.delete('orders');
    const undone = await undoCreation(input(), tools);
    expect(undone).toMatchObject({
      gone: ['cache orders', `parameter group ${GROUP}`, `secret ${SECRET}`],
      kept: [],
    });
    expect(await undoCreation(input(), tools)).toEqual(undone);
    expect(tools.parameterGroups.names()).toEqual([]);
    expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(true);
  });

  it('waits for a cache that takes no order yet', async () => {
    await expect(undoCreation(input(), world('operation-1', 'creating'))).rejects.toMatchObject({
      name: 'InvalidReplicationGroupStateFault',
    });
  });

  it.each(['available', 'create-failed', 'creating', 'deleting'])(
    'never touches what another operation made, while its cache is %s',
    async (status) => {
      const tools = world('operation-0', status);
      const undone = await undoCreation(input(), tools);
      expect(undone).toMatchObject({ gone: [] });
      expect(undone.kept).toEqual(['cache orders', `parameter group ${GROUP}`, `secret ${SECRET}`]);
      expect(tools.caches.there.get('orders')?.status).toBe(status);
      expect(tools.parameterGroups.names()).toEqual([GROUP]);
      expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(false);
    },
  );

  it('gives a secret that it took back from deletion up again, whoever made it', async () => {
    const tools = world('operation-0');
    const part = { secret: true, restoredSecret: true };
    expect(await undoCreation(input(part), tools)).toMatchObject({ gone: [`secret ${SECRET}`], kept: [] });
    expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(true);
    expect(await undoCreation(input(part), tools)).toMatchObject({ gone: [`secret ${SECRET}`], kept: [] });
  });

  it('but keeps it when somebody else’s cache of that name may be using it', async () => {
    const tools = world('operation-0');
    const part = { cache: true, secret: true, restoredSecret: true };
    expect(await undoCreation(input(part), tools)).toMatchObject({
      gone: [],
      kept: ['cache orders', `secret ${SECRET}`],
    });
    expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(false);
  });

  it('does not claim to have removed what never came into being', async () => {
    const nothing = {
      ...world(),
      caches: inMemoryCaches(),
      secrets: inMemorySecrets(),
      parameterGroups: inMemoryParameterGroups({}),
    };
    const undone = await undoCreation(input(), nothing);
    expect(Object.keys(undone)).toEqual(['gone', 'kept', 'advice']);
    expect(undone.gone).toEqual(['cache orders', `parameter group ${GROUP}`, `secret ${SECRET}`]);
  });

  it.each([{ cache: true }, { parameterGroup: GROUP }, { secret: true }])(
    'removes nothing once another operation has the lock: %j',
    async (part) => {
      const tools = world();
      await expect(undoCreation(input(part), { ...tools, fence: lost })).rejects.toMatchObject({ name: 'LockLost' });
      expect(tools.caches.there.get('orders')?.status).toBe('available');
      expect(tools.parameterGroups.names()).toEqual([GROUP]);
      expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(false);
    },
  );

  it('looks only at what may have been made', async () => {
    const tools = world();
    expect(await undoCreation(input({ parameterGroup: GROUP }), tools)).toMatchObject({
      gone: [`parameter group ${GROUP}`],
    });
    expect(tools.caches.there.get('orders')?.status).toBe('available');
    expect(tools.secrets.kept.get(SECRET)?.deleted).toBe(false);
  });
});

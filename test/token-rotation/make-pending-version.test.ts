import { describe, expect, it } from 'vitest';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { makePendingVersion } from '../../functions/token-rotation/make-pending-version.ts';
import type { Target, Versions } from '../../functions/token-rotation/schemas.ts';
import { aRotatableCache } from '../builders/a-rotation.ts';
import { SECRET, TOKENS } from '../builders/a-rotation-target.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { type InMemorySecrets, inMemorySecrets, type KeptSecret } from '../builders/in-memory-secrets.ts';
import { aUser, inMemoryUsers } from '../builders/in-memory-users.ts';

const CURRENT = 'version-current'.padEnd(32, '-');
const NEXT = 'version-next'.padEnd(32, '-');
const OTHER = 'version-other'.padEnd(32, '-');
const TARGET: Target = { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true };
const TOKEN_TEXT = {
  password: TOKENS.current,
  authToken: TOKENS.current,
  host: 'old.example.com',
  port: 6379,
  note: 'ours',
};

const aWorld = (kept: Partial<KeptSecret> = {}, text: unknown = TOKEN_TEXT) => {
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, {
    value: typeof text === 'string' ? text : JSON.stringify(text),
    versionId: CURRENT,
    deleted: false,
    ...kept,
  });
  return secrets;
};

const make = (
  secrets: InMemorySecrets,
  {
    target = TARGET,
    versions = { current: CURRENT },
    versionId = NEXT,
    fence = async () => {},
    users = inMemoryUsers(aUser()),
  }: {
    target?: Target;
    versions?: Versions;
    versionId?: string;
    fence?: () => Promise<void>;
    users?: ReturnType<typeof inMemoryUsers>;
  } = {},
) =>
  makePendingVersion(
    { operationId: 'rotation-1', target, versions, versionId, fencing: 7 },
    { caches: inMemoryCaches(aRotatableCache()), users, secrets, fence },
  );

const textOf = (secrets: InMemorySecrets, versionId: string) =>
  JSON.parse(secrets.kept.get(SECRET)?.others?.[versionId] ?? 'null');

describe('makePendingVersion', () => {
  it('puts a fresh token beside what is in the secret, with where the cache is now', async () => {
    const secrets = aWorld();
    expect(await make(secrets)).toEqual({ versions: { current: CURRENT, pending: NEXT }, made: true });
    const [token] = secrets.passwords;
    expect(token).toHaveLength(64);
    expect(textOf(secrets, NEXT)).toEqual({
      ...TOKEN_TEXT,
      password: token,
      authToken: token,
      host: 'orders.example.com',
    });
    expect(secrets.kept.get(SECRET)).toMatchObject({ versionId: CURRENT, pendingVersionId: NEXT });
    expect(JSON.parse(secrets.kept.get(SECRET)?.value ?? '')).toEqual(TOKEN_TEXT);
  });

  it('makes a user’s next password, and keeps whose it is', async () => {
    const secrets = aWorld({}, { username: 'app', password: TOKENS.current, user_arn: 'arn:user' });
    await make(secrets, { target: { ...TARGET, userId: 'orders-app' } });
    expect(textOf(secrets, NEXT)).toMatchObject({
      username: 'app',
      user_arn: 'arn:user',
      password: secrets.passwords[0],
    });
    expect(textOf(secrets, NEXT)).not.toHaveProperty('authToken');
  });

  it('makes one only, however often it is repeated', async () => {
    const secrets = aWorld();
    await make(secrets);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await make(secrets)).toEqual({ versions: { current: CURRENT, pending: NEXT }, made: false });
    }
    expect(secrets.passwords).toHaveLength(1);
  });

  it('fills the version that Secrets Manager has made, and leaves one that has a value', async () => {
    const empty = aWorld({ pendingVersionId: NEXT });
    expect(await make(empty)).toMatchObject({ made: true });
    const full = aWorld({ pendingVersionId: NEXT, others: { [NEXT]: JSON.stringify({ password: TOKENS.pending }) } });
    expect(await make(full)).toMatchObject({ made: false });
    expect(textOf(full, NEXT)).toEqual({ password: TOKENS.pending });
    expect(full.passwords).toEqual([]);
  });

  it('takes a label that is left on the current version for none', async () => {
    expect(await make(aWorld({ pendingVersionId: CURRENT }))).toMatchObject({ made: true });
  });

  it.each<[string, Partial<KeptSecret>]>([
    ['another version became the current one', { versionId: OTHER }],
    ['the secret has no value any more', { value: undefined }],
    ['another version is to become the current one', { pendingVersionId: OTHER }],
    [
      'its version is not to become the current one any more',
      { others: { [NEXT]: JSON.stringify({ password: TOKENS.pending }) } },
    ],
  ])('makes none when %s', async (_what, kept) => {
    const secrets = aWorld(kept);
    const before = structuredClone(secrets.kept.get(SECRET));
    await expect(make(secrets)).rejects.toMatchObject({ name: 'AskAgain' });
    expect(secrets.kept.get(SECRET)).toEqual(before);
  });

  it('makes none when the secret is gone', async () => {
    const secrets = aWorld();
    secrets.kept.clear();
    await expect(make(secrets)).rejects.toMatchObject({ name: 'AskAgain' });
    expect(secrets.kept.size).toBe(0);
  });

  it('makes none of a text that holds none, and never repeats it', async () => {
    const texts = [
      'no JSON',
      {},
      { password: 'short' },
      { password: TOKENS.current, authToken: TOKENS.pending },
      { username: 'app', password: TOKENS.current },
    ];
    for (const text of texts) {
      const secrets = aWorld({}, text);
      const error = await make(secrets).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'FixSecret' });
      expect(String(error)).not.toMatch(/no JSON|short|Token[cp]/);
      expect(secrets.kept.get(SECRET)?.others).toBeUndefined();
    }
  });

  it('makes none for a user who has another name, or is gone', async () => {
    const target = { ...TARGET, userId: 'orders-app' };
    for (const users of [inMemoryUsers(aUser({ name: 'somebody' })), inMemoryUsers()]) {
      const secrets = aWorld({}, { username: 'app', password: TOKENS.current });
      await expect(make(secrets, { target, users })).rejects.toMatchObject({ name: 'FixSecret' });
      expect(secrets.kept.get(SECRET)?.others).toBeUndefined();
    }
  });

  it('makes none that ElastiCache would not take', async () => {
    const secrets = { ...aWorld(), randomPassword: async () => 'short' };
    await expect(make(secrets)).rejects.toMatchObject({ name: 'FixSecret' });
    expect(secrets.kept.get(SECRET)?.others).toBeUndefined();
  });

  it('makes none without the lock', async () => {
    const secrets = aWorld();
    const fence = async () => {
      throw new LockLost('scale-1 has it.');
    };
    await expect(make(secrets, { fence })).rejects.toBeInstanceOf(LockLost);
    expect(secrets.kept.get(SECRET)?.others).toBeUndefined();
  });

  it('asks again when another attempt was faster: its token stays', async () => {
    const secrets = aWorld();
    const slow = { ...secrets, putPending: async () => false };
    await expect(make(slow)).rejects.toMatchObject({ name: 'ServiceBusy' });
  });

  it('answers no token', async () => {
    const secrets = aWorld();
    const answer = JSON.stringify([await make(secrets), await make(secrets)]);
    for (const token of [TOKENS.current, ...secrets.passwords]) expect(answer).not.toContain(token);
  });
});

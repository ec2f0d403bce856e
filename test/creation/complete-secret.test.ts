import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { completeTokenSecret } from '../../functions/creation/complete-token-secret.ts';
import { makeTokenSecret } from '../../functions/creation/make-token-secret.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { Fence } from '../../functions/platform/fence.ts';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { endpointIn, tokenIn, tokenSecretText } from '../../functions/platform/secret-format.ts';
import { secretsManagerSecrets } from '../../functions/platform/secrets.ts';
import { aCache } from '../builders/an-observation.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SECRET = 'autopilot/orders/auth-token';
const TOKEN = 'a'.repeat(64);
const CONFIGURATION = { host: 'clustercfg.orders.example.com', port: 6379 };
const PRIMARY = { host: 'master.orders.example.com', port: 6380 };
const SPEAKS = { engine: 'redis', cacheId: 'orders', authToken: TOKEN } as const;
const held: Fence = async () => {};
const lost: Fence = () => Promise.reject(new LockLost('orders is held by the operation operation-2.'));

/** A cache, the secret of its token, and the step, which can be done again. */
const completing = (
  value: string,
  { cache = {}, fence = held }: { cache?: Partial<CacheSeen>; fence?: Fence } = {},
) => {
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, { value, versionId: 'version-1', deleted: false });
  const caches = inMemoryCaches(aCache({ endpoints: { configuration: CONFIGURATION }, ...cache }));
  const tools = { caches, secrets, fence };
  const complete = (operationId = 'operation-1') =>
    completeTokenSecret({ operationId, cacheId: 'orders', fencing: 1 }, tools);
  return { secrets, complete, text: () => secrets.read(SECRET) };
};

describe('completeTokenSecret', () => {
  it.each<[string, Partial<CacheSeen>, typeof PRIMARY]>([
    ['the configuration endpoint with cluster mode', {}, CONFIGURATION],
    [
      'the primary endpoint without',
      { clusterMode: false, endpoints: { primary: PRIMARY, reader: CONFIGURATION } },
      PRIMARY,
    ],
  ])('writes %s into the secret, and leaves the token as it is', async (_what, cache, endpoint) => {
    const { complete, text, secrets } = completing(tokenSecretText(SPEAKS), { cache });
    const done = await complete();
    expect(done).toEqual({ secretName: SECRET, written: true });
    expect(endpointIn(await text())).toEqual(endpoint);
    expect(tokenIn(await text(), SECRET)).toBe(TOKEN);
    // The version before holds the same token, so that nobody who still has it is shut out.
    const { previousVersionId = '' } = secrets.kept.get(SECRET) ?? {};
    expect(previousVersionId).toBe('version-1');
    expect(tokenIn((await secrets.readVersion(SECRET, previousVersionId)) ?? '', SECRET)).toBe(TOKEN);
  });

  it('replaces where an earlier cache was, and keeps what other people wrote', async () => {
    const before = { ...JSON.parse(tokenSecretText({ ...SPEAKS, endpoint: PRIMARY })), team: { name: 'shop' } };
    const { complete, text } = completing(JSON.stringify(before));
    await complete();
    expect(JSON.parse(await text())).toEqual({ ...before, ...CONFIGURATION });
  });

  it('leaves a secret alone that says so already, whoever asks, and needs no lock for that', async () => {
    const before = tokenSecretText({ ...SPEAKS, endpoint: CONFIGURATION });
    const { complete, text, secrets } = completing(before, { fence: lost });
    expect(await complete('operation-2')).toEqual({ secretName: SECRET, written: false });
    expect(await text()).toBe(before);
    expect(secrets.kept.get(SECRET)).toMatchObject({ versionId: 'version-1' });
  });

  it('makes one version, however often it is repeated', async () => {
    const { complete, secrets } = completing(tokenSecretText(SPEAKS));
    await complete();
    const { versionId } = secrets.kept.get(SECRET) ?? {};
    expect(versionId).toMatch(/^[0-9a-f]{64}$/);
    expect(await complete()).toMatchObject({ written: false });
    expect(secrets.kept.get(SECRET)).toMatchObject({ versionId, previousVersionId: 'version-1' });
  });

  it('makes another version than the one with which the same operation made the secret', async () => {
    const { complete, secrets, text } = completing('');
    secrets.kept.clear();
    const token = { secretName: SECRET, engine: 'redis', lengthCharacters: 64, tags: [] } as const;
    const given = { operationId: 'operation-1', cacheId: 'orders', fencing: 1, ...token, tags: [] };
    const { versionId } = await makeTokenSecret(given, { secrets, fence: held });
    expect(await complete()).toMatchObject({ written: true });
    expect(secrets.kept.get(SECRET)).toMatchObject({ previousVersionId: versionId });
    expect(endpointIn(await text())).toEqual(CONFIGURATION);
  });

  it('writes nothing once another operation has the lock', async () => {
    const { complete, text } = completing(tokenSecretText(SPEAKS), { fence: lost });
    await expect(complete()).rejects.toMatchObject({ name: 'LockLost' });
    expect(endpointIn(await text())).toBeUndefined();
  });

  it.each<[string, string]>([
    ['no token', JSON.stringify({ note: 'keep-this-private' })],
    ['no JSON', 'keep-this-private'],
    ['two tokens', JSON.stringify({ authToken: TOKEN, password: 'keep-this-private' })],
  ])('leaves a secret with %s to a person, and repeats nothing of it', async (_what, value) => {
    const { complete, text } = completing(value);
    const error: unknown = await complete().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'FixSecret' });
    expect(String(error)).not.toContain('private');
    expect(String(error)).not.toContain(TOKEN);
    expect(await text()).toBe(value);
  });

  it('never writes over what somebody else wrote since its own earlier attempt', async () => {
    const other = tokenSecretText({ ...SPEAKS, authToken: 'b'.repeat(64) });
    const { complete, secrets, text } = completing(tokenSecretText(SPEAKS));
    await complete();
    const { versionId = '' } = secrets.kept.get(SECRET) ?? {};
    const { value = '' } = secrets.kept.get(SECRET) ?? {};
    secrets.kept.set(SECRET, { value: other, versionId: 'theirs', deleted: false, others: { [versionId]: value } });
    await expect(complete()).rejects.toMatchObject({ name: 'FixSecret' });
    expect(await text()).toBe(other);
  });

  it.each([
    ['is there', {}, true],
    ['has another value', named('ResourceExistsException'), false],
  ])('asks Secrets Manager for a current version at once, and hears when it %s', async (_what, answer, expected) => {
    const { client, asked } = anSdkClient<SecretsManagerClient>({ PutSecretValue: () => answer });
    const version = { id: '1'.repeat(64), value: '{}' };
    expect(await secretsManagerSecrets(client).putCurrent(SECRET, version)).toBe(expected);
    expect(asked).toMatchObject([
      {
        input: { SecretId: SECRET, ClientRequestToken: version.id, SecretString: '{}', VersionStages: ['AWSCURRENT'] },
      },
    ]);
  });

  it('waits for an endpoint that ElastiCache does not tell', async () => {
    const { complete, text } = completing(tokenSecretText(SPEAKS), { cache: { endpoints: {} } });
    await expect(complete()).rejects.toMatchObject({ name: 'NotReady' });
    expect(endpointIn(await text())).toBeUndefined();
  });
});

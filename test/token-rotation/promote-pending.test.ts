import { describe, expect, it } from 'vitest';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { promotePending } from '../../functions/token-rotation/promote-pending.ts';
import type { Versions } from '../../functions/token-rotation/schemas.ts';
import { aSecretWith, SECRET, TOKENS, VERSIONS } from '../builders/a-rotation-target.ts';
import type { InMemorySecrets } from '../builders/in-memory-secrets.ts';

const promote = (secrets: InMemorySecrets, versions: Versions = VERSIONS, fence = async () => {}) =>
  promotePending(
    {
      operationId: 'rotation-1',
      target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true },
      versions,
      fencing: 7,
    },
    { secrets, fence },
  );
const PROMOTED = { versions: { current: VERSIONS.pending, previous: VERSIONS.current } };
const LABELS = { versionId: VERSIONS.pending, previousVersionId: VERSIONS.current, pendingVersionId: undefined };

describe('promotePending', () => {
  it('makes the pending version the current one, and leaves no label on it', async () => {
    const secrets = aSecretWith();
    expect(await promote(secrets)).toEqual(PROMOTED);
    expect(secrets.kept.get(SECRET)).toMatchObject(LABELS);
    expect(secrets.kept.get(SECRET)?.value).toContain(TOKENS.pending);
  });

  it('changes nothing more when it is repeated, and needs no lock for that', async () => {
    const secrets = aSecretWith();
    await promote(secrets);
    const before = structuredClone(secrets.kept.get(SECRET));
    const fence = async () => {
      throw new LockLost('scale-1 has it.');
    };
    expect(await promote(secrets, VERSIONS, fence)).toEqual(PROMOTED);
    expect(secrets.kept.get(SECRET)).toEqual(before);
  });

  it('leaves the label on what is current to Secrets Manager, which takes it off itself', async () => {
    const secrets = aSecretWith();
    await promote(secrets);
    const kept = secrets.kept.get(SECRET) ?? expect.fail();
    kept.pendingVersionId = VERSIONS.pending;
    await promote(secrets);
    expect(kept.pendingVersionId).toBe(VERSIONS.pending);
  });

  it.each<[string, Partial<Versions>, object]>([
    ['there is none that is to become current', { pending: undefined }, {}],
    ['another became the current one', {}, { versionId: VERSIONS.previous }],
    ['another is to become the current one', {}, { pendingVersionId: VERSIONS.previous }],
    ['none is to become the current one any more', {}, { pendingVersionId: undefined }],
    ['the secret has no value', {}, { value: undefined }],
  ])('moves no label when %s', async (_what, versions, kept) => {
    const secrets = aSecretWith();
    Object.assign(secrets.kept.get(SECRET) ?? expect.fail(), kept);
    const before = structuredClone(secrets.kept.get(SECRET));
    await expect(promote(secrets, { ...VERSIONS, ...versions })).rejects.toMatchObject({ name: 'AskAgain' });
    expect(secrets.kept.get(SECRET)).toEqual(before);
  });

  it('moves no label when the secret is gone', async () => {
    const secrets = aSecretWith();
    secrets.kept.clear();
    await expect(promote(secrets)).rejects.toMatchObject({ name: 'AskAgain' });
  });

  it('moves no label without the lock', async () => {
    const secrets = aSecretWith();
    const fence = async () => {
      throw new LockLost('scale-1 has it.');
    };
    await expect(promote(secrets, VERSIONS, fence)).rejects.toBeInstanceOf(LockLost);
    expect(secrets.kept.get(SECRET)?.versionId).toBe(VERSIONS.current);
  });
});

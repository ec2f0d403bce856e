import { describe, expect, it } from 'vitest';
import { LockLost } from '../../functions/platform/operator-actions.ts';
import { forgetPendingVersion } from '../../functions/token-rotation/forget-pending-version.ts';
import type { Versions } from '../../functions/token-rotation/schemas.ts';
import { aSecretWith, SECRET, VERSIONS } from '../builders/a-rotation-target.ts';

const forget = (secrets: ReturnType<typeof aSecretWith>, versions: Versions = VERSIONS, fence = async () => {}) =>
  forgetPendingVersion(
    {
      operationId: 'rotation-1',
      target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true },
      versions,
      fencing: 7,
    },
    { secrets, fence },
  );

describe('forgetPendingVersion', () => {
  it('takes the label off, and nothing else', async () => {
    const secrets = aSecretWith();
    const before = structuredClone(secrets.kept.get(SECRET));
    expect(await forget(secrets)).toEqual({ forgotten: true });
    expect(secrets.kept.get(SECRET)).toEqual({ ...before, pendingVersionId: undefined });
    expect(await forget(secrets)).toEqual({ forgotten: false });
  });

  it.each<[string, Partial<Versions>, object]>([
    ['there was none', { pending: undefined }, {}],
    ['the label is on another version', {}, { pendingVersionId: VERSIONS.previous }],
    ['it became the current one', {}, { versionId: VERSIONS.pending }],
    ['another became the current one', {}, { versionId: VERSIONS.previous }],
  ])('leaves the labels when %s', async (_what, versions, kept) => {
    const secrets = aSecretWith();
    Object.assign(secrets.kept.get(SECRET) ?? expect.fail(), kept);
    const before = structuredClone(secrets.kept.get(SECRET));
    expect(await forget(secrets, { ...VERSIONS, ...versions })).toEqual({ forgotten: false });
    expect(secrets.kept.get(SECRET)).toEqual(before);
  });

  it('leaves them without the lock', async () => {
    const secrets = aSecretWith();
    const fence = async () => {
      throw new LockLost('scale-1 has it.');
    };
    await expect(forget(secrets, VERSIONS, fence)).rejects.toBeInstanceOf(LockLost);
    expect(secrets.kept.get(SECRET)?.pendingVersionId).toBe(VERSIONS.pending);
  });
});

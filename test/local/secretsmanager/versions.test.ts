import { describe, expect, it } from 'vitest';
import type { Secret } from '../../../local/services/secretsmanager/secrets.ts';
import { putValue } from '../../../local/services/secretsmanager/versions.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

const aSecret = (): Secret => ({
  arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:orders-AbCdEf',
  name: 'orders',
  region: 'us-east-1',
  createdAt: new Date(NOW),
  description: undefined,
  kmsKeyId: undefined,
  changedAt: new Date(NOW),
  versions: new Map(),
  labels: new Map(),
  tags: new Map(),
  deletedAt: undefined,
  goneAt: undefined,
  resourcePolicy: undefined,
  rotation: undefined,
});
const put = (secret: Secret, number: number, atMs: number) =>
  putValue(
    secret,
    { token: `v${number}`, text: `${number}`, binary: undefined, stages: ['AWSCURRENT'] },
    new Date(atMs),
  );

describe('the versions of a secret', () => {
  it('are at most a hundred: the oldest without a label go, and never one with a label', () => {
    const secret = aSecret();
    for (let number = 0; number < 250; number += 1) {
      put(secret, number, NOW + number * HOUR);
      expect(secret.versions.size).toBeLessThanOrEqual(100);
      expect(secret.versions.has(`v${number}`)).toBe(true);
      if (number > 0) expect(secret.labels.get(`v${number - 1}`)).toEqual(new Set(['AWSPREVIOUS']));
    }
    expect([...secret.versions.keys()]).toEqual(Array.from({ length: 100 }, (_, index) => `v${150 + index}`));
  });

  it('are refused when a hundred were made within a day', () => {
    const secret = aSecret();
    for (let number = 0; number < 100; number += 1) put(secret, number, NOW);
    expect(() => put(secret, 100, NOW + 24 * HOUR - 1)).toThrow(
      expect.objectContaining({ code: 'LimitExceededException' }) as Error,
    );
    expect(secret.labels.get('v99')).toEqual(new Set(['AWSCURRENT']));
    put(secret, 100, NOW + 24 * HOUR);
    expect(secret.versions.has('v0')).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../functions/platform/ledger.ts';
import { secondsAfter } from '../../functions/platform/units.ts';
import { whoChanged } from '../../functions/token-rotation/who-changed.ts';

const CREATED = '2026-03-01T12:00:00.000Z';
const CREATION_SECONDS = 600;

const aCreation = (overrides: Partial<OperationRecord> = {}): OperationRecord => ({
  region: 'us-east-1',
  cacheId: 'orders',
  operationId: 'create-orders',
  workflow: 'create-cache',
  startedAt: secondsAfter(CREATED, -30),
  closedAt: secondsAfter(CREATED, CREATION_SECONDS),
  summary: 'Created.',
  outcome: 'done',
  reason: 'Created',
  fencing: 1,
  ...overrides,
});
const changedAfter = (seconds: number, ...operations: readonly OperationRecord[]) =>
  whoChanged({ createdAt: CREATED, tokenChangedAt: secondsAfter(CREATED, seconds) }, operations, new Map());

describe('a token that was changed soon after its cache was created', () => {
  it('is ours when that was before our creation was done, and never after', () => {
    for (const seconds of [0, 30, 60, 300, CREATION_SECONDS]) expect(changedAfter(seconds, aCreation())).toBe('ours');
    for (const seconds of [1, 60, 1200, 3599, 3601, 86_400]) {
      expect(changedAfter(CREATION_SECONDS + seconds, aCreation())).toBe('somebody-else');
    }
  });

  it('may be ours for an hour when our creation was interrupted', () => {
    const failed = aCreation({ outcome: 'failed' });
    for (const seconds of [1, 3599]) expect(changedAfter(CREATION_SECONDS + seconds, failed)).toBe('perhaps-ours');
    expect(changedAfter(CREATION_SECONDS + 3601, failed)).toBe('somebody-else');
  });

  it('is somebody else’s when we have created nothing', () => {
    for (const seconds of [61, 600, 3600]) expect(changedAfter(seconds)).toBe('somebody-else');
  });
});

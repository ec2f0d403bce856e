import { describe, expect, it } from 'vitest';
import type { GracePeriod, OperationRecord } from '../../functions/platform/ledger.ts';
import { secondsAfter } from '../../functions/platform/units.ts';
import { whoChanged } from '../../functions/token-rotation/who-changed.ts';

const CREATED = '2026-03-01T12:00:00.000Z';
const CREATION_SECONDS = 600;

const decisionWith = (parameters: Record<string, unknown>): NonNullable<OperationRecord['decision']> => ({
  action: 'create',
  mode: 'act',
  reason: 'NotThere',
  summary: 'Create orders.',
  calls: [{ service: 'elasticache', operation: 'CreateReplicationGroup', parameters }],
});
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
  decision: decisionWith({ AuthToken: '(the token in autopilot/orders/auth-token)' }),
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

  it('is not vouched for by a change of ours that had no token in it, however long it took', () => {
    const resized = aCreation({ decision: decisionWith({ CacheNodeType: 'cache.r7g.xlarge' }) });
    for (const change of [resized, aCreation({ decision: undefined }), { ...resized, outcome: 'failed' }]) {
      for (const seconds of [61, 300, CREATION_SECONDS]) expect(changedAfter(seconds, change)).toBe('somebody-else');
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

describe('a token that was changed long after its cache was created', () => {
  const BEGAN = secondsAfter(CREATED, 100 * 86_400);
  const at = (seconds: number) => secondsAfter(BEGAN, seconds);
  /** It ended 3 hours later, without knowing how it left the token. */
  const aRotation = (overrides: Partial<OperationRecord> = {}): OperationRecord => ({
    ...aCreation(),
    operationId: 'rotation-1',
    workflow: 'rotate-token',
    startedAt: BEGAN,
    closedAt: at(10_800),
    outcome: 'failed',
    reason: 'NotRetired',
    ...overrides,
  });
  const knowing = (tokenChangedAt: unknown, overrides: Partial<OperationRecord> = {}) =>
    aRotation({ figures: { tokenChangedAt }, outcome: 'done', reason: 'Rotated', ...overrides });
  const NO_GRACE: ReadonlyMap<string, GracePeriod> = new Map();
  const changedAt = (
    seconds: number,
    operations: readonly OperationRecord[],
    graceOf: ReadonlyMap<string, GracePeriod> = NO_GRACE,
  ) => whoChanged({ createdAt: CREATED, tokenChangedAt: at(seconds) }, operations, graceOf);
  /** From a day before the rotation began to two days after its end. */
  const TIMES = Array.from({ length: 400 }, (_, index) => -86_400 + index * 675);

  it('is ours only at the very time that we have seen at the end of a rotation', () => {
    for (const seconds of TIMES) {
      const expected = seconds === 4050 ? 'ours' : 'somebody-else';
      expect(changedAt(seconds, [knowing(at(4050))])).toBe(expected);
    }
    for (const seconds of [4049, 4051, 4049.999, 4050.001]) {
      expect(changedAt(seconds, [knowing(at(4050))])).toBe('somebody-else');
    }
    // The same moment, spelt in another way.
    expect(changedAt(4050, [knowing(at(4050).replace('.000Z', '+00:00'))])).toBe('ours');
  });

  it('is not ours by a time that is none', () => {
    for (const strange of ['yesterday', '']) expect(changedAt(4050, [knowing(strange)])).toBe('somebody-else');
  });

  it('may be ours as long as a rotation that does not know how it left the token may have changed it', () => {
    for (const seconds of TIMES) {
      const expected = seconds >= 0 && seconds <= 10_800 + 3600 ? 'perhaps-ours' : 'somebody-else';
      expect(changedAt(seconds, [aRotation()])).toBe(expected);
      expect(changedAt(seconds, [aRotation({ closedAt: undefined, outcome: undefined, reason: undefined })])).toBe(
        seconds >= 0 ? 'perhaps-ours' : 'somebody-else',
      );
    }
  });

  it('is somebody else’s in a grace period, in which we order nothing', () => {
    const grace = new Map([['rotation-1', { versionId: 'v2', since: at(1350), endsAt: at(6750) }]]);
    for (const seconds of TIMES) {
      const isOurTime = (seconds >= 0 && seconds <= 1350) || (seconds >= 6750 && seconds <= 10_800 + 3600);
      expect(changedAt(seconds, [aRotation()], grace)).toBe(isOurTime ? 'perhaps-ours' : 'somebody-else');
    }
  });

  it('is not vouched for by who had no lock, was disturbed, or does something else', () => {
    for (const seconds of TIMES) {
      for (const record of [
        aRotation({ fencing: undefined }),
        knowing(at(seconds), { fencing: undefined }),
        aRotation({ reason: 'TokenChangedElsewhere' }),
        aRotation({ workflow: 'failover-drill' }),
        knowing(at(seconds), { workflow: 'scale-cache' }),
        aCreation({ fencing: undefined, outcome: 'failed', startedAt: BEGAN, closedAt: at(10_800) }),
      ]) {
        expect(changedAt(seconds, [record])).toBe('somebody-else');
      }
    }
  });

  it('is judged by the operation that knows most, in whatever order they are told', () => {
    const unsure = aRotation({ operationId: 'rotation-2' });
    const stranger = aRotation({ operationId: 'rotation-3', fencing: undefined });
    for (const operations of [
      [knowing(at(4050)), unsure, stranger],
      [stranger, unsure, knowing(at(4050))],
    ]) {
      expect(changedAt(4050, operations)).toBe('ours');
      expect(changedAt(4051, operations)).toBe('perhaps-ours');
      expect(changedAt(-1, operations)).toBe('somebody-else');
    }
  });

  it('is the creation’s own in its first minute, and nobody’s when ElastiCache tells no time', () => {
    for (const seconds of [0, 1, 59, 60]) expect(changedAfter(seconds)).toBe('ours');
    for (const seconds of [-1, -60, 61]) expect(changedAfter(seconds)).toBe('somebody-else');
    expect(whoChanged({ createdAt: CREATED, tokenChangedAt: undefined }, [aCreation()], NO_GRACE)).toBe(
      'somebody-else',
    );
    expect(whoChanged({ createdAt: undefined, tokenChangedAt: at(1) }, [], NO_GRACE)).toBe('somebody-else');
  });
});

import { describe, expect, it } from 'vitest';
import { DRIFT } from '../../functions/creation/drift.ts';
import { unfinishedChange } from '../../functions/creation/unfinished-change.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const KEY = { region: 'us-east-1', cacheId: 'orders' };
const SINCE = '2026-03-02T12:00:00.000Z';

const afterOne = async (ending: { outcome: string; closedAt?: string; requestedBy?: string; workflow?: string }) => {
  const ledger = inMemoryLedger();
  const { outcome, closedAt = '2026-03-03T12:00:00.000Z', requestedBy = 'alice', workflow = 'create-cache' } = ending;
  const opening = { ...KEY, operationId: 'op-1', workflow, requestedBy, startedAt: SINCE, summary: 'asked' };
  await ledger.close(opening, { outcome, reason: 'x', summary: 'ended', closedAt });
  return unfinishedChange(ledger, KEY, SINCE);
};

describe('an unfinished change', () => {
  it('is a person’s that failed after the cache was last as specified', async () => {
    expect(await afterOne({ outcome: 'failed' })).toBe('op-1');
  });

  it.each([
    ['one that ended well', { outcome: 'done' }],
    ['one that was refused, and took no step', { outcome: 'refused' }],
    ['one before the cache was found as specified', { outcome: 'failed', closedAt: '2026-03-01T12:00:00.000Z' }],
    ['a repair, which takes no step that it may not take again', { outcome: 'failed', requestedBy: DRIFT }],
    ['one of another workflow', { outcome: 'failed', workflow: 'delete-cache' }],
  ])('is not %s', async (_what, ending) => {
    expect(await afterOne(ending)).toBeUndefined();
  });
});

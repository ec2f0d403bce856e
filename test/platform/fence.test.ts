import { expect, it } from 'vitest';
import { lockFence } from '../../functions/platform/fence.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };
const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, '0')}:00:00Z`;

it('lets the operation through that holds the lock', async () => {
  const ledger = inMemoryLedger();
  const fencing = await ledger.lock(key, 'operation-1', at(7), at(17));
  await expect(lockFence(ledger, key, { operationId: 'operation-1', fencing })()).resolves.toBeUndefined();
});

it.each<[string, (ledger: ReturnType<typeof inMemoryLedger>) => Promise<unknown>, string]>([
  ['another took it over', (ledger) => ledger.lock(key, 'operation-2', at(18), at(23)), 'the operation operation-2'],
  ['it was given back', (ledger) => ledger.unlock(key, 'operation-1', 1), 'nobody'],
  [
    'it was lost and taken again, because what was seen before may be old',
    async (ledger) => {
      await ledger.unlock(key, 'operation-1', 1);
      await ledger.lock(key, 'operation-1', at(18), at(23));
    },
    'a later attempt of the same operation',
  ],
])('stops the operation when %s, and says who has the lock now', async (_what, happens, holder) => {
  const ledger = inMemoryLedger();
  const fencing = await ledger.lock(key, 'operation-1', at(7), at(17));
  const fence = lockFence(ledger, key, { operationId: 'operation-1', fencing });
  await happens(ledger);
  await expect(fence()).rejects.toMatchObject({ name: 'LockLost', message: expect.stringContaining(holder) });
});

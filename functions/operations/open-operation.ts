import type { z } from 'zod';
import type { Ledger } from '../platform/ledger.ts';
import { secondsAfter } from '../platform/units.ts';
import type { OpenInput, OpenOutput } from './schemas.ts';

/**
 * Takes the cache's lock and writes the operation's record. Repeated by the same operation it answers with the same number.
 *
 * @throws CacheLocked naming who holds the cache
 */
export const openOperation = async (
  input: z.output<typeof OpenInput>,
  region: string,
  ledger: Ledger,
): Promise<OpenOutput> => {
  const { operationId, workflow, cacheId, requestedBy, summary, figures, decision, startedAt, now } = input;
  const fencing = await ledger.lock({ region, cacheId }, operationId, now, secondsAfter(now, input.leaseSeconds));
  await ledger.open({
    operationId,
    workflow,
    cacheId,
    region,
    requestedBy,
    summary,
    figures,
    decision,
    startedAt,
    fencing,
  });
  return { fencing };
};

import type { CacheKey, Ledger } from '../platform/ledger.ts';
import type { IsoTime } from '../platform/units.ts';
import { DRIFT } from './drift.ts';

/** More operations than can follow a failed change without one that verified the cache. */
const LOOKED_AT = 50;

/**
 * The change that a person ordered and that failed after the cache was last found as specified. Some of its steps may have
 * been taken: what differs since then is perhaps what somebody wants, and not for a repair to take back.
 *
 * @param since when the cache was last found as specified
 * @returns the id of the operation
 */
export const unfinishedChange = async (
  ledger: Pick<Ledger, 'operations'>,
  key: CacheKey,
  since: IsoTime,
): Promise<string | undefined> => {
  const operations = await ledger.operations({ ...key, limit: LOOKED_AT });
  return operations.find(
    ({ workflow, outcome, requestedBy, closedAt = since }) =>
      workflow === 'create-cache' &&
      outcome === 'failed' &&
      requestedBy !== DRIFT &&
      Date.parse(closedAt) > Date.parse(since),
  )?.operationId;
};

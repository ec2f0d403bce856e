import type * as z from 'zod';
import type { cacheRemovalRequested } from '../../events/cache-removal-requested.ts';
import { operationIdOf } from './operation-id.ts';
import type { Start } from './start-creation.ts';

/** What is passed on of a request; anything else in the event is nobody's business here. */
const FIELDS = ['cacheId', 'mode', 'policy', 'evenIfNotOurs'] as const;

/**
 * Starts the workflow for a cache that somebody wants to be gone, once for each event however often it comes. A request with
 * faults starts it too: the workflow refuses it with all of them and reports that.
 */
export const startDeletion = async (
  { id, detail }: z.output<typeof cacheRemovalRequested.schema>,
  start: Start,
): Promise<{ operationId: string; started: boolean }> => {
  const { requestedBy } = detail;
  const operationId = operationIdOf(id);
  const started = await start(operationId, {
    ...Object.fromEntries(FIELDS.flatMap((field) => (detail[field] === undefined ? [] : [[field, detail[field]]]))),
    requestedBy: typeof requestedBy === 'string' ? requestedBy.slice(0, 200) : 'unknown',
  });
  return { operationId, started };
};

import type * as z from 'zod';
import type { cacheRequested } from '../../events/cache-requested.ts';
import { withoutLiteralSecrets } from './literal-secrets.ts';
import { operationIdOf } from './operation-id.ts';

/** Starts an execution. @returns false when one of that name was started before */
export type Start = (name: string, input: Readonly<Record<string, unknown>>) => Promise<boolean>;

/**
 * Starts the workflow for a requested cache, once for each event however often it comes. A request with faults starts it
 * too: the workflow refuses it with all of them and reports that.
 */
export const startCreation = async (
  { id, detail }: z.output<typeof cacheRequested.schema>,
  start: Start,
): Promise<{ operationId: string; started: boolean }> => {
  const { spec = null, requestedBy, mode } = detail;
  const operationId = operationIdOf(id);
  const started = await start(operationId, {
    // An execution's input can be read for months.
    spec: withoutLiteralSecrets(spec),
    requestedBy: typeof requestedBy === 'string' ? requestedBy.slice(0, 200) : 'unknown',
    ...(mode === undefined ? {} : { mode }),
  });
  return { operationId, started };
};

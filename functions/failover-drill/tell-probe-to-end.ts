import type { z } from 'zod';
import type { Ledger } from '../platform/ledger.ts';
import type { Objects } from '../platform/objects.ts';
import type { TaskTokens } from '../platform/task-tokens.ts';
import { evidenceKeys } from './evidence-keys.ts';
import type { EndProbeInput, ProbeEnded } from './schemas.ts';

interface Tools {
  readonly ledger: Pick<Ledger, 'leaveToken'>;
  readonly objects: Pick<Objects, 'get'>;
  readonly tokens: Pick<TaskTokens, 'succeed'>;
}

/**
 * Writes into the ledger that the prober shall end, with the token that it has to answer. For a prober that has ended by its own
 * limit of time, and so left its log, it answers itself.
 */
export const tellProbeToEnd = async (
  input: z.output<typeof EndProbeInput>,
  { ledger, objects, tokens }: Tools,
): Promise<{ told: boolean }> => {
  const { operationId, taskToken, now } = input;
  await ledger.leaveToken(operationId, 'probe', taskToken, now);
  // In this order: a prober that ends just now either finds the token or has left its log.
  const { log: logKey } = evidenceKeys(input);
  if ((await objects.get(logKey)) === undefined) return { told: true };
  const ended: ProbeEnded = { logKey, endedBecause: 'time-limit' };
  await tokens.succeed(taskToken, ended);
  return { told: false };
};

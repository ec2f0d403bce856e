import type { z } from 'zod';
import type { Ledger } from '../platform/ledger.ts';
import type { Objects } from '../platform/objects.ts';
import { parse } from '../platform/parse.ts';
import type { TaskTokens } from '../platform/task-tokens.ts';
import { heldKey } from './held-key.ts';
import { Held, type LetGoInput } from './schemas.ts';

interface Tools {
  readonly ledger: Pick<Ledger, 'leaveToken'>;
  readonly objects: Pick<Objects, 'get'>;
  readonly tokens: Pick<TaskTokens, 'succeed'>;
}

/**
 * Writes into the ledger that the connections shall be let go, with the token that their holder has to answer. For a holder that
 * has ended by its own limit of time, and so left its result, it answers itself.
 */
export const tellHolder = async (
  input: z.output<typeof LetGoInput>,
  { ledger, objects, tokens }: Tools,
): Promise<{ told: boolean }> => {
  const { operationId, phase, lap, taskToken, now } = input;
  await ledger.leaveToken(operationId, `hold-${phase}-${lap}`, taskToken, now);
  // In this order: a holder that ends just now either finds the token or has left its result.
  const left = await objects.get(heldKey(input));
  if (left === undefined) return { told: true };
  const held = parse(Held, JSON.parse(new TextDecoder().decode(left)), `the result of the held connections`);
  await tokens.succeed(taskToken, held);
  return { told: false };
};

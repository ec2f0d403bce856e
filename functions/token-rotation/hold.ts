import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import type { Connect } from '../platform/engine-client.ts';
import type { Ledger } from '../platform/ledger.ts';
import type { Objects } from '../platform/objects.ts';
import type { Secrets } from '../platform/secrets.ts';
import { type TaskTokens, wasTold } from '../platform/task-tokens.ts';
import type { Users } from '../platform/users.ts';
import { connectEverywhere } from './connect-everywhere.ts';
import { heldKey } from './held-key.ts';
import type { Asked } from './keep-asking.ts';
import type { Held, HoldInput, Holding } from './schemas.ts';
import { untilEnded } from './until-ended.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly users: Pick<Users, 'find'>;
  readonly secrets: Pick<Secrets, 'readVersion'>;
  readonly connect: Connect;
  readonly ledger: Pick<Ledger, 'tokenLeft' | 'record'>;
  readonly objects: Pick<Objects, 'put'>;
  readonly tokens: TaskTokens;
  /** What is left of the function's life, real milliseconds. */
  readonly remainingMs: () => number;
  /** How often the ledger is asked whether to end, real milliseconds. */
  readonly askEveryMs?: number;
}

/** It could not begin, and the workflow knows why. */
export interface CouldNotHold {
  readonly endedBecause: 'told-why';
  /** The error, as one line. */
  readonly told: string;
}

/** For the last question on each connection, and for leaving the result, at the end of the function's life. */
const RESERVED_MS = 30_000;

/**
 * Holds connections to every node while tokens change, as applications do: answers the first task token when all of them are
 * there, and the second one, which it finds in the ledger, with how they fared. Whoever cannot hold them says so by the first.
 */
export const hold = async (input: z.output<typeof HoldInput>, tools: Tools): Promise<Held | CouldNotHold> => {
  const { operationId, phase, lap, taskToken } = input;
  const { ledger, objects, tokens } = tools;
  const purpose = `hold-${phase}-${lap}` as const;
  const shouldEnd = async () => {
    if ((await ledger.tokenLeft(operationId, purpose)) !== undefined) return 'told';
    return (await ledger.record(operationId))?.outcome === undefined ? undefined : 'operation-ended';
  };

  let asked: Asked | undefined;
  try {
    const everywhere = await connectEverywhere(input, tools);
    asked = everywhere.asked;
    const holding: Holding = { connections: everywhere.connections, nodes: everywhere.nodes };
    await tokens.succeed(taskToken, holding);
  } catch (error) {
    await asked?.end();
    // Who is told reports it: nobody needs the event again.
    if (await wasTold(tokens, taskToken, error)) return { endedBecause: 'told-why', told: String(error) };
    throw error;
  }
  const beganMs = performance.now();
  const endedBecause = await untilEnded(shouldEnd, tools.remainingMs() - RESERVED_MS, tools.askEveryMs);
  const counts = await asked.end();
  const held: Held = { ...counts, heldSeconds: (performance.now() - beganMs) / 1000, endedBecause };
  await objects.put(heldKey(input), JSON.stringify(held), 'application/json');
  // Only now, and whatever it knew before: who was told twice waits with the newer token, and one that has ended by its limit
  // of time may have been told meanwhile.
  const endToken = await ledger.tokenLeft(operationId, purpose);
  if (endToken !== undefined) await tokens.succeed(endToken, held);
  return held;
};

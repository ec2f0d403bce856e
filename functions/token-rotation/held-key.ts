import type { z } from 'zod';
import type { Phase } from './schemas.ts';

/** Where the bucket keeps how the connections that were held fared. */
export const heldKey = ({
  operationId,
  phase,
}: {
  readonly operationId: string;
  readonly phase: z.output<typeof Phase>;
}): string => `rotations/${operationId}/held-${phase}.json`;

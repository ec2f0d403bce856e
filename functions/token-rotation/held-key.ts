import type { z } from 'zod';
import type { HoldInput } from './schemas.ts';

/** Where the bucket keeps how the connections that were held fared. */
export const heldKey = ({
  operationId,
  phase,
  lap,
}: Pick<z.output<typeof HoldInput>, 'operationId' | 'phase' | 'lap'>): string =>
  `rotations/${operationId}/held-${phase}-${lap}.json`;

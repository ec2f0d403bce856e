import type { Phase } from './schemas.ts';

/** Where the bucket keeps how the connections that were held fared. */
export const heldKey = ({ operationId, phase }: { readonly operationId: string; readonly phase: Phase }): string =>
  `rotations/${operationId}/held-${phase}.json`;

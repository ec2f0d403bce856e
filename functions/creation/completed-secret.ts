import { createHash } from 'node:crypto';

/**
 * The version of a token's secret that names the endpoint too: the plan shows it with words in place of the value, the step
 * makes it. The same operation asks for the same version, so that its repetition makes no second one.
 */
export const completedSecret = (
  { operationId, secretName }: { readonly operationId: string; readonly secretName: string },
  value: string,
): { readonly id: string; readonly value: string } => ({
  // Another one than that of the version with which this operation may have made the secret.
  id: createHash('sha256').update(`${operationId} ${secretName} endpoint`).digest('hex'),
  value,
});

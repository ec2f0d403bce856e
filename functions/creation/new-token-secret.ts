import { createHash } from 'node:crypto';
import type { NewSecret } from '../platform/secret-requests.ts';
import type { TokenPlan } from './schemas.ts';

/**
 * The secret for a new cache's token: the plan shows it with words in place of the value, the step makes it. The same
 * operation asks with the same request token, so that its repetition makes no second version.
 */
export const newTokenSecret = (
  { operationId, cacheId }: { readonly operationId: string; readonly cacheId: string },
  { secretName, tags }: Pick<TokenPlan, 'secretName' | 'tags'>,
  value: string,
): NewSecret => ({
  name: secretName,
  value,
  description: `AUTH token of the cache ${cacheId}, made by elasticache-autopilot`,
  tags,
  requestToken: createHash('sha256').update(`${operationId} ${secretName}`).digest('hex'),
});

import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { type Fence, lockFence } from '../platform/fence.ts';
import type { Target } from './schemas.ts';

/** The fence of a step of a rotation, by the ledger. */
export const fenceOf = (step: {
  readonly operationId: string;
  readonly fencing: number;
  readonly target: Pick<Target, 'cacheId'>;
}): Fence =>
  lockFence(
    dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
    { region: environment('AWS_REGION'), cacheId: step.target.cacheId },
    step,
  );

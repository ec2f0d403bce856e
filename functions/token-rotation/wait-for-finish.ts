import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { WaitForFinishInput } from './schemas.ts';

/** Leaves the task token that the rotation function answers when Secrets Manager asks for its last step, finishSecret. */
export const handler = makeHandler({
  name: 'token-rotation/wait-for-finish',
  input: WaitForFinishInput,
  async run({ operationId, taskToken, now }) {
    await dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')).leaveToken(operationId, 'finish', taskToken, now);
    return { waiting: true };
  },
  report: () => ({ says: 'Every node accepts the new token; Secrets Manager says when it becomes the current one' }),
});

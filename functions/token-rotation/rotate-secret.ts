import { secretsManagerRotation } from '../../events/secrets-manager-rotation.ts';
import { secretsClient, sfnClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { stepFunctionsExecutions } from '../platform/executions.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { stepFunctionsTokens } from '../platform/task-tokens.ts';
import { answerSecretsManager } from './answer-secrets-manager.ts';

/** The rotation function of the caches' secrets: Secrets Manager calls it once for each step of a rotation. */
export const handler = makeHandler({
  name: 'token-rotation/rotate-secret',
  input: secretsManagerRotation.schema,
  run: (event, { remainingMs }) =>
    answerSecretsManager(event, {
      secrets: secretsManagerSecrets(secretsClient()),
      rotations: stepFunctionsExecutions(sfnClient(), environment('ROTATE_TOKEN_ARN')),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      tokens: stepFunctionsTokens(sfnClient()),
      remainingMs,
      now: () => new Date().toISOString(),
    }),
  report: ({ says, cacheId, operationId }, { Step }) => ({
    says,
    reason: 'StepAnswered',
    fields: { step: Step, cacheId, operationId },
  }),
});

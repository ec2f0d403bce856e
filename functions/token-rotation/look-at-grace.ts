import type { z } from 'zod';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { FixInput } from '../platform/operator-actions.ts';
import { LookAtGraceInput, type LookAtGraceOutput } from './schemas.ts';

/** Whether the grace period is over by now: somebody may have moved its end. */
export const handler = makeHandler({
  name: 'token-rotation/look-at-grace',
  input: LookAtGraceInput,
  async run({ operationId, now }): Promise<z.infer<typeof LookAtGraceOutput>> {
    const grace = await dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')).graceOf(operationId);
    if (!grace) throw new FixInput(`${operationId} has no grace period in the ledger: its end is not known.`);
    return { over: Date.parse(grace.endsAt) <= Date.parse(now), endsAt: grace.endsAt };
  },
  report: ({ over, endsAt }) => ({ says: 'Looked at the grace period', fields: { over, endsAt } }),
});

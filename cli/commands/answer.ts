import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { dynamoLedger } from '../../functions/platform/dynamo-ledger.ts';
import { connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { LEDGER_TABLE } from '../ledger.ts';

/** A question in the ledger, as `functions/platform/dynamo-ledger.ts` writes it. */
const Question = z.looseObject({ taskToken: z.string().min(1), question: z.string(), answerBefore: z.string() });

/** `autopilot approve|reject <operation>`: answers the question that an operation waits with. */
export const answer = async (
  operationId: string,
  word: 'approve' | 'reject',
  options: { readonly local: boolean },
): Promise<ExitCode> => {
  const { region, callerArn, now } = await connect(options);
  const ledger = DynamoDBDocumentClient.from(new DynamoDBClient({ region }));
  const Key = { pk: `OPERATION#${operationId}`, sk: 'APPROVAL' };
  // A question of this moment counts, and one that was repeated has a new token.
  const { Item } = await ledger.send(new GetCommand({ TableName: LEDGER_TABLE, Key, ConsistentRead: true }));
  const asked = Question.safeParse(Item);
  if (!asked.success) {
    console.error(`Operation ${operationId} has asked nobody in ${region}: check the id and the Region.`);
    return EXIT.inputRefused;
  }
  const { question, taskToken } = asked.data;
  const approved = word === 'approve';
  console.log(question);
  try {
    const output = JSON.stringify({ approved, answeredBy: callerArn });
    await new SFNClient({ region }).send(new SendTaskSuccessCommand({ taskToken, output }));
  } catch (error) {
    // Step Functions forgets a token once it was answered, or its wait is over.
    if (error instanceof Error && ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes(error.name)) {
      console.error(`Operation ${operationId} no longer waits for an answer: somebody answered, or the time was over.`);
      return EXIT.notAllowed;
    }
    throw error;
  }
  const answeredAt = now();
  await dynamoLedger(ledger, LEDGER_TABLE)
    .answered(operationId, taskToken, { approved, answeredBy: callerArn, answeredAt })
    .catch((error: Error) => {
      console.error(`The answer counts, but the ledger did not note it (${error.message}): it is listed as open.`);
    });
  console.log(`Answered as ${callerArn}: ${approved ? 'yes' : 'no'}.`);
  return EXIT.done;
};

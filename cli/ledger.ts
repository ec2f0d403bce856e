import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoLedger } from '../functions/platform/dynamo-ledger.ts';
import type { Ledger } from '../functions/platform/ledger.ts';

/** The ledger's table has the same name in every account and Region. */
export const LEDGER_TABLE = 'autopilot-ledger';

/** The ledger of a Region, with the credentials of the environment. */
export const ledgerOf = (region: string): Ledger =>
  dynamoLedger(DynamoDBDocumentClient.from(new DynamoDBClient({ region })), LEDGER_TABLE);

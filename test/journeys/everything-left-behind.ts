import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { readHistory } from '../../cli/follow.ts';
import type { JourneyAccount } from './an-account.ts';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const found = statSync(file);
    if (found.isDirectory()) return filesBelow(file);
    return found.isFile() ? [file] : [];
  });

/** All that a run leaves behind where people and programs could read it, by where it was found. */
export const everythingLeftBehind = async (account: JourneyAccount): Promise<ReadonlyMap<string, string>> => {
  const left = new Map<string, string>();
  // The assembly is what was deployed, not what the run left.
  for (const file of filesBelow(account.folder)) {
    if (!file.includes('cdk.out')) left.set(file, readFileSync(file, 'latin1'));
  }
  const states = account.as(SFNClient);
  const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}));
  for (const { stateMachineArn } of stateMachines) {
    const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn = '' } of executions) {
      left.set(executionArn, JSON.stringify(await readHistory(states, executionArn)));
    }
  }
  const ledger = await account.as(DynamoDBClient).send(new ScanCommand({ TableName: 'autopilot-ledger' }));
  left.set('autopilot-ledger', JSON.stringify(ledger.Items));
  return left;
};

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { inject } from 'vitest';
import { type Followed, lookAt } from '../../cli/follow.ts';
import { type Account, startAccount } from '../../local/account.ts';

export const HOME_REGION = 'us-east-1';
/** Journeys run a minute of the account in a second of ours. */
const SPEED = 60;

export interface JourneyAccount extends Account {
  readonly folder: string;
  /** A client acting as the person at the keyboard. */
  as: <C>(Client: new (config: never) => C, region?: string) => C;
  /** Starts a workflow and follows it to its end. */
  run(workflow: string, input: object, operationId: string): Promise<Followed>;
  startWorkflow(workflow: string, input: object, operationId: string): Promise<string>;
  /** Follows what is already started. */
  finish(executionArn: string): Promise<Followed>;
}

export interface JourneyOptions {
  /** Changes the templates before the account boots, e.g. to take a permission away. */
  readonly change?: (template: Template) => void;
}

export interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/** A whole local account, booted from the synthesized app, for one file of journeys. */
export const anAccount = async ({ change }: JourneyOptions = {}): Promise<JourneyAccount> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-journey-'));
  const assembly = change ? changedAssembly(folder, change) : inject('assembly');
  const account = await startAccount({ assembly, folder, speed: SPEED });
  const as: JourneyAccount['as'] = (Client, region = HOME_REGION) =>
    account.world.client(Client, account.operator, region);
  const states = as(SFNClient);
  const arnOf = (kind: string, name: string) =>
    `arn:aws:states:${HOME_REGION}:${account.world.accountId}:${kind}:${name}`;

  const startWorkflow: JourneyAccount['startWorkflow'] = async (workflow, input, operationId) => {
    const { executionArn = '' } = await states.send(
      new StartExecutionCommand({
        stateMachineArn: arnOf('stateMachine', workflow),
        name: operationId,
        input: JSON.stringify(input),
      }),
    );
    return executionArn;
  };
  // Asking often, or for the whole history each time, would keep the thread busy on which the account itself runs.
  const finish: JourneyAccount['finish'] = async (executionArn) => {
    const look = new DescribeExecutionCommand({ executionArn });
    while ((await states.send(look)).status === 'RUNNING') await new Promise((resolve) => setTimeout(resolve, 200));
    return lookAt(states, executionArn);
  };

  return {
    ...account,
    folder,
    as,
    startWorkflow,
    finish,
    run: async (workflow, input, operationId) => finish(await startWorkflow(workflow, input, operationId)),
    async stop() {
      await account.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const changedAssembly = (folder: string, change: (template: Template) => void): string => {
  const assembly = path.join(folder, 'cdk.out');
  cpSync(inject('assembly'), assembly, { recursive: true });
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const file = path.join(assembly, name);
    const template: Template = JSON.parse(readFileSync(file, 'utf8'));
    change(template);
    writeFileSync(file, JSON.stringify(template));
  }
  return assembly;
};

/** Waits until an execution that somebody else starts is there. */
export const executionNamed = async (
  account: JourneyAccount,
  workflow: string,
  operationId: string,
): Promise<string> => {
  const executionArn = `arn:aws:states:${HOME_REGION}:${account.world.accountId}:execution:${workflow}:${operationId}`;
  const states = account.as(SFNClient);
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await states.send(new DescribeExecutionCommand({ executionArn }));
      return executionArn;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

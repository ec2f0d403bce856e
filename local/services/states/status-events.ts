import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Principal, World } from '../../service.ts';
import type { KnownExecution } from './executions.ts';

/** Tells the default bus how executions fare. */
export interface StatusEvents {
  put(known: KnownExecution): void;
  /** Sends nothing more, and waits for what is on its way. */
  close(): Promise<void>;
}

/** `Step Functions Execution Status Change` (EventBridge guide, events from AWS services; times in milliseconds). */
const detailOf = ({ execution, inputText }: KnownExecution) => {
  const end = execution.outcome();
  const { outcome } = end ?? {};
  const succeeded = outcome?.status === 'SUCCEEDED' ? outcome : undefined;
  const failed = outcome && outcome.status !== 'SUCCEEDED' ? outcome : undefined;
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachineArn,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    name: execution.name,
    status: outcome?.status ?? 'RUNNING',
    startDate: execution.startedAt.getTime(),
    stopDate: end?.endedAt.getTime() ?? null,
    input: inputText,
    inputDetails: { included: true },
    output: succeeded ? JSON.stringify(succeeded.output) : null,
    outputDetails: succeeded ? { included: true } : null,
    error: failed?.error ?? null,
    cause: failed?.cause ?? null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: failed ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
  };
};

export const createStatusEvents = (world: World): StatusEvents => {
  const onTheirWay = new Set<Promise<void>>();
  let closed = false;

  const send = async (known: KnownExecution) => {
    const { execution, machine } = known;
    const context = { 'aws:SourceArn': machine.arn, 'aws:SourceAccount': world.accountId };
    const principal: Principal = { kind: 'service', service: 'states.amazonaws.com', context };
    const entry = {
      Source: 'aws.states',
      DetailType: 'Step Functions Execution Status Change',
      Resources: [execution.arn],
      Time: new Date(world.clock.now()),
      Detail: JSON.stringify(detailOf(known)),
    };
    try {
      const client = world.client(EventBridgeClient, principal, machine.region);
      await client.send(new PutEventsCommand({ Entries: [entry] }));
    } catch (thrown) {
      // Best effort, as on AWS: an execution does not fail because nobody could be told.
      world.log('states', `could not tell the default bus about ${execution.arn}: ${(thrown as Error).message}`);
    }
  };

  return {
    put(known) {
      if (closed) return;
      const sending = send(known);
      onTheirWay.add(sending);
      void sending.finally(() => onTheirWay.delete(sending));
    },
    async close() {
      closed = true;
      await Promise.all(onTheirWay);
    },
  };
};

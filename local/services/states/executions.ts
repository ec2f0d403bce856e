import { randomUUID } from 'node:crypto';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { ServiceError, type World } from '../../service.ts';
import { type Execution, startExecution } from '../../states/execution.ts';
import type { Integrations } from '../../states/integration.ts';
import type { Json } from '../../states/json.ts';
import { MAX_PAYLOAD_BYTES } from '../../states/limits.ts';
import type { TaskTokens } from '../../states/task-tokens.ts';
import { checkName, type StateMachine } from './state-machines.ts';

/** An execution of the account. */
export interface KnownExecution {
  readonly execution: Execution;
  readonly machine: StateMachine;
  /** As it was given, byte by byte: this is what makes two starts the same. */
  readonly inputText: string;
}

export interface StartRequest {
  readonly name: string | undefined;
  readonly input: string | undefined;
}

export interface Executions {
  /**
   * Starts an execution. The same name with the same input, while it runs, is the same execution.
   *
   * @throws ServiceError InvalidName, InvalidExecutionInput, ExecutionAlreadyExists
   */
  start(machine: StateMachine, request: StartRequest): KnownExecution;
  /** @throws ServiceError InvalidArn, ExecutionDoesNotExist (also when it lives in another Region) */
  get(arn: string, region: string): KnownExecution;
  find(arn: string): KnownExecution | undefined;
  /** Latest first. */
  list(machineArn: string): readonly KnownExecution[];
  /** Aborts all that run and waits until nothing of them is under way. */
  stopAll(): Promise<void>;
}

export interface ExecutionsOptions {
  readonly world: World;
  readonly tokens: TaskTokens;
  readonly integrationsFor: (region: string) => Integrations;
  /** Called when an execution begins and when it ends. */
  readonly onStatus: (known: KnownExecution) => void;
  /** Called for each event of an execution's history. */
  readonly onEvent: (machine: StateMachine, event: HistoryEvent, executionArn: string) => void;
}

const EXECUTION_ARN = /^arn:aws:states:[a-z0-9-]+:\d{12}:execution:[^:]+:[^:]+$/;

export const createExecutions = (options: ExecutionsOptions): Executions => {
  const { world, tokens, integrationsFor, onStatus, onEvent } = options;
  const executions = new Map<string, KnownExecution>();

  const keep = (known: KnownExecution) => {
    executions.set(known.execution.arn, known);
    onStatus(known);
    void known.execution.ended.then(() => onStatus(known));
    return known;
  };

  return {
    start(machine, { name = randomUUID(), input: inputText = '{}' }) {
      checkName(name);
      const input = readInput(inputText);
      const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
      const same = executions.get(arn);
      if (same) {
        if (!same.execution.outcome() && same.inputText === inputText) return same;
        throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      const { definition, arn: stateMachineArn, roleArn, region } = machine;
      const execution = startExecution({
        definition,
        stateMachineArn,
        roleArn,
        region,
        name,
        input,
        clock: world.clock,
        integrations: integrationsFor(region),
        tokens,
        onEvent: (event, executionArn) => onEvent(machine, event, executionArn),
        onChild: (child) => void keep({ execution: child, machine, inputText: JSON.stringify(child.input) }),
      });
      return keep({ execution, machine, inputText });
    },
    get(arn, region) {
      if (!EXECUTION_ARN.test(arn)) throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
      const known = executions.get(arn);
      if (known && known.machine.region === region) return known;
      throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    },
    find: (arn) => executions.get(arn),
    list: (machineArn) =>
      [...executions.values()].filter(({ execution }) => execution.stateMachineArn === machineArn).reverse(),
    async stopAll() {
      const all = [...executions.values()].map(({ execution }) => execution);
      for (const execution of all) execution.stop('LocalAccount.Stopped', 'The local account stopped.');
      await Promise.all(all.map(({ unwound }) => unwound));
    },
  };
};

const readInput = (text: string): Json => {
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) {
    const message = `Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${MAX_PAYLOAD_BYTES}`;
    throw new ServiceError('ValidationException', `1 validation error detected: ${message}`);
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const reason = (thrown as Error).message;
    throw new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
  }
};

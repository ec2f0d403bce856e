import * as sdk from '@aws-sdk/client-sfn';
import type { Service, World } from '../../service.ts';
import type { Integrations } from '../../states/integration.ts';
import { createTaskTokens } from '../../states/task-tokens.ts';
import { createExecutionLog } from './execution-log.ts';
import { createExecutionMetrics } from './execution-metrics.ts';
import { executionOperations } from './execution-operations.ts';
import { createExecutions, type Executions } from './executions.ts';
import { createIntegrations } from './integrations/integrations.ts';
import { machineOperations } from './machine-operations.ts';
import { stateMachineResource } from './state-machine-resource.ts';
import { createStateMachines, type StateMachines } from './state-machines.ts';
import { createStatusEvents } from './status-events.ts';
import { taskOperations } from './task-operations.ts';

/** What tests and tools can ask of Step Functions besides its API. */
export interface StatesRuntime {
  readonly machines: StateMachines;
  readonly executions: Executions;
}

/**
 * AWS Step Functions: Standard workflows in JSONata.
 *
 * Refused by name, because no capability needs them yet: JSONPath, Express, activities, `Credentials`, the reader,
 * batcher and writer of a distributed Map, versions and aliases, redrive. The executions of a distributed Map are
 * executions like any other; its map run itself cannot be described.
 */
export const createStates = (world: World): Service & StatesRuntime => {
  const tokens = createTaskTokens();
  const closing = new AbortController();
  const statusEvents = createStatusEvents(world);
  const whenEnded = async (executionArn: string) => executions.find(executionArn)?.execution.ended;
  const byRegion = new Map<string, Integrations>();
  const integrationsFor = (region: string) => {
    const known = byRegion.get(region) ?? createIntegrations({ world, region, closing: closing.signal }, whenEnded);
    byRegion.set(region, known);
    return known;
  };
  const measure = createExecutionMetrics(world);
  const machines = createStateMachines(world, integrationsFor);
  const executions = createExecutions({
    world,
    tokens,
    integrationsFor,
    onStatus(known) {
      measure(known);
      statusEvents.put(known);
    },
    onEvent: createExecutionLog(world),
  });

  return {
    name: 'states',
    machines,
    executions,
    api: {
      signingName: 'states',
      iamPrefix: 'states',
      sdk,
      Client: sdk.SFNClient,
      operations: {
        ...machineOperations(machines, executions),
        ...executionOperations(machines, executions),
        ...taskOperations(tokens),
      },
    },
    resources: { 'AWS::StepFunctions::StateMachine': stateMachineResource(machines) },
    async stop() {
      const told = statusEvents.close();
      closing.abort(new Error('The local account stopped.'));
      await executions.stopAll();
      await told;
    },
  };
};

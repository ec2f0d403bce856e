import type { Problem } from '../../../states/check/problem.ts';
import { eachState } from '../../../states/check/walk.ts';
import type { Flow, State } from '../../../states/definition.ts';
import type { Integrations } from '../../../states/integration.ts';
import { awsSdk, parseSdkResource, sdkOperationOf } from './aws-sdk.ts';
import type { Caller } from './caller.ts';
import { lambdaInvoke } from './lambda-invoke.ts';
import { optimized, sdkOfOptimized } from './optimized.ts';
import { loadSdk, SDK_SERVICES } from './sdk-services.ts';
import { unknownFields } from './sdk-shapes.ts';
import { startExecutionTask, type WhenEnded } from './start-execution.ts';

/** All integrations of the local account. */
export const createIntegrations = (caller: Caller, whenEnded: WhenEnded): Integrations => ({
  find: (resource) =>
    awsSdk(resource, caller) ??
    lambdaInvoke(resource, caller) ??
    startExecutionTask(resource, caller, whenEnded) ??
    optimized(resource, caller),
});

/** Loads the client packages that a definition will need, so that its resources can be looked up. */
export const loadClientsFor = async (resources: readonly string[]): Promise<void> => {
  const names = resources.map((resource) => {
    if (resource.includes(':::lambda:')) return 'lambda';
    if (resource.includes(':::states:')) return 'sfn';
    return parseSdkResource(resource)?.service ?? sdkOfOptimized(resource);
  });
  const known = new Set(names.filter((name) => name !== undefined && Object.hasOwn(SDK_SERVICES, name)));
  await Promise.all([...known].map((name) => loadSdk(String(name))));
};

/** The Resource of every Task, however deep. */
export const resourcesIn = (flow: Flow): readonly string[] => tasksIn(flow).map(({ state }) => state.Resource);

const tasksIn = (flow: Flow) => {
  const tasks: { state: Extract<State, { Type: 'Task' }>; path: string }[] = [];
  eachState({ flow, path: '', isolated: false }, (state, path) => {
    if (state.Type === 'Task') tasks.push({ state, path });
  });
  return tasks;
};

/** Arguments that the called operation does not have, as far as the definition shows them. */
export const checkArguments = (flow: Flow): readonly Problem[] =>
  tasksIn(flow).flatMap(({ state, path }) => {
    const operation = sdkOperationOf(state.Resource);
    if (!operation || state.Arguments === undefined) return [];
    return unknownFields(operation.input, state.Arguments).map((field) => ({
      path: `${path}/Arguments`,
      message: `The field "${field}" is not supported by Step Functions.`,
    }));
  });

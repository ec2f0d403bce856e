import type { HistoryEventType, TaskScheduledEventDetails } from '@aws-sdk/client-sfn';
import { follow, unlessAborted } from '../abort.ts';
import { contextAsJson } from '../context.ts';
import type { TaskState } from '../definition.ts';
import type { Bindings } from '../expression.ts';
import { outputOf } from '../history.ts';
import type { Integration, TaskRequest } from '../integration.ts';
import type { Json } from '../json.ts';
import { MAX_SECONDS, withinPayloadLimit } from '../limits.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';
import { StatesError, toStatesError } from '../states-error.ts';
import type { WaitingTask } from '../task-tokens.ts';
import { createTaskTimer, type TaskTimer } from './task-timer.ts';

/** Does one attempt of a Task. @throws StatesError */
export const runTask = async (state: TaskState, visit: Visit, scope: Scope): Promise<Json> => {
  const { frame } = scope;
  const integration = frame.integrations.find(state.Resource);
  if (!integration) throw new StatesError('States.Runtime', `There is no integration ${state.Resource}.`);
  const waiting = integration.ends === 'with-token' ? frame.tokens.open(visit.context.StateMachine.Id) : undefined;
  try {
    return await runWithToken(state, integration, waiting, visit, scope);
  } finally {
    waiting?.close();
  }
};

const runWithToken = async (
  state: TaskState,
  integration: Integration,
  waiting: WaitingTask | undefined,
  visit: Visit,
  scope: Scope,
): Promise<Json> => {
  const { frame, trail } = scope;
  const bindings = waiting ? withToken(visit, waiting.token) : visit.bindings;
  const { evaluator } = frame;
  const taskArguments =
    state.Arguments === undefined ? visit.input : await evaluator.template(state.Arguments, bindings, 'Arguments');
  withinPayloadLimit(taskArguments, `The arguments of the state '${visit.name}' are of a size`);
  const range = { min: 1, max: MAX_SECONDS };
  const seconds = (value: number | string | undefined, field: string) =>
    value === undefined ? undefined : evaluator.integer(value, bindings, field, range);
  const timeoutSeconds = await seconds(state.TimeoutSeconds, 'TimeoutSeconds');
  const heartbeatSeconds = await seconds(state.HeartbeatSeconds, 'HeartbeatSeconds');

  const { resourceType, resource } = integration;
  const which = { resourceType, resource };
  const scheduled: TaskScheduledEventDetails = {
    ...which,
    region: frame.region,
    parameters: JSON.stringify(taskArguments),
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  };
  trail.add('TaskScheduled', { taskScheduledEventDetails: scheduled });
  trail.add('TaskStarted', { taskStartedEventDetails: which });

  const { controller, release } = follow(scope.signal);
  const timer = createTaskTimer({
    frame,
    timeoutSeconds,
    heartbeatSeconds,
    giveUp: (error) => controller.abort(error),
  });
  const submitted = (output: Json) =>
    void trail.add('TaskSubmitted', { taskSubmittedEventDetails: { ...which, ...outputOf(output) } });
  try {
    const { Execution, StateMachine } = visit.context;
    const request: TaskRequest = {
      arguments: taskArguments,
      executionArn: Execution.Id,
      executionName: Execution.Name,
      stateMachineArn: StateMachine.Id,
      stateMachineName: StateMachine.Name,
      roleArn: Execution.RoleArn,
      signal: controller.signal,
      submitted,
    };
    const answer = await work(integration, request, timer, controller.signal, waiting, submitted);
    const result = withinPayloadLimit(answer, `The state/task '${visit.name}' returned a result`);
    trail.add('TaskSucceeded', { taskSucceededEventDetails: { ...which, ...outputOf(result) } });
    return result;
  } catch (thrown) {
    scope.signal.throwIfAborted();
    const error = toStatesError(thrown);
    const [type, member] = failureEvent(error);
    trail.add(type, { [member]: { ...which, error: error.error, cause: error.reason } });
    throw error;
  } finally {
    timer.stop();
    controller.abort(new StatesError('States.TaskFailed', 'The task is over.'));
    release();
  }
};

/** `$states.context.Task` is there before the arguments are evaluated: they carry the token to whoever shall answer. */
const withToken = ({ bindings, context }: Visit, token: string): Bindings => {
  const known = contextAsJson({ ...context, Task: { Token: token } });
  return { ...bindings, states: { ...bindings.states, context: known } };
};

const work = async (
  integration: Integration,
  request: TaskRequest,
  timer: TaskTimer,
  signal: AbortSignal,
  waiting: WaitingTask | undefined,
  submitted: (output: Json) => void,
): Promise<Json> => {
  if (integration.ends === 'with-job') {
    timer.waitForAccount();
    return unlessAborted(integration.run(request), signal);
  }
  timer.waitForWork();
  const answer = await unlessAborted(integration.run(request), signal);
  if (!waiting) return answer;
  submitted(answer);
  waiting.onHeartbeat(() => timer.heartbeat());
  timer.waitForAccount();
  return unlessAborted(waiting.outcome, signal);
};

const failureEvent = ({
  error,
}: StatesError): [HistoryEventType, 'taskFailedEventDetails' | 'taskTimedOutEventDetails'] =>
  error === 'States.Timeout' || error === 'States.HeartbeatTimeout'
    ? ['TaskTimedOut', 'taskTimedOutEventDetails']
    : ['TaskFailed', 'taskFailedEventDetails'];

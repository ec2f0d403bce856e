import type {
  SendTaskFailureCommandInput,
  SendTaskFailureCommandOutput,
  SendTaskHeartbeatCommandInput,
  SendTaskHeartbeatCommandOutput,
  SendTaskSuccessCommandInput,
  SendTaskSuccessCommandOutput,
} from '@aws-sdk/client-sfn';
import { operation, ServiceError } from '../../service.ts';
import type { Json } from '../../states/json.ts';
import { MAX_PAYLOAD_BYTES } from '../../states/limits.ts';
import type { TaskTokens } from '../../states/task-tokens.ts';

const readOutput = (text: string): Json => {
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) {
    const message = `Value at 'output' failed to satisfy constraint: Member must have length less than or equal to ${MAX_PAYLOAD_BYTES}`;
    throw new ServiceError('ValidationException', `1 validation error detected: ${message}`);
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new ServiceError('InvalidOutput', `Invalid Output: '${(thrown as Error).message}'`);
  }
};

/** Answers for tasks that wait for their token. IAM knows no resource for them: who may answer, may answer for every task. */
export const taskOperations = (tokens: TaskTokens) => {
  /** @param answered whether a task still waited */
  const refuseLate = (taskToken: string, answered: boolean) => {
    if (answered) return {};
    if (tokens.stateMachineOf(taskToken) === undefined) {
      throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
    }
    throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  };

  return {
    SendTaskSuccess: operation<SendTaskSuccessCommandInput, SendTaskSuccessCommandOutput>({
      handle: ({ taskToken = '', output = '' }) => refuseLate(taskToken, tokens.succeed(taskToken, readOutput(output))),
    }),
    SendTaskFailure: operation<SendTaskFailureCommandInput, SendTaskFailureCommandOutput>({
      handle: ({ taskToken = '', error = '', cause = '' }) =>
        refuseLate(taskToken, tokens.fail(taskToken, error, cause)),
    }),
    SendTaskHeartbeat: operation<SendTaskHeartbeatCommandInput, SendTaskHeartbeatCommandOutput>({
      handle: ({ taskToken = '' }) => refuseLate(taskToken, tokens.beat(taskToken)),
    }),
  };
};

import { SendTaskFailureCommand, SendTaskSuccessCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { isNamed, operatorActionFor } from './aws-errors.ts';

/** Answers workflows that wait with a task token. Its in-memory twin is in test/. */
export interface TaskTokens {
  /** A token that nobody waits for any more is fine: the workflow has gone on without us. */
  succeed(taskToken: string, output: unknown): Promise<void>;
  /** By the operator's action, with its message, as a function that the workflow calls would fail. */
  fail(taskToken: string, error: unknown): Promise<void>;
}

/** SendTaskFailure takes at most so many characters of each (API reference). */
const LONGEST_ERROR = 256;
const LONGEST_CAUSE = 32_768;
/** In JSON one character may become six. */
const LONGEST_ESCAPE = 6;

export const stepFunctionsTokens = (client: SFNClient): TaskTokens => {
  const unlessGone = async (answer: Promise<unknown>): Promise<void> => {
    try {
      await answer;
    } catch (error) {
      if (!isNamed(error, 'TaskTimedOut', 'TaskDoesNotExist')) throw error;
    }
  };
  return {
    succeed: (taskToken, output) =>
      unlessGone(client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail(taskToken, thrown) {
      const error = operatorActionFor(thrown);
      const [name, message] = error instanceof Error ? [error.name, error.message] : [typeof error, String(error)];
      const errorType = name.slice(0, LONGEST_ERROR);
      const errorMessage = message.slice(0, LONGEST_CAUSE / LONGEST_ESCAPE - 2 * LONGEST_ERROR);
      const cause = JSON.stringify({ errorType, errorMessage });
      return unlessGone(client.send(new SendTaskFailureCommand({ taskToken, error: errorType, cause })));
    },
  };
};

/** Fails a token for a function that has its own error to deal with. @returns whether the workflow knows of it now */
export const wasTold = async (tokens: TaskTokens, taskToken: string, error: unknown): Promise<boolean> => {
  try {
    await tokens.fail(taskToken, error);
    return true;
  } catch {
    return false;
  }
};

import { randomBytes } from 'node:crypto';
import type { Json } from './json.ts';
import { StatesError } from './states-error.ts';

/** A task that waits for its token to come back. */
export interface WaitingTask {
  readonly token: string;
  /** The output it was given. Rejects with StatesError when it was told to fail. */
  readonly outcome: Promise<Json>;
  /** Called for each heartbeat from now on. */
  onHeartbeat(beat: () => void): void;
  /** Nobody waits any more; the token is worth nothing from now on. */
  close(): void;
}

/** What holders of a token can do; each answers false when no task waits for it any more. */
export interface TaskTokens {
  open(stateMachineArn: string): WaitingTask;
  succeed(token: string, output: Json): boolean;
  fail(token: string, error: string, reason: string): boolean;
  beat(token: string): boolean;
  /** Whose task the token was made for, whether it still waits or not; undefined: nobody made this token. */
  stateMachineOf(token: string): string | undefined;
}

interface Waiting {
  resolve(output: Json): void;
  reject(error: StatesError): void;
  beat(): void;
}

export const createTaskTokens = (): TaskTokens => {
  const waiting = new Map<string, Waiting>();
  const made = new Map<string, string>();
  const take = (token: string) => {
    const task = waiting.get(token);
    waiting.delete(token);
    return task;
  };

  return {
    open(stateMachineArn) {
      const token = randomBytes(96).toString('base64');
      made.set(token, stateMachineArn);
      let beat = () => {};
      const outcome = new Promise<Json>((resolve, reject) => {
        waiting.set(token, { resolve, reject, beat: () => beat() });
      });
      // It may fail before the task has begun to listen, or after it has stopped.
      outcome.catch(() => {});
      return {
        token,
        outcome,
        onHeartbeat: (listener) => {
          beat = listener;
        },
        close: () => void waiting.delete(token),
      };
    },
    succeed(token, output) {
      const task = take(token);
      task?.resolve(output);
      return task !== undefined;
    },
    fail(token, error, reason) {
      const task = take(token);
      task?.reject(new StatesError(error, reason));
      return task !== undefined;
    },
    beat(token) {
      const task = waiting.get(token);
      task?.beat();
      return task !== undefined;
    },
    stateMachineOf: (token) => made.get(token),
  };
};

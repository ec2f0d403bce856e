import type { Executions } from '../platform/executions.ts';
import type { Ledger } from '../platform/ledger.ts';
import { AskAgain, NotReady } from '../platform/operator-actions.ts';
import { BEGIN_ANEW, endingOf } from './rotation-attempts.ts';

export interface WaitTools {
  /** The executions of `rotate-token`. */
  readonly rotations: Pick<Executions, 'find'>;
  readonly ledger: Pick<Ledger, 'question'>;
  /** What is left of the function's life, real milliseconds. */
  readonly remainingMs: () => number;
  /** Real milliseconds. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** It has to answer before Lambda ends it: a function that is cut off says nothing. */
const RESERVED_MS = 20_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/**
 * Looks again and again until a rotation has come as far as a step of Secrets Manager's means.
 *
 * @param what that is, as the object of “waits for”
 * @throws NotReady when the function's time is nearly over, or only an earlier rotation was brought to its end: Secrets Manager
 *   asks again
 * @throws AskAgain when the rotation has ended before, with its sentence
 */
export const waitFor = async (
  operationId: string,
  what: string,
  { rotations, ledger, remainingMs, sleep = realSleep }: WaitTools,
  isSo: () => Promise<boolean>,
): Promise<void> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    // In this order: what came to be just before the execution's end counts.
    const execution = await rotations.find(operationId);
    if (await isSo()) return;
    if (execution && execution.status !== 'running') {
      const { outcome, says } = endingOf(execution);
      const sentence = `${operationId} ended as ${outcome} while Secrets Manager waited for ${what}: ${says}`;
      if (outcome === 'done') {
        throw new NotReady(
          `${sentence} It has brought an earlier rotation to its end first: Secrets Manager asks again by itself, and then the secret is rotated.`,
        );
      }
      // A leftover AWSPENDING keeps the next rotation from beginning (RotateSecret).
      throw new AskAgain(`${sentence} Secrets Manager tries again a few times. When it has given up, ${BEGIN_ANEW}.`);
    }
    if (remainingMs() - pauseMs < RESERVED_MS) {
      const question = await ledger.question(operationId);
      const person = question && !question.answer ? ` It waits for a person: autopilot approve ${operationId}.` : '';
      throw new NotReady(
        `${operationId} is at work, and Secrets Manager waits for ${what}.${person} It asks again by itself.`,
      );
    }
    await sleep(pauseMs);
  }
};

const realSleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

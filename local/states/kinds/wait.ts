import type { WaitState } from '../definition.ts';
import { MAX_SECONDS } from '../limits.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';
import { EvaluationError } from '../states-error.ts';

/** RFC 3339 with a capital T and a zone (Amazon States Language, Timestamps). */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Waits for a number of seconds or until a moment, which may be past already. */
export const wait = async (state: WaitState, { bindings }: Visit, { frame, signal }: Scope): Promise<void> => {
  const { clock, evaluator } = frame;
  if (state.Seconds !== undefined) {
    const range = { min: 0, max: MAX_SECONDS };
    const seconds = await evaluator.integer(state.Seconds, bindings, 'Seconds', range);
    return clock.sleep(seconds * 1000, signal);
  }
  const timestamp = await evaluator.text(state.Timestamp ?? '', bindings, 'Timestamp');
  const until = TIMESTAMP.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(until)) {
    throw new EvaluationError(
      'Timestamp',
      `The field 'Timestamp' has to be like 2026-01-31T09:00:00Z, not ${timestamp}.`,
    );
  }
  await clock.sleep(Math.max(0, until - clock.now()), signal);
};

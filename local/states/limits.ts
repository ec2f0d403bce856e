import { type Json, jsonBytes } from './json.ts';
import { StatesError } from './states-error.ts';

/** Input, output, result or arguments of a state (Step Functions quotas: 256 KiB of UTF-8). */
export const MAX_PAYLOAD_BYTES = 262_144;
/** One variable, and all variables of one `Assign` together (Step Functions quotas). */
export const MAX_ASSIGN_BYTES = 262_144;
/** All variables of one execution together (Step Functions quotas: 10 MiB). */
export const MAX_VARIABLES_BYTES = 10_485_760;
/** Events in the history of a Standard execution (Step Functions quotas); with one more it would have failed before. */
export const MAX_HISTORY_EVENTS = 25_000;
/** Characters of a state's or a variable's name (Step Functions quotas). */
export const MAX_NAME_LENGTH = 80;
/** Bytes of a definition (Step Functions quotas: 1 MB). */
export const MAX_DEFINITION_BYTES = 1_048_576;
/** Iterations of an inline Map that run at once (Step Functions guide, Map state in Inline mode). */
export const MAX_INLINE_CONCURRENCY = 40;
/** Longest wait or timeout, in seconds (Amazon States Language). */
export const MAX_SECONDS = 99_999_999;

/**
 * Refuses a payload that Step Functions would not carry.
 *
 * @param what the beginning of the sentence: `The state/task 'Plan' returned a result`
 * @throws StatesError States.DataLimitExceeded
 */
export const withinPayloadLimit = <T extends Json>(value: T, what: string): T => {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_PAYLOAD_BYTES) return value;
  throw new StatesError(
    'States.DataLimitExceeded',
    `${what} with a size exceeding the maximum number of bytes service limit (${bytes} of ${MAX_PAYLOAD_BYTES}).`,
  );
};

/** An error as a state machine sees it: a name to match in Retry and Catch, and a cause to read. */
export class StatesError extends Error {
  override readonly name = 'StatesError';
  readonly error: string;
  readonly reason: string;
  constructor(error: string, reason: string) {
    super(`${error}: ${reason}`);
    this.error = error;
    this.reason = reason;
  }
}

/** A JSONata expression that could not be evaluated; its place goes into the history. */
export class EvaluationError extends StatesError {
  /** The field: `Arguments`, `Output`, `Assign`, ... */
  readonly location: string;
  constructor(location: string, reason: string) {
    super('States.QueryEvaluationError', reason);
    this.location = location;
  }
}

/** Anything thrown, as an error of the language. What nobody named is a failed task. */
export const toStatesError = (thrown: unknown): StatesError =>
  thrown instanceof StatesError
    ? thrown
    : new StatesError('States.TaskFailed', thrown instanceof Error ? thrown.message : String(thrown));

/** Errors that the language itself names; other names beginning with `States.` do not exist. */
export const PREDEFINED_ERRORS: readonly string[] = [
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
];

/**
 * Whether an `ErrorEquals` list speaks of this error.
 *
 * `States.ALL` and `States.TaskFailed` are wildcards; the latter leaves out `States.Timeout`. Neither sees
 * `States.DataLimitExceeded`, and nothing at all sees `States.Runtime` (Step Functions guide, handling errors).
 */
export const speaksOf = (errorEquals: readonly string[], { error }: StatesError): boolean => {
  if (error === 'States.Runtime') return false;
  if (errorEquals.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout';
};

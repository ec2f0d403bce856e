/** Why a delivery failed: in EventBridge's own word for it, and whether trying again can help. */
export interface DeliveryProblem {
  readonly code: string;
  readonly hopeless: boolean;
  readonly message: string;
}

const statusOf = (error: Error) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

/**
 * Without a permission or a target, or with a bad request, trying again is of no use; EventBridge tries again after 429
 * and 5xx. The codes are the sample in its guide, "Using dead-letter queues".
 */
export const problemOf = (thrown: unknown): DeliveryProblem => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const status = statusOf(error);
  const problem = (code: string, hopeless: boolean) => ({ code, hopeless, message: error.message });
  if (status === 429 || /Throttl|TooManyRequests/.test(error.name)) return problem('THROTTLING', false);
  if (error instanceof CannotAssumeRole) return problem('FAILED_TO_ASSUME_ROLE', true);
  if (status === undefined) return problem('CONNECTION_FAILURE', false);
  if (status >= 500) return problem('ERROR_FROM_TARGET', false);
  // Each service has its own word for a denial, and SQS answers it with 400.
  if (status === 403 || /AccessDenied|AuthorizationError/.test(error.name)) return problem('NO_PERMISSIONS', true);
  if (status === 404 || /NotFound|DoesNotExist|NonExistent/.test(error.name)) return problem('NO_RESOURCE', true);
  return problem('INVALID_PARAMETER', true);
};

/** The target's role does not trust EventBridge, or is not there. */
export class CannotAssumeRole extends Error {
  override readonly name = 'CannotAssumeRole';
}

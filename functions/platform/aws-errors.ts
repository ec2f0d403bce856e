import {
  AskAgain,
  CacheExists,
  ChooseOtherNodeType,
  FixInput,
  FixKey,
  FixNetwork,
  GrantPermission,
  RaiseNodeQuota,
  RaiseShardQuota,
  ServiceBusy,
  WaitForSnapshotQuota,
  WaitUntilAvailable,
} from './operator-actions.ts';

type ActionError = new (message: string, options?: ErrorOptions) => Error;

/** Errors of the SDK by `err.name`. Unknown ones keep their own name and reach the workflow's last catch. */
const ACTIONS: Readonly<Record<string, ActionError>> = {
  InvalidReplicationGroupStateFault: WaitUntilAvailable,
  InvalidCacheClusterStateFault: WaitUntilAvailable,
  InvalidCacheParameterGroupStateFault: WaitUntilAvailable,
  // Also while the password of one of its users is changed, which passes within minutes.
  InvalidUserGroupStateFault: WaitUntilAvailable,
  InvalidSnapshotStateFault: WaitUntilAvailable,
  ReplicationGroupAlreadyExistsFault: CacheExists,
  NodeGroupsPerReplicationGroupQuotaExceededFault: RaiseShardQuota,
  NodeQuotaForCustomerExceededFault: RaiseNodeQuota,
  NodeQuotaForClusterExceededFault: RaiseNodeQuota,
  ClusterQuotaForCustomerExceededFault: RaiseNodeQuota,
  InsufficientCacheClusterCapacityFault: ChooseOtherNodeType,
  SnapshotQuotaExceededFault: WaitForSnapshotQuota,
  InvalidKMSKeyFault: FixKey,
  InvalidVPCNetworkStateFault: FixNetwork,
  CacheClusterNotFoundFault: AskAgain,
  CacheParameterGroupNotFoundFault: AskAgain,
  CacheSubnetGroupNotFoundFault: AskAgain,
  NodeGroupNotFoundFault: AskAgain,
  ReplicationGroupNotFoundFault: AskAgain,
  TagNotFoundFault: AskAgain,
  UserGroupNotFoundFault: AskAgain,
  TagQuotaPerResourceExceeded: FixInput,
  InvalidParameterValueException: FixInput,
  InvalidParameterCombinationException: FixInput,
  ValidationException: FixInput,
};

/** What AWS calls a missing permission; EC2, ElastiCache and the JSON services each have their own word. */
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

/** Throttling and passing trouble, in all the spellings of the services we call, and of a broken connection. */
const BUSY = [
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'TooManyUpdates',
  'ProvisionedThroughputExceededException',
  'APICallRateForCustomerExceededFault',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalError',
  'InternalException',
  'InternalServerError',
  'InternalServiceError',
  'TimeoutError',
  'RequestTimeout',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
];

/**
 * Turns an error of the SDK into the operator's action, with the cause kept for the log. Everything else comes back as it
 * is: an unknown error keeps its name.
 */
export const operatorActionFor = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const { name } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (DENIED.includes(name)) {
    return new GrantPermission(`AWS denied a call: ${error.message} Add the permission in infra/ and deploy.`, {
      cause: error,
    });
  }
  if (BUSY.includes(name) || BUSY.includes(code) || statusOf(error) >= 500) {
    return new ServiceBusy(`AWS answered ${name || code}: ${error.message} The same call is right later.`, {
      cause: error,
    });
  }
  const Action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  return Action ? new Action(`${name}: ${error.message}`, { cause: error }) : error;
};

const statusOf = (error: Error): number => {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    metadata && typeof metadata === 'object' && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === 'number' ? status : 0;
};

/** Whether the SDK threw the error of that name. */
export const isNamed = (error: unknown, ...names: readonly string[]): error is Error =>
  error instanceof Error && names.includes(error.name);

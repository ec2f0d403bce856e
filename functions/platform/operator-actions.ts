/**
 * Errors named after what must happen next: the state machine catches the word, the operator finds it in
 * docs/runbook.md. `name` is spelt out because a minified class loses its own.
 */

/** The input is wrong; the message lists each fault with its path. */
export class FixInput extends Error {
  override readonly name = 'FixInput';
}
/** AWS is throttling or briefly out of order: the same call is right later. */
export class ServiceBusy extends Error {
  override readonly name = 'ServiceBusy';
}
/** The cache, or what it uses, is being changed by something else and takes no order now. */
export class WaitUntilAvailable extends Error {
  override readonly name = 'WaitUntilAvailable';
}
/** What was ordered is under way and not there yet. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}
/** The real cache is not what was ordered; waiting does not change that. */
export class VerificationFailed extends Error {
  override readonly name = 'VerificationFailed';
}
/** A cache of this name exists and was not made by this operation. */
export class CacheExists extends Error {
  override readonly name = 'CacheExists';
}
/** Another operation works on this cache; the message names it. */
export class CacheLocked extends Error {
  override readonly name = 'CacheLocked';
}
/** The lock of the cache is no longer this operation's; the message names whose. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}
/** The account's quota of shards for one cache is used up. */
export class RaiseShardQuota extends Error {
  override readonly name = 'RaiseShardQuota';
}
/** The account's quota of nodes or caches is used up. */
export class RaiseNodeQuota extends Error {
  override readonly name = 'RaiseNodeQuota';
}
/** AWS has no free node of this type in these zones now. */
export class ChooseOtherNodeType extends Error {
  override readonly name = 'ChooseOtherNodeType';
}
/** Our role may not do this; the message names the action. */
export class GrantPermission extends Error {
  override readonly name = 'GrantPermission';
}
/** The KMS key cannot be used by ElastiCache. */
export class FixKey extends Error {
  override readonly name = 'FixKey';
}
/** The secret does not hold what the autopilot wrote there. */
export class FixSecret extends Error {
  override readonly name = 'FixSecret';
}

/** The VPC or its subnets are in no state in which ElastiCache can use them. */
export class FixNetwork extends Error {
  override readonly name = 'FixNetwork';
}
/** No more snapshots can be taken of these nodes today. */
export class WaitForSnapshotQuota extends Error {
  override readonly name = 'WaitForSnapshotQuota';
}
/** As many failovers as ElastiCache allows in a day have been ordered; the message says when the next is possible. */
export class WaitForFailoverAllowance extends Error {
  override readonly name = 'WaitForFailoverAllowance';
}
/** AWS does not let failovers be tested now. */
export class FailoverTestsBlocked extends Error {
  override readonly name = 'FailoverTestsBlocked';
}
/** Something that the plan saw is not there any more: a new request is planned by what is there now. */
export class AskAgain extends Error {
  override readonly name = 'AskAgain';
}

/** All of them, for the test that each has its heading in the runbook. */
export const OPERATOR_ACTIONS = [
  'FixInput',
  'ServiceBusy',
  'WaitUntilAvailable',
  'NotReady',
  'VerificationFailed',
  'CacheExists',
  'CacheLocked',
  'LockLost',
  'RaiseShardQuota',
  'RaiseNodeQuota',
  'ChooseOtherNodeType',
  'GrantPermission',
  'FixKey',
  'FixSecret',
  'FixNetwork',
  'WaitForSnapshotQuota',
  'WaitForFailoverAllowance',
  'FailoverTestsBlocked',
  'AskAgain',
] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

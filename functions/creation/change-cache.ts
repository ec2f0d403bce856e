import type { z } from 'zod';
import { isNamed } from '../platform/aws-errors.ts';
import type { CacheChanges } from '../platform/cache-changes.ts';
import type { CacheSeen, Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { isParameterGroupOf } from '../platform/names.ts';
import { FixInput, NotReady, VerificationFailed, WaitUntilAvailable } from '../platform/operator-actions.ts';
import { tokenIn } from '../platform/secret-format.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Snapshots } from '../platform/snapshots.ts';
import { isDone } from './is-done.ts';
import type { ChangeInput, ChangeOutput, ChangeStep } from './schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly changes: CacheChanges;
  readonly secrets: Secrets;
  readonly snapshots: Pick<Snapshots, 'find'>;
  readonly fence: Fence;
}

/**
 * Takes one step of a change. Looks first, so that a repeated step does nothing twice: what is done already is left alone, and
 * a cache that is busy takes no order.
 *
 * @throws WaitUntilAvailable, NotReady while an earlier attempt is under way, FixInput, FixSecret, LockLost,
 *         VerificationFailed when a snapshot has failed, and what ElastiCache refuses
 */
export const changeCache = async (
  { operationId, cacheId, step }: z.output<typeof ChangeInput>,
  { caches, changes, secrets, snapshots, fence }: Tools,
): Promise<ChangeOutput> => {
  const { operation, parameters } = step.call;
  const cache = await caches.find(cacheId, 'with details');
  if (!cache) throw new FixInput(`${cacheId} is not there any more: ${operationId} has nothing to change.`);
  if (cache.untoldMembers) throw new WaitUntilAvailable(`ElastiCache does not tell now of every node of ${cacheId}.`);
  if (!concerns(step, cache)) throw new FixInput(`${operation} was planned for something else than ${cacheId}.`);
  if (operation === 'CreateSnapshot' && (await isTaken(String(parameters.SnapshotName), snapshots))) {
    return { operation, made: false };
  }
  if (cache.status !== 'available')
    throw new WaitUntilAvailable(`${cacheId} is ${cache.status} and takes no order now.`);
  // The plan went by a cache for which nothing waited: this is an order of ours that ElastiCache does not show yet as begun.
  const { pending = [] } = cache;
  if (pending.length > 0)
    throw new WaitUntilAvailable(`${cacheId} takes no order now: ${pending.join(', ')} is ordered and not done yet.`);
  if (isDone(step, cache)) return { operation, made: false };
  const { secretArn } = step;
  if (step.usesToken && secretArn === undefined) {
    throw new FixInput(`${operation} needs the token of ${cacheId}, and nobody says in which secret it is.`);
  }
  const token = step.usesToken && secretArn ? { AuthToken: tokenIn(await secrets.read(secretArn), secretArn) } : {};
  await fence();
  try {
    await changes.make(operation, { ...parameters, ...token });
    return { operation, made: true };
  } catch (error) {
    if (isNamed(error, ...(DONE_BEFORE[operation] ?? []))) return { operation, made: false };
    // ElastiCache takes SET only while two tokens, or an optional one, are valid: else the token is demanded already. Of a cache
    // that has a token the client that verifies it afterwards finds out.
    const tokenIsThere = step.id === 'demand-token' && cache.authToken;
    if (tokenIsThere && isNamed(error, 'InvalidParameterCombinationException')) return { operation, made: false };
    // What we saw may have been old. A refusal that has another cause stands.
    const now = await caches.find(cacheId, 'with details');
    if (now && isDone(step, now)) return { operation, made: false };
    throw error;
  }
};

/** What ElastiCache says when an earlier attempt, whose answer was lost, has done it. */
const DONE_BEFORE: Readonly<Record<string, readonly string[]>> = {
  CreateCacheParameterGroup: ['CacheParameterGroupAlreadyExistsFault'],
  // Its name is the operation's own.
  CreateSnapshot: ['SnapshotAlreadyExistsFault'],
  IncreaseReplicaCount: ['NoOperationFault'],
  DecreaseReplicaCount: ['NoOperationFault'],
};

/** Whether a call is about this cache, its nodes, or the parameter group that we make for it. */
const concerns = (
  { call: { service, parameters } }: ChangeStep,
  { cacheId, arn, members = [] }: CacheSeen,
): boolean => {
  if (service !== 'elasticache') return false;
  const { ReplicationGroupId, ResourceName, CacheClusterId, CacheParameterGroupName } = parameters;
  if (ReplicationGroupId !== undefined) return ReplicationGroupId === cacheId;
  if (ResourceName !== undefined) return ResourceName === arn;
  if (CacheClusterId !== undefined) return members.some(({ id }) => id === CacheClusterId);
  return isParameterGroupOf(cacheId, String(CacheParameterGroupName));
};

const isTaken = async (name: string, snapshots: Pick<Snapshots, 'find'>): Promise<boolean> => {
  const found = await snapshots.find(name);
  if (!found) return false;
  if (found.status === 'available') return true;
  if (found.status === 'creating') throw new NotReady(`The snapshot ${name} is being taken.`);
  throw new VerificationFailed(`The snapshot ${name} is ${found.status}: nothing is risked without it.`);
};

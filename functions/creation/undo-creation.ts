import type { z } from 'zod';
import { type Caches, makerOf, wasMadeBy } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { OPERATION_TAG, tokenSecretName } from '../platform/names.ts';
import { NotReady } from '../platform/operator-actions.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { UndoInput, UndoOutput } from './schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly secrets: Secrets;
  readonly parameterGroups: ParameterGroups;
  readonly fence: Fence;
}

/**
 * Removes what this operation made, and nothing else: the cache first, because its parameter group cannot go while it is
 * there. Each call does what can be done now; it is repeated until nothing is left.
 *
 * @throws NotReady while the cache is being deleted, WaitUntilAvailable while ElastiCache takes no order,
 *         LockLost when another operation may be using what this one made
 */
export const undoCreation = async (input: z.output<typeof UndoInput>, tools: Tools): Promise<UndoOutput> => {
  const { operationId, cacheId, made } = input;
  const gone: string[] = [];
  const kept: string[] = [];

  if (made.cache) {
    const what = `cache ${cacheId}`;
    const cache = await tools.caches.find(cacheId);
    if (cache && !makerOf(cache).known) {
      throw new NotReady(`${cacheId} is ${cache.status}, and ElastiCache does not tell yet who made it.`);
    }
    if (cache && !wasMadeBy(cache, operationId)) kept.push(what);
    else if (cache) {
      if (cache.status !== 'deleting') {
        await tools.fence();
        await tools.caches.delete(cache);
      }
      throw new NotReady(`${cacheId} is being deleted; its parameter group and secret go afterwards.`);
    } else gone.push(what);
  }

  if (made.parameterGroup !== undefined) {
    const what = `parameter group ${made.parameterGroup}`;
    const group = await tools.parameterGroups.find(made.parameterGroup);
    if (!group) gone.push(what);
    else if ((await tools.parameterGroups.tagsOf(group.arn))?.[OPERATION_TAG] === operationId) {
      await tools.fence();
      await tools.parameterGroups.delete(group.name);
      gone.push(what);
    } else kept.push(what);
  }

  if (made.secret) {
    const name = tokenSecretName(cacheId);
    const what = `secret ${name}`;
    const secret = await tools.secrets.find(name);
    // One that was scheduled for deletion before goes back there, with a new week in which it can be restored; unless a
    // cache of that name is there that is not ours and may use it.
    const ours = secret?.madeBy === operationId || (made.restoredSecret && kept.length === 0);
    if (!secret || (ours && secret.deletionScheduled)) gone.push(what);
    else if (ours) {
      await tools.fence();
      await tools.secrets.delete(name);
      gone.push(what);
    } else kept.push(what);
  }

  const advice =
    kept.length === 0
      ? 'Nothing is left to do: correct the cause and ask again.'
      : `${kept.join(' and ')} ${kept.length === 1 ? 'was' : 'were'} not made by this operation: look whether it should stay.`;
  return { gone, kept, advice };
};

import type { ControlPlane } from '../control-plane.ts';
import type { User, UserGroup } from '../state/access.ts';
import type { Cache } from '../state/cache.ts';
import { allCaches } from '../state/region-state.ts';
import { moveTo } from '../transitions.ts';

/** A group that waits to be a cache's is in use already. */
const groupIdsOf = ({ userGroupIds, pending }: Cache) => [...userGroupIds, ...(pending.userGroups?.toAdd ?? [])];

const cachesWith = (plane: ControlPlane, groups: readonly UserGroup[]): readonly Cache[] =>
  allCaches(plane.state).filter((cache) => groups.some(({ id }) => groupIdsOf(cache).includes(id)));

export const groupsWith = (plane: ControlPlane, userId: string): readonly UserGroup[] =>
  plane.state.userGroups.all().filter(({ userIds }) => userIds.includes(userId));

export const cacheIdsWith = (plane: ControlPlane, group: UserGroup): string[] =>
  cachesWith(plane, [group]).map(({ id }) => id);

/**
 * Takes a change of a user or a group to the engines: the user, its groups and their caches are `modifying` meanwhile.
 *
 * @param apply   changes the state, once the service's time is over
 * @param finish  the statuses afterwards
 */
const spreadAccess = (
  plane: ControlPlane,
  name: string,
  groups: readonly UserGroup[],
  apply: () => void,
  finish: () => void,
): void => {
  const caches = cachesWith(plane, groups);
  const moved = caches.filter(({ status }) => status === 'available');
  for (const cache of moved) moveTo(cache, 'modifying');
  plane.jobs.run(name, async (signal) => {
    await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
    apply();
    // A node that does not answer must not keep the others from the new rights; its failure is in the log.
    const outcomes = await Promise.allSettled(caches.map((cache) => plane.engines.reconcile(cache)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') plane.world.log('elasticache', `${name}: ${String(outcome.reason)}`);
    }
    for (const cache of moved) moveTo(cache, 'available');
    finish();
  });
};

export const changeUser = (plane: ControlPlane, user: User, change: () => void): void => {
  const groups = groupsWith(plane, user.id);
  user.status = 'modifying';
  for (const group of groups) group.status = 'modifying';
  spreadAccess(plane, `Changing user ${user.id}`, groups, change, () => {
    user.status = 'active';
    for (const group of groups) group.status = 'active';
    plane.journal.record('user', user.id, `User ${user.id} modified`);
  });
};

export const changeUserGroup = (plane: ControlPlane, group: UserGroup, userIds: readonly string[]): void => {
  group.status = 'modifying';
  spreadAccess(
    plane,
    `Changing user group ${group.id}`,
    [group],
    () => {
      group.userIds = userIds;
      delete group.pending;
    },
    () => {
      group.status = 'active';
      plane.journal.record('user-group', group.id, `User group ${group.id} modified`);
    },
  );
};

/** Ends a user or a group after the service's time. */
export const endLater = (plane: ControlPlane, name: string, end: () => void): void => {
  plane.jobs.run(name, async (signal) => {
    await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
    end();
  });
};

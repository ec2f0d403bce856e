import { unlessAborted } from '../abortable.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { User, UserGroup, UserSettings } from '../state/access.ts';
import type { Cache } from '../state/cache.ts';
import { allCaches } from '../state/region-state.ts';
import { NO_TOKEN_FAULTS, type TakenTokenFaults } from '../token-faults.ts';
import { moveTo } from '../transitions.ts';
import { tellNodes } from './tell-nodes.ts';

/** A group that waits to be a cache's is in use already. */
const groupIdsOf = ({ userGroupIds, pending }: Cache) => [...userGroupIds, ...(pending.userGroups?.toAdd ?? [])];

const cachesWith = (plane: ControlPlane, groups: readonly UserGroup[]): readonly Cache[] =>
  allCaches(plane.state).filter((cache) => groups.some(({ id }) => groupIdsOf(cache).includes(id)));

export const groupsWith = (plane: ControlPlane, userId: string): readonly UserGroup[] =>
  plane.state.userGroups.all().filter(({ userIds }) => userIds.includes(userId));

export const cacheIdsWith = (plane: ControlPlane, group: UserGroup): string[] =>
  cachesWith(plane, [group]).map(({ id }) => id);

interface AccessChange {
  readonly name: string;
  readonly groups: readonly UserGroup[];
  readonly faults: TakenTokenFaults;
  /** Changes what the nodes are to know. */
  readonly apply: () => void;
  /** Statuses and events afterwards; `isDone` is false for a change that was ordered to fail. */
  readonly finish: (isDone: boolean) => void;
}

/** Takes a change of a user or a group to the nodes: its groups and their caches are `modifying` meanwhile. */
const spreadAccess = (plane: ControlPlane, { name, groups, faults, apply, finish }: AccessChange): void => {
  const caches = cachesWith(plane, groups);
  const staleUntil = staleUntilOf(plane);
  for (const group of groups) {
    if (group.status === 'active') Object.assign(group, { status: 'modifying', staleUntil });
  }
  for (const cache of caches) {
    if (cache.status !== 'available') continue;
    moveTo(cache, 'modifying', staleUntil);
    cache.changesAccess = true;
  }
  plane.jobs.run(name, async (signal) => {
    await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
    await unlessAborted(faults.held, signal);
    if (!faults.fails) {
      apply();
      await tellCaches(plane, name, caches, faults);
    }
    finish(!faults.fails);
    settle(plane, groups, caches);
  });
};

const staleUntilOf = ({ world, delays }: ControlPlane): number =>
  world.clock.now() + delays.readAfterWriteLagSeconds * 1000;

/** A node that does not answer must not keep the others from the new rights; its failure is in the log. */
const tellCaches = async (
  plane: ControlPlane,
  name: string,
  caches: readonly Cache[],
  { forgotten, dropsConnections }: TakenTokenFaults,
): Promise<void> => {
  const outcomes = await Promise.allSettled(
    caches.map((cache, index) =>
      tellNodes(plane, cache, { dropsConnections, ...(index === 0 && forgotten ? { forgotten } : {}) }),
    ),
  );
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') plane.world.log('elasticache', `${name}: ${String(outcome.reason)}`);
  }
};

/** A group is active again when none of its users is being changed any more, and a cache when all its groups are. */
const settle = (plane: ControlPlane, groups: readonly UserGroup[], caches: readonly Cache[]): void => {
  for (const group of groups) {
    if (group.status === 'modifying' && !isChanging(plane, group)) group.status = 'active';
  }
  for (const cache of caches) {
    const isWaiting = groupIdsOf(cache).some((id) => plane.state.userGroups.get(id)?.status === 'modifying');
    if (!cache.changesAccess || isWaiting) continue;
    delete cache.changesAccess;
    moveTo(cache, 'available');
  }
};

const isChanging = ({ state }: ControlPlane, { pending, userIds }: UserGroup): boolean =>
  pending !== undefined || userIds.some((id) => (state.users.get(id)?.status ?? 'active') !== 'active');

/** @param coming what the user is like when the change is done */
export const changeUser = (plane: ControlPlane, user: User, coming: UserSettings): void => {
  const changesPasswords = coming.passwordHashes !== user.settings.passwordHashes;
  const groups = groupsWith(plane, user.id);
  const cacheIds = cachesWith(plane, groups).map(({ id }) => id);
  Object.assign(user, { status: 'modifying', coming, staleUntil: staleUntilOf(plane) });
  spreadAccess(plane, {
    name: `Changing user ${user.id}`,
    groups,
    faults: changesPasswords ? plane.tokens.take(cacheIds) : NO_TOKEN_FAULTS,
    apply() {
      user.settings = coming;
    },
    finish(isDone) {
      user.status = 'active';
      delete user.coming;
      plane.journal.record('user', user.id, isDone ? `User ${user.id} modified` : `Failed modifying user ${user.id}.`);
    },
  });
};

/** Takes a user out of its groups, and so from their caches, and then away. */
export const endUser = (plane: ControlPlane, user: User): void => {
  const groups = groupsWith(plane, user.id);
  Object.assign(user, { status: 'deleting', staleUntil: staleUntilOf(plane) });
  spreadAccess(plane, {
    name: `Deleting user ${user.id}`,
    groups,
    faults: NO_TOKEN_FAULTS,
    apply() {
      for (const group of groups) group.userIds = group.userIds.filter((id) => id !== user.id);
    },
    finish() {
      plane.state.users.delete(user.id);
      plane.journal.record('user', user.id, `User ${user.id} deleted`);
    },
  });
};

export const changeUserGroup = (plane: ControlPlane, group: UserGroup, userIds: readonly string[]): void => {
  spreadAccess(plane, {
    name: `Changing user group ${group.id}`,
    groups: [group],
    faults: NO_TOKEN_FAULTS,
    apply() {
      group.userIds = userIds;
    },
    finish() {
      delete group.pending;
      plane.journal.record('user-group', group.id, `User group ${group.id} modified`);
    },
  });
};

/** Makes or ends a group after the service's time. */
export const endLater = (plane: ControlPlane, name: string, end: () => void): void => {
  plane.jobs.run(name, async (signal) => {
    await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
    end();
  });
};

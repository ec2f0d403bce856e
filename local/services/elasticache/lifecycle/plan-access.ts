import { changeTokens, NO_TOKENS, type TokenStrategy } from '../auth-tokens.ts';
import type { ControlPlane } from '../control-plane.ts';
import { checkUserGroups } from '../creating/user-groups.ts';
import { findUserGroup } from '../lookups.ts';
import type { Cache, NodeChange } from '../state/cache.ts';
import { hashAuthToken } from '../validation/auth-token.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';

/** What a request says about who may log in to a cache. */
export interface AccessRequest {
  readonly AuthToken?: string | undefined;
  readonly AuthTokenUpdateStrategy?: string | undefined;
  readonly UserGroupIdsToAdd?: readonly string[] | undefined;
  readonly UserGroupIdsToRemove?: readonly string[] | undefined;
  readonly RemoveUserGroups?: boolean | undefined;
}

export type AccessChange = Pick<NodeChange, 'authToken' | 'userGroups'>;

/**
 * The change of AUTH tokens and user groups that a request asks for. A cache has one or the other (ElastiCache guide,
 * RBAC, migrating from AUTH): DELETE takes the tokens away as a user group comes; RemoveUserGroups makes room for a
 * token, which is optional until SET.
 *
 * @throws ServiceError with the code that AWS gives for the first rule broken; no message repeats a token
 */
export const planAccess = (
  plane: Pick<ControlPlane, 'state' | 'tokens'>,
  cache: Cache,
  request: AccessRequest,
): AccessChange => {
  const userGroups = planUserGroups(plane, cache, request);
  const groupIds = userGroups?.ids ?? cache.pending.userGroups?.ids ?? cache.userGroupIds;
  const authToken = planToken(plane, cache, request, groupIds);
  const tokens = authToken?.tokens ?? cache.pending.authToken?.tokens ?? cache.tokens;
  if (groupIds.length > 0 && tokens.hashes.length > 0) {
    throw invalidCombination(
      "User group can't be associated with auth token enabled. Pass AuthStrategy delete to proceed.",
    );
  }
  return { ...(userGroups ? { userGroups } : {}), ...(authToken ? { authToken } : {}) };
};

const planUserGroups = (
  plane: Pick<ControlPlane, 'state'>,
  cache: Cache,
  request: AccessRequest,
): NodeChange['userGroups'] => {
  const { UserGroupIdsToAdd = [], UserGroupIdsToRemove = [], RemoveUserGroups = false } = request;
  const asked = UserGroupIdsToAdd.length + UserGroupIdsToRemove.length;
  if (RemoveUserGroups && asked > 0) {
    throw invalidCombination('RemoveUserGroups cannot be combined with UserGroupIdsToAdd or UserGroupIdsToRemove.');
  }
  if (!RemoveUserGroups && asked === 0) return undefined;
  const present = cache.pending.userGroups?.ids ?? cache.userGroupIds;
  const toRemove = RemoveUserGroups ? present : UserGroupIdsToRemove.map((id) => findUserGroup(plane, id).id);
  const absent = toRemove.find((id) => !present.includes(id));
  if (absent) throw invalidValue(`User group ${absent} is not associated with ${cache.id}.`);
  const kept = present.filter((id) => !toRemove.includes(id));
  const toAdd = UserGroupIdsToAdd.map((id) => findUserGroup(plane, id).id);
  const twice = toAdd.find((id) => kept.includes(id));
  if (twice) throw invalidValue(`User group ${twice} is already associated with ${cache.id}.`);
  if (toRemove.length + toAdd.length === 0) return undefined;
  const ids = [...kept, ...toAdd];
  // A group that stays is not judged again: it may be `modifying` at this moment.
  if (toAdd.length > 0) checkUserGroups(plane, cache, ids);
  return { ids, toAdd, toRemove };
};

const planToken = (
  { tokens }: Pick<ControlPlane, 'tokens'>,
  cache: Cache,
  request: AccessRequest,
  groupIds: readonly string[],
): NodeChange['authToken'] => {
  const { AuthToken: token, AuthTokenUpdateStrategy: strategy = token === undefined ? undefined : 'ROTATE' } = request;
  if (strategy === undefined) return undefined;
  if (!isStrategy(strategy)) {
    throw invalidValue(`AuthTokenUpdateStrategy must be SET, ROTATE or DELETE, not ${strategy}.`);
  }
  if (strategy === 'DELETE') return planTokenDeletion(cache, token, groupIds);
  if (token === undefined) throw invalidCombination('AuthTokenUpdateStrategy needs an AuthToken.');
  const hash = hashAuthToken(token, cache.tls);
  if (groupIds.length > 0) {
    throw invalidCombination('A cache with a user group has no AUTH token. Remove the user group first.');
  }
  const outcome = changeTokens(cache.tokens, strategy, hash, tokens.repeatedRotation);
  if ('refused' in outcome) throw invalidCombination(outcome.refused);
  return outcome;
};

const isStrategy = (text: string): text is TokenStrategy | 'DELETE' => ['ROTATE', 'SET', 'DELETE'].includes(text);

const planTokenDeletion = (cache: Cache, token: string | undefined, groupIds: readonly string[]) => {
  if (token !== undefined) throw invalidCombination('AuthTokenUpdateStrategy DELETE takes no AuthToken.');
  // Seen on AWS, for a group that had no token.
  if (cache.tokens.hashes.length === 0) {
    throw invalidValue('Auth token update strategy delete is not supported currently');
  }
  if (groupIds.length === 0) {
    throw invalidCombination('AuthTokenUpdateStrategy DELETE needs a user group. Name one in UserGroupIdsToAdd.');
  }
  return { tokens: NO_TOKENS };
};

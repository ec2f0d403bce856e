import { tokenSecretName } from '../../platform/names.ts';
import { plannedToken, tokenReference } from '../planned-calls.ts';
import type { ChangeStep, Fault } from '../schemas.ts';
import { type ChangeContext, type Changer, modification } from './change.ts';

/** Whether clients must come with TLS, may, or cannot. */
export type TlsMode = 'off' | 'preferred' | 'required';

export const wantedTls = ({ transitEncryptionEnabled, transitEncryptionMode }: ChangeContext['spec']): TlsMode =>
  transitEncryptionEnabled ? (transitEncryptionMode ?? 'required') : 'off';

export const foundTls = ({ tls, tlsMode }: ChangeContext['cache']): TlsMode => (tls ? (tlsMode ?? 'required') : 'off');

/**
 * TLS comes in two moves, so that clients can follow (ModifyReplicationGroup: `required` only after `preferred`). The second
 * cuts off whoever has not followed, which nobody but a person can know.
 *
 * AWS says that TLS is not changed where there is access control. That this means user groups is certain; whether it means
 * tokens too is not confirmed, and the autopilot takes it so.
 */
export const tls: Changer = (context) => {
  const [found, wanted] = [foundTls(context.cache), wantedTls(context.spec)];
  // Of Memcached it is fixed.
  if (context.spec.engine === 'memcached') return {};
  const refuse = (rule: string, remedy: string): { refused: Fault[] } => ({
    refused: [
      { path: wanted === 'off' ? 'transitEncryptionEnabled' : 'transitEncryptionMode', value: wanted, rule, remedy },
    ],
  });
  const { cacheId, authToken, userGroupIds = [] } = context.cache;
  const asks = authToken || userGroupIds.length > 0;
  const shallAsk = context.spec.authToken !== undefined || context.spec.userGroupIds !== undefined;
  if (wanted === 'preferred' && shallAsk && !asks) {
    const whom = context.spec.authToken ? 'authToken' : 'userGroupIds';
    return refuse(
      `${cacheId} would ask its clients who they are while they may come without TLS, and ElastiCache would never let it demand TLS afterwards.`,
      `Apply transitEncryptionMode: preferred without ${whom}, let every application come with TLS, then set it to required, and add ${whom}.`,
    );
  }
  if (found === wanted) return {};
  if (wanted === 'off') {
    return refuse(
      `${context.cache.cacheId} speaks TLS, and the autopilot does not take encryption away.`,
      'Set transitEncryptionEnabled: true.',
    );
  }
  if (asks) {
    // "Modification of transit encryption is not supported for access control enabled clusters." (ModifyReplicationGroup)
    return refuse(
      `${cacheId} asks its clients who they are, and ElastiCache does not change TLS of such a cache.`,
      'Keep transitEncryptionMode as it is, or create a cache under another id and move the applications there.',
    );
  }
  if (found === 'off' && wanted === 'required') {
    return refuse(
      `${context.cache.cacheId} has no TLS yet, and ElastiCache demands it of clients only after a time in which they may choose.`,
      'Set transitEncryptionMode: preferred, let every application come with TLS, and set it to required then.',
    );
  }
  return {
    steps: [
      modification(
        context,
        { TransitEncryptionEnabled: true, TransitEncryptionMode: wanted },
        {
          id: `tls-${wanted}`,
          says: wanted === 'preferred' ? 'let clients come with TLS or without' : 'let nobody in without TLS',
          fields: ['transitEncryption'],
          interrupts: wanted === 'required' ? 'for-a-moment' : 'nothing',
        },
      ),
    ],
  };
};

/** Who may do what at the cache: a token, a user group, or neither. */
export const access: Changer = (context) => {
  const { spec, cache } = context;
  const groups = spec.userGroupIds ?? [];
  const found = cache.userGroupIds ?? [];
  if (spec.authToken && found.length > 0) {
    // Between RemoveUserGroups and SET everybody would be let in (ModifyReplicationGroup, AuthTokenUpdateStrategy).
    const rule = `${cache.cacheId} lets in the users of ${found.join(', ')}; on the way to a token ElastiCache would let in everybody for a while.`;
    const remedy = 'Keep userGroupIds, or create a cache under another id and move the applications there.';
    return { refused: [{ path: 'authToken', value: spec.authToken, rule, remedy }] };
  }
  if (spec.authToken && cache.authToken && !context.seen.secret) {
    const rule = `The secret ${tokenSecretName(cache.cacheId)} with the token of ${cache.cacheId} is not there, and ElastiCache tells nobody the token.`;
    const remedy =
      'Write the token into a secret of this name as docs/runbook.md says under FixSecret, or give the cache a new one.';
    return { refused: [{ path: 'authToken', value: spec.authToken, rule, remedy }] };
  }
  if (spec.authToken) return { steps: tokenSteps(context) };
  if (groups.length > 0) return { steps: userGroupSteps(context, groups, found) };
  if (!cache.authToken && found.length === 0) return {};
  const path = cache.authToken ? 'authToken' : 'userGroupIds';
  return {
    refused: [
      {
        path,
        rule: `${cache.cacheId} asks its clients who they are, and the autopilot does not open it to everybody.`,
        remedy: cache.authToken
          ? 'Keep authToken, or name a user group instead.'
          : 'Keep userGroupIds, or ask for an authToken instead.',
      },
    ],
  };
};

/**
 * A token is offered first (clients without it still get in) and demanded then. Its secret is taken back from deletion while
 * that can be done; of a token that is demanded no other is made up. Whether it is demanded ElastiCache does not
 * tell: it is, unless the last specification that was verified had none.
 */
const tokenSteps = (context: ChangeContext): ChangeStep[] => {
  const { spec, cache, seen, taken, operationId } = context;
  const token = plannedToken(spec, context);
  if (!token) return [];
  const AuthToken = tokenReference(token.secretName);
  const secret = seen.secret ? { secretArn: seen.secret.arn } : {};
  const known = seen.remembered === undefined || seen.remembered.authToken !== undefined;
  const isDemanded = cache.authToken && (known || taken.includes('demand-token'));
  const isLeaving = seen.secret?.deletionScheduled ?? false;
  if (isDemanded && !isLeaving) return [];
  const fields = ['authToken'];
  const makeSecret: ChangeStep = {
    id: isLeaving ? 'restore-token' : 'make-token',
    says: isLeaving
      ? `take the secret ${token.secretName} back, which is scheduled for deletion`
      : `make a token in the secret ${token.secretName}`,
    fields: cache.authToken ? ['authToken.secret'] : fields,
    call: {
      service: 'secretsmanager',
      operation: isLeaving ? 'RestoreSecret' : 'CreateSecret',
      parameters: { Name: token.secretName, operationId },
    },
    interrupts: 'nothing',
    // A token that is gone for good could be given to no client any more.
    safe: isLeaving,
    deadlineSeconds: 60,
    token,
  };
  if (isDemanded) return [makeSecret];
  const offer = modification(
    context,
    {
      AuthToken,
      AuthTokenUpdateStrategy: 'ROTATE',
    },
    {
      id: 'offer-token',
      says: 'let clients come with the token, while the cache stays open to everybody until the token is demanded',
      fields,
      usesToken: true,
      ...secret,
    },
  );
  const demand = modification(
    context,
    { AuthToken, AuthTokenUpdateStrategy: 'SET' },
    {
      id: 'demand-token',
      says: 'let nobody in without the token',
      fields,
      interrupts: 'for-a-moment',
      usesToken: true,
      ...secret,
    },
  );
  return [...(seen.secret && !isLeaving ? [] : [makeSecret]), ...(cache.authToken ? [] : [offer]), demand];
};

const userGroupSteps = (context: ChangeContext, wanted: readonly string[], found: readonly string[]): ChangeStep[] => {
  const UserGroupIdsToAdd = wanted.filter((id) => !found.includes(id));
  const UserGroupIdsToRemove = found.filter((id) => !wanted.includes(id));
  const { authToken } = context.cache;
  if (UserGroupIdsToAdd.length === 0 && UserGroupIdsToRemove.length === 0 && !authToken) return [];
  return [
    modification(
      context,
      {
        ...(UserGroupIdsToAdd.length > 0 ? { UserGroupIdsToAdd } : {}),
        ...(UserGroupIdsToRemove.length > 0 ? { UserGroupIdsToRemove } : {}),
        // The service's word for giving up the token for a user group.
        ...(authToken ? { AuthTokenUpdateStrategy: 'DELETE' } : {}),
      },
      {
        id: 'user-groups',
        says: `let in the users of ${wanted.join(', ')} and nobody else`,
        fields: ['userGroupIds', ...(authToken ? ['authToken'] : [])],
        interrupts: 'for-a-moment',
      },
    ),
  ];
};

import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { SecretSeen } from '../../functions/platform/secrets.ts';
import type { UserSeen } from '../../functions/platform/users.ts';
import type { RotationSeen } from '../../functions/token-rotation/observation.ts';
import { planRotation } from '../../functions/token-rotation/plan-rotation.ts';
import * as schemas from '../../functions/token-rotation/schemas.ts';
import {
  Acceptance,
  ROTATION_REASONS,
  RotationPlan,
  type RotationReason,
  type RotationRequest,
  type Tried,
} from '../../functions/token-rotation/schemas.ts';
import { aShard } from '../builders/a-drill.ts';
import {
  aRotatableCache,
  aRotatableUser,
  aRotationSeen,
  aTokenSecret,
  aTried,
  aUserRotationSeen,
  rotationTerms,
} from '../builders/a-rotation.ts';
import { TOKENS, VERSIONS } from '../builders/a-rotation-target.ts';
import { aUserGroup } from '../builders/in-memory-users.ts';

const terms = rotationTerms({ windows: ['sat:06:00-sat:08:00'] });
const plan = (request: RotationRequest, seen: RotationSeen): RotationPlan =>
  RotationPlan.parse(planRotation({ cacheId: 'orders', ...request }, seen, terms));

/** Of the token, and of a user's password: worlds in which everything speaks for a rotation. */
const WORLDS: readonly (readonly [string, RotationRequest, RotationSeen])[] = [
  ['the token', {}, aRotationSeen()],
  ['the token, before its nodes are tried', {}, aRotationSeen({ tried: undefined })],
  ['a user’s password', { userId: 'orders-app' }, aUserRotationSeen()],
  ['a user’s password, before the nodes are tried', { userId: 'orders-app' }, aUserRotationSeen({ tried: undefined })],
];

type Flaw = readonly [
  what: string,
  reason: RotationReason,
  of: 'both' | 'token' | 'user',
  spoil: (seen: RotationSeen) => RotationSeen,
];

const cacheWith = (changes: Partial<CacheSeen>) => (seen: RotationSeen) => ({
  ...seen,
  cache: { ...(seen.cache ?? aRotatableCache()), ...changes },
});
const secretWith = (changes: Partial<SecretSeen>) => (seen: RotationSeen) => ({
  ...seen,
  secret: { ...(seen.secret ?? aTokenSecret()), ...changes },
});
const userWith = (changes: Partial<UserSeen>) => (seen: RotationSeen) => ({
  ...seen,
  user: { ...(seen.user ?? aRotatableUser()), ...changes },
});
const withFields = (changes: Partial<RotationSeen>) => (seen: RotationSeen) => ({ ...seen, ...changes });
const LATER = '2026-11-21T09:00:00.000Z';

const FLAWS: readonly Flaw[] = [
  ['there is no cache', 'NoSuchCache', 'both', withFields({ cache: undefined })],
  ['it tells no tags', 'CacheBusy', 'both', cacheWith({ tags: undefined })],
  ['it is not ours', 'NotOurs', 'both', cacheWith({ tags: {} })],
  ['it is Memcached', 'NothingToRotate', 'both', cacheWith({ engine: 'memcached', kind: 'cluster' })],
  ['it is a single node', 'NothingToRotate', 'both', cacheWith({ kind: 'cluster' })],
  ['it has no TLS', 'NothingToRotate', 'both', cacheWith({ tls: false })],
  ['it has no token', 'NothingToRotate', 'token', cacheWith({ authToken: false })],
  ['it asks users', 'NothingToRotate', 'token', cacheWith({ userGroupIds: ['orders-users'] })],
  ['it has no user group', 'NoSuchUser', 'user', cacheWith({ userGroupIds: [] })],
  ['its group has no such user', 'NoSuchUser', 'user', withFields({ user: undefined })],
  ['the user is in another group', 'NoSuchUser', 'user', userWith({ groups: [aUserGroup({ groupId: 'others' })] })],
  ['the user is in no group', 'NoSuchUser', 'user', userWith({ groups: [] })],
  ['the user tells no tags', 'NotOurs', 'user', userWith({ tags: undefined })],
  ['the user is not ours', 'NotOurs', 'user', userWith({ tags: { 'autopilot:managed': 'false' } })],
  ['the user has no password', 'NothingToRotate', 'user', userWith({ authentication: 'no-password' })],
  ['the user logs in by IAM', 'NothingToRotate', 'user', userWith({ authentication: 'iam' })],
  ['nobody tells how the user logs in', 'NothingToRotate', 'user', userWith({ authentication: 'unknown' })],
  ['the user has passwords of the number 0', 'NothingToRotate', 'user', userWith({ passwordCount: 0 })],
  [
    'the user belongs to another cache',
    'UserInSeveralCaches',
    'user',
    userWith({ groups: [aUserGroup({ cacheIds: ['orders', 'carts'] })] }),
  ],
  [
    'the user belongs to another cache by another group',
    'UserInSeveralCaches',
    'user',
    userWith({ groups: [aUserGroup(), aUserGroup({ groupId: 'others', cacheIds: ['carts'] })] }),
  ],
  [
    'the user belongs to a serverless cache',
    'UserInSeveralCaches',
    'user',
    userWith({ groups: [aUserGroup({ serverlessIds: ['carts'] })] }),
  ],
  ['the user is being changed', 'CacheBusy', 'user', userWith({ status: 'modifying' })],
  ['nobody tells how the user is', 'CacheBusy', 'user', userWith({ status: 'unknown' })],
  ['its group is being changed', 'CacheBusy', 'user', userWith({ groups: [aUserGroup({ status: 'modifying' })] })],
  ['there is no secret', 'TokenUnknown', 'both', withFields({ secret: undefined })],
  ['the secret has no value', 'TokenUnknown', 'both', secretWith({ currentVersionId: undefined })],
  ['the secret will be deleted', 'TokenUnknown', 'both', secretWith({ deletionScheduled: true })],
  ['the secret tells no tags', 'NotOurs', 'both', secretWith({ tags: undefined })],
  ['the secret is not ours', 'NotOurs', 'both', secretWith({ tags: { 'autopilot:managed': 'no' } })],
  [
    'another has the lock',
    'CacheLocked',
    'both',
    withFields({ holder: { operationId: 'scale-1', fencing: 3, leaseUntil: LATER } }),
  ],
  ['another waits for an answer', 'AlreadyAsked', 'both', withFields({ asked: 'rotation-0' })],
  ['another has begun', 'RotationUnderWay', 'both', withFields({ underWay: { operationId: 'rotation-0' } })],
  [
    'another is in its grace period',
    'RotationUnderWay',
    'both',
    withFields({ underWay: { operationId: 'rotation-0', graceEndsAt: LATER } }),
  ],
  ['the cache is being changed', 'CacheBusy', 'both', cacheWith({ status: 'modifying' })],
  [
    'a shard is being changed',
    'CacheBusy',
    'both',
    cacheWith({ shards: [aShard('0001'), aShard('0002', { status: 'modifying' })] }),
  ],
  ['changes wait', 'ChangesPending', 'both', cacheWith({ pending: ['AuthTokenStatus'] })],
  ['nodes tell no changes', 'ChangesPending', 'both', cacheWith({ untoldMembers: 1 })],
  [
    'a failover goes on',
    'FailoverUnderWay',
    'both',
    withFields({ failover: { at: LATER, says: 'Failover from primary node' } }),
  ],
  ['its VPC is not known', 'VpcNotConfigured', 'both', withFields({ vpc: undefined })],
  ['its VPC is not ours', 'VpcNotConfigured', 'both', withFields({ vpc: { id: 'vpc-1', configured: false } })],
];

const spoiled = (of: Flaw[2], request: RotationRequest): boolean =>
  of === 'both' || (of === 'user') === (request.userId !== undefined);

describe('a plan for a rotation, whatever is missing', () => {
  it.each(WORLDS)('of %s goes on when nothing is', (_what, request, seen) => {
    expect(plan(request, seen).checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(plan(request, seen).action).toBe(seen.tried ? 'rotate' : 'try');
    expect(plan({ ...request, unasked: true }, seen).action).toBe(seen.tried ? 'rotate' : 'try');
  });

  it.each(FLAWS)('is refused when %s', (_what, reason, of, spoil) => {
    for (const [, request, seen] of WORLDS.filter(([, each]) => spoiled(of, each))) {
      for (const more of [{}, { unasked: true }, { dropUnknown: true }, { bySecretsManager: true }]) {
        const { action, reason: why, summary } = plan({ ...request, ...more }, spoil(seen));
        expect({ action, why }).toEqual({ action: 'refuse', why: reason });
        expect(summary).toMatch(/^No rotation of .+: .+\.$/);
      }
    }
  });

  it('is refused when any two of them are wrong at once', () => {
    for (const [, request, seen] of WORLDS) {
      const those = FLAWS.filter(([, , of]) => spoiled(of, request));
      for (const [, , , one] of those) {
        for (const [, , , other] of those) expect(plan(request, one(other(seen))).action).toBe('refuse');
      }
    }
  });

  it('is refused outside the windows, and when it is not due, only to who did not ask', () => {
    const night = { observedAt: '2026-11-22T04:00:00.000Z' };
    for (const [, request, seen] of WORLDS) {
      expect(plan({ ...request, unasked: true }, { ...seen, ...night })).toMatchObject({ reason: 'OutsideWindow' });
      expect(plan(request, { ...seen, ...night }).action).not.toBe('refuse');
      const young = {
        ...seen,
        cache: { ...(seen.cache ?? aRotatableCache()), tokenChangedAt: seen.observedAt },
        secret: aTokenSecret({ changedAt: seen.observedAt }),
      };
      expect(plan({ ...request, unasked: true }, young)).toMatchObject({ reason: 'NotDue' });
    }
  });
});

const ALL = Acceptance.options;
const isValid = (acceptance: Tried['current']) => acceptance === 'everywhere' || acceptance === 'somewhere';

describe('a plan for a rotation, whatever the nodes accept', () => {
  const each = function* () {
    for (const current of ALL) {
      for (const pending of ALL) {
        for (const previous of ALL) {
          for (const open of [false, true]) yield aTried({ current, pending, previous, open });
        }
      }
    }
  };
  const SECRETS = [
    aTokenSecret(),
    aTokenSecret({ previousVersionId: undefined }),
    aTokenSecret({ pendingVersionId: VERSIONS.pending }),
    aTokenSecret({ pendingVersionId: VERSIONS.pending, previousVersionId: undefined }),
    aTokenSecret({ pendingVersionId: VERSIONS.current }),
  ];

  /** Each that goes on, with what is known of it. */
  const goingOn = function* () {
    for (const tried of each()) {
      for (const secret of SECRETS) {
        for (const known of [true, false]) {
          for (const dropUnknown of [false, true]) {
            const ofToken = aRotationSeen({ tried, secret, changedBy: known ? 'ours' : 'somebody-else' });
            const ofUser = aUserRotationSeen({ tried, secret, user: aRotatableUser({ passwordCount: known ? 1 : 2 }) });
            for (const [request, seen] of [
              [{ dropUnknown }, ofToken],
              [{ dropUnknown, userId: 'orders-app' }, ofUser],
            ] as const) {
              const made = plan(request, seen);
              if (made.action !== 'refuse') yield { made, tried, secret, known, dropUnknown };
            }
          }
        }
      }
    }
  };

  it('goes on in some of the cases', () => {
    const actions = [...goingOn()].map(({ made }) => made.action);
    expect(new Set(actions)).toEqual(new Set(['rotate', 'finish']));
  });

  it('never goes on when a node refuses the current one, or lets in anybody, or nodes differ', () => {
    for (const { tried } of goingOn()) {
      expect(tried).toMatchObject({ current: 'everywhere', open: false });
      expect([tried.pending, tried.previous]).not.toContain('somewhere');
      expect([tried.pending, tried.previous]).not.toEqual(['everywhere', 'everywhere']);
    }
  });

  it('never brings in a new one while a second one is valid, or may be, that is not to become current', () => {
    for (const { made, tried, known } of goingOn()) {
      if (made.action !== 'rotate') continue;
      expect(isValid(tried.previous)).toBe(false);
      if (!isValid(tried.pending)) expect(known).toBe(true);
    }
  });

  it('never makes another one when the pending one is valid already', () => {
    for (const { made, tried, secret } of goingOn()) {
      if (made.action === 'rotate' && isValid(tried.pending)) expect(made.versionId).toBe(secret.pendingVersionId);
    }
  });

  it('never retires what is in no secret unless that was asked for', () => {
    for (const { made, tried, known, dropUnknown } of goingOn()) {
      if (made.action !== 'finish') continue;
      expect(isValid(tried.previous) || (!known && dropUnknown)).toBe(true);
      expect(isValid(tried.pending)).toBe(false);
    }
  });

  it('never goes by a label that has moved since', () => {
    for (const { tried, secret } of goingOn()) {
      if (isValid(tried.previous)) expect(secret.previousVersionId).toBeDefined();
      if (isValid(tried.pending)) {
        expect(secret.pendingVersionId).toBeDefined();
        expect(secret.pendingVersionId).not.toBe(secret.currentVersionId);
      }
    }
  });
});

describe('what steps tell each other', () => {
  const namesIn = (schema: unknown): string[] => {
    if (typeof schema !== 'object' || schema === null) return [];
    const { properties = {} } = schema as { properties?: object };
    return [...Object.keys(properties), ...Object.values(schema).flatMap(namesIn)];
  };

  it('has no place for a token or a password', () => {
    const all = Object.entries(schemas).filter(([, schema]) => schema instanceof z.ZodType);
    expect(all.length).toBeGreaterThan(20);
    for (const [name, schema] of all) {
      const telling = namesIn(z.toJSONSchema(schema as z.ZodType, { unrepresentable: 'any' })).filter((field) =>
        /token|password|secret|value/i.test(field),
      );
      // A task token answers a workflow; a secret's ARN names it; of passwords only how many there are is told.
      expect(
        telling.filter((field) => !['taskToken', 'secretArn', 'passwords'].includes(field)),
        name,
      ).toEqual([]);
    }
  });

  it('tells how many passwords there are, and nothing else of them', () => {
    expect(schemas.Tried.safeParse(aTried({ passwords: 2 })).success).toBe(true);
    expect(schemas.Tried.safeParse({ ...aTried(), passwords: TOKENS.current }).success).toBe(false);
  });

  it('has a flaw, or a look at the nodes, for each reason', () => {
    const byNodes = [
      'ReadyToRotate',
      'NodesToBeTried',
      'RotationUnfinished',
      'InvalidRequest',
      'NotDue',
      'SecretsManagerCannotWait',
      'OutsideWindow',
      'PendingOfAnother',
      'CacheIsOpen',
      'CurrentTokenRefused',
      'NodesDisagree',
      'TokenChangedElsewhere',
    ];
    expect(new Set([...FLAWS.map(([, reason]) => reason), ...byNodes])).toEqual(new Set(ROTATION_REASONS));
  });
});

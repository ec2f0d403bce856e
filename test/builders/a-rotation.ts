import type { CacheSeen } from '../../functions/platform/caches.ts';
import { AccountPolicy, type TokenRotationPolicy } from '../../functions/platform/policy.ts';
import type { SecretSeen } from '../../functions/platform/secrets.ts';
import type { UserSeen } from '../../functions/platform/users.ts';
import type { RotationSeen } from '../../functions/token-rotation/observation.ts';
import type { RotationTerms } from '../../functions/token-rotation/plan-rotation.ts';
import type { RotationPlan, Tried } from '../../functions/token-rotation/schemas.ts';
import { aShard, daysAgo, NOW } from './a-drill.ts';
import { SECRET, VERSIONS } from './a-rotation-target.ts';
import { aCache } from './an-observation.ts';
import { aUser } from './in-memory-users.ts';

export const OPTED_IN = { 'autopilot:managed': 'true' };
export const ROTATION_ID = 'rotation-1';

/** A cache whose token may be rotated. */
export const aRotatableCache = (overrides: Partial<CacheSeen> = {}): CacheSeen =>
  aCache({
    shards: ['0001', '0002', '0003'].map((id) => aShard(id)),
    createdAt: daysAgo(400),
    tokenChangedAt: daysAgo(40),
    pending: [],
    untoldMembers: 0,
    tags: OPTED_IN,
    ...overrides,
  });

/** The secret of its token, after an earlier rotation. */
export const aTokenSecret = (overrides: Partial<SecretSeen> = {}): SecretSeen => ({
  arn: SECRET,
  currentVersionId: VERSIONS.current,
  previousVersionId: VERSIONS.previous,
  changedAt: daysAgo(40),
  tags: OPTED_IN,
  deletionScheduled: false,
  ...overrides,
});

/** Nine nodes that accept the current token and nothing else. */
export const aTried = (overrides: Partial<Tried> = {}): Tried => ({
  at: NOW,
  nodes: 9,
  current: 'everywhere',
  pending: 'absent',
  previous: 'nowhere',
  open: false,
  byNode: [],
  ...overrides,
});

/** An account in which everything speaks for a rotation of the cache's token, with its nodes tried. */
export const aRotationSeen = (overrides: Partial<RotationSeen> = {}): RotationSeen => ({
  observedAt: NOW,
  cache: aRotatableCache(),
  secret: aTokenSecret(),
  changedBy: 'ours',
  vpc: { id: 'vpc-0a1b2c3d', configured: true },
  tried: aTried(),
  ...overrides,
});

/** A user whose password may be rotated. */
export const aRotatableUser = (overrides: Partial<UserSeen> = {}): UserSeen => aUser({ tags: OPTED_IN, ...overrides });

/** An account in which everything speaks for a rotation of the user's password. */
export const aUserRotationSeen = (overrides: Partial<RotationSeen> = {}): RotationSeen =>
  aRotationSeen({
    cache: aRotatableCache({ authToken: false, tokenChangedAt: undefined, userGroupIds: ['orders-users'] }),
    user: aRotatableUser(),
    changedBy: 'somebody-else',
    ...overrides,
  });

/** An account that lets tokens be rotated without asking. */
export const rotationTerms = (
  tokenRotation: Partial<TokenRotationPolicy> = {},
  { mode = 'act', ...overrides }: Partial<RotationTerms> & { readonly mode?: RotationPlan['mode'] } = {},
): RotationTerms => ({
  operationId: ROTATION_ID,
  policy: AccountPolicy.parse({ modes: { 'token-rotation': mode }, tokenRotation }),
  optInTag: 'autopilot:managed',
  ...overrides,
});

import { describe, expect, it } from 'vitest';
import { checksBeforeRotation } from '../../functions/token-rotation/checks.ts';
import type { RotationSeen } from '../../functions/token-rotation/observation.ts';
import { WantedRotation } from '../../functions/token-rotation/plan-rotation.ts';
import type { RotationRequest, Tried } from '../../functions/token-rotation/schemas.ts';
import {
  aRotatableCache,
  aRotatableUser,
  aRotationSeen,
  aTokenSecret,
  aTried,
  aUserRotationSeen,
  rotationTerms,
} from '../builders/a-rotation.ts';

const checks = (seen: RotationSeen, request: RotationRequest = {}) =>
  checksBeforeRotation({
    cache: seen.cache ?? aRotatableCache(),
    seen,
    wanted: WantedRotation.parse({ cacheId: 'orders', ...request }),
    policy: rotationTerms().policy.tokenRotation,
    what: 'the AUTH token of orders',
    optInTag: 'autopilot:managed',
  });
const failed = (seen: RotationSeen, request: RotationRequest = {}) =>
  checks(seen, request).filter(({ passed }) => !passed);
const whenTried = (tried: Partial<Tried>, more: Partial<RotationSeen> = {}) =>
  failed(aRotationSeen({ tried: aTried(tried), ...more }));

describe('checksBeforeRotation', () => {
  it('says of everything that was looked at how it is, in a sentence', () => {
    const all = checks(aRotationSeen());
    expect(all.map(({ name }) => name)).toEqual([
      'kind',
      'secret',
      'lock',
      'under-way',
      'asked',
      'pending',
      'available',
      'changes',
      'failover',
      'vpc',
      'window',
      'open',
      'current',
      'others',
    ]);
    for (const { passed, says } of all) {
      expect(passed).toBe(true);
      expect(says).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('says nothing of the nodes before they are tried', () => {
    const names = checks(aRotationSeen({ tried: undefined })).map(({ name }) => name);
    for (const name of ['open', 'current', 'others']) expect(names).not.toContain(name);
  });

  it('says everything that is wrong at once, the gravest first', () => {
    const seen = aRotationSeen({
      holder: { operationId: 'scale-1', fencing: 2, leaseUntil: '2026-11-21T09:00:00.000Z' },
      cache: aRotatableCache({ status: 'modifying', pending: ['EngineVersion'] }),
      tried: aTried({ open: true }),
    });
    expect(failed(seen).map(({ reason }) => reason)).toEqual([
      'CacheLocked',
      'CacheBusy',
      'ChangesPending',
      'CacheIsOpen',
    ]);
  });

  it('names what is in the way', () => {
    const [lock] = failed(
      aRotationSeen({ holder: { operationId: 'scale-1', fencing: 2, leaseUntil: '2026-11-21T09:00:00.000Z' } }),
    );
    expect(lock?.says).toContain('scale-1');
    const [grace] = failed(
      aRotationSeen({ underWay: { operationId: 'rotation-0', graceEndsAt: '2026-11-22T09:00:00.000Z' } }),
    );
    expect(grace?.says).toBe('rotation-0 rotates it already, in its grace period until 2026-11-22T09:00:00.000Z.');
    const [secret] = failed(aRotationSeen({ secret: undefined }));
    expect(secret?.says).toContain('autopilot/orders/auth-token');
    const [password] = failed(aUserRotationSeen({ secret: undefined }), { userId: 'orders-app' });
    expect(password?.says).toContain('autopilot/orders/users/orders-app');
    const [restore] = failed(aRotationSeen({ secret: aTokenSecret({ deletionScheduled: true }) }));
    expect(restore?.says).toContain('restore it');
  });

  describe('of what the nodes accept', () => {
    it.each<[Partial<Tried>, string]>([
      [{ open: true }, 'CacheIsOpen'],
      [{ current: 'nowhere' }, 'CurrentTokenRefused'],
      [{ current: 'somewhere' }, 'NodesDisagree'],
      [{ previous: 'somewhere' }, 'NodesDisagree'],
      [{ pending: 'everywhere' }, 'PendingOfAnother'],
    ])('%j is %s', (tried, reason) => {
      expect(whenTried(tried).map((each) => each.reason)).toContain(reason);
    });

    it('finds three valid ones strange', () => {
      const secret = aTokenSecret({ pendingVersionId: 'version-next' });
      expect(whenTried({ pending: 'everywhere', previous: 'everywhere' }, { secret })).toMatchObject([
        { reason: 'NodesDisagree', says: 'Three tokens seem to be valid, and ElastiCache keeps two at most.' },
      ]);
    });

    it('minds a change by somebody else only while the second token is not known', () => {
      expect(whenTried({}, { changedBy: 'somebody-else' })).toMatchObject([
        { name: 'others', reason: 'TokenChangedElsewhere' },
      ]);
      expect(whenTried({ previous: 'everywhere' }, { changedBy: 'somebody-else' })).toEqual([]);
      expect(failed(aRotationSeen({ changedBy: 'somebody-else' }), { dropUnknown: true })).toEqual([]);
    });

    it('does not mind a change that may have been ours', () => {
      expect(whenTried({}, { changedBy: 'perhaps-ours' })).toEqual([]);
      // Of a password nobody tells when it was changed: how many there are decides.
      const user = aRotatableUser({ passwordCount: 2 });
      expect(failed(aUserRotationSeen({ user, changedBy: 'perhaps-ours' }), { userId: 'orders-app' })).toMatchObject([
        { reason: 'TokenChangedElsewhere' },
      ]);
    });

    it('minds a second password of a user only while it is not known', () => {
      const user = aRotatableUser({ passwordCount: 2 });
      const request = { userId: 'orders-app' };
      expect(failed(aUserRotationSeen({ user }), request)).toMatchObject([{ reason: 'TokenChangedElsewhere' }]);
      expect(failed(aUserRotationSeen({ user, tried: aTried({ previous: 'everywhere' }) }), request)).toEqual([]);
      expect(failed(aUserRotationSeen({ user }), { ...request, dropUnknown: true })).toEqual([]);
    });
  });
});

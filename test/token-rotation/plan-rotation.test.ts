import { describe, expect, it } from 'vitest';
import { planRotation } from '../../functions/token-rotation/plan-rotation.ts';
import { RotationPlan, type RotationRequest } from '../../functions/token-rotation/schemas.ts';
import { versionIdOf } from '../../functions/token-rotation/version-id.ts';
import { daysAgo, NOW, secondsFromNow } from '../builders/a-drill.ts';
import {
  aRotatableCache,
  aRotatableUser,
  aRotationSeen,
  aTokenSecret,
  aTried,
  aUserRotationSeen,
  OPTED_IN,
  ROTATION_ID,
  rotationTerms,
} from '../builders/a-rotation.ts';
import { SECRET, VERSIONS } from '../builders/a-rotation-target.ts';

const planned = (
  request: RotationRequest = {},
  seen: Parameters<typeof aRotationSeen>[0] = {},
  terms = rotationTerms(),
): RotationPlan => RotationPlan.parse(planRotation({ cacheId: 'orders', ...request }, aRotationSeen(seen), terms));

const GIVEN = 'a1b2c3d4-0000-4000-8000-000000000001';
const withPending = (id: string) => ({ secret: aTokenSecret({ pendingVersionId: id }) });

describe('planRotation', () => {
  it('rotates when nothing speaks against it', () => {
    expect(planned()).toMatchObject({
      action: 'rotate',
      reason: 'ReadyToRotate',
      mode: 'act',
      what: 'the AUTH token of orders',
      why: 'It was asked for; it is 40 days old, and 30 are allowed.',
      target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true },
      versions: { current: VERSIONS.current, previous: VERSIONS.previous },
      versionId: versionIdOf(ROTATION_ID),
      vpcId: 'vpc-0a1b2c3d',
      doubts: [],
      gracePeriodMinutes: 1440,
      askBeforeRetiring: 'if-somebody-is-late',
      summary:
        'Rotate the AUTH token of orders: bring in a new one beside it, which nobody notices, make that the current one, and retire the old one 24 hours later; who has not fetched the new one by then is refused when it connects again.',
    });
  });

  it('has the nodes tried first', () => {
    expect(planned({}, { tried: undefined })).toMatchObject({
      action: 'try',
      reason: 'NodesToBeTried',
      summary: 'Try which tokens are valid: the AUTH token of orders.',
    });
  });

  it('says the same of a user’s password', () => {
    const plan = planRotation({ cacheId: 'orders', userId: 'orders-app' }, aUserRotationSeen(), rotationTerms());
    expect(plan).toMatchObject({
      action: 'rotate',
      what: 'the password of user orders-app of orders',
      target: { userId: 'orders-app' },
    });
    expect(plan.checks.map(({ name }) => name)).toContain('user');
    expect(planned().checks.map(({ name }) => name)).not.toContain('user');
  });

  describe('brings an earlier rotation to its end', () => {
    it('when its old token is still valid, at the end of its own grace period', () => {
      const seen = {
        secret: aTokenSecret({ changedAt: secondsFromNow(-3600) }),
        tried: aTried({ previous: 'everywhere' }),
      };
      expect(planned({}, seen)).toMatchObject({
        action: 'finish',
        reason: 'RotationUnfinished',
        graceEndsAt: secondsFromNow(23 * 3600),
      });
    });

    it('and gives it as much time as was promised, when somebody asked for more', () => {
      for (const [extendedTo, endsAt] of [
        [100 * 3600, 100 * 3600],
        [23 * 3600 + 1, 23 * 3600 + 1],
        [22 * 3600, 23 * 3600],
        [-3600, 23 * 3600],
      ] as const) {
        const seen = {
          secret: aTokenSecret({ changedAt: secondsFromNow(-3600) }),
          tried: aTried({ previous: 'everywhere' }),
          graceEndsAt: secondsFromNow(extendedTo),
        };
        expect(planned({}, seen)).toMatchObject({ action: 'finish', graceEndsAt: secondsFromNow(endsAt) });
      }
    });

    it('that was interrupted when the token was changed, without being asked to drop anything', () => {
      for (const request of [{}, { dropUnknown: true }]) {
        const plan = planned(request, { changedBy: 'perhaps-ours' as const });
        expect(plan).toMatchObject({ action: 'finish', reason: 'TokenChangedElsewhere', graceEndsAt: NOW });
        expect(plan.summary).toContain('an earlier rotation was interrupted while it was changed');
        expect(plan.summary).toContain('Then rotate it');
      }
      // A second one that is valid, and is known, is no secret any more.
      const known = { changedBy: 'perhaps-ours', tried: aTried({ previous: 'everywhere' }) } as const;
      expect(planned({}, known)).toMatchObject({ action: 'finish', reason: 'RotationUnfinished' });
      const begun = { ...withPending(GIVEN), changedBy: 'perhaps-ours', tried: aTried({ pending: 'everywhere' }) };
      expect(planned({}, begun as typeof known)).toMatchObject({ action: 'rotate', reason: 'RotationUnfinished' });
    });

    it('and says what comes after it only to who gets it', () => {
      const unfinished = {
        tried: aTried({ previous: 'everywhere' }),
        secret: aTokenSecret({ pendingVersionId: GIVEN }),
      };
      expect(planned({}, unfinished).summary).toContain('Then rotate it');
      for (const request of [{ unasked: true }, { bySecretsManager: true, versionId: GIVEN }]) {
        expect(planned(request, unfinished)).toMatchObject({ action: 'finish' });
        expect(planned(request, unfinished).summary).not.toContain('Then rotate it');
        expect(planned(request, unfinished).summary).not.toContain(' first');
      }
    });

    it('before anything else, also before one that is on its way', () => {
      for (const pending of ['nowhere', 'no-value', 'absent', 'same'] as const) {
        const seen = { ...withPending(GIVEN), tried: aTried({ previous: 'everywhere', pending }) };
        expect(planned({ versionId: GIVEN, bySecretsManager: true }, seen).action).toBe('finish');
      }
    });

    it('when its new one is valid beside the current one already, by going on with that', () => {
      const seen = { ...withPending(GIVEN), tried: aTried({ pending: 'everywhere' }) };
      expect(planned({}, seen)).toMatchObject({
        action: 'rotate',
        reason: 'RotationUnfinished',
        versionId: GIVEN,
        versions: { pending: GIVEN },
      });
    });

    it('of a token that is in no secret at once, when that is meant', () => {
      const seen = { changedBy: 'somebody-else' } as const;
      expect(planned({}, seen)).toMatchObject({ action: 'refuse', reason: 'TokenChangedElsewhere' });
      expect(planned({ dropUnknown: true }, seen)).toMatchObject({
        action: 'finish',
        reason: 'TokenChangedElsewhere',
        graceEndsAt: NOW,
      });
      // It is known to be as we left it: there is nothing to be dropped.
      expect(planned({ dropUnknown: true })).toMatchObject({ action: 'rotate', reason: 'ReadyToRotate' });
    });

    it('of a user’s second password that is in no secret', () => {
      const request = { cacheId: 'orders', userId: 'orders-app' };
      const two = aUserRotationSeen({ user: aRotatableUser({ passwordCount: 2 }) });
      expect(planRotation(request, two, rotationTerms())).toMatchObject({
        reason: 'TokenChangedElsewhere',
        action: 'refuse',
      });
      const dropped = { ...request, dropUnknown: true };
      expect(planRotation(dropped, two, rotationTerms())).toMatchObject({ action: 'finish' });
      expect(planRotation(dropped, aUserRotationSeen(), rotationTerms())).toMatchObject({ action: 'rotate' });
    });
  });

  describe('makes the version', () => {
    it('that Secrets Manager has made, and no other', () => {
      const request = { versionId: GIVEN, bySecretsManager: true };
      expect(planned(request, withPending(GIVEN))).toMatchObject({ action: 'rotate', versionId: GIVEN });
      for (const wrong of [{}, withPending('b'.repeat(36)), { secret: aTokenSecret({ currentVersionId: GIVEN }) }]) {
        expect(planned(request, wrong)).toMatchObject({ action: 'refuse', reason: 'PendingOfAnother' });
      }
    });

    it('that an interrupted run has made', () => {
      expect(planned({}, withPending(GIVEN)).versionId).toBe(GIVEN);
    });

    it('of its own, when the pending one became the current one a moment ago', () => {
      const plan = planned({}, withPending(VERSIONS.current));
      expect(plan.versionId).toBe(versionIdOf(ROTATION_ID));
      expect(plan.versions).not.toHaveProperty('pending');
    });

    it('of the same id for each attempt of an operation, and of another for another', () => {
      const of = (operationId: string) => planned({}, {}, rotationTerms({}, { operationId })).versionId;
      expect(of('one')).toBe(of('one'));
      expect(of('one')).not.toBe(of('two'));
      expect(of('one')).toMatch(/^[A-Za-z0-9-]{32,64}$/);
    });
  });

  it('refuses what is no request, with all faults', () => {
    for (const request of [
      { cacheId: '' },
      { cacheId: undefined },
      { userId: 'a b' },
      { userId: '' },
      { versionId: 'short' },
      { mode: 'bold' },
      { dropUnknown: 'yes' },
      { unasked: 1 },
      { usreId: 'orders-app' },
    ]) {
      expect(planned(request)).toMatchObject({ action: 'refuse', reason: 'InvalidRequest', mode: 'observe' });
    }
    const { summary } = planned({ userId: 'a b', mode: 'bold' });
    expect(summary).toContain('userId');
    expect(summary).toContain('mode');
  });

  it('refuses what is not there, tells no tags, or is not ours', () => {
    expect(planned({}, { cache: undefined }).reason).toBe('NoSuchCache');
    expect(planned({}, { cache: aRotatableCache({ tags: undefined }) }).reason).toBe('CacheBusy');
    for (const tags of [{}, { 'autopilot:managed': 'yes' }]) {
      expect(planned({}, { cache: aRotatableCache({ tags }) }).reason).toBe('NotOurs');
    }
  });

  describe('when nobody asked', () => {
    const young = { cache: aRotatableCache({ tokenChangedAt: daysAgo(29) }) };

    it('rotates what is due, and nothing else', () => {
      expect(planned({ unasked: true }).action).toBe('rotate');
      expect(planned({ unasked: true }, { ...young, tried: undefined })).toMatchObject({
        action: 'refuse',
        reason: 'NotDue',
      });
      expect(planned({ unasked: true }, young).reason).toBe('NotDue');
      expect(planned({}, young)).toMatchObject({ action: 'rotate', why: 'It was asked for; it is not due by itself.' });
    });

    it('brings to its end what is unfinished, however young', () => {
      const finish = planned({ unasked: true }, { ...young, tried: aTried({ previous: 'everywhere' }) });
      expect(finish.action).toBe('finish');
      const goOn = { ...young, ...withPending(GIVEN), tried: aTried({ pending: 'everywhere' }) };
      expect(planned({ unasked: true }, goOn).action).toBe('rotate');
    });

    it('begins only inside the windows, which bind nobody who asks', () => {
      const terms = rotationTerms({ windows: ['sun:03:00-sun:06:00'] });
      expect(planned({ unasked: true }, {}, terms)).toMatchObject({ action: 'refuse', reason: 'OutsideWindow' });
      expect(planned({}, {}, terms).action).toBe('rotate');
      expect(planned({ unasked: true }, {}, rotationTerms({ windows: ['sat:06:00-sat:08:00'] })).action).toBe('rotate');
    });
  });

  describe('is made no bolder than', () => {
    const modeOf = (request: RotationRequest, tags: Record<string, string> = {}, mode: RotationPlan['mode'] = 'act') =>
      planned(request, { cache: aRotatableCache({ tags: { ...OPTED_IN, ...tags } }) }, rotationTerms({}, { mode }))
        .mode;

    it('the account, the request and the cache’s tag say', () => {
      for (const mode of ['observe', 'approve', 'act'] as const) {
        expect(modeOf({}, {}, mode)).toBe(mode);
        expect(modeOf({ mode })).toBe(mode);
        expect(modeOf({}, { 'autopilot:token-rotation': mode })).toBe(mode);
      }
      expect(modeOf({ mode: 'act' }, {}, 'approve')).toBe('approve');
      expect(modeOf({}, { 'autopilot:token-rotation': 'act' }, 'observe')).toBe('observe');
    });

    it('the tag autopilot:mode, of what nobody asked for', () => {
      const tags = { 'autopilot:mode': 'observe' };
      expect(modeOf({}, tags)).toBe('act');
      expect(modeOf({ unasked: true }, tags)).toBe('observe');
      expect(modeOf({ bySecretsManager: true }, tags)).toBe('observe');
    });
  });

  it('asks no person for Secrets Manager, which gives up before anybody answers', () => {
    const request = { bySecretsManager: true, versionId: GIVEN };
    const approves = rotationTerms({}, { mode: 'approve' });
    for (const tried of [undefined, aTried(), aTried({ previous: 'everywhere' })]) {
      const seen = { ...withPending(GIVEN), tried };
      expect(planned(request, seen, approves)).toMatchObject({ action: 'refuse', reason: 'SecretsManagerCannotWait' });
      expect(planned({ versionId: GIVEN }, seen, approves).action).not.toBe('refuse');
    }
    const tagged = {
      ...withPending(GIVEN),
      cache: aRotatableCache({ tags: { ...OPTED_IN, 'autopilot:mode': 'approve' } }),
    };
    expect(planned(request, tagged)).toMatchObject({ action: 'refuse', reason: 'SecretsManagerCannotWait' });
    for (const mode of ['act', 'observe'] as const) {
      expect(planned(request, withPending(GIVEN), rotationTerms({}, { mode }))).toMatchObject({
        action: 'rotate',
        mode,
      });
    }
  });

  it('takes the grace period and the question from the policy', () => {
    const terms = rotationTerms({ gracePeriodMinutes: 90, askBeforeRetiring: 'always' });
    expect(planned({}, {}, terms)).toMatchObject({ gracePeriodMinutes: 90, askBeforeRetiring: 'always' });
    expect(planned({}, {}, terms).summary).toContain('90 minutes later');
    expect(planned({}, {}, rotationTerms({ gracePeriodMinutes: 60 })).summary).toContain('1 hour later');
  });

  it('hands on the doubts about the policy and the tags', () => {
    const terms = rotationTerms({}, { doubts: ['The policy is old.'] });
    const cache = aRotatableCache({ tags: { ...OPTED_IN, 'autopilot:token-rotation': 'sometimes' } });
    const { doubts, mode } = planned({}, { cache }, terms);
    expect(doubts).toHaveLength(2);
    expect(doubts[0]).toBe('The policy is old.');
    expect(mode).toBe('observe');
  });
});

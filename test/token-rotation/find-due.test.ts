import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { modesFor } from '../../functions/platform/fleet.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';
import { OperationId } from '../../functions/platform/names.ts';
import { AccountPolicy, TokenRotationPolicy } from '../../functions/platform/policy.ts';
import { findDue } from '../../functions/token-rotation/find-due.ts';
import { ListDueOutput } from '../../functions/token-rotation/schemas.ts';
import { aDrillableCache, daysAgo, NOW, secondsFromNow } from '../builders/a-drill.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemorySecrets, type KeptSecret } from '../builders/in-memory-secrets.ts';
import { aUser, aUserGroup, inMemoryUsers } from '../builders/in-memory-users.ts';

const REGION = 'us-east-1';
const TAG = 'autopilot:managed';

const aCache = (changes: Partial<CacheSeen> = {}): CacheSeen =>
  aDrillableCache({ cacheId: 'orders', authToken: true, tokenChangedAt: daysAgo(40), ...changes });
const aRecord = (changes: Partial<OperationRecord> = {}): OperationRecord => ({
  operationId: `rotate-${changes.startedAt ?? ''}-${changes.outcome ?? ''}`,
  workflow: 'rotate-token',
  cacheId: 'orders',
  region: REGION,
  startedAt: daysAgo(40),
  summary: 'A rotation.',
  figures: {},
  ...changes,
});

/** Every cache has its secret, changed 40 days ago, and those of the users that are named. */
const aWorld = ({
  caches = [aCache()] as readonly CacheSeen[],
  records = [] as readonly OperationRecord[],
  userIds = [] as readonly string[],
  secret = {} as Partial<KeptSecret>,
} = {}) => {
  const secrets = inMemorySecrets();
  const keep = (name: string, changes: Partial<KeptSecret> = {}) =>
    secrets.kept.set(name, {
      value: 's3cret',
      versionId: 'v1',
      deleted: false,
      tags: { [TAG]: 'true' },
      changedAt: daysAgo(40),
      ...secret,
      ...changes,
    });
  for (const { cacheId } of caches) {
    keep(`autopilot/${cacheId}/auth-token`);
    for (const userId of userIds) keep(`autopilot/${cacheId}/users/${userId}`);
  }
  const ledger = inMemoryLedger();
  const users = inMemoryUsers(...userIds.map((userId) => aUser({ userId, groups: [aUserGroup()] })));
  const fleet = {
    unknown: [],
    managed: caches.map((cache) => ({ cache, ...modesFor({}, AccountPolicy.parse({}), TAG) })),
  };
  const memory = {
    region: REGION,
    optInTag: TAG,
    secrets,
    users,
    ledger: {
      openQuestions: ledger.openQuestions,
      graceOf: ledger.graceOf,
      operations: async ({ cacheId }: { cacheId?: string | undefined }) =>
        records
          .filter((record) => record.cacheId === cacheId)
          .sort((one, other) => other.startedAt.localeCompare(one.startedAt)),
    },
  };
  return {
    keep,
    secrets,
    ledger,
    look: async (now = NOW, policy: object = {}) =>
      ListDueOutput.parse(await findDue(fleet, now, TokenRotationPolicy.parse(policy), memory)),
  };
};
const due = async (...args: Parameters<typeof aWorld>) => (await aWorld(...args).look()).due;
const names = (listed: ListDueOutput['due']) => listed.map(({ cacheId, userId = '' }) => `${cacheId}/${userId}`);

describe('what is due', () => {
  it('is a token that is too old, with the name of its rotation of the hour', async () => {
    expect(await aWorld().look()).toEqual({
      due: [
        {
          cacheId: 'orders',
          operationId: 'rotate-orders-2026112107',
          because: 'it is 40 days old, and 30 are allowed',
        },
      ],
      startedPerLook: 1,
    });
  });

  it('goes by when ElastiCache says that the token was changed, and else by its secret', async () => {
    for (const [tokenChangedAt, changedAt, isDue] of [
      [daysAgo(29.9), daysAgo(100), false],
      [daysAgo(30), daysAgo(1), true],
      [undefined, daysAgo(29.9), false],
      [undefined, daysAgo(30), true],
      [undefined, undefined, true],
    ] as const) {
      expect(await due({ caches: [aCache({ tokenChangedAt })], secret: { changedAt } })).toHaveLength(isDue ? 1 : 0);
    }
  });

  it('is the password of a user of the cache’s groups, by the age of its secret', async () => {
    const caches = [aCache({ authToken: false, tokenChangedAt: undefined, userGroupIds: ['orders-users'] })];
    const [listed] = await due({ caches, userIds: ['app'] });
    expect(listed).toMatchObject({
      cacheId: 'orders',
      userId: 'app',
      because: 'it is 40 days old, and 30 are allowed',
    });
    expect(listed?.operationId).toMatch(/^rotate-orders-app-[0-9a-f]{8}-2026112107$/);
    expect(await due({ caches, userIds: ['app'], secret: { changedAt: daysAgo(3) } })).toEqual([]);
    // Whoever edits its description, or moves another label, makes the password no younger.
    for (const changedAt of [daysAgo(0), daysAgo(100), undefined]) {
      const old = { changedAt, currentSince: daysAgo(30) };
      expect(await due({ caches, userIds: ['app'], secret: old })).toHaveLength(1);
      const young = { changedAt, currentSince: daysAgo(29.9) };
      expect(await due({ caches, userIds: ['app'], secret: young })).toEqual([]);
    }
    expect(await due({ caches: [aCache({ authToken: false, userGroupIds: ['others'] })], userIds: ['app'] })).toEqual(
      [],
    );
  });

  it('never is what nobody could rotate', async () => {
    for (const world of [
      { caches: [aCache({ kind: 'cluster', engine: 'memcached' })] },
      { caches: [aCache({ authToken: false })] },
      { secret: { deleted: true } },
      { secret: { value: undefined } },
      { secret: { tags: {} } },
      { secret: { tags: { [TAG]: 'false' } } },
    ]) {
      expect(await due(world)).toEqual([]);
    }
    const world = aWorld();
    world.secrets.kept.clear();
    expect((await world.look()).due).toEqual([]);
  });

  it('is nothing outside the windows, and nothing is asked there', async () => {
    // NOW is a Saturday, 07:00.
    const world = aWorld();
    expect((await world.look(NOW, { windows: ['sun:03:00-sun:06:00'] })).due).toEqual([]);
    expect((await world.look(NOW, { windows: ['sun:03:00-sun:06:00', 'sat:06:00-sat:08:00'] })).due).toHaveLength(1);
    const unasked = () => Promise.reject(new Error('It was asked.'));
    const memory = {
      region: REGION,
      optInTag: TAG,
      secrets: { find: unasked },
      users: { inGroups: unasked },
      ledger: { operations: unasked, openQuestions: unasked, graceOf: unasked },
    };
    const policy = TokenRotationPolicy.parse({ windows: ['sun:03:00-sun:06:00'], startedPerLook: 3 });
    expect(await findDue({ managed: [], unknown: [] }, NOW, policy, memory)).toEqual({ due: [], startedPerLook: 3 });
  });
});

describe('what was rotated before', () => {
  it.each(['failed', 'undone'])('is due again a week after it %s, however young the token is', async (outcome) => {
    const again = (days: number) =>
      due({
        caches: [aCache({ tokenChangedAt: daysAgo(days) })],
        records: [aRecord({ outcome, startedAt: daysAgo(days), operationId: 'rotate-1' })],
      });
    expect(await again(6.49)).toEqual([]);
    expect(await again(6.5)).toMatchObject([{ because: 'its last rotation, rotate-1, did not come to its end' }]);
  });

  it.each(['observed', 'rejected'])('is not asked about again within a week when it was %s', async (outcome) => {
    const again = (days: number) => due({ records: [aRecord({ outcome, startedAt: daysAgo(days) })] });
    expect(await again(6.49)).toEqual([]);
    expect(await again(6.5)).toHaveLength(1);
  });

  it('is asked about again soon when it was refused, after the others', async () => {
    const caches = ['orders', 'a', 'b', 'c', 'd'].map((cacheId) => aCache({ cacheId }));
    const refused = (hours: number) => [aRecord({ outcome: 'refused', startedAt: daysAgo(hours / 24) })];
    for (let hour = 0; hour < 12; hour += 1) {
      const now = secondsFromNow(hour * 3600);
      expect(names((await aWorld({ caches, records: refused(1) }).look(now)).due)[4]).toBe('orders/');
    }
    const first = new Set<string>();
    for (let hour = 0; hour < 48; hour += 1) {
      const [one] = (await aWorld({ caches, records: refused(100) }).look(secondsFromNow(hour * 3600))).due;
      if (one) first.add(one.cacheId);
    }
    expect(first.size).toBe(5);
  });

  it('is due by the age of the token when it was done, also every day', async () => {
    const world = aWorld({
      caches: [aCache({ tokenChangedAt: daysAgo(1) })],
      records: [aRecord({ outcome: 'done', startedAt: daysAgo(1) })],
    });
    expect((await world.look(NOW, { everyDays: 1 })).due).toHaveLength(1);
    expect((await world.look(NOW, { everyDays: 2 })).due).toEqual([]);
  });

  it('is not started beside itself, as in its grace period', async () => {
    for (const [days, graceEnds, isDue] of [
      [0.01, undefined, false],
      [1, undefined, false],
      [8, 0, false],
      [10, 2.9, false],
      [10, 3.1, true],
      // It has died before its grace period, without closing its record.
      [8, undefined, true],
    ] as const) {
      const operationId = 'rotate-1';
      const world = aWorld({ records: [aRecord({ operationId, outcome: undefined, startedAt: daysAgo(days) })] });
      if (graceEnds !== undefined) {
        const grace = { versionId: 'v1', since: daysAgo(days), endsAt: daysAgo(graceEnds) };
        await world.ledger.beginGrace(operationId, grace);
      }
      expect((await world.look()).due, `${days} ${graceEnds}`).toHaveLength(isDue ? 1 : 0);
    }
  });

  it('counts as done when it failed only for the connections that it has lost', async () => {
    const lost = (days: number, reason = 'ConnectionsLost') => {
      const caches = [aCache({ tokenChangedAt: daysAgo(days) })];
      return due({ caches, records: [aRecord({ outcome: 'failed', reason, startedAt: daysAgo(days) })] });
    };
    expect(await lost(29)).toEqual([]);
    expect(await lost(30)).toMatchObject([{ because: 'it is 30 days old, and 30 are allowed' }]);
    expect(await lost(29, 'VerificationFailed')).toHaveLength(1);
    const daily = aWorld({
      records: [aRecord({ outcome: 'failed', reason: 'ConnectionsLost', startedAt: daysAgo(1) })],
    });
    expect((await daily.look(NOW, { everyDays: 1 })).due).toHaveLength(1);
  });

  it('counts as unfinished when its old token was not let be retired', async () => {
    const rejected = (days: number, figures: Record<string, unknown>) => {
      const caches = [aCache({ tokenChangedAt: daysAgo(days) })];
      return due({ caches, records: [aRecord({ outcome: 'rejected', startedAt: daysAgo(days), figures })] });
    };
    expect(await rejected(10, { graceSince: daysAgo(9) })).toMatchObject([
      { because: expect.stringMatching(/did not come to its end/) },
    ]);
    expect(await rejected(6.4, { graceSince: daysAgo(6) })).toEqual([]);
    expect(await rejected(10, {})).toEqual([]);
  });

  it('counts for its own user or token only', async () => {
    const caches = [aCache({ userGroupIds: ['orders-users'] })];
    const open = (userId?: string) => aRecord({ outcome: undefined, startedAt: daysAgo(1), figures: { userId } });
    const of = async (...records: OperationRecord[]) => names(await due({ caches, userIds: ['app'], records }));
    expect(await of(open())).toEqual(['orders/app']);
    expect(await of(open('app'))).toEqual(['orders/']);
    expect(await of(open('other'))).toHaveLength(1);
    expect(await of(open(), open('app'))).toEqual([]);
    expect(await of({ ...open(), workflow: 'create-cache' })).toHaveLength(1);
  });

  it('is not asked about while a question about the cache waits', async () => {
    const world = aWorld({ caches: [aCache(), aCache({ cacheId: 'carts' })] });
    const question = { taskToken: 't', question: '?', figures: {}, answerBefore: secondsFromNow(86_400) };
    await world.ledger.ask({ ...question, operationId: 'r', cacheId: 'orders', workflow: 'rotate-token' });
    await world.ledger.ask({ ...question, operationId: 'd', cacheId: 'carts', workflow: 'failover-drill' });
    expect(names((await world.look(secondsFromNow(86_399))).due)).toEqual(['carts/']);
    expect((await world.look(secondsFromNow(86_401))).due).toHaveLength(2);
  });
});

describe('the list', () => {
  it('has one of each cache, ten at most, and leaves none behind for ever', async () => {
    const caches = Array.from({ length: 20 }, (_, index) =>
      aCache({ cacheId: `cache-${index}`, userGroupIds: ['orders-users'] }),
    );
    const world = aWorld({ caches, userIds: ['app', 'batch'] });
    const listed = new Set<string>();
    for (let hour = 0; hour < 72; hour += 1) {
      const some = (await world.look(secondsFromNow(hour * 3600))).due;
      expect(some).toHaveLength(10);
      expect(new Set(some.map(({ cacheId }) => cacheId)).size).toBe(10);
      for (const name of names(some)) listed.add(name);
    }
    expect(listed.size).toBe(60);
  });

  it('names a rotation the same for an hour and another in the next, and no two alike, so that Step Functions takes it', () => {
    const id = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,39}$/);
    const user = fc.option(id, { nil: undefined });
    const minute = fc.integer({ min: 0, max: 59 });
    const nameOf = async (cacheId: string, userId: string | undefined, now: string) => {
      const caches = [aCache({ cacheId, authToken: !userId, ...(userId ? { userGroupIds: ['orders-users'] } : {}) })];
      const world = aWorld({ caches, userIds: userId ? [userId] : [] });
      return (await world.look(now)).due[0]?.operationId ?? '';
    };
    return fc.assert(
      fc.asyncProperty(id, user, id, user, minute, minute, async (cacheId, userId, otherId, otherUser, one, other) => {
        const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 23, minutes)).toISOString();
        const name = await nameOf(cacheId, userId, at(one));
        expect(OperationId.safeParse(name).success).toBe(true);
        expect(await nameOf(cacheId, userId, at(other))).toBe(name);
        expect(await nameOf(cacheId, userId, '2026-11-22T00:00:00.000Z')).not.toBe(name);
        const isSame = cacheId === otherId && userId === otherUser;
        expect((await nameOf(otherId, otherUser, at(one))) === name).toBe(isSame);
      }),
    );
  });
});

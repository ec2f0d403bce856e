import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SecretFetch } from '../../functions/platform/secret-fetch.ts';
import type { SecretReaders } from '../../functions/platform/secret-readers.ts';
import { readersOf } from '../../functions/token-rotation/readers-of.ts';
import { Readers } from '../../functions/token-rotation/schemas.ts';
import { whoIsReady } from '../../functions/token-rotation/who-is-ready.ts';
import { named } from '../builders/an-sdk-client.ts';
import { inMemoryReaders } from '../builders/in-memory-readers.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const SINCE = '2026-11-21T07:00:00.000Z';
const NOW = '2026-11-22T07:00:00.000Z';
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:autopilot/orders/auth-token-AbCdEf';
const minutes = (after: number) => new Date(Date.parse(SINCE) + after * 60_000).toISOString();
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const fetch = (who: string | undefined, after: number, changes: Partial<SecretFetch> = {}): SecretFetch => ({
  at: minutes(after),
  who,
  ...changes,
});

const judge = (fetches: readonly SecretFetch[], changes: Partial<Parameters<typeof whoIsReady>[0]> = {}): Readers =>
  Readers.parse(
    whoIsReady({
      since: SINCE,
      now: NOW,
      currentVersionId: 'new',
      before: { fetches: fetches.filter(({ at }) => at < SINCE), complete: true },
      after: { fetches: fetches.filter(({ at }) => at >= SINCE), complete: true },
      isOurs: () => false,
      ...changes,
    }),
  );
const names = (list: Readers['ready']) => list.map(({ who }) => who);

describe('whoIsReady', () => {
  it('calls ready who fetched since then, and late who fetched before and not since', () => {
    const readers = judge([
      fetch('a', -100),
      fetch('a', 5),
      fetch('a', 10),
      fetch('b', -9),
      fetch('b', -50),
      fetch('c', 1),
    ]);
    expect(readers).toEqual({
      told: true,
      complete: true,
      ready: [
        { who: 'a', at: minutes(10) },
        { who: 'c', at: minutes(1) },
      ],
      late: [{ who: 'b', at: minutes(-9) }],
      says: `2 readers fetched the new token since ${SINCE}. Not since then: b (the old one at ${minutes(-9)}). CloudTrail tells of calls some minutes late.`,
    });
  });

  it('says it when nobody is late', () => {
    const { says, late } = judge([fetch('a', -1), fetch('a', 1)]);
    expect(late).toEqual([]);
    expect(says).toBe(
      `One reader fetched the new token since ${SINCE}. Nobody who fetched the old one before is late.`,
    );
  });

  it('takes only a fetch of the new token for one', () => {
    const got = (changes: Partial<SecretFetch>, after = 5) => {
      const { ready, late } = judge([fetch('x', -100), fetch('x', -99), fetch('a', after, changes)]);
      return { ready: names(ready).includes('a'), late: names(late).includes('a') };
    };
    const NEW = { ready: true, late: false };
    const OLD = { ready: false, late: true };
    const NEITHER = { ready: false, late: false };
    expect(got({})).toEqual(NEW);
    expect(got({ versionStage: 'AWSCURRENT' })).toEqual(NEW);
    expect(got({ versionId: 'new' })).toEqual(NEW);
    expect(got({ versionStage: 'AWSPREVIOUS' })).toEqual(OLD);
    expect(got({ versionStage: 'blue' })).toEqual(OLD);
    expect(got({ versionId: 'old' })).toEqual(OLD);
    expect(got({ versionId: 'old', versionStage: 'AWSCURRENT' })).toEqual(OLD);
    expect(got({ versionStage: 'AWSPENDING' })).toEqual(NEITHER);
    expect(got({}, -5)).toEqual(OLD);
    expect(got({ versionId: 'old' }, -5)).toEqual(OLD);
    expect(got({ versionId: 'new' }, -5)).toEqual(NEITHER);
    expect(got({ versionStage: 'AWSPENDING' }, -5)).toEqual(NEITHER);
  });

  it('does not believe an id when it cannot tell which version is the current one', () => {
    const { ready, late } = judge([fetch('a', 5, { versionId: 'new' })], { currentVersionId: undefined });
    expect(names(ready)).toEqual([]);
    expect(names(late)).toEqual(['a']);
  });

  it('leaves out the autopilot and Secrets Manager', () => {
    const isOurs = ({ who }: SecretFetch) => who === 'ours';
    const all = ['ours', 'secretsmanager.amazonaws.com'].flatMap((who) => [fetch(who, -5), fetch(who, 5)]);
    expect(judge(all, { isOurs })).toMatchObject({ told: false, ready: [], late: [] });
    expect(judge([...all, fetch('a', 1)], { isOurs })).toMatchObject({ told: true, ready: [{ who: 'a' }], late: [] });
  });

  it('never calls ready whom it cannot name', () => {
    expect(judge([fetch(undefined, -5), fetch(undefined, 5), fetch('a', 5)])).toMatchObject({
      ready: [{ who: 'a' }],
      late: [{ who: 'somebody whom CloudTrail does not name' }],
    });
  });

  it('says that it is too early to call anybody late for a quarter of an hour', () => {
    const at = (after: number) => judge([fetch('b', -9)], { now: minutes(after) });
    for (const after of [0, 1, 14.9]) expect(at(after).says).toContain('it is too early to say who is late');
    for (const after of [15, 600]) expect(at(after).says).not.toContain('too early');
    // A person is asked all the same.
    expect(names(at(1).late)).toEqual(['b']);
  });

  it('is complete only when all calls could be read, and else says that somebody may be late and not seen', () => {
    const before = [[], [fetch('b', -9)], [fetch('a', -9)]];
    const after = [[], [fetch('a', 1)]];
    for (const [was, is] of before.flatMap((was) => after.map((is) => [was, is] as const))) {
      for (const [wasAll, isAll] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ] as const) {
        const seen = { before: { fetches: was, complete: wasAll }, after: { fetches: is, complete: isAll } };
        const { complete, says } = judge([], seen);
        expect(complete).toBe(wasAll && isAll);
        expect(says.includes('somebody who is late may not have been seen')).toBe(!complete);
        expect(says.includes('Not all calls before')).toBe(!wasAll);
        expect(says.includes('who is called late may be ready')).toBe(!isAll);
        expect(says).toMatch(/\.$/);
      }
    }
  });

  it('has not been told when nobody fetches the secret', () => {
    expect(judge([])).toEqual({
      told: false,
      complete: true,
      says: 'CloudTrail tells of nobody who fetches this secret.',
      ready: [],
      late: [],
    });
  });

  it('lists fifty at most, and tells of all', () => {
    const many = Array.from({ length: 120 }, (_, index) => fetch(`r${index}`, index < 60 ? -index - 1 : index));
    const { ready, late, says } = judge(many);
    expect([ready.length, late.length]).toEqual([50, 50]);
    expect(says).toContain('60 readers fetched');
    expect(says).toContain('and 57 more');
  });

  it('never misses who fetched the old token and not the new one, nor calls such a one ready', () => {
    const aFetch = fc.record({
      who: fc.constantFrom('a', 'b', 'c', undefined),
      after: fc.integer({ min: -100, max: 100 }),
      versionStage: fc.constantFrom(undefined, 'AWSCURRENT', 'AWSPREVIOUS'),
    });
    fc.assert(
      fc.property(fc.array(aFetch, { minLength: 1, maxLength: 20 }), (all) => {
        const { ready, late } = judge(all.map(({ who, after, versionStage }) => fetch(who, after, { versionStage })));
        for (const who of ['a', 'b', 'c']) {
          const own = all.filter((one) => one.who === who);
          const hasNew = own.some(({ after, versionStage }) => after >= 0 && versionStage !== 'AWSPREVIOUS');
          expect(names(ready).includes(who)).toBe(hasNew);
          expect(names(late).includes(who)).toBe(own.length > 0 && !hasNew);
        }
      }),
    );
  });
});

describe('readersOf', () => {
  const input = (target: object = {}) => ({
    operationId: 'rotate-1',
    target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true, ...target },
    since: SINCE,
    now: NOW,
  });
  const aWorld = () => {
    const readers = inMemoryReaders();
    const secrets = inMemorySecrets();
    secrets.kept.set(SECRET, { value: 's3cret', versionId: 'new', deleted: false });
    const told = (fetched: SecretFetch, called = SECRET) => readers.told.push({ called, fetch: fetched });
    return { readers, secrets, told, stackName: 'elasticache-autopilot' };
  };

  it('finds a call however it named the secret, for as long as CloudTrail keeps calls', async () => {
    const world = aWorld();
    world.told(fetch('a', 1), SECRET);
    world.told(fetch('b', 1), 'autopilot/orders/auth-token');
    world.told(fetch('c', 1), SECRET.replace(/-AbCdEf$/, ''));
    world.told(fetch('d', 1), 'autopilot/orders/users/alice');
    // The new one has been the current one for a day.
    world.told(fetch('e', -88.9 * 1440));
    world.told(fetch('f', -89.1 * 1440));
    const { ready, late } = await readersOf(input(), world);
    expect(names(ready).sort()).toEqual(['a', 'b', 'c']);
    expect(names(late)).toEqual(['e']);
  });

  it('looks for a user’s secret by that name', async () => {
    const world = aWorld();
    world.told(fetch('d', 1), 'autopilot/orders/users/alice');
    const secretArn = SECRET.replace('auth-token', 'users/alice');
    expect(await readersOf(input({ userId: 'alice', secretArn }), world)).toMatchObject({ ready: [{ who: 'd' }] });
  });

  it('knows its own functions by their role and their session, and nobody else by one of them', async () => {
    const session = 'autopilot-token-rotation-look-at-nodes-vpc-0a1b2c3d';
    const ours = role('elasticache-autopilot-TokenRotationLook-ABC');
    const others: [string, string][] = [
      [ours, 'alice'],
      [role('checkout'), session],
      [role('elasticache-autopilotter'), session],
      ['arn:aws:iam::444455556666:role/elasticache-autopilot-X', session],
    ];
    const world = aWorld();
    world.told(fetch(ours, -1, { session }));
    world.told(fetch(ours, 1, { session }));
    for (const [index, [who, called]] of others.entries()) world.told(fetch(who, -1 - index, { session: called }));
    const { ready, late } = await readersOf(input(), world);
    expect(ready).toEqual([]);
    expect(names(late)).toEqual(others.map(([who]) => who));
  });

  it.each([
    ['AccessDeniedException', 'GrantPermission'],
    ['ThrottlingException', 'ServiceBusy'],
    ['SomethingElse', 'SomethingElse'],
  ])('is not told, and does not fail, on %s', async (error, word) => {
    const readers: SecretReaders = { fetches: () => Promise.reject(named(error)) };
    const answer = Readers.parse(await readersOf(input(), { ...aWorld(), readers }));
    expect(answer).toMatchObject({ told: false, complete: false, ready: [], late: [] });
    expect(answer.says).toMatch(new RegExp(`^CloudTrail does not tell .*${word}.*[^.]\\)\\.$`));
  });

  it('takes an id for the old one when the secret cannot be seen', async () => {
    const world = aWorld();
    world.told(fetch('a', 1, { versionId: 'new' }));
    expect(await readersOf(input(), world)).toMatchObject({ ready: [{ who: 'a' }] });
    const secrets = { find: () => Promise.reject(named('AccessDeniedException')) };
    expect(await readersOf(input(), { ...world, secrets })).toMatchObject({ told: true, late: [{ who: 'a' }] });
  });
});

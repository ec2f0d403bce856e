import { describe, expect, it } from 'vitest';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';
import { type Eyes, lookBeforeRotation } from '../../functions/token-rotation/look-before-rotation.ts';
import { planRotation } from '../../functions/token-rotation/plan-rotation.ts';
import type { RotationRequest } from '../../functions/token-rotation/schemas.ts';
import { daysAgo, NOW, secondsFromNow } from '../builders/a-drill.ts';
import {
  aRotatableCache,
  aRotatableUser,
  aTried,
  OPTED_IN,
  ROTATION_ID,
  rotationTerms,
} from '../builders/a-rotation.ts';
import { SECRET, TOKENS } from '../builders/a-rotation-target.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryEvents } from '../builders/in-memory-events.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';
import { inMemoryUsers } from '../builders/in-memory-users.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };

/** What the ledger keeps of a rotation of the token that is over. */
const aRecord = (overrides: Partial<OperationRecord> = {}): OperationRecord => ({
  ...key,
  operationId: 'rotation-0',
  workflow: 'rotate-token',
  startedAt: daysAgo(41),
  closedAt: daysAgo(39),
  summary: 'Rotated.',
  outcome: 'done',
  reason: 'Rotated',
  fencing: 3,
  figures: { what: 'the AUTH token of orders', tokenChangedAt: daysAgo(40) },
  ...overrides,
});

const aWorld = async (records: readonly OperationRecord[] = [aRecord()], traits: Partial<CacheSeen> = {}) => {
  const cache = aRotatableCache(traits);
  const ledger = inMemoryLedger();
  for (const { outcome, reason = '', closedAt = NOW, ...opening } of records) {
    await ledger.open(opening);
    if (outcome !== undefined) await ledger.close(opening, { outcome, reason, closedAt, summary: opening.summary });
  }
  const secrets = inMemorySecrets();
  const kept = {
    value: JSON.stringify({ password: TOKENS.current }),
    versionId: 'v1',
    deleted: false,
    tags: OPTED_IN,
    changedAt: daysAgo(40),
  };
  secrets.kept.set(SECRET, kept);
  secrets.kept.set('autopilot/orders/users/orders-app', { ...kept, versionId: 'v2' });
  const eyes = {
    region: key.region,
    caches: inMemoryCaches(cache),
    users: inMemoryUsers(aRotatableUser()),
    events: inMemoryEvents(),
    secrets,
    ledger,
    vpcOf: async (subnetGroup: string) => (subnetGroup === 'default' ? 'vpc-1' : undefined),
    probedVpcs: ['vpc-1'],
  } satisfies Eyes;
  const look = (request: RotationRequest = {}, more: { tried?: ReturnType<typeof aTried>; retired?: boolean } = {}) =>
    lookBeforeRotation(
      { operationId: ROTATION_ID, request: { cacheId: 'orders', ...request }, now: NOW, ...more },
      eyes,
    );
  return { ...eyes, look };
};

describe('lookBeforeRotation', () => {
  it('sees everything that a plan goes by, and no token', async () => {
    const { look } = await aWorld();
    const tried = aTried();
    const seen = await look({}, { tried });
    expect(seen).toMatchObject({
      observedAt: NOW,
      cache: { cacheId: 'orders', tags: OPTED_IN },
      secret: { arn: SECRET, currentVersionId: 'v1' },
      user: undefined,
      holder: undefined,
      asked: undefined,
      underWay: undefined,
      changedBy: 'ours',
      last: { operationId: 'rotation-0', outcome: 'done' },
      failover: undefined,
      vpc: { id: 'vpc-1', configured: true },
      tried,
    });
    expect(JSON.stringify(seen)).not.toContain(TOKENS.current);
    expect(planRotation({ cacheId: 'orders' }, seen, rotationTerms())).toMatchObject({ action: 'rotate' });
  });

  it('sees the user and its own secret', async () => {
    const { look } = await aWorld();
    expect(await look({ userId: 'orders-app' })).toMatchObject({
      user: { userId: 'orders-app' },
      secret: { currentVersionId: 'v2' },
    });
    expect(await look({ userId: 'nobody' })).toMatchObject({ user: undefined, secret: undefined });
  });

  it('asks AWS nothing about what is no request, or no replication group', async () => {
    const world = await aWorld();
    const asked: string[] = [];
    const eyes: Eyes = {
      ...world,
      secrets: {
        find: async (name) => {
          asked.push(name);
          return undefined;
        },
      },
    };
    for (const request of [{ cacheId: '' }, { cacheId: 'orders', mode: 'bold' }, { cacheId: 'gone' }]) {
      const seen = await lookBeforeRotation({ operationId: ROTATION_ID, request, now: NOW }, eyes);
      expect(seen.changedBy).toBe('somebody-else');
      expect(seen.cache).toBeUndefined();
    }
    const { look } = await aWorld([], { kind: 'cluster' });
    expect(await look()).not.toHaveProperty('secret');
    expect(asked).toEqual([]);
  });

  it('sees who else is at work, but not itself, nor whose lease is over', async () => {
    const { ledger, look } = await aWorld();
    await ledger.lock(key, 'scale-1', secondsFromNow(-7200), secondsFromNow(-1));
    expect((await look()).holder).toBeUndefined();
    await ledger.lock(key, ROTATION_ID, NOW, secondsFromNow(60));
    expect((await look()).holder).toBeUndefined();
    const other = await aWorld();
    await other.ledger.lock(key, 'scale-1', NOW, secondsFromNow(60));
    expect((await other.look()).holder).toMatchObject({ operationId: 'scale-1' });
  });

  it('sees another rotation that waits for a person', async () => {
    const { ledger, look } = await aWorld();
    const question = {
      cacheId: 'orders',
      taskToken: 't',
      question: 'Shall it?',
      figures: {},
      answerBefore: secondsFromNow(60),
    };
    await ledger.ask({ ...question, operationId: 'drill-1', workflow: 'failover-drill' });
    await ledger.ask({ ...question, operationId: ROTATION_ID, workflow: 'rotate-token' });
    expect((await look()).asked).toBeUndefined();
    await ledger.ask({ ...question, operationId: 'rotation-8', workflow: 'rotate-token' });
    expect((await look()).asked).toBe('rotation-8');
  });

  describe('of another rotation that has not ended', () => {
    const begun = (overrides: Partial<OperationRecord> = {}) =>
      aRecord({
        operationId: 'rotation-8',
        startedAt: secondsFromNow(-3600),
        outcome: undefined,
        closedAt: undefined,
        ...overrides,
      });

    it('sees it, with its grace period', async () => {
      const { ledger, look } = await aWorld([begun()]);
      expect((await look()).underWay).toEqual({ operationId: 'rotation-8', graceEndsAt: undefined });
      await ledger.beginGrace('rotation-8', { versionId: 'v2', since: NOW, endsAt: secondsFromNow(86_400) });
      expect((await look()).underWay).toEqual({ operationId: 'rotation-8', graceEndsAt: secondsFromNow(86_400) });
    });

    it('minds only one of the same token or password, and not itself', async () => {
      const ofUser = { figures: { userId: 'orders-app' } };
      const { look } = await aWorld([begun(ofUser)]);
      expect((await look()).underWay).toBeUndefined();
      expect((await look({ userId: 'orders-app' })).underWay).toMatchObject({ operationId: 'rotation-8' });
      for (const other of [{ operationId: ROTATION_ID }, { workflow: 'failover-drill' }, { cacheId: 'carts' }]) {
        expect((await (await aWorld([begun(other)])).look()).underWay).toBeUndefined();
      }
    });

    it('takes it for dead three days after it should have ended', async () => {
      const days = (count: number) => ({ startedAt: daysAgo(count) });
      expect((await (await aWorld([begun(days(2.9))])).look()).underWay).toBeDefined();
      expect((await (await aWorld([begun(days(3.1))])).look()).underWay).toBeUndefined();
      const { ledger, look } = await aWorld([begun(days(9))]);
      await ledger.beginGrace('rotation-8', { versionId: 'v2', since: daysAgo(9), endsAt: daysAgo(2.9) });
      expect((await look()).underWay).toBeDefined();
    });
  });

  describe('of the last rotation', () => {
    it('minds only those that did something', async () => {
      for (const [outcome, counts] of [
        ['done', true],
        ['failed', true],
        ['undone', true],
        ['refused', false],
        ['rejected', false],
        ['observed', false],
      ] as const) {
        const records = [
          aRecord(),
          aRecord({ operationId: 'rotation-5', startedAt: daysAgo(3), closedAt: daysAgo(3), outcome }),
        ];
        const { last } = await (await aWorld(records)).look();
        expect(last).toEqual(
          counts ? { operationId: 'rotation-5', outcome } : { operationId: 'rotation-0', outcome: 'done' },
        );
      }
      expect((await (await aWorld([])).look()).last).toBeUndefined();
    });
  });

  it('says who changed the token last, and believes the operation that has just made the current one the only one', async () => {
    expect((await (await aWorld([aRecord({ figures: { tokenChangedAt: daysAgo(40) } })])).look()).changedBy).toBe(
      'ours',
    );
    const { look } = await aWorld([]);
    expect((await look({}, { retired: true })).changedBy).toBe('ours');
    expect((await look({}, { retired: false })).changedBy).toBe('somebody-else');
  });

  describe('of the promise to the old token', () => {
    const promised = { versionId: 'v1', since: daysAgo(1), endsAt: secondsFromNow(3600) };

    it('sees what somebody asked for, though the execution that promised it was stopped', async () => {
      const { ledger, look } = await aWorld([aRecord({ outcome: 'failed', reason: 'Stopped' })]);
      await ledger.beginGrace('rotation-0', promised);
      expect((await look()).graceEndsAt).toBe(secondsFromNow(3600));
      await ledger.extendGrace('rotation-0', { endsAt: secondsFromNow(9 * 86_400), extendedBy: 'bob' });
      expect((await look()).graceEndsAt).toBe(secondsFromNow(9 * 86_400));
      const seen = await look({}, { tried: aTried({ previous: 'everywhere' }) });
      const secret = { arn: SECRET, currentVersionId: 'v1', deletionScheduled: false, previousVersionId: 'v0' };
      const plan = planRotation(
        { cacheId: 'orders' },
        { ...seen, secret: { ...secret, changedAt: daysAgo(1), tags: OPTED_IN } },
        rotationTerms(),
      );
      expect(plan).toMatchObject({ action: 'finish', graceEndsAt: secondsFromNow(9 * 86_400) });
    });

    it('minds only that of the token that is current now, and of this secret', async () => {
      const { ledger, look } = await aWorld();
      await ledger.beginGrace('rotation-0', { ...promised, versionId: 'v0' });
      expect((await look()).graceEndsAt).toBeUndefined();
      const ofUser = await aWorld([aRecord({ figures: { userId: 'orders-app' } })]);
      await ofUser.ledger.beginGrace('rotation-0', promised);
      expect((await ofUser.look()).graceEndsAt).toBeUndefined();
    });
  });

  it('sees a failover of the last hour', async () => {
    const { events, look } = await aWorld();
    const message = 'Recovering cache nodes 0001';
    events.told.push({ at: secondsFromNow(-3700), source: 'orders', message });
    expect((await look()).failover).toBeUndefined();
    events.told.push({ at: secondsFromNow(-3500), source: 'orders-0001-001', message });
    expect((await look()).failover).toEqual({ at: secondsFromNow(-3500), says: message });
  });

  it('does not take a VPC that nobody tells for a configured one', async () => {
    expect((await (await aWorld([], { subnetGroup: 'gone' })).look()).vpc).toBeUndefined();
    expect((await (await aWorld([], { subnetGroup: undefined })).look()).vpc).toBeUndefined();
  });
});

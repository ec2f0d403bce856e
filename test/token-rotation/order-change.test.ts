import { describe, expect, it } from 'vitest';
import { FixSecret, GrantPermission, LockLost, ServiceBusy } from '../../functions/platform/operator-actions.ts';
import { orderChange } from '../../functions/token-rotation/order-change.ts';
import { Acceptance, OrderInput } from '../../functions/token-rotation/schemas.ts';
import { NOW, secondsFromNow } from '../builders/a-drill.ts';
import { aGroupWithTokens, type OrderAttempt } from '../builders/a-group-with-tokens.ts';
import { aTried } from '../builders/a-rotation.ts';
import { aSecretWith, SECRET, TOKENS, VERSIONS } from '../builders/a-rotation-target.ts';

type Order = ReturnType<typeof OrderInput.parse>;
type Change = Order['change'];
const CHANGES: readonly Change[] = ['bring-in', 'retire', 'put-last'];

const anOrder = (overrides: Partial<Order> = {}): Order =>
  OrderInput.parse({
    operationId: 'rotation-1',
    target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode: true },
    versions: VERSIONS,
    change: 'bring-in',
    tried: aTried({ pending: 'nowhere' }),
    fencing: 7,
    now: NOW,
    ...overrides,
  });

/** Gives one order to a group in which these are valid. */
const order = async (
  overrides: Partial<Order> = {},
  {
    attempt = 'answers',
    fence = async () => {},
    secrets = aSecretWith(),
    valid = [TOKENS.current],
  }: {
    attempt?: OrderAttempt;
    fence?: () => Promise<void>;
    secrets?: ReturnType<typeof aSecretWith>;
    valid?: readonly string[];
  } = {},
) => {
  const changes = aGroupWithTokens(valid, [attempt]);
  const answer = orderChange(anOrder(overrides), { secrets, changes, fence });
  const settled = await Promise.allSettled([answer]);
  return { answer: settled[0], orders: changes.orders, valid: changes.valid };
};

const ofUser = { cacheId: 'orders', userId: 'orders-app', secretArn: SECRET, tls: true, clusterMode: true };

describe('orderChange', () => {
  it('brings the pending one in beside the current one', async () => {
    const { answer, orders, valid } = await order();
    expect(orders).toMatchObject([{ strategy: 'ROTATE', tokens: [TOKENS.pending] }]);
    expect(valid).toEqual([TOKENS.current, TOKENS.pending]);
    expect(answer).toMatchObject({
      value: { ordered: 'yes', says: 'let the new one be valid beside the current one' },
    });
  });

  it('makes the current one the only one', async () => {
    const { orders, valid } = await order({ change: 'retire' }, { valid: [TOKENS.previous, TOKENS.current] });
    expect(orders).toMatchObject([{ strategy: 'SET', tokens: [TOKENS.current] }]);
    expect(valid).toEqual([TOKENS.current]);
  });

  it('puts the current one last', async () => {
    const { orders, valid } = await order({ change: 'put-last' }, { valid: [TOKENS.current, TOKENS.pending] });
    expect(orders).toMatchObject([{ strategy: 'ROTATE', tokens: [TOKENS.current] }]);
    expect(valid).toEqual([TOKENS.pending, TOKENS.current]);
  });

  it('says the same of a user by all of its passwords', async () => {
    const bringIn = await order({ target: ofUser });
    expect(bringIn.orders).toMatchObject([{ strategy: 'PASSWORDS', tokens: [TOKENS.pending, TOKENS.current] }]);
    for (const change of ['retire', 'put-last'] as const) {
      const { orders } = await order({ target: ofUser, change });
      expect(orders).toMatchObject([{ strategy: 'PASSWORDS', tokens: [TOKENS.current] }]);
    }
  });

  it('never orders what leaves the current one out, whatever is asked of whom', async () => {
    for (const change of CHANGES) {
      for (const target of [anOrder().target, ofUser]) {
        for (const valid of [[TOKENS.current], [TOKENS.previous, TOKENS.current], [TOKENS.current, TOKENS.previous]]) {
          const previous = valid.length > 1 ? 'everywhere' : 'nowhere';
          const result = await order({ change, target, tried: aTried({ pending: 'nowhere', previous }) }, { valid });
          expect(result.valid).toContain(TOKENS.current);
          if (change === 'bring-in' && valid.length > 1) expect(result.orders).toEqual([]);
        }
      }
    }
  });

  describe('orders nothing', () => {
    const nothing = async (overrides: Partial<Order>, name = 'VerificationFailed') => {
      const { answer, orders } = await order(overrides);
      expect(orders).toEqual([]);
      expect(answer).toMatchObject({ reason: { name } });
    };

    it('when not every node accepts the current one', async () => {
      for (const change of CHANGES) {
        for (const current of Acceptance.options.filter((each) => each !== 'everywhere')) {
          await nothing({ change, tried: aTried({ pending: 'nowhere', current }) });
        }
      }
    });

    it('when a node accepts the new one already, or there is none', async () => {
      for (const pending of Acceptance.options.filter((each) => each !== 'nowhere')) {
        await nothing({ tried: aTried({ pending }) });
      }
      await nothing({ versions: { current: VERSIONS.current } });
    });

    it('when the one before is still valid, since ElastiCache keeps two', async () => {
      for (const previous of ['everywhere', 'somewhere'] as const) {
        await nothing({ tried: aTried({ pending: 'nowhere', previous }) });
      }
    });

    it('of an open cache, but to close it', async () => {
      await nothing({ tried: aTried({ pending: 'nowhere', open: true }) });
      const { orders } = await order({ change: 'retire', tried: aTried({ open: true }) });
      expect(orders).toHaveLength(1);
    });

    it('by what was seen more than ten minutes ago, or by a clock that is wrong', async () => {
      for (const change of CHANGES) {
        const tried = (at: string) => ({ ...aTried({ pending: 'nowhere' }), at });
        for (const seconds of [-601, -3600, 601]) await nothing({ change, tried: tried(secondsFromNow(seconds)) });
        for (const seconds of [-600, 0, 60]) {
          expect((await order({ change, tried: tried(secondsFromNow(seconds)) })).orders).toHaveLength(1);
        }
      }
    });

    it('when another version became the current one', async () => {
      for (const change of CHANGES)
        await nothing({ change, versions: { ...VERSIONS, current: VERSIONS.previous ?? '' } });
    });

    it('by another token, but by another version with the same one: somebody edited another field', async () => {
      for (const change of CHANGES) {
        const edited = aSecretWith();
        const kept = edited.kept.get(SECRET) ?? expect.fail();
        kept.others = { ...kept.others, [VERSIONS.current]: kept.value ?? expect.fail() };
        kept.versionId = 'version-edited';
        kept.value = JSON.stringify({ username: 'default', password: TOKENS.current, port: 6379 });
        expect((await order({ change }, { secrets: edited })).orders).toHaveLength(1);
        kept.value = JSON.stringify({ username: 'default', password: TOKENS.previous });
        const { answer, orders } = await order({ change }, { secrets: edited });
        expect(orders).toEqual([]);
        expect(answer).toMatchObject({ reason: { name: 'VerificationFailed' } });
      }
    });

    it('when the secret is gone, or a version has no value or holds something else', async () => {
      const gone = aSecretWith();
      gone.kept.clear();
      expect(await order({}, { secrets: gone })).toMatchObject({
        orders: [],
        answer: { reason: { name: 'FixSecret' } },
      });
      for (const secrets of [
        aSecretWith({ current: TOKENS.current }),
        aSecretWith({ pending: TOKENS.pending }),
        aSecretWith({ ...TOKENS, pending: 'short' }),
        aSecretWith(TOKENS, () => 'no JSON'),
      ]) {
        const { answer, orders } = await order({}, { secrets });
        expect(orders).toEqual([]);
        expect(answer.status).toBe('rejected');
      }
    });

    it('when the new one is the current one', async () => {
      const { answer, orders } = await order({}, { secrets: aSecretWith({ ...TOKENS, pending: TOKENS.current }) });
      expect(orders).toEqual([]);
      expect(answer).toMatchObject({ reason: { name: 'VerificationFailed' } });
    });

    it('without the lock', async () => {
      const fence = async () => {
        throw new LockLost('scale-1 has it.');
      };
      const { answer, orders } = await order({}, { fence });
      expect(orders).toEqual([]);
      expect(answer).toMatchObject({ reason: expect.any(LockLost) });
    });
  });

  it.each<[OrderAttempt, string]>([
    ['busy', 'busy'],
    ['refused', 'refused'],
    ['lost', 'perhaps'],
    ['lost-before', 'perhaps'],
  ])('of an order that is %s says %s', async (attempt, ordered) => {
    expect((await order({}, { attempt })).answer).toMatchObject({ value: { ordered } });
  });

  it('orders once, and hands on what it was denied', async () => {
    const denied = await order({}, { attempt: 'denied' });
    expect(denied.answer).toMatchObject({ reason: expect.any(GrantPermission) });
    const throttled = await order({}, { attempt: 'throttled' });
    expect(throttled.answer).toMatchObject({ reason: expect.any(ServiceBusy) });
    expect([...denied.orders, ...throttled.orders]).toHaveLength(2);
  });

  it('never tells a token, whatever becomes of it', async () => {
    const secrets = [
      aSecretWith(),
      aSecretWith(TOKENS, (token) => `broken ${token}`),
      aSecretWith({ ...TOKENS, pending: TOKENS.current }),
    ];
    for (const each of secrets) {
      for (const attempt of ['answers', 'busy', 'refused', 'lost', 'denied', 'throttled'] as const) {
        const { answer } = await order({}, { attempt, secrets: each });
        const said = answer.status === 'fulfilled' ? JSON.stringify(answer.value) : String(answer.reason.stack);
        for (const token of Object.values(TOKENS)) expect(said).not.toContain(token);
      }
    }
  });

  it('says what to do about a secret that is not as it should be', async () => {
    const { answer } = await order({}, { secrets: aSecretWith({ current: TOKENS.current }) });
    expect(answer).toMatchObject({ reason: expect.any(FixSecret) });
  });
});

import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const COMBINATION = 'InvalidParameterCombinationException';
const VALUE = 'InvalidParameterValueException';
const OFF = { TransitEncryptionEnabled: false };
const ON = { TransitEncryptionEnabled: true };
const PREFERRED = { ...ON, TransitEncryptionMode: 'preferred' } as const;
const REQUIRED = { ...ON, TransitEncryptionMode: 'required' } as const;

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
});
afterEach(() => cache.close());

const create = async (request: Partial<CreateReplicationGroupCommandInput> = {}) => {
  await cache.client.send(new CreateReplicationGroupCommand(aGroup(request)));
  await cache.handle.idle();
};
type Change = Partial<ModifyReplicationGroupCommandInput>;
const modify = async (change: Change) =>
  (await cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ...change })))
    .ReplicationGroup;
const now = async (change: Change) => {
  const answer = await modify({ ApplyImmediately: true, ...change });
  await cache.handle.idle();
  return answer;
};
const shown = async () => {
  const [group] = (await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups ?? [];
  const [member] = (await cache.client.send(new DescribeCacheClustersCommand({}))).CacheClusters ?? [];
  const of = (what: typeof group | typeof member) => [what?.TransitEncryptionEnabled, what?.TransitEncryptionMode];
  expect(of(member)).toEqual(of(group));
  return { is: of(group), pending: group?.PendingModifiedValues, status: group?.Status };
};
const engine = () => cache.engine.caches.get('us-east-1.sessions')?.told.transit;

describe('encryption in transit', () => {
  it('goes from off over preferred to required and back, each step visible while it is taken', async () => {
    await create();
    const steps: [change: Change, pending: object, is: unknown[], engine: string][] = [
      [PREFERRED, PREFERRED, [true, 'preferred'], 'preferred'],
      [REQUIRED, REQUIRED, [true, 'required'], 'required'],
      [{ TransitEncryptionMode: 'preferred' }, PREFERRED, [true, 'preferred'], 'preferred'],
      [OFF, OFF, [false, undefined], 'off'],
    ];
    for (const [change, pending, is, mode] of steps) {
      expect(await now(change)).toMatchObject({ Status: 'modifying', PendingModifiedValues: pending });
      expect(await shown()).toEqual({ is, pending: {}, status: 'available' });
      expect(engine()).toBe(mode);
    }
  });

  it('is preferred from the creation on', async () => {
    await create(PREFERRED);
    expect((await shown()).is).toEqual([true, 'preferred']);
    expect(engine()).toBe('preferred');
  });

  it('waits for the maintenance window unless it is immediate, and can be called off until then', async () => {
    await create(PREFERRED);
    await modify(REQUIRED);
    expect(await shown()).toEqual({ is: [true, 'preferred'], pending: REQUIRED, status: 'available' });
    await modify(PREFERRED);
    expect(await shown()).toEqual({ is: [true, 'preferred'], pending: {}, status: 'available' });
    expect(engine()).toBe('preferred');
  });

  it('stays as it was when the engine cannot be changed', async () => {
    await create();
    cache.engine.failNextChange('no');
    await now(PREFERRED);
    expect(await shown()).toEqual({ is: [false, undefined], pending: {}, status: 'available' });
    expect(engine()).toBe('off');
    await now(PREFERRED);
    expect(engine()).toBe('preferred');
  });

  it.each<[string, Partial<CreateReplicationGroupCommandInput>, Change]>([
    ['off', {}, OFF],
    ['on', ON, ON],
    ['required', ON, REQUIRED],
    ['preferred', PREFERRED, PREFERRED],
  ])('that is %s already is no change', async (_name, of, change) => {
    await create(of);
    expect((await now(change))?.Status).toBe('available');
  });
});

const token = { ...PREFERRED, AuthToken: 'first-token-0123456789' };
const refused: [rule: string, of: Partial<CreateReplicationGroupCommandInput>, change: Change, error: string][] = [
  ['required at once', {}, REQUIRED, COMBINATION],
  ['on without a mode', {}, ON, COMBINATION],
  ['a mode without being on', {}, { TransitEncryptionMode: 'preferred' }, COMBINATION],
  ['off from required', ON, OFF, COMBINATION],
  ['off with a mode', PREFERRED, { ...OFF, TransitEncryptionMode: 'preferred' }, COMBINATION],
  ['a mode that is none', PREFERRED, { TransitEncryptionMode: 'sometimes' as 'preferred' }, VALUE],
  ['with an AUTH token', token, REQUIRED, COMBINATION],
  ['with an old engine', { EngineVersion: '6.2' }, PREFERRED, COMBINATION],
];
describe('encryption in transit is not changed to', () => {
  it.each(refused)('%s', async (_rule, of, change, error) => {
    await create(of);
    const before = [await shown(), engine()];
    expect(await outcomeOf(now(change))).toBe(error);
    expect([await shown(), engine()]).toEqual(before);
  });
});

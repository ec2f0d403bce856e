import { describe, expect, it } from 'vitest';
import { type Eyes, lookBeforeDrill } from '../../functions/failover-drill/look-before-drill.ts';
import { planDrill } from '../../functions/failover-drill/plan-drill.ts';
import type { DrillRequest } from '../../functions/failover-drill/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import {
  aDrillableCache,
  aDrillRecord,
  aShard,
  daysAgo,
  drillTerms,
  NOW,
  secondsFromNow,
} from '../builders/a-drill.ts';
import { anEvent, called } from '../builders/a-failover.ts';
import { inMemoryAlarms } from '../builders/in-memory-alarms.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryEvents } from '../builders/in-memory-events.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };
const SECRET = 'autopilot/orders/auth-token';
const aSecret = { value: 'x', versionId: '1', deleted: false };

/** An account with a cache that may be drilled. It notes of which nodes the lag was asked for. */
const aWorld = (traits: Partial<CacheSeen> = {}) => {
  const cache = aDrillableCache(traits);
  const ledger = inMemoryLedger();
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, aSecret);
  const askedLag: (readonly string[])[] = [];
  const eyes = {
    region: 'us-east-1',
    operationId: 'drill-9',
    caches: inMemoryCaches(cache),
    lag: {
      async of(nodeIds: readonly string[]) {
        askedLag.push(nodeIds);
        return new Map(nodeIds.slice(1).map((id) => [id, 0.1]));
      },
    },
    snapshots: {
      of: async () => [{ name: 'nightly', status: 'available', sizes: [], takenAt: secondsFromNow(-3600) }],
    },
    serviceUpdates: { underWay: async (cacheId: string) => [`of ${cacheId}`] },
    alarms: inMemoryAlarms(),
    events: inMemoryEvents(),
    ledger,
    secrets,
    vpcOf: async (subnetGroup: string) => (subnetGroup === 'default' ? 'vpc-1' : undefined),
    probedVpcs: ['vpc-1'],
  } satisfies Eyes;
  const look = (request: DrillRequest = {}, policy: Partial<FailoverDrillPolicy> = {}) =>
    lookBeforeDrill({ cacheId: 'orders', ...request }, NOW, FailoverDrillPolicy.parse(policy), eyes);
  return { ...eyes, askedLag, look };
};

describe('lookBeforeDrill', () => {
  it('sees who works on the cache, unless it is the operation that looks or a lease that is over', async () => {
    const { look, ledger } = aWorld();
    await ledger.lock(key, 'change-7', secondsFromNow(-60), secondsFromNow(60));
    expect((await look()).holder).toMatchObject({ operationId: 'change-7' });
    await ledger.unlock(key, 'change-7', 1);
    await ledger.lock(key, 'drill-9', secondsFromNow(-60), secondsFromNow(60));
    expect((await look()).holder).toBeUndefined();
    await ledger.unlock(key, 'drill-9', 2);
    await ledger.lock(key, 'change-8', secondsFromNow(-60), secondsFromNow(-1));
    expect((await look()).holder).toBeUndefined();
  });

  it('sees another drill of the cache that waits for a person, as long as it has not ended', async () => {
    const { look, ledger } = aWorld();
    const ask = (operationId: string, cacheId = 'orders', workflow = 'failover-drill') =>
      ledger.ask({
        operationId,
        cacheId,
        workflow,
        taskToken: `token-of-${operationId}`,
        question: 'Shall it?',
        figures: {},
        answerBefore: secondsFromNow(3600),
      });
    await ask('drill-9');
    await ask('drill-of-carts', 'carts');
    await ask('change-7', 'orders', 'create-cache');
    expect((await look()).asked).toBeUndefined();
    await ask('drill-7');
    expect((await look()).asked).toBe('drill-7');
    const opening = { ...key, operationId: 'drill-7', workflow: 'failover-drill', startedAt: NOW, summary: 'Drill.' };
    await ledger.close(opening, { outcome: 'failed', reason: 'Abandoned', summary: 'Stopped.', closedAt: NOW });
    expect((await look()).asked).toBeUndefined();
  });

  it('knows nothing of a deleted cache of the same name: neither its drills nor its turns', async () => {
    const held = aDrillRecord({ startedAt: daysAgo(10) });
    const seenBy = async (createdAt: string | undefined) => {
      const { look, ledger } = aWorld(createdAt === undefined ? {} : { createdAt });
      await ledger.open(held);
      await ledger.close(held, {
        outcome: 'done',
        reason: 'DrillPassed',
        summary: 'x',
        closedAt: daysAgo(10),
        figures: held.figures,
      });
      await ledger.takeTurn(key, '0001', daysAgo(10));
      const { drills, turns } = await look();
      return { drills: drills.length, turns: turns.size };
    };
    expect(await seenBy(undefined)).toEqual({ drills: 1, turns: 1 });
    expect(await seenBy(daysAgo(11))).toEqual({ drills: 1, turns: 1 });
    expect(await seenBy(daysAgo(9))).toEqual({ drills: 0, turns: 0 });
  });

  it('sees all that the plan goes by', async () => {
    const { look, ledger } = aWorld();
    await ledger.remember(key, { spec: { cacheId: 'orders' }, operationId: 'operation-1', at: NOW });
    const seen = await look();
    expect(seen).toMatchObject({
      observedAt: NOW,
      cache: { cacheId: 'orders', tags: { 'autopilot:managed': 'true' } },
      snapshots: [{ name: 'nightly' }],
      serviceUpdates: ['of orders'],
      firing: [],
      blindAlarms: [],
      failoversToday: 0,
      drills: [],
      remembered: { operationId: 'operation-1' },
      secretIsThere: true,
      vpc: { id: 'vpc-1', configured: true },
    });
    expect([...seen.lagSeconds.keys()]).toEqual(['orders-0001-002', 'orders-0001-003']);
    expect(planDrill({ cacheId: 'orders' }, { ...seen, serviceUpdates: [] }, drillTerms()).action).toBe('drill');
  });

  it('looks at the shard whose turn it is, or that was asked for', async () => {
    const { look, ledger, askedLag } = aWorld();
    await ledger.close(aDrillRecord({ startedAt: daysAgo(3) }), {
      outcome: 'done',
      reason: 'DrillPassed',
      summary: 'Drill passed.',
      closedAt: NOW,
    });
    expect((await look()).drills).toHaveLength(1);
    await look({ shardId: '0003' });
    await look({ shardId: '0009' });
    expect(askedLag.map(([first]) => first)).toEqual(['orders-0002-001', 'orders-0003-001']);
  });

  it('looks at the shard whose turn it is also when the record of the last one is kept no more', async () => {
    const { look, ledger, askedLag } = aWorld();
    await ledger.takeTurn(key, '0001', daysAgo(500));
    const seen = await look();
    expect(seen.turns).toEqual(new Map([['0001', daysAgo(500)]]));
    expect(askedLag.map(([first]) => first)).toEqual(['orders-0002-001']);
    expect(planDrill({ cacheId: 'orders' }, { ...seen, serviceUpdates: [] }, drillTerms()).shardId).toBe('0002');
  });

  it.each<[string, DrillRequest]>([
    ['no cache', { cacheId: undefined }],
    ['a cache that is no text', { cacheId: 7 }],
    ['an empty id', { cacheId: '' }],
    ['an id that none can have', { cacheId: 'x'.repeat(101) }],
  ])('asks AWS nothing about %s', async (_, request) => {
    const world = aWorld();
    const find = () => expect.fail('It asked.');
    const seen = await lookBeforeDrill(request, NOW, FailoverDrillPolicy.parse({}), { ...world, caches: { find } });
    expect(seen.cache).toBeUndefined();
    expect(planDrill(request, seen, drillTerms())).toMatchObject({ action: 'refuse', reason: 'InvalidRequest' });
  });

  it('looks no further at what is not there, or has no replicas', async () => {
    for (const traits of [{ cacheId: 'other' }, { kind: 'cluster' as const, engine: 'memcached' }]) {
      const world = aWorld(traits);
      const seen = await lookBeforeDrill({ cacheId: 'orders' }, NOW, FailoverDrillPolicy.parse({}), {
        ...world,
        alarms: { firingOf: () => expect.fail('It asked.'), named: () => expect.fail('It asked.') },
      });
      expect(seen).toMatchObject({ secretIsThere: false, failoversToday: 0 });
      expect(planDrill({ cacheId: 'orders' }, seen, drillTerms()).action).toBe('refuse');
    }
  });

  it('knows which alarms are firing, each once, and which see nothing', async () => {
    const { look, alarms } = aWorld();
    alarms.there.set('orders-memory', { state: 'ALARM', of: 'orders' });
    alarms.there.set('carts-memory', { state: 'ALARM', of: 'carts' });
    alarms.there.set('errors', { state: 'ALARM' });
    alarms.there.set('latency', { state: 'OK' });
    alarms.there.set('blind', { state: 'INSUFFICIENT_DATA' });
    const abortOnAlarms = ['errors', 'latency', 'blind', 'gone', 'orders-memory'];
    expect(await look({}, { abortOnAlarms })).toMatchObject({
      firing: ['orders-memory', 'errors'],
      blindAlarms: ['blind', 'gone'],
    });
    expect(await look()).toMatchObject({ firing: ['orders-memory'], blindAlarms: [] });
  });

  it('counts everybody’s failovers of the last 24 hours, and ours of which ElastiCache has not told yet', async () => {
    const { look, events, ledger } = aWorld();
    const counted = async () => (await look()).failoversToday;
    events.told.push(called(-3600), called(-86_399), { ...called(-60, '0003'), source: 'carts' });
    events.told.push(called(-86_401), anEvent(-60, 'orders', 'Snapshot succeeded'));
    expect(await counted()).toBe(3);
    for (const [index, seconds] of [-90_000, -400, -300, -200, -100].entries()) {
      const allowance = { region: 'us-east-1', limit: 15, withinSeconds: 86_400 };
      await ledger.takeFailoverPlace(allowance, `drill-${index}`, secondsFromNow(seconds));
    }
    expect(await counted()).toBe(4);
  });

  it.each<[string, object | undefined, boolean]>([
    ['it is there', aSecret, true],
    ['it is being deleted', { ...aSecret, deleted: true }, false],
    ['it holds nothing', { ...aSecret, value: undefined }, false],
    ['there is none', undefined, false],
  ])('knows whether the secret can be used: %s', async (_, secret, secretIsThere) => {
    const { look, secrets } = aWorld();
    secrets.kept.clear();
    if (secret) secrets.kept.set(SECRET, { ...aSecret, ...secret });
    expect(await look()).toMatchObject({ secretIsThere });
  });

  it('looks for the user’s secret where a user group decides', async () => {
    const { look, ledger, secrets } = aWorld({ authToken: false, userGroupIds: ['apps'] });
    expect((await look()).secretIsThere).toBe(false);
    await ledger.remember(key, { spec: { userSecretName: 'drill-user' }, operationId: 'operation-1', at: NOW });
    secrets.kept.set('drill-user', aSecret);
    expect((await look()).secretIsThere).toBe(true);
  });

  it('knows the VPC, and whether it has a prober', async () => {
    expect((await aWorld({ subnetGroup: 'other' }).look()).vpc).toBeUndefined();
    expect((await aWorld({ subnetGroup: undefined }).look()).vpc).toBeUndefined();
    const world = aWorld();
    const seen = await lookBeforeDrill({ cacheId: 'orders' }, NOW, FailoverDrillPolicy.parse({}), {
      ...world,
      probedVpcs: ['vpc-9'],
    });
    expect(seen.vpc).toEqual({ id: 'vpc-1', configured: false });
  });

  it('asks for no lag where ElastiCache names no nodes', async () => {
    const { look, askedLag } = aWorld({ shards: [aShard('0001', { nodes: undefined })] });
    expect((await look()).lagSeconds.size).toBe(0);
    expect(askedLag).toEqual([]);
  });

  it('sees the quarantine', async () => {
    const { look, ledger } = aWorld();
    const quarantine = { operationId: 'drill-0', reason: 'DidNotHeal', summary: 'A replica is gone.', since: NOW };
    await ledger.quarantine(key, quarantine);
    expect((await look()).quarantine).toEqual(quarantine);
  });

  it('does not take its own operation’s quarantine for one that speaks against it', async () => {
    const world = aWorld();
    await world.ledger.quarantine(key, { operationId: 'drill-1', reason: 'DrillUnderWay', summary: 'So.', since: NOW });
    const seenBy = async (operationId: string) =>
      (await lookBeforeDrill({ cacheId: 'orders' }, NOW, FailoverDrillPolicy.parse({}), { ...world, operationId }))
        .quarantine;
    expect(await seenBy('drill-2')).toMatchObject({ operationId: 'drill-1' });
    expect(await seenBy('drill-1')).toBeUndefined();
  });

  it('never takes what could not be asked for what is not there', async () => {
    const fails = () => Promise.reject(new Error('No answer.'));
    const blind: Partial<Eyes>[] = [
      { caches: { find: fails } },
      { lag: { of: fails } },
      { snapshots: { of: fails } },
      { serviceUpdates: { underWay: fails } },
      { alarms: { firingOf: fails, named: async () => [] } },
      { alarms: { firingOf: async () => [], named: fails } },
      { events: { of: async () => [], ofGroups: fails } },
      { secrets: { find: fails } },
      { vpcOf: fails },
      ...(['quarantineOf', 'operations', 'specOf', 'failoversSince', 'turnsOf'] as const).map((method) => ({
        ledger: { ...inMemoryLedger(), [method]: fails },
      })),
    ];
    for (const eyes of blind) {
      const looking = lookBeforeDrill({ cacheId: 'orders' }, NOW, FailoverDrillPolicy.parse({}), {
        ...aWorld(),
        ...eyes,
      });
      await expect(looking).rejects.toThrow('No answer.');
    }
  });
});

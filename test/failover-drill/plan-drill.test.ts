import { describe, expect, it } from 'vitest';
import { planDrill } from '../../functions/failover-drill/plan-drill.ts';
import { DrillPlan, type DrillRequest } from '../../functions/failover-drill/schemas.ts';
import { AccountPolicy, CAREFUL_POLICY } from '../../functions/platform/policy.ts';
import { aDrillableCache, aDrillResult, aDrillSeen, aShard, daysAgo, drillTerms, NOW } from '../builders/a-drill.ts';

const OURS = { 'autopilot:managed': 'true' };

const plan = (request: DrillRequest = {}, seen = aDrillSeen(), terms = drillTerms()): DrillPlan =>
  DrillPlan.parse(planDrill({ cacheId: 'orders', ...request }, seen, terms));
const refused = (request: DrillRequest, seen = aDrillSeen(), terms = drillTerms()) => {
  const { action, reason, summary } = plan(request, seen, terms);
  return { action, reason, summary };
};

describe('planDrill', () => {
  it('says which shard would fail over, why this one, why now, and all that was looked at', () => {
    const made = plan();
    expect(made).toMatchObject({
      action: 'drill',
      reason: 'ReadyToDrill',
      cacheId: 'orders',
      mode: 'act',
      shardId: '0001',
      summary:
        'Let shard 0001 of orders fail over to a replica, which cannot be taken back: its writes fail meanwhile, mostly for seconds. More than 60 s is no pass.',
      why: 'It is the turn of shard 0001: it was never drilled; the cache is due, because no failover of it was ever rehearsed and measured.',
      doubts: [],
      clusterMode: true,
      nodesInShard: 3,
      nodeIds: ['orders-0001-001', 'orders-0001-002', 'orders-0001-003'],
      shards: 3,
      wayIn: { tls: true, auth: true, secretName: 'autopilot/orders/auth-token' },
      vpcId: 'vpc-0a1b2c3d',
      targetSeconds: 60,
    });
    expect(made.checks).toHaveLength(19);
    expect(made.checks.filter(({ passed, says }) => !passed || !says.endsWith('.'))).toEqual([]);
  });

  it('takes the shard that was asked for, and says that the cache is not due by itself', () => {
    const drills = [aDrillResult({ shardId: '0002', at: daysAgo(3) })];
    expect(plan({ shardId: '0002' }, aDrillSeen({ drills }))).toMatchObject({
      action: 'drill',
      shardId: '0002',
      why: 'Shard 0002 was asked for; the cache is not due by itself.',
    });
  });

  it('tells the target of the policy', () => {
    const made = plan({}, aDrillSeen(), drillTerms({ targetSeconds: 15 }));
    expect(made).toMatchObject({ targetSeconds: 15, summary: expect.stringContaining('More than 15 s is no pass.') });
  });

  describe('of what nobody asked for', () => {
    const drilled = (days: number, changes: object = {}) =>
      aDrillSeen({ drills: [aDrillResult({ at: daysAgo(days), ...changes })] });

    it('refuses what is not due, also when two questions were asked for it and both were answered yes', () => {
      expect(refused({ unasked: true }, drilled(10 / 1440))).toEqual({
        action: 'refuse',
        reason: 'NotDue',
        summary: 'No drill of orders: nobody asked for it, and it is not due.',
      });
      expect(refused({ unasked: true }, drilled(89))).toMatchObject({ reason: 'NotDue' });
      expect(plan({}, drilled(10 / 1440)).action).toBe('drill');
    });

    it('refuses also what was held within the week and was not measured, or never reported: nobody has asked since', () => {
      const unmeasured = { outcome: 'failed', reason: 'NotMeasured', writeOutageMs: undefined };
      expect(refused({ unasked: true }, drilled(6.49, unmeasured))).toMatchObject({ reason: 'NotDue' });
      expect(plan({ unasked: true }, drilled(6.5, unmeasured)).action).toBe('drill');
      expect(plan({ unasked: true }, drilled(1, { ...unmeasured, outcome: 'refused' })).action).toBe('drill');
      const turn = (days: number) => aDrillSeen({ turns: new Map([['0002', daysAgo(days)]]) });
      expect(refused({ unasked: true }, turn(6.49))).toMatchObject({ reason: 'NotDue' });
      expect(plan({ unasked: true }, turn(6.5)).action).toBe('drill');
    });

    it('drills what is due', () => {
      expect(plan({ unasked: true })).toMatchObject({ action: 'drill' });
      expect(plan({ unasked: true }, drilled(91))).toMatchObject({ action: 'drill' });
    });
  });

  describe('refuses', () => {
    it('a wrong request, with all its faults', () => {
      const faults = { cacheId: '', shardId: 'first', mode: 'maybe', unasked: 'yes' };
      expect(refused(faults)).toMatchObject({
        action: 'refuse',
        reason: 'InvalidRequest',
        summary: expect.stringMatching(/^No drill of unknown: .*cacheId: .*shardId: .*0001.*mode: .*unasked: /),
      });
    });

    it.each<[string, DrillRequest]>([
      ['no cache', { cacheId: undefined }],
      ['a cache that is no text', { cacheId: 7 }],
      ['a shard that is a number', { shardId: 1 }],
      ['a group’s name for a shard', { shardId: 'orders-0001' }],
      ['a misspelt shard', { shard: '0002' }],
      ['a misspelt mode', { Mode: 'observe' }],
    ])('a request with %s', (_, request) => {
      expect(refused(request)).toMatchObject({ action: 'refuse', reason: 'InvalidRequest' });
    });

    it('nothing for what Step Functions adds to a request of another execution', () => {
      const request = { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:execution', unasked: true, requestedBy: 'us' };
      expect(plan(request).action).toBe('drill');
    });

    it('a cache that is not there', () => {
      expect(refused({}, { ...aDrillSeen(), cache: undefined })).toEqual({
        action: 'refuse',
        reason: 'NoSuchCache',
        summary: 'No drill of orders: there is no such cache in this Region.',
      });
    });

    it.each([
      ['Memcached', { engine: 'memcached', kind: 'cluster' as const }],
      ['a node that stands alone', { kind: 'cluster' as const }],
    ])('%s, which has no replica', (_, traits) => {
      expect(refused({}, aDrillSeen({ cache: aDrillableCache(traits) }))).toMatchObject({
        reason: 'NothingToFailOver',
        summary: expect.stringContaining('no replica that could take over'),
      });
    });

    it('a cache that is not ours, whatever the tag says but true', () => {
      for (const tags of [{}, { 'autopilot:managed': 'false' }, { 'autopilot:managed': 'True' }, { managed: 'true' }]) {
        expect(refused({}, aDrillSeen({ cache: aDrillableCache({ tags }) }))).toEqual({
          action: 'refuse',
          reason: 'NotOurs',
          summary: 'No drill of orders: it has no tag autopilot:managed=true.',
        });
      }
    });

    it('a cache whose tags nobody knows', () => {
      const cache = aDrillableCache({ tags: undefined, status: 'modifying' });
      expect(refused({}, aDrillSeen({ cache }))).toEqual({
        action: 'refuse',
        reason: 'CacheBusy',
        summary: 'No drill of orders: it is modifying; ask again when it is available.',
      });
    });

    it('a shard that is not there, and names those that are', () => {
      expect(refused({ shardId: '0004' })).toEqual({
        action: 'refuse',
        reason: 'NoSuchShard',
        summary: 'No drill of orders: it has no shard 0004, but 0001, 0002, 0003.',
      });
      expect(refused({}, aDrillSeen({ cache: aDrillableCache({ shards: [] }) }))).toMatchObject({
        reason: 'NoSuchShard',
        summary: 'No drill of orders: it has no shard at all.',
      });
    });

    it('a shard with one node', () => {
      const cache = aDrillableCache({ shards: [aShard('0001', { nodeCount: 1 })] });
      expect(refused({}, aDrillSeen({ cache }))).toEqual({
        action: 'refuse',
        reason: 'NothingToFailOver',
        summary: 'No drill of orders: shard 0001 has no replica that could take over: add one.',
      });
    });

    it('for the gravest reason, and tells all others too', () => {
      const seen = aDrillSeen({
        cache: aDrillableCache({ multiAZ: false, pending: ['EngineVersion'] }),
        firing: ['orders-memory'],
        failoversToday: 15,
        snapshots: [],
      });
      const made = plan({}, seen);
      expect(made).toMatchObject({ action: 'refuse', reason: 'FailoverOff', shardId: '0001' });
      expect(made.summary).toMatch(
        /^No drill of shard 0001 of orders now: Multi-AZ is off.*EngineVersion.*orders-memory.*There is no snapshot.*All 15 failovers/,
      );
      expect(made.checks.flatMap(({ reason }) => reason ?? [])).toEqual([
        'FailoverOff',
        'ChangesPending',
        'AlarmFiring',
        'NoYoungSnapshot',
        'AllowanceUsedUp',
      ]);
    });
  });

  describe('the mode', () => {
    const modeOf = (request: DrillRequest, tags: object = {}, terms = drillTerms()) =>
      plan(request, aDrillSeen({ cache: aDrillableCache({ tags: { ...OURS, ...tags } }) }), terms).mode;

    it('is the account’s', () => {
      for (const mode of ['observe', 'approve', 'act'] as const) {
        const terms = drillTerms({}, { modes: { ...AccountPolicy.parse({}).modes, 'failover-drill': mode } });
        expect(modeOf({}, {}, terms)).toBe(mode);
      }
      expect(modeOf({}, {}, { ...drillTerms(), policy: CAREFUL_POLICY })).toBe('observe');
    });

    it('is made more careful by the request and by the cache’s own tag, never less', () => {
      expect(modeOf({ mode: 'approve' })).toBe('approve');
      expect(modeOf({}, { 'autopilot:failover-drill': 'observe' })).toBe('observe');
      expect(modeOf({ mode: 'approve' }, { 'autopilot:failover-drill': 'act' })).toBe('approve');
      const asking = drillTerms({}, { modes: { ...AccountPolicy.parse({}).modes, 'failover-drill': 'approve' } });
      expect(modeOf({ mode: 'act' }, { 'autopilot:failover-drill': 'act' }, asking)).toBe('approve');
    });

    it('heeds autopilot:mode only when nobody asked', () => {
      expect(modeOf({}, { 'autopilot:mode': 'observe' })).toBe('act');
      expect(modeOf({ unasked: true }, { 'autopilot:mode': 'observe' })).toBe('observe');
    });

    it('is approve outside the change windows', () => {
      const terms = drillTerms({}, { changeWindows: ['sun:03:00-sun:06:00'] });
      expect(modeOf({}, {}, terms)).toBe('approve');
      expect(modeOf({}, {}, drillTerms({}, { changeWindows: ['sat:06:00-sat:08:00'] }))).toBe('act');
    });

    it('is observe, with a doubt, when a tag cannot be understood', () => {
      const tags = { ...OURS, 'autopilot:failover-drill': 'yes', 'autopilot:failover-dril': 'act' };
      const made = plan({}, aDrillSeen({ cache: aDrillableCache({ tags }) }));
      expect(made.mode).toBe('observe');
      expect(made.doubts).toEqual([
        expect.stringContaining('autopilot:failover-dril is not known'),
        expect.stringContaining('autopilot:failover-drill is yes'),
      ]);
    });

    it('passes on what was doubtful about the policy', () => {
      expect(plan({}, aDrillSeen(), { ...drillTerms(), doubts: ['The policy is no JSON.'] }).doubts).toEqual([
        'The policy is no JSON.',
      ]);
    });
  });

  describe('the way in', () => {
    const wayIn = (cache: object, seen: object = {}) =>
      plan({}, aDrillSeen({ cache: aDrillableCache(cache), ...seen })).wayIn;
    const remembered = (spec: object) => ({ remembered: { spec: { ...spec }, operationId: 'operation-1', at: NOW } });

    it('is the secret of the token', () => {
      expect(wayIn({})).toEqual({ tls: true, auth: true, secretName: 'autopilot/orders/auth-token' });
    });

    it('is the secret of the user that the specification names, where a user group decides', () => {
      expect(wayIn({ authToken: false, userGroupIds: ['apps'] }, remembered({ userSecretName: 'drill-user' }))).toEqual(
        {
          tls: true,
          auth: true,
          secretName: 'drill-user',
          asUser: true,
        },
      );
    });

    it('is unknown, and no drill, where nobody says which user', () => {
      for (const spec of [{}, { userSecretName: '' }, { userSecretName: 7 }]) {
        const made = plan({}, aDrillSeen({ cache: aDrillableCache({ userGroupIds: ['apps'] }), ...remembered(spec) }));
        expect(made.wayIn).toEqual({ tls: true, auth: true, asUser: true });
        expect(made).toMatchObject({ action: 'refuse', reason: 'TokenUnknown' });
        expect(made.summary).toContain('userSecretName of its specification');
      }
    });

    it('is open where the cache asks nobody', () => {
      const seen = aDrillSeen({ cache: aDrillableCache({ tls: false, authToken: false }), secretIsThere: false });
      expect(plan({}, seen)).toMatchObject({ action: 'drill', wayIn: { tls: false, auth: false } });
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { DrillSeen } from '../../functions/failover-drill/observation.ts';
import { preFlight } from '../../functions/failover-drill/pre-flight.ts';
import { Check, type DrillReason, type WayIn } from '../../functions/failover-drill/schemas.ts';
import type { CacheSeen, ShardSeen } from '../../functions/platform/caches.ts';
import { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import { aDrillableCache, aDrillSeen, aShard, NOW, secondsFromNow } from '../builders/a-drill.ts';

interface Looked {
  readonly cache?: Partial<CacheSeen>;
  readonly shard?: Partial<ShardSeen>;
  readonly seen?: Partial<DrillSeen>;
  readonly policy?: Partial<FailoverDrillPolicy>;
  readonly wayIn?: WayIn;
  readonly unasked?: boolean;
}

const TOKEN: WayIn = { tls: true, auth: true, secretName: 'autopilot/orders/auth-token' };

const check = ({ cache = {}, shard = {}, seen = {}, policy = {}, wayIn = TOKEN, unasked = false }: Looked) => {
  const there = aDrillableCache(cache);
  return preFlight({
    cache: there,
    shard: aShard('0001', shard),
    seen: aDrillSeen({ cache: there, ...seen }),
    policy: FailoverDrillPolicy.parse(policy),
    wayIn,
    unasked,
  }).map((each) => Check.parse(each));
};
/** What the check of that name says, and the reason when it failed; no other check may have failed. */
const found = (name: string, looked: Looked): [DrillReason | 'passed', string | undefined] => {
  const checks = check(looked);
  expect(checks.filter((each) => !each.passed && each.name !== name)).toEqual([]);
  const one = checks.find((each) => each.name === name);
  return [one?.reason ?? 'passed', one?.says];
};
const lag = (seconds: Readonly<Record<string, number>>) => new Map(Object.entries(seconds));
const taken = (hoursAgo: number, name = 'nightly', status = 'available') => ({
  name,
  status,
  takenAt: secondsFromNow(-hoursAgo * 3600),
});

describe('preFlight', () => {
  it('passes what is in order, and says of each check what it saw', () => {
    expect(check({}).map(({ name, passed, says }) => [name, passed, says])).toEqual([
      ['lock', true, 'No operation works on it.'],
      ['other-questions', true, 'No other drill of it waits for a person.'],
      ['quarantine', true, 'No earlier drill left it in quarantine.'],
      ['global-datastore', true, 'It belongs to no global datastore.'],
      ['status', true, 'The cache and all its shards are available.'],
      ['failover', true, 'Automatic failover and Multi-AZ are on.'],
      ['zones', true, 'The nodes of shard 0001 are spread over us-east-1a, us-east-1b, us-east-1c.'],
      ['changes', true, 'No change is pending.'],
      ['service-updates', true, 'No service update is under way or scheduled.'],
      ['running-snapshots', true, 'No snapshot is being taken.'],
      ['replicas', true, 'All 2 replicas of shard 0001 are at most 1 s behind.'],
      ['alarms', true, 'No alarm of the cache is firing.'],
      ['alarms-that-stop-it', true, 'No alarms are chosen to stop a drill.'],
      ['window', true, 'Drills may be held at any time.'],
      ['freezes', true, 'No freeze holds.'],
      ['snapshot', true, 'The snapshot nightly is 4.0 hours old.'],
      ['allowance', true, '2 of 15 failovers of the last 24 hours are used.'],
      ['prober', true, 'The prober runs in vpc-0a1b2c3d.'],
      ['way-in', true, 'The prober comes with the token in autopilot/orders/auth-token.'],
    ]);
  });

  it('takes the snapshot of a deleted cache of the same name for none of this one', () => {
    const young = { name: 'nightly', status: 'available', takenAt: secondsFromNow(-3600) };
    const of = (createdAt: string) =>
      check({ cache: { createdAt }, seen: { snapshots: [young] } }).find(({ name }) => name === 'snapshot');
    expect(of(secondsFromNow(-3601))?.passed).toBe(true);
    expect(of(secondsFromNow(-3599))).toMatchObject({ passed: false, reason: 'NoYoungSnapshot' });
  });

  it.each<[string, string, Looked, DrillReason | 'passed', string]>([
    [
      'an earlier drill did not heal',
      'quarantine',
      {
        seen: {
          quarantine: { operationId: 'drill-7', reason: 'DidNotHeal', summary: 'One replica is gone.', since: NOW },
        },
      },
      'Quarantined',
      `drill-7 left it in quarantine on ${NOW}: One replica is gone. A person has to look, and then to clear it.`,
    ],
    [
      'a snapshot is being taken',
      'status',
      { cache: { status: 'snapshotting' } },
      'CacheBusy',
      'The cache is snapshotting: ask again when it is available.',
    ],
    [
      'another shard is being changed',
      'status',
      { cache: { shards: [aShard('0001'), aShard('0002', { status: 'modifying' })] } },
      'CacheBusy',
      'The cache is available, and of its shards 0002 is modifying: ask again when it is available.',
    ],
    [
      'it has one shard',
      'status',
      { cache: { shards: [aShard('0001')] } },
      'passed',
      'The cache and its shard are available.',
    ],
    [
      'automatic failover is off',
      'failover',
      { cache: { automaticFailover: false } },
      'FailoverOff',
      'Automatic failover is off: nothing would take over. Turn both on.',
    ],
    [
      'Multi-AZ is off',
      'failover',
      { cache: { multiAZ: false } },
      'FailoverOff',
      'Multi-AZ is off: nothing would take over. Turn both on.',
    ],
    [
      'all nodes are in one zone',
      'zones',
      { shard: { nodes: ['1', '2', '3'].map((n) => ({ id: `orders-0001-00${n}`, zone: 'us-east-1a' })) } },
      'ZonesNotSpread',
      'Shard 0001 has no replica in another Availability Zone (us-east-1a).',
    ],
    [
      'changes are ordered',
      'changes',
      { cache: { pending: ['EngineVersion', 'CacheNodeType'] } },
      'ChangesPending',
      'Changes are ordered and not applied: EngineVersion, CacheNodeType.',
    ],
    [
      'nodes do not tell what is pending',
      'changes',
      { cache: { untoldMembers: 2 } },
      'ChangesPending',
      'Of 2 nodes ElastiCache does not tell now whether changes are pending.',
    ],
    [
      'a service update is scheduled',
      'service-updates',
      { seen: { serviceUpdates: ['elasticache-20261101 (scheduled)'] } },
      'ServiceUpdatePending',
      'Service updates are under way or scheduled: elasticache-20261101 (scheduled).',
    ],
    [
      'a replica is behind',
      'replicas',
      { seen: { lagSeconds: lag({ 'orders-0001-002': 0.1, 'orders-0001-003': 7.25 }) } },
      'ReplicaBehind',
      'orders-0001-003 is 7.3 s behind, and at most 1 s are allowed: what a replica has not got would be lost.',
    ],
    [
      'a replica tells nothing',
      'replicas',
      { seen: { lagSeconds: lag({ 'orders-0001-002': 0.1 }) } },
      'ReplicasUnknown',
      'Only 1 of 2 replicas of shard 0001 have told CloudWatch within the last minutes how far behind they are (ReplicationLag): look whether they are attached.',
    ],
    [
      'an alarm is firing',
      'alarms',
      { seen: { firing: ['orders-memory', 'orders-cpu'] } },
      'AlarmFiring',
      'Alarms are firing: orders-memory, orders-cpu.',
    ],
    [
      'a chosen alarm is blind',
      'alarms-that-stop-it',
      { seen: { blindAlarms: ['checkout-errors'] }, policy: { abortOnAlarms: ['checkout-errors', 'latency'] } },
      'AlarmBlind',
      'Alarms that should stop the drill are missing or have no data: checkout-errors.',
    ],
    [
      'the chosen alarms can see',
      'alarms-that-stop-it',
      { policy: { abortOnAlarms: ['checkout-errors'] } },
      'passed',
      'The alarms that would stop the drill can see.',
    ],
    [
      'it is outside the account’s windows',
      'window',
      { policy: { windows: ['sun:03:00-sun:06:00', 'mon:03:00-mon:06:00'] } },
      'OutsideWindow',
      `${NOW} is outside its window: sun:03:00-sun:06:00, mon:03:00-mon:06:00 (UTC).`,
    ],
    [
      'it is inside one of them',
      'window',
      { policy: { windows: ['sun:03:00-sun:06:00', 'sat:06:00-sat:08:00'] } },
      'passed',
      'It is inside its window: sun:03:00-sun:06:00, sat:06:00-sat:08:00.',
    ],
    [
      'it is outside its own window',
      'window',
      {
        cache: { tags: { 'autopilot:drill-window': 'sun:03:00-sun:06:00' } },
        policy: { windows: ['sat:06:00-sat:08:00'] },
      },
      'OutsideWindow',
      `${NOW} is outside its window: sat:06:00-sat:08:00, sun:03:00-sun:06:00 (its own) (UTC).`,
    ],
    [
      'its own window is inside and the account’s is not',
      'window',
      {
        cache: { tags: { 'autopilot:drill-window': 'sat:06:00-sat:08:00' } },
        policy: { windows: ['sun:03:00-sun:06:00'] },
      },
      'OutsideWindow',
      `${NOW} is outside its window: sun:03:00-sun:06:00, sat:06:00-sat:08:00 (its own) (UTC).`,
    ],
    [
      'its own window cannot be read',
      'window',
      { cache: { tags: { 'autopilot:drill-window': 'at night' } } },
      'OutsideWindow',
      `${NOW} is outside its window: at night (its own) (UTC).`,
    ],
    [
      'a freeze holds',
      'freezes',
      { policy: { freezes: [{ from: '2026-11-20T00:00:00Z', to: '2026-12-01T00:00:00Z', because: 'the sale' }] } },
      'Frozen',
      'No drills until 2026-12-01T00:00:00Z: the sale.',
    ],
    [
      'there is no snapshot',
      'snapshot',
      { seen: { snapshots: [] } },
      'NoYoungSnapshot',
      'There is no snapshot, and one of the last 24 hours is wanted: take one first.',
    ],
    [
      'the newest snapshot is too old',
      'snapshot',
      { seen: { snapshots: [taken(50, 'older'), taken(30)] } },
      'NoYoungSnapshot',
      `The newest snapshot, nightly, is of ${secondsFromNow(-30 * 3600)}, and one of the last 24 hours is wanted: take one first.`,
    ],
    [
      'the newest snapshot is of the future',
      'snapshot',
      { seen: { snapshots: [taken(-1, 'tomorrow'), taken(3)] } },
      'NoYoungSnapshot',
      `The newest snapshot, tomorrow, is of ${secondsFromNow(3600)}, and one of the last 24 hours is wanted: take one first.`,
    ],
    [
      'all failovers of the day are used',
      'allowance',
      { seen: { failoversToday: 15 } },
      'AllowanceUsedUp',
      'All 15 failovers that ElastiCache allows in 24 hours are used (15): ask again tomorrow.',
    ],
    [
      'the rest of the day’s failovers is for people, and nobody asked',
      'allowance',
      { unasked: true, seen: { failoversToday: 10 } },
      'AllowanceUsedUp',
      '10 of 15 failovers of the last 24 hours are used, and what nobody asked for leaves 5 to people: ask again tomorrow.',
    ],
    [
      'its VPC has no prober',
      'prober',
      { seen: { vpc: { id: 'vpc-9', configured: false } } },
      'VpcNotConfigured',
      'vpc-9 is not among the VPCs of autopilot.yaml: there is no prober that could measure.',
    ],
    [
      'its VPC is not known',
      'prober',
      { seen: { vpc: undefined } },
      'VpcNotConfigured',
      'The VPC of the cache is not known: there is no prober that could measure.',
    ],
    [
      'the secret is not there',
      'way-in',
      { seen: { secretIsThere: false } },
      'TokenUnknown',
      'The cache asks who comes, and there is no secret autopilot/orders/auth-token with the answer.',
    ],
    [
      'nobody says which user',
      'way-in',
      { wayIn: { tls: true, auth: true, asUser: true } },
      'TokenUnknown',
      'The cache asks who comes, and there is no secret (userSecretName of its specification) with the answer.',
    ],
    [
      'a user comes',
      'way-in',
      { wayIn: { tls: true, auth: true, asUser: true, secretName: 'drill-user' } },
      'passed',
      'The prober comes with the user in drill-user.',
    ],
    [
      'nobody is asked',
      'way-in',
      { wayIn: { tls: false, auth: false }, seen: { secretIsThere: false } },
      'passed',
      'The cache asks nobody who comes.',
    ],
  ])('says it when %s', (_, name, looked, reason, says) => {
    expect(found(name, looked)).toEqual([reason, says]);
  });

  it.each<[string, Partial<ShardSeen>]>([
    ['no node is named', { nodes: [] }],
    ['nobody tells of nodes', { nodes: undefined }],
    [
      'one zone is not told',
      { nodes: [{ id: 'a', zone: 'us-east-1a' }, { id: 'b', zone: 'us-east-1b' }, { id: 'c' }] },
    ],
  ])('does not take zones for spread when %s', (_, shard) => {
    expect(check({ shard }).find(({ name }) => name === 'zones')?.reason).toBe('ZonesNotSpread');
  });

  it.each(['creating', 'copying', 'restoring'])('waits for a snapshot that is %s', (status) => {
    const snapshots = [taken(2), { name: 'running', status }];
    expect(found('running-snapshots', { seen: { snapshots } })).toEqual([
      'SnapshotRunning',
      `running is ${status}: ask again when it is done.`,
    ]);
  });

  it.each(['failed', 'deleting', 'creating', 'unknown'])('does not rely on a snapshot that is %s', (status) => {
    const [check_] = check({ seen: { snapshots: [taken(1, 'bad', status)] } }).filter(
      ({ name }) => name === 'snapshot',
    );
    expect(check_).toMatchObject({ reason: 'NoYoungSnapshot', says: expect.stringContaining('There is no snapshot') });
  });

  it('relies on no snapshot of which nobody tells when it was taken', () => {
    const snapshots = [{ name: 'nightly', status: 'available' }];
    expect(found('snapshot', { seen: { snapshots } })[0]).toBe('NoYoungSnapshot');
    expect(found('snapshot', { seen: { snapshots: [{ ...snapshots[0], ...taken(1), takenAt: 'today' }] } })[0]).toBe(
      'NoYoungSnapshot',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.001])(
    'takes a lag of %d s for no replica that is in step',
    (seconds) => {
      const lagSeconds = lag({ 'orders-0001-002': 0, 'orders-0001-003': seconds });
      expect(found('replicas', { seen: { lagSeconds } })[0]).toBe('ReplicaBehind');
    },
  );

  it('knows who is primary without cluster mode, and does not take its lag of a moment ago for a replica’s', () => {
    const nodes = aShard('0001').nodes?.map((node, index) => ({
      ...node,
      role: index === 0 ? ('primary' as const) : ('replica' as const),
    }));
    const lagSeconds = lag({ 'orders-0001-001': 0, 'orders-0001-002': 0 });
    expect(found('replicas', { shard: { nodes }, seen: { lagSeconds } })[0]).toBe('ReplicasUnknown');
  });

  it('holds limits to the last figure', () => {
    const atMost = (reason: DrillReason | 'passed', name: string, looked: Looked) =>
      expect(found(name, looked)[0]).toBe(reason);
    atMost('passed', 'allowance', { seen: { failoversToday: 14 } });
    atMost('AllowanceUsedUp', 'allowance', { seen: { failoversToday: 16 } });
    atMost('passed', 'allowance', { unasked: true, seen: { failoversToday: 9 } });
    atMost('AllowanceUsedUp', 'allowance', { unasked: true, seen: { failoversToday: 10 } });
    atMost('AllowanceUsedUp', 'allowance', { unasked: true, seen: { failoversToday: Number.NaN } });
    atMost('passed', 'snapshot', { seen: { snapshots: [taken(24)] } });
    atMost('NoYoungSnapshot', 'snapshot', { seen: { snapshots: [taken(24.001)] } });
    atMost('passed', 'snapshot', { seen: { snapshots: [taken(0)] } });
    atMost('passed', 'replicas', { seen: { lagSeconds: lag({ 'orders-0001-002': 1, 'orders-0001-003': 1 }) } });
    const freeze = (from: string, to: string) => ({ policy: { freezes: [{ from, to, because: 'the sale' }] } });
    atMost('Frozen', 'freezes', freeze(NOW, secondsFromNow(1)));
    atMost('passed', 'freezes', freeze(secondsFromNow(-1), NOW));
  });
});

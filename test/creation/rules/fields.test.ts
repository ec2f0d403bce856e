import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failoverRule, multiAzRule } from '../../../functions/creation/rules/availability.ts';
import { countsRule } from '../../../functions/creation/rules/topology.ts';
import { readSpec } from '../../../functions/creation/spec.ts';
import { AccountPolicy } from '../../../functions/platform/policy.ts';
import { aSpec } from '../../builders/a-spec.ts';
import { anObservation } from '../../builders/an-observation.ts';
import { termsToAct } from '../../builders/terms.ts';
import { faultPaths, readable, warningPaths } from './judged.ts';

describe('dataTieringRule', () => {
  const tiering = (overrides: Record<string, unknown> = {}) =>
    readable({ cacheNodeType: 'cache.r6gd.xlarge', dataTieringEnabled: true, ...overrides });

  it('goes with the nodes that have an SSD, and only with them', () => {
    const nodeType = fc.constantFrom('cache.r6gd.xlarge', 'cache.r6g.xlarge', 'cache.m7g.large', 'cache.t4g.micro');
    fc.assert(
      fc.property(nodeType, fc.constantFrom(undefined, false, true), (cacheNodeType, dataTieringEnabled) => {
        const fits = cacheNodeType.includes('r6gd') === (dataTieringEnabled ?? false);
        expect(faultPaths(readable({ cacheNodeType, dataTieringEnabled }))).toEqual(fits ? [] : ['dataTieringEnabled']);
      }),
    );
  });

  it('needs Redis 6.2', () => {
    const engineVersions = ['6.0', '6.2'].map((version) => ({ version, family: 'redis6.x' }));
    const seen = anObservation({ engineVersions });
    expect(faultPaths(tiering({ engineVersion: '6.0' }), seen)).toEqual(['dataTieringEnabled']);
    expect(faultPaths(tiering({ engineVersion: '6.2' }), seen)).toEqual([]);
  });

  it.each(['volatile-random', 'allkeys-random', 'volatile-ttl'])('excludes %s', (policy) => {
    expect(faultPaths(tiering({ parameters: { 'maxmemory-policy': policy } }))).toEqual([
      'parameters.maxmemory-policy',
    ]);
    expect(faultPaths(readable({ parameters: { 'maxmemory-policy': policy } }))).toEqual([]);
  });
});

describe('evictionWarning', () => {
  const warned = (policy: string, more: Record<string, unknown> = {}) =>
    warningPaths(readable({ parameters: { 'maxmemory-policy': policy }, ...more })).length > 0;

  it.each([
    ['noeviction', true],
    ['allkeys-lru', false],
    ['allkeys-random', false],
    ['volatile-lru', true],
    ['volatile-ttl', true],
    ['volatile-nonsense', false],
  ])('%s: %s', (policy, expected) => {
    expect(warned(policy)).toBe(expected);
  });

  it.each([
    [{ description: 'Sessions, TTL one hour' }, false],
    [{ description: 'Sessions that expire' }, false],
    [{ tags: { TtlPolicy: 'one hour' } }, false],
    [{ description: 'A little bottle' }, true],
  ])('of a volatile policy is gone when %j says how long keys live', (more, expected) => {
    expect(warned('volatile-lru', more)).toBe(expected);
    expect(warned('noeviction', more)).toBe(true);
  });

  it('is a fault of nothing', () => {
    expect(faultPaths(readable({ parameters: { 'maxmemory-policy': 'noeviction' } }))).toEqual([]);
  });
});

describe('logDeliveryRule', () => {
  const log = (overrides: Record<string, unknown> = {}) => ({
    logType: 'slow-log',
    destinationType: 'cloudwatch-logs',
    destination: '/caches/orders',
    logFormat: 'json',
    ...overrides,
  });
  const judged = (logs: unknown[], seen = {}, spec = {}) =>
    faultPaths(
      readable({ logDeliveryConfigurations: logs, ...spec }),
      anObservation({ logGroups: ['/caches/orders'], ...seen }),
    );

  it('takes each kind of log once', () => {
    expect(judged([log(), log({ logType: 'engine-log' })])).toEqual([]);
    expect(judged([log(), log()])).toEqual(['logDeliveryConfigurations.1.logType']);
  });

  it('wants the log group to be there, and judges a delivery stream by its name', () => {
    const destination = 'logDeliveryConfigurations.0.destination';
    expect(judged([log()], { logGroups: [] })).toEqual([destination]);
    expect(judged([log()], { logGroups: undefined })).toEqual([]);
    const stream = (name: string) => judged([log({ destinationType: 'kinesis-firehose', destination: name })]);
    expect(stream('orders.slow_log-1')).toEqual([]);
    expect(stream('/caches/orders')).toEqual([destination]);
    expect(stream('a'.repeat(65))).toEqual([destination]);
    expect(judged([log({ destination: 'arn:aws:logs:x' })])).toEqual([destination]);
  });

  it('delivers slow logs from Redis 6.0 and engine logs from 6.2 on', () => {
    const both = [log(), log({ logType: 'engine-log' })];
    const of = (version: string) =>
      judged(both, { engineVersions: [{ version, family: 'redis6.x' }] }, { engineVersion: version });
    expect(of('6.2')).toEqual([]);
    expect(of('6.0')).toEqual(['logDeliveryConfigurations.1.logType']);
    expect(of('5.0.6')).toHaveLength(2);
  });
});

describe('requiredTagsRule', () => {
  const under = (requiredTags: string[], tags: Record<string, string> | undefined) => {
    const policy = AccountPolicy.parse({ requiredTags });
    return faultPaths(readable({ tags }), anObservation(), termsToAct({ policy }));
  };

  it('names every tag that is missing or says nothing, and no other', () => {
    fc.assert(
      fc.property(
        fc.subarray(['Owner', 'Team', 'CostCenter']),
        fc.subarray(['Owner', 'Team', 'CostCenter']),
        (required, given) => {
          const missing = required.filter((key) => !given.includes(key)).map((key) => `tags.${key}`);
          expect(under(required, Object.fromEntries(given.map((key) => [key, 'shop'])))).toEqual(missing);
        },
      ),
    );
    expect(under(['Owner'], { Owner: ' ' })).toEqual(['tags.Owner']);
    expect(under(['Owner'], undefined)).toEqual(['tags.Owner']);
    expect(under(['toString'], {})).toEqual(['tags.toString']);
  });

  it.each([['aws:owner'], ['autopilot:managed'], ['']])(
    'is refused in the policy when no specification could have %j',
    (key) => {
      expect(AccountPolicy.safeParse({ requiredTags: [key] }).success).toBe(false);
    },
  );
});

describe('countsRule', () => {
  it.each([
    ['numNodeGroups', 1, 500],
    ['replicasPerNodeGroup', 0, 5],
    ['numCacheClusters', 1, 6],
  ] as const)('%s is %i to %i', (field, least, most) => {
    fc.assert(
      fc.property(fc.integer({ min: least - 10, max: most + 10 }), (value) => {
        const paths = countsRule({ engine: 'redis', [field]: value }).map(({ path }) => path);
        expect(paths).toEqual(value >= least && value <= most ? [] : [field]);
      }),
    );
  });
});

describe('the remedies of availability', () => {
  it('speak of the counts that the specification uses', () => {
    const clusterMode = readable({ replicasPerNodeGroup: 0 });
    const none = { numNodeGroups: undefined, replicasPerNodeGroup: undefined, numCacheClusters: 1 };
    expect(multiAzRule(clusterMode)[0]?.remedy).toContain('replicasPerNodeGroup');
    expect(multiAzRule(readable(none))[0]?.remedy).toContain('numCacheClusters');
    const [off] = failoverRule(readable({ automaticFailoverEnabled: false, multiAZEnabled: false }));
    expect(off?.remedy).not.toContain('numCacheClusters');
  });
});

describe('what is known and not there yet', () => {
  it.each([
    'cacheUsageLimits',
    'serverlessCacheName',
    'serverless',
    'globalReplicationGroupId',
    'globalReplicationGroupIdSuffix',
  ])('%s is refused with one sentence, and no guess', (field) => {
    const { faults } = readSpec(aSpec({ [field]: 'x' }));
    expect(faults).toMatchObject([{ path: field, rule: expect.stringContaining('yet') }]);
    expect(faults[0]?.remedy).not.toContain('Did you mean');
  });
});

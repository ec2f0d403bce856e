import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation, SecurityGroupSeen } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CreationPlan } from '../../functions/creation/schemas.ts';
import { readSpec } from '../../functions/creation/spec.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation, aSecurityGroup } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

/** One thing wrong with a field, and where the fault has to be reported. Each leaves the other fields as they are. */
const FAULTS: readonly { readonly change: Record<string, unknown>; readonly path: string }[] = [
  { change: { cacheId: 'Orders' }, path: 'cacheId' },
  { change: { cacheId: 7 }, path: 'cacheId' },
  { change: { cacheId: undefined }, path: 'cacheId' },
  { change: { description: '' }, path: 'description' },
  { change: { engineVersion: '7.9' }, path: 'engineVersion' },
  { change: { cacheNodeType: 'cache.r7g.huge' }, path: 'cacheNodeType' },
  { change: { cacheNodeType: 'cache.r6gd.xlarge', dataTieringEnabled: false }, path: 'dataTieringEnabled' },
  { change: { dataTieringEnabled: true }, path: 'dataTieringEnabled' },
  { change: { userGroupIds: ['shop'], userSecretName: 'autopilot/shop/user' }, path: 'userGroupIds' },
  { change: { transitEncryptionMode: 'maybe' }, path: 'transitEncryptionMode' },
  { change: { notificationTopicArn: 'arn:aws:sns:us-east-1:111122223333:theirs' }, path: 'notificationTopicArn' },
  { change: { cacheUsageLimits: {} }, path: 'cacheUsageLimits' },
  { change: { globalReplicationGroupId: 'x' }, path: 'globalReplicationGroupId' },
  { change: { numNodeGroups: 0 }, path: 'numNodeGroups' },
  { change: { numNodeGroups: 2.5 }, path: 'numNodeGroups' },
  { change: { numNodeGroups: 499 }, path: 'numNodeGroups' },
  { change: { replicasPerNodeGroup: 6 }, path: 'replicasPerNodeGroup' },
  { change: { numCacheClusters: 2 }, path: 'numCacheClusters' },
  { change: { numCacheNodes: 1 }, path: 'numCacheNodes' },
  { change: { automaticFailoverEnabled: false, multiAZEnabled: false }, path: 'automaticFailoverEnabled' },
  { change: { multiAZEnabled: 'yes' }, path: 'multiAZEnabled' },
  { change: { transitEncryptionEnabled: false }, path: 'authToken' },
  { change: { authToken: { generate: false } }, path: 'authToken.generate' },
  { change: { atRestEncryptionEnabled: false, kmsKeyId: 'alias/key' }, path: 'kmsKeyId' },
  { change: { parameters: { 'maxmemory-policy': 'allkeys-lur' } }, path: 'parameters.maxmemory-policy' },
  { change: { parameters: { 'maxmemory-polcy': 'allkeys-lru' } }, path: 'parameters.maxmemory-polcy' },
  { change: { parameters: { timeout: '7' } }, path: 'parameters.timeout' },
  { change: { parameters: { timeout: 'never' } }, path: 'parameters.timeout' },
  { change: { parameters: { databases: '3' } }, path: 'parameters.databases' },
  { change: { parameters: { 'cluster-enabled': 'no' } }, path: 'parameters.cluster-enabled' },
  { change: { cacheParameterGroupName: 'mine' }, path: 'cacheParameterGroupName' },
  { change: { port: 80 }, path: 'port' },
  { change: { snapshotRetentionLimit: -1 }, path: 'snapshotRetentionLimit' },
  { change: { snapshotRetentionLimit: 36 }, path: 'snapshotRetentionLimit' },
  { change: { snapshotWindow: '03:00-03:59' }, path: 'snapshotWindow' },
  { change: { preferredMaintenanceWindow: 'sun:05:00' }, path: 'preferredMaintenanceWindow' },
  { change: { tags: { 'autopilot:mode': 'act' } }, path: 'tags.autopilot:mode' },
  { change: { tags: { 'AWS:thing': 'x' } }, path: 'tags.AWS:thing' },
  { change: { tags: { Team: 'a'.repeat(257) } }, path: 'tags.Team' },
  { change: { tags: Object.fromEntries(Array.from({ length: 47 }, (_, index) => [`t${index}`, ''])) }, path: 'tags' },
  { change: { securityGroupIds: ['sg-missing'] }, path: 'securityGroupIds.0' },
  { change: { deletionPolicy: 'Keep' }, path: 'deletionPolicy' },
  { change: { shards: 3 }, path: 'shards' },
];

/** Too many nodes can be said only when both counts are in order, and of no SSD only when the node type is known. */
const INDEPENDENT = FAULTS.filter(({ change }) => change.numNodeGroups !== 499 && change.dataTieringEnabled !== true);

const pathsOf = (spec: unknown, seen: Observation = anObservation()) =>
  planCreation(spec, seen, termsToAct()).faults.map(({ path }) => path);

describe('the faults of a specification', () => {
  it('starts from a specification without any', () => {
    expect(pathsOf(aSpec())).toEqual([]);
  });

  it.each(FAULTS)('has exactly the fault at $path for $change', ({ change, path }) => {
    expect(pathsOf(aSpec(change))).toEqual([path]);
  });

  it('reports any set of faults all at once, and never creates', () => {
    const fieldsOf = ({ change }: (typeof FAULTS)[number]) => Object.keys(change);
    fc.assert(
      fc.property(fc.subarray(INDEPENDENT, { minLength: 1 }), (chosen) => {
        // Two faults of one field would overwrite each other.
        const faults = chosen.filter(
          (fault, index) =>
            !chosen.slice(0, index).some((other) => fieldsOf(other).some((field) => fieldsOf(fault).includes(field))),
        );
        const spec = aSpec(Object.assign({}, ...faults.map(({ change }) => change)));
        const plan = planCreation(spec, anObservation(), termsToAct());
        const reported = plan.faults.map(({ path }) => path);
        // What a field has to do with another cannot be judged while the other cannot be read.
        const unreadable = readSpec(spec).spec.unreadable ?? [];
        const hidden = [
          ...(unreadable.includes('authToken') ? ['authToken', 'userGroupIds'] : []),
          ...(unreadable.includes('numNodeGroups')
            ? ['automaticFailoverEnabled', 'numCacheClusters', 'numCacheNodes']
            : []),
        ];
        for (const { path } of faults) if (!hidden.includes(path)) expect(reported).toContain(path);
        expect(plan).toMatchObject({ action: 'refuse', reason: 'InvalidSpec', calls: [] });
      }),
    );
  });

  it('gives each fault a rule and a remedy, as sentences', () => {
    for (const { change } of FAULTS) {
      for (const { rule, remedy } of planCreation(aSpec(change), anObservation(), termsToAct()).faults) {
        expect(rule).toMatch(/^[^\s].*[.@]$/s);
        expect(remedy).toMatch(/^[A-Z].*[.?]$/s);
      }
    }
  });
});

describe('the faults of an account', () => {
  const group = (inbound: { fromPort?: number; toPort?: number; cidr: string }) =>
    anObservation({ securityGroups: [aSecurityGroup({ inbound: [{ fromPort: 6379, toPort: 6379, ...inbound }] })] });
  const withGroup = aSpec({ securityGroupIds: ['sg-0123456789abcdef0'] });

  it.each(['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '2000::/3', 'unreadable', '10.0.0.0'])(
    'lets nobody in from %s',
    (cidr) => expect(pathsOf(withGroup, group({ cidr }))).toEqual(['securityGroupIds.0']),
  );
  it.each(['10.0.0.0/8', '192.168.0.0/16', '10.1.2.3/32', 'fc00::/7', 'fd00::/8'])('lets %s in', (cidr) =>
    expect(pathsOf(withGroup, group({ cidr }))).toEqual([]),
  );
  it('minds only the port of the cache', () => {
    const web = group({ cidr: '0.0.0.0/0', fromPort: 443, toPort: 443 });
    expect(pathsOf(withGroup, web)).toEqual([]);
    expect(
      pathsOf({ ...withGroup, port: 7000 }, group({ cidr: '0.0.0.0/0', fromPort: 7000, toPort: 7000 })),
    ).toHaveLength(1);
  });

  it('wants security groups of the same VPC', () => {
    const elsewhere = anObservation({ securityGroups: [aSecurityGroup({ vpcId: 'vpc-99999999' })] });
    expect(pathsOf(withGroup, elsewhere)).toEqual(['securityGroupIds.0']);
  });

  it('wants the subnet group, and two zones only for Multi-AZ', () => {
    const oneZone = anObservation({ subnetGroup: { name: 'default', vpcId: 'vpc-0a1b2c3d', zones: ['us-east-1a'] } });
    expect(pathsOf(aSpec(), anObservation({ subnetGroup: undefined }))).toEqual(['cacheSubnetGroupName']);
    expect(pathsOf(aSpec(), oneZone)).toEqual(['cacheSubnetGroupName']);
    expect(pathsOf(aSpec({ multiAZEnabled: false }), oneZone)).toEqual([]);
  });

  it('wants a named parameter group that fits version and topology', () => {
    const spec = aSpec({ parameters: undefined, cacheParameterGroupName: 'mine' });
    const named = (family: string, clusterEnabled: boolean) =>
      pathsOf(spec, anObservation({ namedParameterGroup: { family, clusterEnabled } }));
    expect(pathsOf(spec)).toEqual(['cacheParameterGroupName']);
    expect(named('redis7', true)).toEqual([]);
    expect(named('redis6.x', true)).toEqual(['cacheParameterGroupName']);
    expect(named('redis7', false)).toEqual(['cacheParameterGroupName']);
  });

  it('takes over no parameter that an earlier cache left in the group and nobody asks for now', () => {
    const leftOver = (values: Record<string, string>) =>
      pathsOf(aSpec(), anObservation({ parameterGroup: { family: 'redis7', values } }));
    expect(leftOver({ 'maxmemory-policy': 'noeviction', 'cluster-enabled': 'yes' })).toEqual([]);
    expect(leftOver({ 'maxmemory-policy': 'noeviction', timeout: '20' })).toEqual(['parameters.timeout']);
  });

  it('hides no fault behind a value that cannot be read', () => {
    const faultsOf = (given: Readonly<Record<string, unknown>>) => {
      const { faults } = planCreation({ ...aSpec(), ...given }, anObservation(), termsToAct());
      return faults.map(({ path }) => path);
    };
    expect(faultsOf({ numNodeGroups: 'three', numCacheClusters: 2 })).toEqual(['numNodeGroups', 'numCacheClusters']);
    expect(faultsOf({ tags: { 'aws:team': 'shop', Size: 3 } })).toEqual(['tags.Size', 'tags.aws:team']);
    // Its entry is there, if unreadable: nobody has to be told to add it.
    expect(faultsOf({ parameters: { 'maxmemory-policy': true } })).toEqual(['parameters.maxmemory-policy']);
    expect(faultsOf({ tags: { 'autopilot:managed': 'true' } })).toEqual(['tags.autopilot:managed']);
  });

  it('keeps the opt-in tag of the account to itself', () => {
    const spec = aSpec({ tags: { Owner: 'shop', 'team:managed': 'false' } });
    const { faults } = planCreation(spec, anObservation(), termsToAct({ optInTag: 'team:managed' }));
    expect(faults.map(({ path }) => path)).toEqual(['tags.team:managed']);
  });

  describe('a cache that its verifier could not reach', () => {
    const VERIFIER = 'sg-0fedcba9876543210';
    const groupWith = (more: Partial<SecurityGroupSeen>) =>
      aSecurityGroup({ id: 'sg-0123456789abcdef0', inbound: [], ...more });
    const letIn = (more: Partial<SecurityGroupSeen>, spec = {}) =>
      pathsOf(aSpec(spec), anObservation({ cacheGroups: [groupWith(more)], verifierGroupId: VERIFIER })).length === 0;
    const port = (fromPort: number, toPort = fromPort) => ({ fromPort, toPort });

    it.each([
      ['lets nobody in', {}, false],
      ['lets the verifier in', { peers: [{ ...port(6379), id: VERIFIER }] }, true],
      ['lets another group in', { peers: [{ ...port(6379), id: 'sg-another' }] }, false],
      ['lets the verifier in on another port', { peers: [{ ...port(6380), id: VERIFIER }] }, false],
      [
        'lets addresses in, which may be those of the verifier',
        { inbound: [{ ...port(6379), cidr: '10.0.0.0/16' }] },
        true,
      ],
      ['lets addresses in on another port', { inbound: [{ ...port(443), cidr: '10.0.0.0/16' }] }, false],
      ['lets a prefix list in, which may hold the verifier', { peers: [{ ...port(0, 65_535), id: 'pl-1' }] }, true],
    ])('is refused exactly when its group %s', (_what, group, passes) => {
      expect(letIn(group)).toBe(passes);
    });

    it('is judged by its own port', () => {
      expect(letIn({ peers: [{ ...port(6380), id: VERIFIER }] }, { port: 6380 })).toBe(true);
    });

    it('is not judged where no function verifies, or before all its groups are known', () => {
      expect(pathsOf(aSpec(), anObservation({ cacheGroups: [groupWith({})] }))).toEqual([]);
      expect(pathsOf(aSpec(), anObservation({ cacheGroups: [], verifierGroupId: VERIFIER }))).toEqual([]);
    });
  });
});

describe('planCreation, whatever it is given', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.dictionary(
      fc.constantFrom(...Object.keys(aSpec()), 'port', 'kmsKeyId', 'numCacheClusters', '__proto__'),
      fc.anything(),
    ),
    fc.subarray(Object.entries(aSpec())).map((entries) => Object.fromEntries(entries)),
  );
  const seen: fc.Arbitrary<Observation> = fc.record({
    observedAt: fc.constantFrom('2026-11-21T07:00:00Z', 'no time at all'),
    cache: fc.option(
      fc.constantFrom(
        aCache(),
        aCache({ status: 'creating', tags: undefined }),
        aCache({ shards: [] }),
        aCache({ tags: {} }),
      ),
      { nil: undefined },
    ),
    subnetGroup: fc.option(fc.record({ name: fc.string(), vpcId: fc.string(), zones: fc.array(fc.string()) }), {
      nil: undefined,
    }),
    securityGroups: fc.array(
      fc.record({
        id: fc.constantFrom('sg-0123456789abcdef0', 'sg-1'),
        vpcId: fc.string(),
        inbound: fc.array(fc.record({ fromPort: fc.integer(), toPort: fc.integer(), cidr: fc.string() })),
      }),
    ),
    engineVersions: fc.constantFrom([], [{ version: '7.1', family: 'redis7' }]),
    parameters: fc.dictionary(fc.string(), fc.record({ modifiable: fc.boolean(), allowedValues: fc.string() })),
  });

  it('never throws, always answers in its own form, and never creates with a fault or over something that exists', () => {
    fc.assert(
      fc.property(anything, seen, (given, observation) => {
        const plan = planCreation(given, observation, termsToAct());
        expect(CreationPlan.safeParse(plan).error).toBeUndefined();
        if (plan.faults.length > 0 || observation.cache) expect(plan.action).not.toBe('create');
        expect(plan.calls.length > 0).toBe(plan.action === 'create' || plan.action === 'change');
        if (plan.action === 'create') expect(plan.vpcId).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it.each([{ toString: {} }, Object.create(null), 7, ['redis']])('reads an engine that is no text: %j', (engine) => {
    const { faults } = readSpec(aSpec({ engine }));
    expect(faults.map(({ path, remedy }) => [path, remedy])).toEqual([
      ['engine', 'Choose redis or valkey or memcached.'],
    ]);
  });

  it('reads anything without throwing', () => {
    fc.assert(
      fc.property(anything, (given) => {
        expect(Array.isArray(readSpec(given).faults)).toBe(true);
      }),
    );
  });
});

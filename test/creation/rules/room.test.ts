import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestVersion } from '../../../functions/creation/rules/engine-version.ts';
import { nodeTypeRule } from '../../../functions/creation/rules/node-type.ts';
import { aCache, anObservation } from '../../builders/an-observation.ts';
import { faultPaths, readable, readableMemcached, warningPaths } from './judged.ts';

const subnetGroup = (overrides: object) => ({
  name: 'default',
  vpcId: 'vpc-0a1b2c3d',
  zones: ['us-east-1a', 'us-east-1b'],
  ...overrides,
});
const shards = fc.integer({ min: 1, max: 20 });
const replicas = fc.integer({ min: 0, max: 5 });
const sized = (numNodeGroups: number, replicasPerNodeGroup: number) =>
  readable({ numNodeGroups, replicasPerNodeGroup, multiAZEnabled: false });

describe('subnetGroupRule', () => {
  it('wants an address for every node, never one fewer and never one more', () => {
    fc.assert(
      fc.property(shards, replicas, fc.integer({ min: -2, max: 2 }), (numNodeGroups, perShard, spare) => {
        const nodes = numNodeGroups * (1 + perShard);
        const seen = anObservation({ subnetGroup: subnetGroup({ freeAddresses: nodes + spare }) });
        expect(faultPaths(sized(numNodeGroups, perShard), seen)).toEqual(spare < 0 ? ['cacheSubnetGroupName'] : []);
      }),
    );
  });

  it('counts only the nodes that come to those of an existing cache', () => {
    const seen = (freeAddresses: number) =>
      anObservation({ cache: aCache(), subnetGroup: subnetGroup({ freeAddresses }) });
    expect(faultPaths(readable(), seen(0))).toEqual([]);
    expect(faultPaths(readable({ numNodeGroups: 4 }), seen(2))).toEqual(['cacheSubnetGroupName']);
    expect(faultPaths(readable({ numNodeGroups: 4 }), seen(3))).toEqual([]);
  });

  it('does not judge addresses that nobody could count', () => {
    expect(faultPaths(readable(), anObservation({ subnetGroup: subnetGroup({ freeAddresses: undefined }) }))).toEqual(
      [],
    );
  });
});

describe('oneZoneWarning', () => {
  const one = anObservation({ subnetGroup: subnetGroup({ zones: ['us-east-1a'] }) });
  it('warns where every node would be in one zone', () => {
    expect(warningPaths(readable({ multiAZEnabled: false }), one)).toEqual(['cacheSubnetGroupName']);
    expect(warningPaths(readableMemcached(), one)).toEqual(['cacheSubnetGroupName']);
    expect(warningPaths(readableMemcached({ numCacheNodes: 1 }), one)).toEqual([]);
    expect(warningPaths(readable({ multiAZEnabled: false }))).toEqual([]);
  });
});

describe('nodeQuotasRule', () => {
  it('never lets the Region have more nodes than its quota', () => {
    fc.assert(
      fc.property(shards, replicas, fc.nat(300), fc.nat(400), (numNodeGroups, perShard, nodesThere, nodesPerRegion) => {
        const seen = anObservation({ nodeQuotas: { nodesPerRegion, nodesThere } });
        const fits = nodesThere + numNodeGroups * (1 + perShard) <= nodesPerRegion;
        expect(faultPaths(sized(numNodeGroups, perShard), seen)).toEqual(fits ? [] : ['numNodeGroups']);
      }),
    );
  });

  it.each([
    [readable({ multiAZEnabled: false }), { nodesPerCluster: 8 }, ['numNodeGroups']],
    [readable({ multiAZEnabled: false }), { nodesPerCluster: 9, nodesPerMemcached: 1 }, []],
    [readableMemcached(), { nodesPerMemcached: 2 }, ['numCacheNodes']],
    [readableMemcached(), { nodesPerMemcached: 3, nodesPerCluster: 1 }, []],
  ])('judges a cache by the quota of its kind', (spec, quotas, paths) => {
    expect(faultPaths(spec, anObservation({ nodeQuotas: { nodesThere: 0, ...quotas } }))).toEqual(paths);
  });

  it('does not judge by quotas that nobody told', () => {
    expect(faultPaths(readable(), anObservation({ nodeQuotas: { nodesThere: 10_000 } }))).toEqual([]);
  });
});

describe('nodeTypeRule', () => {
  const remedyOf = (cacheNodeType: string) => nodeTypeRule(readable({ cacheNodeType })).map(({ remedy }) => remedy);

  it.each([
    ['cache.r7g.larg', 'Did you mean cache.r7g.large?'],
    ['r6g.4xlarge', 'Did you mean cache.r6g.4xlarge?'],
    ['cache.r99.large', 'Write for example cache.r7g.large.'],
    ['db.m5.large', 'Did you mean cache.m5.large?'],
    ['', 'Write for example cache.r7g.large.'],
  ])('answers %j with: %s', (nodeType, remedy) => {
    expect(remedyOf(nodeType)).toEqual([remedy]);
  });

  it('is said of what the Region does not offer, and not of what was not asked', () => {
    expect(faultPaths(readable(), anObservation({ nodeTypeOffered: false }))).toEqual(['cacheNodeType']);
    expect(faultPaths(readable(), anObservation({ nodeTypeOffered: true }))).toEqual([]);
  });
});

describe('nearestVersion', () => {
  const offered = ['5.0.6', '6.0', '6.2', '7.0', '7.1'];
  it.each([
    ['7.1.0', '7.1'],
    ['7.2', '7.1'],
    ['6.9', '6.2'],
    ['6.1', '6.2'],
    ['5', '5.0.6'],
    ['4.0', '5.0.6'],
    ['99', '7.1'],
    ['six', '5.0.6'],
  ])('of %s is %s', (wanted, nearest) => {
    expect(nearestVersion(wanted, offered)).toBe(nearest);
  });

  it('is always one that is offered, and itself where it is', () => {
    fc.assert(
      fc.property(fc.string(), (wanted) => {
        expect(offered).toContain(nearestVersion(wanted, offered));
      }),
    );
    for (const version of offered) expect(nearestVersion(version, offered)).toBe(version);
    expect(nearestVersion('7.1', [])).toBeUndefined();
  });
});

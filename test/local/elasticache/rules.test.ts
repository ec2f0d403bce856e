import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceError } from '../../../local/service.ts';
import { changeTokens, NO_TOKENS, type TokenSet } from '../../../local/services/elasticache/auth-tokens.ts';
import { isAtLeast } from '../../../local/services/elasticache/engine-versions.ts';
import {
  allowedNodeTypes,
  localMaxmemoryBytes,
  memoryGib,
  tiersData,
} from '../../../local/services/elasticache/node-types.ts';
import { pageOf } from '../../../local/services/elasticache/paging.ts';
import { FAMILIES, isAllowedValue, parametersOf } from '../../../local/services/elasticache/parameter-families.ts';
import type { CacheStatus } from '../../../local/services/elasticache/state/cache.ts';
import { createRegistry } from '../../../local/services/elasticache/state/registry.ts';
import { mayFollow } from '../../../local/services/elasticache/transitions.ts';
import { checkAccessString, engineAccess } from '../../../local/services/elasticache/validation/access-string.ts';
import { checkIdentifier } from '../../../local/services/elasticache/validation/identifiers.ts';
import { checkSlotCoverage, evenSlots } from '../../../local/services/elasticache/validation/slots.ts';
import { planTopology } from '../../../local/services/elasticache/validation/topology.ts';
import {
  checkWindows,
  defaultWindows,
  msUntilOpen,
  overlap,
  parseMaintenanceWindow,
  parseSnapshotWindow,
} from '../../../local/services/elasticache/validation/windows.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return (error as ServiceError).code;
  }
};

describe('identifiers', () => {
  it('accept exactly a letter, then letters, digits and single inner hyphens, up to the longest', () => {
    const anything = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '-', '_', '.', ' '), maxLength: 45 });
    fc.assert(
      fc.property(anything, (name) => {
        const isFine =
          name.length >= 1 &&
          name.length <= 40 &&
          /^[a-zA-Z]/.test(name) &&
          [...name].every((letter) => /[a-zA-Z0-9-]/.test(letter)) &&
          !name.endsWith('-') &&
          !name.includes('--');
        expect(codeOf(() => checkIdentifier('Id', name, 40))).toBe(
          isFine ? 'accepted' : 'InvalidParameterValueException',
        );
        if (isFine) expect(checkIdentifier('Id', name, 40)).toBe(name.toLowerCase());
      }),
    );
  });
});

describe('registries', () => {
  it('find and forget an id however it is written', () => {
    const registry = createRegistry<number>();
    registry.put('Orders', 1);
    expect([registry.get('oRDERS'), registry.has('ORDERS'), registry.get(undefined)]).toEqual([1, true, undefined]);
    registry.delete('orderS');
    expect(registry.size).toBe(0);
  });
});

describe('slots', () => {
  it('of even shards cover everything once and differ by at most one, for every number of shards', () => {
    for (let shards = 1; shards <= 500; shards += 1) {
      const ranges = evenSlots(shards);
      checkSlotCoverage(ranges.map((range) => [range]));
      const sizes = ranges.map(([first, last]) => last - first + 1);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  it('never pass when one range is moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 90 }), fc.nat(), fc.constantFrom(-1, 1), (shards, pick, by) => {
        const ranges = evenSlots(shards).map(([first, last], index) =>
          index === pick % shards ? ([first + by, last + by] as const) : ([first, last] as const),
        );
        expect(codeOf(() => checkSlotCoverage(ranges.map((range) => [range])))).toBe(
          'InvalidParameterCombinationException',
        );
      }),
    );
  });
});

describe('topology', () => {
  const surroundings = {
    parameterGroupSaysCluster: undefined,
    zones: ['a', 'b', 'c'],
    quotas: { nodesPerCluster: 90, shardsPerCluster: 90 },
  };

  it('spreads every shard of a Multi-AZ cluster over more than one zone and never exceeds the quota', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 95 }), fc.integer({ min: 0, max: 6 }), (shards, replicas) => {
        const request = {
          NumNodeGroups: shards,
          ReplicasPerNodeGroup: replicas,
          AutomaticFailoverEnabled: true,
          MultiAZEnabled: true,
          ClusterMode: 'enabled',
        };
        const fits = shards <= 90 && replicas >= 1 && replicas <= 5 && shards * (1 + replicas) <= 90;
        expect(codeOf(() => planTopology(request, surroundings)) === 'accepted').toBe(fits);
        if (!fits) return;
        const topology = planTopology(request, surroundings);
        expect(topology.shards).toHaveLength(shards);
        for (const { zones } of topology.shards) {
          expect(zones).toHaveLength(1 + replicas);
          expect(new Set(zones).size).toBeGreaterThan(1);
        }
      }),
    );
  });

  it('takes zones as they are asked for, the primary first', () => {
    const request = {
      NumNodeGroups: 2,
      AutomaticFailoverEnabled: true,
      NodeGroupConfiguration: [
        { NodeGroupId: '7', PrimaryAvailabilityZone: 'c', ReplicaAvailabilityZones: ['a'], ReplicaCount: 1 },
        { ReplicaCount: 2 },
      ],
    };
    expect(planTopology(request, surroundings).shards.map(({ id, zones }) => [id, ...zones])).toEqual([
      ['0007', 'c', 'a'],
      ['0002', 'b', 'c', 'a'],
    ]);
  });
});

describe('windows', () => {
  const day = { mon: 0, tue: 1, wed: 2, thu: 3, fri: 4, sat: 5, sun: 6 };
  it.each([
    ['05:00-06:00', 'sun:05:59-sun:07:00', true],
    ['05:00-06:00', 'sun:06:00-sun:07:00', false],
    ['23:30-00:30', 'mon:00:00-mon:01:00', true],
    ['23:00-00:00', 'mon:00:00-mon:01:00', false],
    ['12:00-13:00', 'sun:22:00-mon:13:00', true],
  ])('%s and %s overlap: %s', (snapshot, maintenance, expected) => {
    expect(overlap(parseSnapshotWindow(snapshot), parseMaintenanceWindow(maintenance))).toBe(expected);
  });

  it('chosen by default never meet, for any id', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const { snapshotWindow, maintenanceWindow } = defaultWindows(id);
        checkWindows(snapshotWindow, maintenanceWindow);
      }),
    );
  });

  it('open at their first minute, at any time of any week', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(day)),
        fc.integer({ min: 0, max: 22 }),
        fc.nat(4_000_000_000),
        (name, hour, seconds) => {
          const two = (value: number) => String(value).padStart(2, '0');
          const window = parseMaintenanceWindow(`${name}:${two(hour)}:00-${name}:${two(hour + 1)}:00`);
          const wait = msUntilOpen(window, seconds * 1000);
          expect(wait).toBeLessThan(7 * 24 * 3600 * 1000);
          const opened = new Date(Math.round((seconds * 1000 + wait) / 1000) * 1000);
          expect((opened.getUTCDay() + 6) % 7).toBe(day[name as keyof typeof day]);
          expect(opened.getUTCHours()).toBe(hour);
        },
      ),
    );
  });
});

describe('AUTH tokens', () => {
  const required = (...hashes: string[]): TokenSet => ({ hashes, required: true });
  const optional = (...hashes: string[]): TokenSet => ({ hashes, required: false });
  it.each<[TokenSet, 'ROTATE' | 'SET', string, TokenSet | 'refused']>([
    [required('a'), 'ROTATE', 'b', required('a', 'b')],
    [required('a', 'b'), 'ROTATE', 'c', required('b', 'c')],
    [required('a', 'b'), 'SET', 'b', required('b')],
    [required('a', 'b'), 'SET', 'a', 'refused'],
    [required('a', 'b'), 'SET', 'x', 'refused'],
    [required('a'), 'SET', 'a', 'refused'],
    [required('a'), 'SET', 'b', 'refused'],
    [required('a', 'b'), 'ROTATE', 'b', 'refused'],
    [NO_TOKENS, 'ROTATE', 'a', optional('a')],
    [optional('a'), 'SET', 'a', required('a')],
    [NO_TOKENS, 'SET', 'a', 'refused'],
    [required('a'), 'ROTATE', 'a', 'refused'],
    [required('a', 'b'), 'ROTATE', 'a', required('b', 'a')],
    [optional('a'), 'ROTATE', 'a', 'refused'],
    [optional('a'), 'ROTATE', 'b', optional('a', 'b')],
    [optional('a', 'b'), 'SET', 'a', 'refused'],
    [optional('a', 'b'), 'SET', 'b', required('b')],
  ])('%j %s %s', (before, strategy, token, after) => {
    const outcome = changeTokens(before, strategy, token);
    expect('refused' in outcome ? 'refused' : outcome.tokens).toEqual(after);
  });

  it.each<[TokenSet, string, TokenSet, TokenSet]>([
    [required('a'), 'a', required('a'), required('a')],
    [optional('a'), 'a', optional('a'), optional('a')],
    [required('a', 'b'), 'b', required('a', 'b'), required('b')],
    [required('a', 'b'), 'a', required('b', 'a'), required('a')],
    [required('a', 'b'), 'c', required('b', 'c'), required('b', 'c')],
    [NO_TOKENS, 'a', optional('a'), optional('a')],
  ])('%j ROTATE %s, by the two other readings', (before, token, accepted, dropping) => {
    expect(changeTokens(before, 'ROTATE', token, 'accepted')).toMatchObject({ tokens: accepted });
    expect(changeTokens(before, 'ROTATE', token, 'drops-the-other')).toMatchObject({ tokens: dropping });
  });

  it('are never more than two, and a cache once closed never opens again', () => {
    const step = fc.tuple(fc.constantFrom('ROTATE' as const, 'SET' as const), fc.constantFrom('a', 'b', 'c'));
    const reading = fc.constantFrom('refused' as const, 'accepted' as const, 'drops-the-other' as const);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), reading, (steps, repeated) => {
        let tokens = NO_TOKENS;
        for (const [strategy, token] of steps) {
          const before = tokens;
          const outcome = changeTokens(tokens, strategy, token, repeated);
          if (!('refused' in outcome)) tokens = outcome.tokens;
          expect(tokens.hashes.length).toBeLessThanOrEqual(2);
          expect(new Set(tokens.hashes).size).toBe(tokens.hashes.length);
          if (before.required) expect(tokens.required).toBe(true);
          if (tokens.required) expect(tokens.hashes.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('access strings', () => {
  it.each([
    'on ~* +@all',
    'off -@all',
    'on ~app:* &news* +get -set|get +@read',
    'on %R~a* resetchannels -@all (+get ~b*)',
  ])('take %s', (text) => expect(checkAccessString(text)).toBe(text));
  it.each(['', '>secret on', 'nopass', 'reset', '#abcdef', 'on everything'])('refuse "%s"', (text) => {
    expect(codeOf(() => checkAccessString(text))).toBe('InvalidParameterValueException');
  });
  it('leave a user off that is not said to be on', () => {
    expect(engineAccess('~* +@all')).toEqual({ isOn: false, access: '~* +@all' });
    expect(engineAccess('on ~* +@all')).toEqual({ isOn: true, access: '~* +@all' });
  });
});

describe('parameters', () => {
  it('have defaults that they allow, in every family', () => {
    for (const family of FAMILIES) {
      for (const definition of parametersOf(family).values()) {
        if (definition.defaultValue === undefined) continue;
        expect([family, definition.name, isAllowedValue(definition, definition.defaultValue)]).toEqual([
          family,
          definition.name,
          true,
        ]);
      }
    }
  });
  it.each([
    ['timeout', '0', true],
    ['timeout', '19', false],
    ['timeout', '20', true],
    ['timeout', 'ten', false],
    ['maxmemory-policy', 'allkeys-lfu', true],
    ['maxmemory-policy', 'allkeys', false],
    ['maxmemory-samples', '0', false],
    ['reserved-memory-percent', '101', false],
    ['slowlog-log-slower-than', '-1', true],
    ['list-max-listpack-size', '-5', true],
    ['list-max-listpack-size', '-6', false],
    ['list-max-listpack-size', '0', false],
    ['notify-keyspace-events', 'KEA', true],
    ['notify-keyspace-events', 'Q', false],
  ])('%s = %s is allowed: %s', (name, value, expected) => {
    const definition = parametersOf('redis7').get(name);
    expect(definition && isAllowedValue(definition, value)).toBe(expected);
  });
  it('belong to the families that have them', () => {
    expect(parametersOf('redis5.0').has('hash-max-ziplist-entries')).toBe(true);
    expect(parametersOf('redis7').has('hash-max-ziplist-entries')).toBe(false);
    expect(parametersOf('redis7').get('lazyfree-lazy-eviction')?.defaultValue).toBe('no');
    expect(parametersOf('valkey8').get('lazyfree-lazy-eviction')?.defaultValue).toBe('yes');
  });
});

describe('node types', () => {
  it('keep their proportions on this machine, down to the least that an engine needs', () => {
    const large = localMaxmemoryBytes('cache.r7g.large', 25);
    expect(localMaxmemoryBytes('cache.r7g.xlarge', 25) / large).toBeCloseTo(26.32 / 13.07, 5);
    expect(localMaxmemoryBytes('cache.r7g.large', 50) / large).toBeCloseTo(50 / 75, 5);
    expect(localMaxmemoryBytes('cache.t4g.micro', 50)).toBe(3 * 1024 * 1024);
  });
  it('scale up to at least as much memory and down to less, never into or out of data tiering', () => {
    for (const from of ['cache.t4g.micro', 'cache.r6g.large', 'cache.r6gd.xlarge', 'cache.m4.large']) {
      const { scaleUp, scaleDown } = allowedNodeTypes(from);
      expect(scaleUp.every((to) => memoryGib(to) >= memoryGib(from))).toBe(true);
      expect(scaleDown.every((to) => memoryGib(to) < memoryGib(from))).toBe(true);
      expect([...scaleUp, ...scaleDown].every((to) => tiersData(to) === tiersData(from) && to !== from)).toBe(true);
    }
  });
  it('versions compare as numbers', () => {
    expect(isAtLeast('7.10.0', '7.9.1')).toBe(true);
    expect(isAtLeast('6.2.6', '7.0.7')).toBe(false);
  });
});

describe('paging', () => {
  const items = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'));
  it('gives everything once and in order, for any size and count', () => {
    fc.assert(
      fc.property(fc.nat(350), fc.integer({ min: 20, max: 100 }), (count, MaxRecords) => {
        const seen: string[] = [];
        let Marker: string | undefined;
        do {
          const page = pageOf(items(count), (item) => item, { MaxRecords, Marker });
          expect(page.items.length).toBeLessThanOrEqual(MaxRecords);
          seen.push(...page.items);
          Marker = page.Marker;
        } while (Marker !== undefined);
        expect(seen).toEqual(items(count));
      }),
    );
  });
  it('goes on after an item that is gone meanwhile', () => {
    const { Marker } = pageOf(items(30), (item) => item, { MaxRecords: 20 });
    const rest = items(30).filter((item) => item !== '0019');
    expect(pageOf(rest, (item) => item, { Marker }).items[0]).toBe('0020');
  });
  it.each([19, 101, 0, 20.5, Number.NaN])('refuses pages of %s', (MaxRecords) => {
    expect(codeOf(() => pageOf([], String, { MaxRecords }))).toBe('InvalidParameterValueException');
  });
  it.each(['nonsense', '', 'YWZ0ZXI'])('refuses the marker "%s"', (Marker) => {
    expect(codeOf(() => pageOf([], String, { Marker }))).toBe('InvalidParameterValueException');
  });
});

describe('the life of a cache', () => {
  it('has exactly these steps', () => {
    const statuses: CacheStatus[] = ['creating', 'available', 'modifying', 'snapshotting', 'deleting', 'create-failed'];
    const steps = statuses.flatMap((from) =>
      statuses.filter((to) => mayFollow(from, to)).map((to) => `${from} > ${to}`),
    );
    expect(steps).toEqual([
      'creating > available',
      'creating > create-failed',
      'available > modifying',
      'available > snapshotting',
      'available > deleting',
      'modifying > available',
      'snapshotting > available',
      'snapshotting > deleting',
      'create-failed > deleting',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiAzRule } from '../../../functions/creation/rules/availability.ts';
import { cacheIdRule } from '../../../functions/creation/rules/cache-id.ts';
import { descriptionRule } from '../../../functions/creation/rules/description.ts';
import { portRule } from '../../../functions/creation/rules/port.ts';
import { retentionRule } from '../../../functions/creation/rules/snapshots.ts';
import { tagsRule } from '../../../functions/creation/rules/tags.ts';
import { nodesInClusterRule, nodesWanted, oneTopologyRule } from '../../../functions/creation/rules/topology.ts';
import {
  maintenanceWindowRule,
  snapshotWindowRule,
  windowsApartRule,
} from '../../../functions/creation/rules/windows.ts';

const DAY_MINUTES = 24 * 60;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const twoDigits = (number: number) => String(number).padStart(2, '0');
const clock = (minute: number) => `${twoDigits(Math.floor(minute / 60) % 24)}:${twoDigits(minute % 60)}`;
const daily = (start: number, length: number) => `${clock(start)}-${clock(start + length)}`;
const weekly = (start: number, length: number) => {
  const at = (minute: number) => `${DAYS[Math.floor(minute / DAY_MINUTES) % 7]}:${clock(minute % DAY_MINUTES)}`;
  return `${at(start)}-${at(start + length)}`;
};

describe('cacheIdRule', () => {
  it('takes exactly what ElastiCache takes', () => {
    const letters = fc.constantFrom('a', 'z', '0', '9', '-', 'A', '_', '.', 'ä');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 45 }), (parts) => {
        const cacheId = parts.join('');
        const isValid = cacheId.length <= 40 && /^[a-z](-?[a-z0-9])*$/.test(cacheId);
        expect(cacheIdRule({ engine: 'redis', cacheId }).length === 0).toBe(isValid);
      }),
      { numRuns: 500 },
    );
  });
});

describe('descriptionRule', () => {
  it('leaves room for the signature, and wants a word', () => {
    const count = (description: string) => descriptionRule({ description }).length;
    expect([count(''), count('  '), count('a'), count('a'.repeat(150)), count('a'.repeat(151))]).toEqual([
      1, 1, 0, 0, 1,
    ]);
  });
});

describe('portRule', () => {
  it('takes 1024 to 65535', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 70_000 }), (port) => {
        expect(portRule({ port })).toHaveLength(port >= 1024 && port <= 65_535 ? 0 : 1);
      }),
    );
  });

  it('names the usual port of the engine', () => {
    expect(portRule({ engine: 'memcached', port: 1 })[0]?.remedy).toContain('11211');
    expect(portRule({ engine: 'valkey', port: 1 })[0]?.remedy).toContain('6379');
  });
});

describe('retentionRule', () => {
  it('takes 0 to 35 days', () => {
    for (let days = -3; days <= 40; days += 1) {
      const faults = retentionRule({ engine: 'redis', snapshotRetentionLimit: days });
      expect(faults).toHaveLength(days >= 0 && days <= 35 ? 0 : 1);
    }
  });
});

describe('the windows', () => {
  const start = fc.nat(DAY_MINUTES - 1);
  const weekStart = fc.nat(7 * DAY_MINUTES - 1);

  it('last 60 minutes at least, wherever they begin', () => {
    fc.assert(
      fc.property(start, weekStart, fc.integer({ min: 1, max: 180 }), (day, week, length) => {
        const short = length < 60 ? 1 : 0;
        expect(snapshotWindowRule({ snapshotWindow: daily(day, length) })).toHaveLength(short);
        expect(maintenanceWindowRule({ preferredMaintenanceWindow: weekly(week, length) })).toHaveLength(short);
      }),
    );
  });

  it('share no minute, also over midnight and over the end of the week', () => {
    const length = fc.integer({ min: 60, max: 300 });
    fc.assert(
      fc.property(start, length, weekStart, length, (day, dayLength, week, weekLength) => {
        const inSnapshot = (minute: number) => (minute - day + 2 * DAY_MINUTES) % DAY_MINUTES < dayLength;
        const minutes = Array.from({ length: weekLength }, (_, index) => (week + index) % DAY_MINUTES);
        const faults = windowsApartRule({
          snapshotWindow: daily(day, dayLength),
          preferredMaintenanceWindow: weekly(week, weekLength),
        });
        expect(faults).toHaveLength(minutes.some(inSnapshot) ? 1 : 0);
      }),
    );
  });

  it.each(['25:00-26:00', '3:00-4:00', '03:00', '03:00-03:00', '03:60-05:00'])('cannot be %s', (snapshotWindow) => {
    expect(snapshotWindowRule({ snapshotWindow })).toHaveLength(1);
  });
});

describe('tagsRule', () => {
  it('leaves room for four tags of ours', () => {
    for (const count of [0, 1, 46, 47, 50]) {
      const tags = Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 'x']));
      expect(tagsRule({ tags }).map(({ path }) => path)).toEqual(count <= 46 ? [] : ['tags']);
    }
  });

  it('keeps the prefixes aws: and autopilot: for others, however they are written', () => {
    fc.assert(
      fc.property(fc.constantFrom('aws:', 'AWS:', 'autopilot:', 'Autopilot:', 'team:'), fc.nat(999), (prefix, tail) => {
        const faults = tagsRule({ tags: { [`${prefix}${tail}`]: 'x' } });
        expect(faults).toHaveLength(prefix === 'team:' ? 0 : 1);
      }),
    );
  });

  it('takes keys of 1 to 128 characters and values of up to 256', () => {
    const count = (key: string, value: string) => tagsRule({ tags: { [key]: value } }).length;
    expect([count('', 'x'), count('k'.repeat(128), ''), count('k'.repeat(129), '')]).toEqual([1, 0, 1]);
    expect([count('k', 'v'.repeat(256)), count('k', 'v'.repeat(257)), count('k', '<>')]).toEqual([0, 1, 1]);
  });
});

describe('oneTopologyRule', () => {
  it('takes one way to say how large a cache is, and only one', () => {
    const counts = fc.record(
      { numNodeGroups: fc.constant(3), numCacheClusters: fc.constant(2), numCacheNodes: fc.constant(1) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(counts, (given) => {
        expect(oneTopologyRule({ engine: 'valkey', ...given }).length === 0).toBe(Object.keys(given).length === 1);
      }),
    );
  });
});

describe('nodesInClusterRule', () => {
  it('never lets a cluster have more than 500 nodes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5 }), (shards, replicas) => {
        const spec = { engine: 'redis', numNodeGroups: shards, replicasPerNodeGroup: replicas } as const;
        const nodes = shards * (1 + replicas);
        expect(nodesInClusterRule(spec)).toHaveLength(nodes > 500 ? 1 : 0);
        expect(nodesWanted(spec)).toBe(nodes > 500 ? undefined : nodes);
      }),
    );
  });
});

describe('multiAzRule', () => {
  it('never passes without a replica and failover', () => {
    const choice = fc.constantFrom(undefined, false, true);
    fc.assert(
      fc.property(choice, choice, fc.nat(5), fc.boolean(), (multiAZEnabled, failover, replicas, clusterMode) => {
        const size = clusterMode
          ? { numNodeGroups: 2, replicasPerNodeGroup: replicas }
          : { numCacheClusters: 1 + replicas };
        const faults = multiAzRule({ engine: 'redis', ...size, multiAZEnabled, automaticFailoverEnabled: failover });
        const passes = !multiAZEnabled || (replicas > 0 && (failover ?? clusterMode));
        expect(faults.length === 0).toBe(passes);
      }),
    );
  });
});

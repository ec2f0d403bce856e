import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../functions/creation/diagnosis.ts';
import type { Evidence, FailedOrder } from '../../functions/creation/evidence.ts';
import { aFailedOrder, anEvidence, CACHE_ARN, unread } from '../builders/evidence.ts';

const diagnosed = (evidence: Partial<Evidence> = {}, order: Partial<FailedOrder> = {}) =>
  diagnose(aFailedOrder(order), anEvidence(evidence));
const causesOf = (evidence: Partial<Evidence>, order: Partial<FailedOrder> = {}) =>
  diagnosed(evidence, order).findings.map(({ cause }) => cause);

const anEvent = (message: string, source = 'orders') => ({ at: '2026-11-21T07:11:00.000Z', source, message });
const theCache = (status: string) => ({
  cache: { value: { arn: CACHE_ARN, status, shards: 3, shardsAvailable: 0 } },
});
const NOT_THERE = { cache: { value: undefined } };
const refusedBy = (error: string, cause = error) => ({ problem: { step: 'Create the cache', error, cause } });

describe('what ElastiCache said', () => {
  it('is quoted with its time and the ARN, the same about many nodes once, and about the cache first', () => {
    const nodes = ['orders-0001-001', 'orders-0001-002', 'orders-0002-001'].map((id) =>
      anEvent('Failed to create the cache cluster.', id),
    );
    const { findings, diagnosis } = diagnosed({ events: { value: [...nodes, anEvent('Failed: disk exhausted.')] } });
    expect(findings.map(({ cause }) => cause)).toEqual(['ElastiCacheSaid', 'ElastiCacheSaid']);
    expect(findings[0]?.says).toContain('orders at 2026-11-21T07:11:00.000Z: “Failed: disk exhausted.”');
    expect(findings[0]?.says).toContain(CACHE_ARN);
    expect(findings[1]?.says).toContain('orders-0001-001 and 2 more');
    expect(diagnosis).toContain('Failed: disk exhausted.');
    expect(diagnosis).toContain('2 findings');
  });

  it.each(['Cache cluster created', 'Failover to replica node orders-0001-002 completed', 'Added cache node 0001'])(
    'does not explain anything when it is no bad news: %s',
    (message) => expect(causesOf({ events: { value: [anEvent(message)] } })).toEqual(['NotExplained']),
  );
});

describe('no capacity', () => {
  it.each([
    ['the order', {}, refusedBy('ChooseOtherNodeType', 'InsufficientCacheClusterCapacityFault: none left')],
    ['an event', { events: { value: [anEvent('Failed to create: insufficient capacity')] } }, {}],
  ])('is told with nodes, type and zones when %s says so', (_who, evidence, order) => {
    const found = diagnosed(evidence, order).findings.find(({ cause }) => cause === 'NoCapacity');
    expect(found?.says).toContain('6 nodes of cache.r7g.large in us-east-1a, us-east-1b');
  });

  it('names the subnet group when its zones could not be read', () => {
    const { findings } = diagnosed({ subnets: unread() }, refusedBy('ChooseOtherNodeType'));
    expect(findings[0]?.says).toContain('the zones of the subnet group private');
  });
});

describe('a quota used up', () => {
  it('is found exactly when the others’ nodes and its own are too many, whatever is there of it already', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: 1, max: 90 }), fc.nat(90), (others, nodes, own) => {
        const causes = causesOf({ nodesInRegion: { value: { all: others + own, own } } }, { nodes });
        expect(causes.includes('QuotaUsedUp')).toBe(others + nodes > 300);
      }),
    );
  });

  it.each([
    [294, false],
    [295, true],
  ])('and not before: six nodes beside %i others of 300', (others, isFound) => {
    expect(causesOf({ ...NOT_THERE, nodesInRegion: { value: { all: others, own: 0 } } }).includes('QuotaUsedUp')).toBe(
      isFound,
    );
  });

  it('is told as used, allowed and needed', () => {
    const { diagnosis } = diagnosed(
      { ...NOT_THERE, nodesInRegion: { value: { all: 298, own: 0 } } },
      refusedBy('RaiseNodeQuota'),
    );
    expect(diagnosis).toContain('298 of 300 are other caches’, and orders needs 6');
  });

  it('may be that of one cluster', () => {
    const { diagnosis } = diagnosed({ ...NOT_THERE, quotas: { value: { perRegion: 300, perCluster: 5 } } });
    expect(diagnosis).toContain('One cache may have 5 nodes in this account, and orders needs 6');
    const pair = causesOf({ quotas: { value: { perRegion: 300, perCluster: 5 } } }, { clusterMode: false });
    expect(pair).toEqual(['NotExplained']);
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['do not show it', {}, '20 of 300 nodes in us-east-1'],
    ['could not be read', { quotas: unread(), nodesInRegion: unread() }, 'an unknown number of an unknown number'],
    [
      'are not known',
      { quotas: { value: { perRegion: undefined, perCluster: undefined } } },
      '20 of an unknown number',
    ],
  ])('is still told when ElastiCache refused for it and the figures %s', (_what, evidence, words) => {
    const { findings } = diagnosed({ ...NOT_THERE, ...evidence }, refusedBy('RaiseNodeQuota'));
    expect(findings[0]).toMatchObject({ cause: 'QuotaUsedUp', says: expect.stringContaining(words) });
  });
});

describe('subnets without free addresses', () => {
  const subnets = (...free: number[]) => ({
    subnets: {
      value: free.map((freeAddresses, n) => ({ id: `subnet-${n}`, zone: `us-east-1${'abc'[n]}`, freeAddresses })),
    },
  });

  it('are found exactly when the addresses do not suffice, or one subnet has none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 30 }),
        (free, nodes) => {
          const isShort = free.reduce((sum, count) => sum + count, 0) < nodes || free.includes(0);
          expect(causesOf(subnets(...free), { nodes }).includes('NoFreeAddresses')).toBe(isShort);
        },
      ),
    );
  });

  it('are told with how many are free, where, and how many were needed', () => {
    expect(diagnosed(subnets(3, 1)).diagnosis).toContain(
      'The subnet group private has 4 free addresses (subnet-1 in us-east-1b: 1, subnet-0 in us-east-1a: 3), and orders needs up to 6.',
    );
  });

  it('explain nothing about a cache that has all its nodes', () => {
    expect(
      causesOf({ ...theCache('available'), ...subnets(0), nodesInRegion: { value: { all: 306, own: 6 } } }),
    ).toEqual(['NotExplained']);
  });
});

describe('what vanished', () => {
  it.each<[string, Partial<Evidence>, string]>([
    ['the subnet group', { subnets: { value: undefined } }, 'the subnet group private'],
    [
      'a subnet',
      { subnets: { value: [{ id: 'subnet-a', zone: 'us-east-1a', freeAddresses: undefined }] } },
      'the subnet subnet-a (in the subnet group private)',
    ],
    ['a security group', { securityGroupIds: { value: [] } }, 'the security group sg-1'],
  ])('is named: %s', (_what, evidence, words) => {
    const { findings } = diagnosed(evidence);
    expect(findings).toMatchObject([{ cause: 'Vanished', says: expect.stringContaining(words) }]);
  });

  it('is never said of what could not be read', () => {
    expect(causesOf({ subnets: unread(), securityGroupIds: unread() })).toEqual(['NotExplained', 'NotRead']);
  });
});

describe('a key', () => {
  const order = { kmsKeyId: 'key-1' };
  it.each([
    ['Disabled', 'is Disabled'],
    ['PendingDeletion', 'is PendingDeletion'],
  ])('that is %s is named', (state, words) => {
    expect(diagnosed({ key: { value: { state } } }, order).diagnosis).toContain(`The KMS key key-1`);
    expect(diagnosed({ key: { value: { state } } }, order).diagnosis).toContain(words);
  });

  it('that is not there is named too, and one that is enabled is not', () => {
    expect(diagnosed({ key: { value: undefined } }, order).diagnosis).toContain('does not exist in this Region');
    expect(causesOf({ key: { value: { state: 'Enabled' } } }, order)).toEqual(['NotExplained']);
    expect(causesOf({ key: unread() }, order)).toEqual(['NotExplained', 'NotRead']);
  });
});

describe('a creation that nothing explains', () => {
  it('after half an hour of creating goes to AWS Support, with the ARN and the times', () => {
    const { diagnosis } = diagnosed(theCache('creating'), { now: '2026-11-21T07:34:00.000Z' });
    expect(diagnosis).toBe(
      `orders has been creating for 34 minutes. Nothing of what the account shows explains it: ask AWS Support with ${CACHE_ARN} and the times 2026-11-21T07:00:00.000Z to 2026-11-21T07:34:00.000Z.`,
    );
  });

  it.each<[string, Partial<Evidence>, Partial<FailedOrder>, string]>([
    ['is create-failed', theCache('create-failed'), {}, 'orders is create-failed 12 minutes after it was ordered'],
    ['is available', theCache('available'), {}, 'orders is available'],
    ['is not there', NOT_THERE, refusedBy('FixInput'), 'besides what “Create the cache” answered'],
    ['cannot be looked at', { cache: unread() }, {}, 'the id orders in us-east-1'],
  ])('is never called well when the cache %s', (_what, evidence, order, words) => {
    const { diagnosis, findings } = diagnosed(evidence, order);
    expect(findings[0]?.cause).toBe('NotExplained');
    expect(diagnosis).toContain(words);
    expect(diagnosis).toContain('explains it');
  });

  it('says what could not be read, whatever else was found', () => {
    const parts = ['cache', 'events', 'subnets', 'securityGroupIds', 'quotas', 'nodesInRegion', 'key'] as const;
    fc.assert(
      fc.property(fc.subarray([...parts], { minLength: 1 }), (denied) => {
        const evidence = Object.fromEntries(denied.map((part) => [part, unread(`AccessDenied: ${part}`)]));
        const { diagnosis, findings } = diagnosed(evidence);
        for (const part of denied) expect(diagnosis).toContain(`(AccessDenied: ${part})`);
        expect(findings.at(-1)?.cause).toBe('NotRead');
        expect(diagnosis).toContain('Nothing of what could be read explains it');
      }),
    );
  });
});

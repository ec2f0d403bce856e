import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnoseCreation } from '../../functions/creation/diagnose-creation.ts';
import type { Witnesses } from '../../functions/creation/gather-evidence.ts';
import { DiagnoseInput, DiagnoseOutput } from '../../functions/creation/schemas.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';

const theWitnesses = (overrides: Partial<Witnesses> = {}): Witnesses => ({
  events: async () => [],
  subnets: async () => [{ id: 'subnet-a', zone: 'us-east-1a', freeAddresses: 200 }],
  securityGroupIds: async (ids) => ids,
  quotas: async () => ({ perRegion: 300, perCluster: 90 }),
  nodesInRegion: async () => ({ all: 9, own: 0 }),
  key: async () => ({ state: 'Enabled' }),
  ...overrides,
});

const anInput = (request: object = {}) =>
  DiagnoseInput.parse({
    operationId: 'operation-1',
    cacheId: 'orders',
    request: {
      ReplicationGroupId: 'orders',
      CacheNodeType: 'cache.r7g.large',
      NumNodeGroups: 3,
      ReplicasPerNodeGroup: 2,
      ...request,
    },
    problem: { step: 'Create the cache', error: 'RaiseNodeQuota', cause: 'NodeQuotaForCustomerExceededFault' },
    orderedAt: '2026-11-21T07:01:00Z',
    now: '2026-11-21T07:02:00Z',
  });

const diagnosed = (witnesses: Partial<Witnesses>, request: object = {}) =>
  diagnoseCreation(anInput(request), {
    region: 'us-east-1',
    caches: inMemoryCaches(aCache({ status: 'create-failed' })),
    witnesses: theWitnesses(witnesses),
  });

describe('the diagnosis of a creation', () => {
  it.each<[string, object, number]>([
    ['three shards with two replicas', {}, 9],
    ['a primary with a replica', { NumNodeGroups: undefined, NumCacheClusters: 2 }, 2],
    ['a single node', { NumNodeGroups: undefined }, 1],
    [
      'a Memcached cluster',
      { ReplicationGroupId: undefined, CacheClusterId: 'orders', NumNodeGroups: undefined, NumCacheNodes: 7 },
      7,
    ],
  ])('counts the nodes of %s', async (_what, request, nodes) => {
    const { findings } = await diagnosed({ quotas: async () => ({ perRegion: 0, perCluster: 0 }) }, request);
    expect(findings[0]?.says).toContain(`orders needs ${nodes}.`);
  });

  it('asks for what the order names, and for no key where it names none', async () => {
    const asked: unknown[] = [];
    await diagnosed(
      {
        subnets: async (group) => void asked.push(group),
        securityGroupIds: async (ids) => {
          asked.push(...ids);
          return ids;
        },
        key: async (id) => void asked.push(id),
      },
      { CacheSubnetGroupName: 'private', SecurityGroupIds: ['sg-1'], KmsKeyId: 'key-1' },
    );
    expect(asked).toEqual(['private', 'sg-1', 'key-1']);
    expect((await diagnosed({})).evidence).not.toHaveProperty('key');
  });

  it('never fails for what it cannot read, whichever part it is, and says it', async () => {
    const names = ['events', 'subnets', 'securityGroupIds', 'quotas', 'nodesInRegion', 'key'] as const;
    await fc.assert(
      fc.asyncProperty(fc.subarray([...names]), async (denied) => {
        const refuse = () => Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDenied' }));
        const output = await diagnosed(Object.fromEntries(denied.map((name) => [name, refuse])), { KmsKeyId: 'key-1' });
        for (const name of denied) expect(output.evidence[name]).toEqual({ unread: 'AccessDenied: not authorized' });
        expect(output.findings.some(({ cause }) => cause === 'NotRead')).toBe(denied.length > 0);
      }),
    );
  });

  it('stays below 20 kB, however much there is to tell', async () => {
    const long = '€'.repeat(3000);
    const output = await diagnosed(
      {
        events: async () =>
          Array.from({ length: 1000 }, (_, n) => ({
            at: '2026-11-21T07:01:30Z',
            source: `orders-${n}`,
            message: `Failed ${n} ${long}`,
          })),
        subnets: async () =>
          Array.from({ length: 20 }, (_, n) => ({
            id: `subnet-${n}${'0'.repeat(16)}`,
            zone: 'us-east-1a',
            freeAddresses: 0,
          })),
        securityGroupIds: async () => [],
        quotas: () => Promise.reject(new Error(long)),
        nodesInRegion: () => Promise.reject(new Error(long)),
        key: () => Promise.reject(new Error(long)),
      },
      { SecurityGroupIds: Array.from({ length: 50 }, (_, n) => `sg-${n}`), KmsKeyId: 'key-1' },
    );
    expect(() => DiagnoseOutput.parse(output)).not.toThrow();
    expect(Buffer.byteLength(JSON.stringify(output))).toBeLessThan(20_000);
    // What could not be read is the last that is said, and never cut off.
    expect(output.findings.at(-1)?.cause).toBe('NotRead');
  });
});

import { describe, expect, it, vi } from 'vitest';
import { look, type Surroundings } from '../../functions/creation/look.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { readSpec } from '../../functions/creation/spec.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation, aSecurityGroup } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryParameterGroups } from '../builders/in-memory-parameter-groups.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';
import { termsToAct } from '../builders/terms.ts';

const account = anObservation();
const policy = { name: 'maxmemory-policy', modifiable: true, allowedValues: 'allkeys-lru,noeviction' };

const clusterEnabled = { name: 'cluster-enabled', value: 'yes', modifiable: true };

const eyes = (overrides: Partial<Parameters<typeof look>[1]> = {}) => {
  const surroundings: Surroundings = {
    subnetGroup: vi.fn(async () => account.subnetGroup),
    securityGroups: vi.fn(async () => []),
    defaultSecurityGroup: vi.fn(async () => aSecurityGroup({ id: 'sg-default' })),
    engineVersions: vi.fn(async () => account.engineVersions),
    allowedNodeTypes: vi.fn(async () => ({ up: ['cache.r7g.xlarge'], down: [] })),
  };
  return {
    caches: inMemoryCaches(),
    parameterGroups: inMemoryParameterGroups({
      'default.redis7.cluster.on': { family: 'redis7', parameters: [policy] },
      'default.redis7': { family: 'redis7', parameters: [] },
    }),
    secrets: inMemorySecrets(),
    surroundings,
    snapshots: { find: vi.fn(async () => undefined) },
    rememberedSpec: vi.fn(async () => undefined),
    ...overrides,
  };
};
const NOW = '2026-11-21T07:00:00Z';
const seenFor = (spec: unknown, tools = eyes()) =>
  look({ spec: readSpec(spec).spec, operationId: 'operation-1', now: NOW }, tools);

describe('look', () => {
  it('looks at the default security group where none is named and a function verifies', async () => {
    const tools = { ...eyes(), verifierGroups: { 'vpc-0a1b2c3d': 'sg-0fedcba9876543210' } };
    const { cacheGroups, verifierGroupId } = await seenFor(aSpec({ securityGroupIds: undefined }), tools);
    expect(verifierGroupId).toBe('sg-0fedcba9876543210');
    expect(cacheGroups?.map(({ id }) => id)).toEqual(['sg-default']);
  });

  it('sees enough to create a cache in an empty account', async () => {
    const spec = aSpec();
    expect(planCreation(spec, await seenFor(spec), termsToAct())).toMatchObject({ action: 'create', faults: [] });
  });

  it('sees an existing cache with everything that is compared', async () => {
    const tools = eyes({
      caches: inMemoryCaches(aCache()),
      parameterGroups: inMemoryParameterGroups({
        'default.redis7.cluster.on': { family: 'redis7', parameters: [policy] },
        'autopilot-orders-redis7': {
          family: 'redis7',
          parameters: [{ ...policy, value: 'allkeys-lru' }, clusterEnabled],
        },
      }),
    });
    const spec = aSpec();
    expect(planCreation(spec, await seenFor(spec, tools), termsToAct())).toMatchObject({
      reason: 'AlreadyAsSpecified',
    });
  });

  it('knows whether a named parameter group is for cluster mode', async () => {
    const tools = eyes({
      parameterGroups: inMemoryParameterGroups({
        mine: { family: 'redis7', parameters: [{ name: 'cluster-enabled', value: 'yes', modifiable: true }] },
        other: { family: 'redis7', parameters: [{ name: 'cluster-enabled', value: 'no', modifiable: true }] },
      }),
    });
    const named = async (cacheParameterGroupName: string) =>
      (await seenFor(aSpec({ parameters: undefined, cacheParameterGroupName }), tools)).namedParameterGroup;
    expect(await named('mine')).toEqual({ family: 'redis7', clusterEnabled: true });
    expect(await named('other')).toEqual({ family: 'redis7', clusterEnabled: false });
    expect(await named('none')).toBeUndefined();
  });

  it('sees what the change of an existing cache depends on, and does not ask it of a new one', async () => {
    const remembered = { spec: { tags: { Team: 'shop' } }, operationId: 'operation-0', at: NOW };
    const find = vi.fn(async (name: string) => ({ name, status: 'available', sizes: [] }));
    const tools = eyes({
      caches: inMemoryCaches(aCache()),
      snapshots: { find },
      rememberedSpec: vi.fn(async () => remembered),
    });
    expect(await seenFor(aSpec({ cacheNodeType: 'cache.r7g.xlarge' }), tools)).toMatchObject({
      allowedNodeTypes: { up: ['cache.r7g.xlarge'] },
      remembered: remembered.spec,
      snapshotBefore: { status: 'available' },
    });
    expect(find.mock.lastCall?.[0]).toMatch(/^orders-before-[0-9a-f]{8}$/);
    const none = eyes({ snapshots: { find: vi.fn() } });
    expect(await seenFor(aSpec(), none)).not.toHaveProperty('remembered');
    expect(none.snapshots.find).not.toHaveBeenCalled();
  });

  it('looks at the network in which an existing cache lives, whatever the specification leaves open', async () => {
    const tools = eyes({
      caches: inMemoryCaches(aCache({ subnetGroup: 'private', securityGroupIds: ['sg-own'] })),
    });
    await seenFor(aSpec({ securityGroupIds: undefined }), tools);
    expect(tools.surroundings.subnetGroup).toHaveBeenCalledWith('private');
    expect(tools.surroundings.securityGroups).toHaveBeenCalledWith(['sg-own']);
  });

  it('does not ask AWS about names that cannot be', async () => {
    const find = vi.fn(async () => undefined);
    const tools = eyes({ caches: { ...inMemoryCaches(), find } });
    expect((await seenFor(aSpec({ cacheId: '9-prod--' }), tools)).cache).toBeUndefined();
    expect(find).not.toHaveBeenCalled();
  });

  it('looks around for a specification of which nothing can be read', async () => {
    expect(await seenFor('nonsense')).toMatchObject({ observedAt: NOW, engineVersions: [], securityGroups: [] });
  });
});

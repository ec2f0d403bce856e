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
    isNodeTypeOffered: vi.fn(async () => true),
    logGroups: vi.fn(async () => ['/caches/orders']),
    userGroups: vi.fn(async () => [{ id: 'shop', status: 'active', engine: 'redis' }]),
    nodeQuotas: vi.fn(async () => ({
      nodesPerRegion: 300,
      nodesPerCluster: 90,
      nodesPerMemcached: 60,
      nodesThere: 12,
    })),
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
  const databases = (value: string) => ({ name: 'databases', value, modifiable: true, changeType: 'requires-reboot' });
  it.each<[string, object, string, object | undefined, object | undefined]>([
    [
      'the named one',
      { cacheParameterGroupName: 'shared' },
      'default.redis7.cluster.on',
      { databases: '16' },
      { databases: '32' },
    ],
    ['its own', { parameters: { timeout: '20' } }, 'shared', { databases: '32' }, { databases: '16' }],
    ['the default one again', {}, 'autopilot-orders-redis7', { databases: '64' }, { databases: '16' }],
    ['the one that it has', { cacheParameterGroupName: 'shared' }, 'shared', undefined, undefined],
  ])('compares what only a starting node takes, where a cache should use %s', async (_what, change, used, from, to) => {
    const tools = eyes({
      caches: inMemoryCaches(aCache({ parameterGroup: used })),
      rememberedSpec: vi.fn(async () => ({ spec: { parameters: {} }, operationId: 'operation-0', at: NOW })),
      parameterGroups: inMemoryParameterGroups({
        'default.redis7.cluster.on': { family: 'redis7', parameters: [policy, databases('16')] },
        shared: { family: 'redis7', parameters: [policy, databases('32')] },
        'autopilot-orders-redis7': { family: 'redis7', parameters: [policy, databases('64')] },
      }),
    });
    const { bootValues } = await seenFor(aSpec({ parameters: undefined, ...change }), tools);
    expect(bootValues).toEqual(from && { from, to });
  });

  it.each([undefined, 'sg-0fedcba9876543210'])(
    'looks at the default security group where none is named, and the verifier’s is %s',
    async (verifier) => {
      const tools = { ...eyes(), verifierGroups: verifier ? { 'vpc-0a1b2c3d': verifier } : {} };
      const { cacheGroups, verifierGroupId } = await seenFor(aSpec({ securityGroupIds: undefined }), tools);
      expect(verifierGroupId).toBe(verifier);
      expect(cacheGroups?.map(({ id }) => id)).toEqual(['sg-default']);
    },
  );

  it('sees enough to create a cache in an empty account', async () => {
    const spec = aSpec();
    expect(planCreation(spec, await seenFor(spec), termsToAct())).toMatchObject({ action: 'create', faults: [] });
  });

  it('sees an existing cache with everything that is compared', async () => {
    const secrets = inMemorySecrets();
    const name = 'autopilot/orders/auth-token';
    await secrets.create({ name, value: '{}', description: '', tags: [], requestToken: 'v' });
    const tools = eyes({
      secrets,
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
      snapshotsBefore: { upgrade: { status: 'available' }, restart: { status: 'available' } },
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

  it('asks about room only for what would come', async () => {
    const tools = eyes();
    expect(await seenFor(aSpec(), tools)).toMatchObject({ nodeTypeOffered: true, nodeQuotas: { nodesThere: 12 } });
    expect(tools.surroundings.isNodeTypeOffered).toHaveBeenCalledExactlyOnceWith('cache.r7g.large');
    const same = eyes({ caches: inMemoryCaches(aCache()) });
    const { nodeTypeOffered, nodeQuotas, logGroups, doubts } = await seenFor(aSpec(), same);
    expect({ nodeTypeOffered, nodeQuotas, logGroups, doubts }).toEqual({ doubts: [] });
    for (const ask of ['isNodeTypeOffered', 'nodeQuotas', 'logGroups', 'userGroups'] as const) {
      expect(same.surroundings[ask]).not.toHaveBeenCalled();
    }
  });

  it('asks about log groups and user groups that are named', async () => {
    const log = {
      logType: 'slow-log',
      destinationType: 'cloudwatch-logs',
      destination: '/caches/none',
      logFormat: 'json',
    };
    const spec = aSpec({
      authToken: undefined,
      userGroupIds: ['none'],
      userSecretName: 'autopilot/shop/user',
      logDeliveryConfigurations: [log],
    });
    const { faults } = planCreation(spec, await seenFor(spec), termsToAct());
    expect(faults.map(({ path }) => path)).toEqual([
      'userGroupIds.0',
      'userSecretName',
      'logDeliveryConfigurations.0.destination',
    ]);
  });

  it('says what it could not see, and plans nevertheless', async () => {
    const logDeliveryConfigurations = [
      { logType: 'slow-log', destinationType: 'kinesis-firehose', destination: 'slow', logFormat: 'json' },
    ];
    const tools = eyes();
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    vi.mocked(tools.surroundings.nodeQuotas).mockRejectedValue(denied);
    vi.mocked(tools.surroundings.subnetGroup).mockResolvedValue({
      ...account.subnetGroup,
      freeAddresses: undefined,
    } as never);
    const spec = aSpec({ logDeliveryConfigurations });
    const plan = planCreation(spec, await seenFor(spec, tools), termsToAct());
    expect(plan).toMatchObject({ action: 'create', faults: [] });
    expect(plan.doubts).toEqual([
      'Whether the quotas of nodes suffice could not be read (AccessDeniedException): ElastiCache will say.',
      'How many addresses are left in the subnet group default could not be read.',
      'Whether Firehose has the delivery stream slow was not looked up: check its name.',
    ]);
  });

  it('says which quota Service Quotas leaves out', async () => {
    const tools = eyes();
    vi.mocked(tools.surroundings.nodeQuotas).mockResolvedValue({ nodesThere: 0 });
    expect((await seenFor(aSpec(), tools)).doubts).toHaveLength(2);
  });

  it('looks at the secret of a user before anybody needs it', async () => {
    const secrets = inMemorySecrets();
    for (const name of ['autopilot/shop/user', 'autopilot/shop/old']) {
      await secrets.create({ name, value: '{}', description: '', tags: [], requestToken: 'v' });
    }
    await secrets.delete('autopilot/shop/old');
    const find = vi.spyOn(secrets, 'find');
    const userSecret = async (userSecretName?: string) =>
      (await seenFor(aSpec({ authToken: undefined, userGroupIds: ['shop'], userSecretName }), eyes({ secrets })))
        .userSecret;
    expect(await userSecret('autopilot/shop/user')).toBe('there');
    expect(await userSecret('autopilot/shop/old')).toBe('deletion scheduled');
    expect(await userSecret('autopilot/shop/none')).toBe('missing');
    expect(await userSecret(undefined)).toBeUndefined();
    expect(find).toHaveBeenCalledTimes(3);
    // Secrets Manager would refuse to look it up.
    expect(await userSecret('autopilot/shop user')).toBe('missing');
    expect(find).toHaveBeenCalledTimes(3);
  });

  it('judges the parameters also of a version that does not exist', async () => {
    const spec = aSpec({ engineVersion: '7.9', parameters: { 'maxmemory-polcy': 'allkeys-lru' } });
    const tools = eyes();
    vi.mocked(tools.surroundings.engineVersions).mockResolvedValue([{ version: '7.1', family: 'redis7' }]);
    const { faults } = planCreation(spec, await seenFor(spec, tools), termsToAct());
    expect(faults.map(({ path }) => path)).toEqual(['engineVersion', 'parameters.maxmemory-polcy']);
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

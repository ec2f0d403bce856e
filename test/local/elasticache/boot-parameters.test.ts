import {
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DescribeCacheClustersCommand,
  ModifyCacheParameterGroupCommand,
  ModifyReplicationGroupCommand,
  RebootCacheClusterCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  for (const family of ['redis6.x', 'redis7']) {
    const group = { CacheParameterGroupName: `own-${family.replace('.', '')}`, CacheParameterGroupFamily: family };
    await cache.client.send(new CreateCacheParameterGroupCommand({ ...group, Description: 'own' }));
  }
});
afterEach(() => cache.close());

const setDatabases = (CacheParameterGroupName: string, ParameterValue: string) =>
  cache.client.send(
    new ModifyCacheParameterGroupCommand({
      CacheParameterGroupName,
      ParameterNameValues: [{ ParameterName: 'databases', ParameterValue }],
    }),
  );
const create = async (CacheParameterGroupName: string, EngineVersion: string) => {
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ CacheParameterGroupName, EngineVersion })));
  await cache.handle.idle();
};
const told = () => cache.engine.caches.get('us-east-1.sessions')?.told;
const applied = async () => {
  const { CacheClusters = [] } = await cache.client.send(new DescribeCacheClustersCommand({}));
  return CacheClusters.map(({ CacheParameterGroup }) => CacheParameterGroup?.ParameterApplyStatus);
};

describe('a parameter that only a new process takes', () => {
  it('comes with a reboot, after which the node is empty', async () => {
    await create('own-redis7', '7.1');
    await setDatabases('own-redis7', '32');
    await cache.handle.idle();
    expect(await applied()).toEqual(['pending-reboot', 'pending-reboot']);
    const reboot = { CacheClusterId: 'sessions-002', CacheNodeIdsToReboot: ['0001'] };
    await cache.client.send(new RebootCacheClusterCommand(reboot));
    await cache.handle.idle();
    expect(told()?.commands).toContain('sessions-002 restart empty');
    expect(told()?.commands).not.toContain('sessions-001 restart empty');
    expect(told()?.parameters.databases).toBe('32');
    expect(await applied()).toEqual(['pending-reboot', 'in-sync']);
  });

  it('is not cluster mode, which needs another cache', async () => {
    await create('own-redis7', '7.1');
    const ParameterNameValues = [{ ParameterName: 'cluster-enabled', ParameterValue: 'yes' }];
    const change = { CacheParameterGroupName: 'own-redis7', ParameterNameValues };
    await cache.client.send(new ModifyCacheParameterGroupCommand(change));
    await cache.handle.idle();
    const reboot = { CacheClusterId: 'sessions-002', CacheNodeIdsToReboot: ['0001'] };
    expect(await outcomeOf(cache.client.send(new RebootCacheClusterCommand(reboot)))).toBe('NotImplemented');
  });

  it('comes with an upgrade of the engine, which keeps the data', async () => {
    await create('own-redis6x', '6.2');
    await setDatabases('own-redis7', '48');
    await cache.client.send(
      new ModifyReplicationGroupCommand({
        ReplicationGroupId: 'sessions',
        EngineVersion: '7.1',
        CacheParameterGroupName: 'own-redis7',
        ApplyImmediately: true,
      }),
    );
    await cache.handle.idle();
    expect(told()?.commands.filter((command) => command.includes('restart'))).toEqual([
      'sessions-001 restart with its data',
      'sessions-002 restart with its data',
    ]);
    expect(told()?.parameters.databases).toBe('48');
    expect(await applied()).toEqual(['in-sync', 'in-sync']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { Operation } from '../../../local/service.ts';
import { createElastiCache } from '../../../local/services/elasticache/elasticache.ts';
import { ACCOUNT_ID, type AWorld, aWorld, operator } from '../../builders/a-world.ts';
import { aNetwork } from './an-elasticache.ts';
import { aFakeEngine } from './fake-engine.ts';

/** Everything that an operation could be asked for at once: what an operation does not know, its permissions leave out. */
const EVERYTHING = {
  ReplicationGroupId: 'orders',
  CacheClusterId: 'orders-0001-001',
  CacheParameterGroupName: 'own',
  CacheSubnetGroupName: 'own',
  UserId: 'app',
  UserGroupId: 'shop',
  UserIds: ['app'],
  UserIdsToAdd: ['app'],
  UserGroupIds: ['shop'],
  ResourceName: `arn:aws:elasticache:us-east-1:${ACCOUNT_ID}:replicationgroup:orders`,
  Tags: [{ Key: 'autopilot:managed', Value: 'true' }],
  TagKeys: ['autopilot:managed'],
  Engine: 'redis',
  EngineVersion: '7.1',
  CacheNodeType: 'cache.r7g.large',
  NumNodeGroups: 3,
  ReplicasPerNodeGroup: 2,
  MultiAZEnabled: true,
  AutomaticFailoverEnabled: true,
  TransitEncryptionEnabled: true,
  AtRestEncryptionEnabled: true,
  AuthToken: 'a-token-of-many-letters',
  SnapshotRetentionLimit: 7,
  KmsKeyId: '11111111-2222-4333-8444-555555555555',
};

/** Nothing can be called this. */
const ODD = Object.fromEntries(
  Object.keys(EVERYTHING)
    .filter((name) => /Id$|Name$/.test(name))
    .map((name, index) => [name, ['a b', 'a:b', '*', '', 'a/b'][index % 5]]),
);

const call = { region: 'us-east-1', principal: operator, requestId: '1' };

describe('every permission is a question that IAM can be asked', () => {
  let world: AWorld;
  let operations: Readonly<Record<string, Operation<never, unknown>>>;
  beforeAll(async () => {
    world = await aWorld();
    operations = createElastiCache(world, { engine: aFakeEngine(), network: aNetwork }).api?.operations ?? {};
  });
  afterAll(() => world.close());

  it.each([
    ['with everything that a request can hold', EVERYTHING],
    ['with nothing', {}],
    ['with names that cannot be', ODD],
  ])('%s', async (_what, input) => {
    const authorizer = createAuthorizer(world);
    const refused: string[] = [];
    expect(Object.keys(operations).length).toBeGreaterThan(35);
    for (const [operation, behaviour] of Object.entries(operations)) {
      const permissions = behaviour.permissions?.(input as never, { ...call, operation }) ?? [
        { action: `elasticache:${operation}`, resource: '*' },
      ];
      expect(permissions.length, operation).toBeGreaterThan(0);
      for (const permission of permissions) {
        await authorizer.authorize(operator, permission, 'us-east-1').catch((error: Error) => {
          refused.push(`${operation}: ${error.message}`);
        });
      }
    }
    expect(refused).toEqual([]);
  });
});

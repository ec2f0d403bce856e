import { CreateSecurityGroupCommand, CreateSubnetCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateCacheSubnetGroupCommand,
  CreateReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeCacheSubnetGroupsCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  ModifyReplicationGroupShardConfigurationCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../local/authorization/authorizer.ts';
import { defaultNetwork } from '../../../local/services/ec2/default-network.ts';
import { createEc2 } from '../../../local/services/ec2/ec2.ts';
import { createElastiCache } from '../../../local/services/elasticache/elasticache.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { aCluster, aGroup, outcomeOf } from './an-elasticache.ts';
import { aFakeEngine } from './fake-engine.ts';

describe('with the account’s own EC2 and IAM', () => {
  const { vpcId, subnets, securityGroupId } = defaultNetwork('us-east-1');
  const subnetIds = subnets.map(({ id }) => id);
  let world: AWorld;
  let client: ElastiCacheClient;
  beforeAll(async () => {
    let judge: ReturnType<typeof createAuthorizer> | undefined;
    world = await aWorld({
      speed: 1000,
      services: [createEc2, (inner) => createElastiCache(inner, { engine: aFakeEngine() })],
      authorize: async (...question) => judge?.authorize(...question),
    });
    judge = createAuthorizer(world);
    client = world.operatorClient(ElastiCacheClient);
  });
  afterAll(() => world.close());

  it('the default subnet group is that of the default VPC', async () => {
    const { CacheSubnetGroups } = await client.send(new DescribeCacheSubnetGroupsCommand({}));
    expect(CacheSubnetGroups).toMatchObject([{ CacheSubnetGroupName: 'default', VpcId: vpcId }]);
    expect(CacheSubnetGroups?.[0]?.Subnets?.map(({ SubnetIdentifier }) => SubnetIdentifier).sort()).toEqual(
      [...subnetIds].sort(),
    );
  });

  it('subnets are those that EC2 has', async () => {
    const create = (CacheSubnetGroupName: string, SubnetIds: string[]) =>
      client.send(
        new CreateCacheSubnetGroupCommand({ CacheSubnetGroupName, CacheSubnetGroupDescription: 'own', SubnetIds }),
      );
    expect((await create('own', subnetIds.slice(0, 2))).CacheSubnetGroup?.VpcId).toBe(vpcId);
    expect(await outcomeOf(create('wrong', [...subnetIds.slice(0, 1), 'subnet-00000000000000000']))).toBe(
      'InvalidSubnet',
    );
  });

  it('security groups are those that EC2 has, the default one when none is named', async () => {
    const ec2 = world.operatorClient(EC2Client);
    const own = { GroupName: 'caches', Description: 'caches', VpcId: vpcId };
    const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(own));
    await client.send(new CreateReplicationGroupCommand(aGroup({ SecurityGroupIds: [GroupId] })));
    await client.send(new CreateReplicationGroupCommand(aGroup({ ReplicationGroupId: 'plain' })));
    const groups = aGroup({ ReplicationGroupId: 'wrong', SecurityGroupIds: [GroupId, 'sg-00000000000000000'] });
    expect(await outcomeOf(client.send(new CreateReplicationGroupCommand(groups)))).toBe(
      'InvalidParameterValueException',
    );
    await world.clock.sleep(2000);
    const { CacheClusters } = await client.send(new DescribeCacheClustersCommand({}));
    const used = CacheClusters?.map(({ SecurityGroups }) =>
      SecurityGroups?.map(({ SecurityGroupId }) => SecurityGroupId),
    );
    const fallback = [securityGroupId];
    expect(used).toEqual([fallback, fallback, [GroupId], [GroupId]]);
  });

  it('addresses are those that EC2 has left, and each node takes one', async () => {
    const ec2 = world.operatorClient(EC2Client);
    // Of the 16 addresses of a /28, AWS keeps five.
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '172.31.200.0/28' }));
    const group = { CacheSubnetGroupName: 'small', CacheSubnetGroupDescription: 'small' };
    await client.send(new CreateCacheSubnetGroupCommand({ ...group, SubnetIds: [Subnet?.SubnetId ?? ''] }));
    const shards = { NumNodeGroups: 2, ReplicasPerNodeGroup: 0, CacheSubnetGroupName: 'small' };
    await client.send(new CreateReplicationGroupCommand(aCluster(shards)));
    const available = async () => {
      const { ReplicationGroups } = await client.send(new DescribeReplicationGroupsCommand({}));
      return ReplicationGroups?.find(({ ReplicationGroupId }) => ReplicationGroupId === 'orders')?.Status;
    };
    await eventually(available, (status) => status === 'available');
    const grow = (NodeGroupCount: number) => {
      const change = { ReplicationGroupId: 'orders', NodeGroupCount, ApplyImmediately: true };
      return outcomeOf(client.send(new ModifyReplicationGroupShardConfigurationCommand(change)));
    };
    expect(await grow(12)).toBe('InvalidVPCNetworkStateFault');
    expect(await grow(11)).toBe('accepted');
  });
});

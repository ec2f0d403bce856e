import { describe, expect, it } from 'vitest';
import { awsWitnesses } from '../../functions/creation/aws-witnesses.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

const witnessesOf = (answers: Readonly<Record<string, Answer>>) => {
  const { client, asked } = anSdkClient<never>(answers);
  return { witnesses: awsWitnesses({ elastiCache: client, ec2: client, serviceQuotas: client, kms: client }), asked };
};
const SINCE = '2026-11-21T07:00:00Z';
const anEvent = (SourceIdentifier: string, minute: number) => ({
  SourceIdentifier,
  Date: new Date(`2026-11-21T07:${String(minute).padStart(2, '0')}:00Z`),
  Message: `at ${minute}`,
});

describe('events', () => {
  it('are those of the cache and of its nodes, newest first, and not those of a cache whose name begins alike', async () => {
    const { witnesses, asked } = witnessesOf({
      DescribeEvents: ({ SourceType }) => ({
        Events:
          SourceType === 'replication-group'
            ? [anEvent('orders', 3)]
            : [
                anEvent('orders-0001-001', 5),
                anEvent('orders-002', 4),
                anEvent('orders-eu-001', 9),
                anEvent('orders-eu-0001-001', 9),
                anEvent('other-001', 9),
              ],
      }),
    });
    const events = await witnesses.events('orders', SINCE);
    expect(events.map(({ source }) => source)).toEqual(['orders-0001-001', 'orders-002', 'orders']);
    for (const { input } of asked) expect(input).toMatchObject({ StartTime: new Date(SINCE) });
  });

  it('of a Memcached cluster have its own id', async () => {
    const { witnesses } = witnessesOf({
      DescribeEvents: ({ SourceType }) => (SourceType === 'cache-cluster' ? { Events: [anEvent('sessions', 3)] } : {}),
    });
    expect(await witnesses.events('sessions', SINCE)).toHaveLength(1);
  });

  it('are read page by page, and not without end', async () => {
    const { witnesses, asked } = witnessesOf({
      DescribeEvents: ({ SourceType }, call) => ({
        Events: SourceType === 'cache-cluster' ? [anEvent('orders-001', call)] : [],
        ...(SourceType === 'cache-cluster' ? { Marker: `page-${call}` } : {}),
      }),
    });
    const events = await witnesses.events('orders', SINCE);
    expect(events).toHaveLength(10);
    expect(asked).toHaveLength(11);
  });
});

describe('subnets', () => {
  const group = {
    CacheSubnetGroups: [
      {
        Subnets: ['a', 'b'].map((letter) => ({
          SubnetIdentifier: `subnet-${letter}`,
          SubnetAvailabilityZone: { Name: `us-east-1${letter}` },
        })),
      },
    ],
  };

  it('come with their free addresses, of which EC2 has none for a subnet that is gone', async () => {
    const { witnesses } = witnessesOf({
      DescribeCacheSubnetGroups: () => group,
      DescribeSubnets: () => ({ Subnets: [{ SubnetId: 'subnet-a', AvailableIpAddressCount: 0 }] }),
    });
    expect(await witnesses.subnets('private')).toEqual([
      { id: 'subnet-a', zone: 'us-east-1a', freeAddresses: 0 },
      { id: 'subnet-b', zone: 'us-east-1b', freeAddresses: undefined },
    ]);
  });

  it('are unknown when the group is gone; any other error is not an answer', async () => {
    const gone = witnessesOf({ DescribeCacheSubnetGroups: () => named('CacheSubnetGroupNotFoundFault') });
    expect(await gone.witnesses.subnets('private')).toBeUndefined();
    const denied = witnessesOf({ DescribeCacheSubnetGroups: () => named('AccessDenied') });
    await expect(denied.witnesses.subnets('private')).rejects.toThrow('AccessDenied');
  });
});

describe('quotas', () => {
  it('are the account’s own, or AWS’s default where the account has none, or unknown', async () => {
    const { witnesses } = witnessesOf({
      GetServiceQuota: ({ QuotaCode }) =>
        QuotaCode === 'L-DFE45DF3' ? { Quota: { Value: 500 } } : named('NoSuchResourceException'),
      GetAWSDefaultServiceQuota: () => ({ Quota: { Value: 90 } }),
    });
    expect(await witnesses.quotas()).toEqual({ perRegion: 500, perCluster: 90 });
    const none = witnessesOf({
      GetServiceQuota: () => named('NoSuchResourceException'),
      GetAWSDefaultServiceQuota: () => named('NoSuchResourceException'),
    });
    expect(await none.witnesses.quotas()).toEqual({ perRegion: undefined, perCluster: undefined });
  });

  it('are not guessed when they may not be read', async () => {
    const { witnesses } = witnessesOf({ GetServiceQuota: () => named('AccessDeniedException') });
    await expect(witnesses.quotas()).rejects.toThrow('AccessDeniedException');
  });
});

describe('the rest of the account', () => {
  it('counts every node on every page, and which are the cache’s own', async () => {
    const { witnesses } = witnessesOf({
      DescribeCacheClusters: (_input, call) => ({
        CacheClusters: [
          { CacheClusterId: `orders-00${call}`, ReplicationGroupId: 'orders', NumCacheNodes: 1 },
          { CacheClusterId: 'sessions', NumCacheNodes: 20 },
        ],
        ...(call === 1 ? { Marker: 'more' } : {}),
      }),
    });
    expect(await witnesses.nodesInRegion('orders')).toEqual({ all: 42, own: 2 });
    expect(await witnesses.nodesInRegion('sessions')).toMatchObject({ own: 20 });
  });

  it('finds the security groups that exist, and asks for none where none is named', async () => {
    const { witnesses, asked } = witnessesOf({
      DescribeSecurityGroups: () => ({ SecurityGroups: [{ GroupId: 'sg-1' }] }),
    });
    expect(await witnesses.securityGroupIds(['sg-1', 'sg-2'])).toEqual(['sg-1']);
    expect(await witnesses.securityGroupIds([])).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('tells a key’s state, and one that does not exist from one that may not be read', async () => {
    const key = (answer: unknown) => witnessesOf({ DescribeKey: () => answer }).witnesses.key('key-1');
    expect(await key({ KeyMetadata: { KeyState: 'Disabled' } })).toEqual({ state: 'Disabled' });
    expect(await key(named('NotFoundException'))).toBeUndefined();
    await expect(key(named('AccessDeniedException'))).rejects.toThrow('AccessDeniedException');
  });
});

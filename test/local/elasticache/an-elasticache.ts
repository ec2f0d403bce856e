import {
  type CreateReplicationGroupCommandInput,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import * as sns from '@aws-sdk/client-sns';
import { operation, type Service, ServiceError } from '../../../local/service.ts';
import {
  createElastiCache,
  type ElastiCacheHandle,
  type ElastiCacheOptions,
} from '../../../local/services/elasticache/elasticache.ts';
import type { Network } from '../../../local/services/elasticache/network.ts';
import { type AWorld, type AWorldOptions, aWorld } from '../../builders/a-world.ts';
import { aFakeEngine, type FakeEngine } from './fake-engine.ts';

/** Two VPCs: one with subnets in three zones, and one whose subnets share a zone. */
export const aNetwork = (region: string): Network => {
  const subnets = [
    { id: 'subnet-a', availabilityZone: `${region}a`, vpcId: 'vpc-main' },
    { id: 'subnet-b', availabilityZone: `${region}b`, vpcId: 'vpc-main' },
    { id: 'subnet-c', availabilityZone: `${region}c`, vpcId: 'vpc-main' },
    { id: 'subnet-x', availabilityZone: `${region}a`, vpcId: 'vpc-other' },
    { id: 'subnet-y', availabilityZone: `${region}a`, vpcId: 'vpc-other' },
  ];
  const groups = [
    { id: 'sg-default', vpcId: 'vpc-main' },
    { id: 'sg-caches', vpcId: 'vpc-main' },
    { id: 'sg-other', vpcId: 'vpc-other' },
  ];
  return {
    subnets: async (ids) => subnets.filter(({ id }) => ids.includes(id)),
    // Those of the second VPC are nearly full.
    freeAddresses: async (ids) =>
      new Map(
        subnets.filter(({ id }) => ids.includes(id)).map(({ id, vpcId }) => [id, vpcId === 'vpc-main' ? 4_000 : 2]),
      ),
    securityGroups: async (ids) => groups.filter(({ id }) => ids.includes(id)),
    defaultSecurityGroup: async (vpcId) => groups.find((group) => group.vpcId === vpcId),
    defaultSubnets: async () => subnets.filter(({ vpcId }) => vpcId === 'vpc-main'),
  };
};

export interface Published {
  readonly topic: string;
  readonly subject: string;
  readonly event: string;
  readonly id: string;
}

/** SNS as ElastiCache sees it: topics that take messages, and two that do not. */
export const aTopicService = (published: Published[]): Service => ({
  name: 'sns',
  api: {
    signingName: 'sns',
    iamPrefix: 'sns',
    sdk: sns,
    Client: sns.SNSClient,
    operations: {
      Publish: operation<sns.PublishCommandInput, sns.PublishCommandOutput>({
        handle(input) {
          const topic = input.TopicArn?.split(':').at(-1) ?? '';
          if (topic === 'closed') throw new ServiceError('AuthorizationErrorException', 'not authorized', 403);
          const [[key, id] = ['', '']] = Object.entries(JSON.parse(input.Message ?? '{}') as Record<string, string>);
          published.push({ topic, subject: input.Subject ?? '', event: key, id });
          return { MessageId: '1' };
        },
      }),
      GetTopicAttributes: operation<sns.GetTopicAttributesCommandInput, sns.GetTopicAttributesCommandOutput>({
        handle: ({ TopicArn }) => ({
          Attributes: TopicArn?.endsWith(':encrypted') ? { KmsMasterKeyId: 'alias/aws/sns' } : {},
        }),
      }),
    },
  },
});

export const topicArn = (name: string) => `arn:aws:sns:us-east-1:111122223333:${name}`;

export interface AnElastiCache {
  readonly world: AWorld;
  readonly client: ElastiCacheClient;
  readonly engine: FakeEngine;
  readonly handle: ElastiCacheHandle & Pick<Service, 'stop'>;
  readonly published: readonly Published[];
  /** Sees a new group through to a status that is no longer `creating`, and answers it. */
  settled(id: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface AnElastiCacheOptions extends Partial<ElastiCacheOptions> {
  readonly speed?: number;
  readonly authorize?: AWorldOptions['authorize'];
  /** Services besides ElastiCache and SNS. */
  readonly services?: AWorldOptions['services'];
}

/** ElastiCache over the wire, with engine, network and SNS doubled; account delays are short unless a test sets them. */
export const anElastiCache = async (options: AnElastiCacheOptions = {}): Promise<AnElastiCache> => {
  const { speed = 1000, authorize, services = [], ...own } = options;
  const engine = aFakeEngine();
  const published: Published[] = [];
  let handle: (ElastiCacheHandle & Pick<Service, 'stop'>) | undefined;
  const world = await aWorld({
    speed,
    ...(authorize ? { authorize } : {}),
    services: [
      ...services,
      () => aTopicService(published),
      (inner) => {
        const service = createElastiCache(inner, {
          engine,
          network: aNetwork,
          ...own,
          delays: { readAfterWriteLagSeconds: 0, ...own.delays },
        });
        handle = service;
        return service;
      },
    ],
  });
  if (!handle) throw new Error('ElastiCache was not made');
  const made = handle;
  const client = world.operatorClient(ElastiCacheClient);
  return {
    world,
    client,
    engine,
    handle: made,
    published,
    async settled(id) {
      await made.idle();
      const { ReplicationGroups } = await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: id }));
      return ReplicationGroups?.[0]?.Status;
    },
    close: world.close,
  };
};

/** A small group without cluster mode; name only what matters to the test. */
export const aGroup = (
  overrides: Partial<CreateReplicationGroupCommandInput> = {},
): CreateReplicationGroupCommandInput => ({
  ReplicationGroupId: 'sessions',
  ReplicationGroupDescription: 'sessions of the shop',
  Engine: 'redis',
  EngineVersion: '7.1',
  CacheNodeType: 'cache.r7g.large',
  NumCacheClusters: 2,
  AutomaticFailoverEnabled: true,
  ...overrides,
});

/** Three shards with two replicas each. */
export const aCluster = (
  overrides: Partial<CreateReplicationGroupCommandInput> = {},
): CreateReplicationGroupCommandInput => {
  const { NumCacheClusters: _none, ...group } = aGroup();
  return { ...group, ReplicationGroupId: 'orders', NumNodeGroups: 3, ReplicasPerNodeGroup: 2, ...overrides };
};

/** The error's name as the SDK gives it, or `accepted`. */
export const outcomeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (error: Error) => error.name,
  );

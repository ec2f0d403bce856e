import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateCacheClusterCommand,
  CreateReplicationGroupCommand,
  CreateSnapshotCommand,
  DeleteCacheClusterCommand,
  DeleteReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  ElastiCacheClient,
  ModifyReplicationGroupCommand,
  RebootCacheClusterCommand,
} from '@aws-sdk/client-elasticache';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { Engine } from '../../../local/engine/types.ts';
import { createElastiCache, type ElastiCacheHandle } from '../../../local/services/elasticache/elasticache.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { aCluster, aGroup, aNetwork, outcomeOf } from './an-elasticache.ts';

const TOKEN = 'a-token-of-many-letters-1';
const NEXT_TOKEN = 'a-token-of-many-letters-2';

let folder: string;
let engine: Engine;
let certificates: Certificates;
let world: AWorld;
let handle: ElastiCacheHandle;
let client: ElastiCacheClient;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-elasticache-'));
  certificates = await createCertificates(path.join(folder, 'certificates'));
  const binary = await findEngine();
  engine = createEngine({
    binary,
    certificates,
    folder: path.join(folder, 'nodes'),
    logFolder: path.join(folder, 'logs'),
  });
  world = await aWorld({
    speed: 200,
    services: [
      (inner) => {
        const service = createElastiCache(inner, { engine, network: aNetwork });
        handle = service;
        return service;
      },
    ],
  });
  client = world.operatorClient(ElastiCacheClient);
});
afterAll(async () => {
  await world?.close();
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const tls = () => ({ ca: certificates.caPem });
const group = async (ReplicationGroupId: string) =>
  (await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0];

/** What a new client with this token gets for its first command. */
const answerTo = async (port: number, password: string | undefined): Promise<string> => {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    tls: tls(),
    ...(password ? { password } : {}),
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
  // The reason comes as an event; the command itself only learns that the connection is closed.
  const reasons: string[] = [];
  redis.on('error', ({ message }: Error) => reasons.push(message));
  try {
    await redis.connect();
    return await redis.ping();
  } catch (error) {
    return (reasons[0] ?? (error as Error).message).split(' ')[0] ?? '';
  } finally {
    redis.disconnect();
  }
};

describe('on real processes', () => {
  it('a cluster becomes available, serves every shard over TLS with its token, and ends', async () => {
    const request = aCluster({ TransitEncryptionEnabled: true, AuthToken: TOKEN });
    await client.send(new CreateReplicationGroupCommand(request));
    await handle.idle();
    const { Status, ConfigurationEndpoint } = (await group('orders')) ?? {};
    expect(Status).toBe('available');
    const cluster = new Cluster(
      [{ host: ConfigurationEndpoint?.Address ?? '', port: ConfigurationEndpoint?.Port ?? 0 }],
      {
        redisOptions: { password: TOKEN, tls: tls() },
        dnsLookup: (address, callback) => callback(null, address),
      },
    );
    cluster.on('error', () => undefined);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await cluster.set(key, key);
    expect(await cluster.get('c')).toBe('c');
    expect(cluster.nodes('master')).toHaveLength(3);
    cluster.disconnect();
    const primary = (await handle.running('us-east-1', 'orders')?.primaries())?.get('0001') ?? '';
    const info = await handle.running('us-east-1', 'orders')?.info(primary);
    expect(info).toMatchObject({ connected_slaves: '2', maxmemory_policy: 'volatile-lru' });
    await client.send(new CreateSnapshotCommand({ SnapshotName: 'first', ReplicationGroupId: 'orders' }));
    await handle.idle();
    const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({}));
    expect(Snapshots).toMatchObject([{ SnapshotStatus: 'available', NumNodeGroups: 3 }]);
    const parts = ['0001', '0002', '0003'].map((id) =>
      readFileSync(path.join(world.folder, 'snapshots', 'us-east-1', `first-${id}.rdb`)),
    );
    for (const part of parts) expect(part.subarray(0, 5).toString()).toBe('REDIS');
    // Every key is in one of the parts.
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(parts.filter((part) => part.includes(`\u0001${key}\u0001${key}`))).toHaveLength(1);
    }
    await client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'orders' }));
    await handle.idle();
    expect(await outcomeOf(group('orders'))).toBe('ReplicationGroupNotFoundFault');
    expect(await answerTo(ConfigurationEndpoint?.Port ?? 0, TOKEN)).not.toBe('PONG');
  });

  it('a pair shows its roles, rotates its token and grows while it serves', async () => {
    await client.send(new CreateReplicationGroupCommand(aGroup({ TransitEncryptionEnabled: true, AuthToken: TOKEN })));
    await handle.idle();
    const shard = (await group('sessions'))?.NodeGroups?.[0];
    expect(shard?.NodeGroupMembers?.map(({ CurrentRole }) => CurrentRole)).toEqual(['primary', 'replica']);
    const port = shard?.PrimaryEndpoint?.Port ?? 0;
    const answers = async () => [
      await answerTo(port, TOKEN),
      await answerTo(port, NEXT_TOKEN),
      await answerTo(port, undefined),
    ];
    expect(await answers()).toEqual(['PONG', 'WRONGPASS', 'NOAUTH']);
    const change = async (input: object) => {
      await client.send(
        new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ApplyImmediately: true, ...input }),
      );
      await handle.idle();
    };
    await change({ AuthToken: NEXT_TOKEN, AuthTokenUpdateStrategy: 'ROTATE' });
    expect(await answers()).toEqual(['PONG', 'PONG', 'NOAUTH']);
    await change({ AuthToken: NEXT_TOKEN, AuthTokenUpdateStrategy: 'SET', CacheNodeType: 'cache.r7g.xlarge' });
    expect(await answers()).toEqual(['WRONGPASS', 'PONG', 'NOAUTH']);
    const info = await handle.running('us-east-1', 'sessions')?.info('sessions-002');
    expect(Number(info?.maxmemory)).toBe(Math.floor(26.32 * 8 * 1024 ** 2 * 0.75));
  });

  it('a group is encrypted in transit step by step, on its own ports and with its data', async () => {
    const created = aGroup({ ReplicationGroupId: 'opened' });
    await client.send(new CreateReplicationGroupCommand(created));
    await client.send(
      new CreateReplicationGroupCommand(
        aGroup({ ReplicationGroupId: 'both', TransitEncryptionEnabled: true, TransitEncryptionMode: 'preferred' }),
      ),
    );
    await handle.idle();
    const portOf = (id: string) => handle.running('us-east-1', id)?.endpoints.primary?.port ?? 0;
    const answer = async (id: string, isTls: boolean) => {
      const redis = new Redis({
        ...{ host: '127.0.0.1', port: portOf(id), retryStrategy: () => null, connectTimeout: 500 },
        ...(isTls ? { tls: tls() } : {}),
      });
      redis.on('error', () => undefined);
      const key = await redis.get('key').catch(() => 'refused');
      redis.disconnect();
      return key;
    };
    for (const id of ['opened', 'both']) await handle.running('us-east-1', id)?.command(`${id}-001`, 'SET', 'key', id);
    const doors = async (id: string) => [await answer(id, false), await answer(id, true)];
    expect(await doors('both')).toEqual(['both', 'both']);
    expect(await doors('opened')).toEqual(['opened', 'refused']);
    const port = portOf('opened');
    for (const [TransitEncryptionMode, expected] of [
      ['preferred', ['opened', 'opened']],
      ['required', ['refused', 'opened']],
    ] as const) {
      const change = { ReplicationGroupId: 'opened', TransitEncryptionEnabled: true, TransitEncryptionMode };
      await client.send(new ModifyReplicationGroupCommand({ ...change, ApplyImmediately: true }));
      await handle.idle();
      expect(await group('opened')).toMatchObject({ Status: 'available', TransitEncryptionMode });
      expect(await doors('opened')).toEqual(expected);
    }
    expect(portOf('opened')).toBe(port);
  });

  it('every parameter family starts, with every parameter that reaches the engine', async () => {
    const versions = { redis: ['5.0.6', '6.2', '7.1'], valkey: ['7.2', '8.1'] };
    for (const [Engine, offered] of Object.entries(versions)) {
      for (const EngineVersion of offered) {
        const ReplicationGroupId = `${Engine}-${EngineVersion.replaceAll('.', '')}`;
        const one = { ReplicationGroupId, Engine, EngineVersion, NumCacheClusters: 1, AutomaticFailoverEnabled: false };
        await client.send(new CreateReplicationGroupCommand(aGroup(one)));
        await handle.idle();
        expect([ReplicationGroupId, (await group(ReplicationGroupId))?.Status]).toEqual([
          ReplicationGroupId,
          'available',
        ]);
      }
    }
  });

  it('a single node stands alone without TLS', async () => {
    const single = { CacheClusterId: 'single', Engine: 'redis', CacheNodeType: 'cache.t4g.micro' };
    await client.send(new CreateCacheClusterCommand(single));
    await handle.idle();
    const query = { CacheClusterId: 'single', ShowCacheNodeInfo: true };
    const { CacheClusters } = await client.send(new DescribeCacheClustersCommand(query));
    const redis = new Redis(CacheClusters?.[0]?.CacheNodes?.[0]?.Endpoint?.Port ?? 0, '127.0.0.1');
    await redis.set('key', 'value');
    const isCut = new Promise((resolve) => redis.once('close', resolve));
    await client.send(new RebootCacheClusterCommand({ CacheClusterId: 'single', CacheNodeIdsToReboot: ['0001'] }));
    await isCut;
    await handle.idle();
    expect(await redis.get('key')).toBeNull();
    redis.disconnect();
    await client.send(new DeleteCacheClusterCommand({ CacheClusterId: 'single' }));
    await handle.idle();
    expect(handle.running('us-east-1', 'single')).toBeUndefined();
  });
});

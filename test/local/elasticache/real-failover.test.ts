import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  CreateSnapshotCommand,
  DecreaseReplicaCountCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  ElastiCacheClient,
  IncreaseReplicaCountCommand,
  type ReplicationGroup,
  TestFailoverCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { Engine } from '../../../local/engine/types.ts';
import { operation, type Service } from '../../../local/service.ts';
import { createElastiCache, type ElastiCacheHandle } from '../../../local/services/elasticache/elasticache.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { connectTo, connectToCluster, isAlive, processesOf } from '../engine/an-engine.ts';
import { aCluster, aGroup, aNetwork } from './an-elasticache.ts';

const TOKEN = 'a-token-of-many-letters-1';
const LONG_MS = 60_000;

let folder: string;
let engine: Engine;
let certificates: Certificates;
let world: AWorld;
let handle: ElastiCacheHandle & Service;
let client: ElastiCacheClient;
let samples: cloudwatch.MetricDatum[];

beforeEach(async () => {
  samples = [];
  folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-failover-'));
  certificates = await createCertificates(path.join(folder, 'certificates'));
  engine = createEngine({
    binary: await findEngine(),
    certificates,
    folder: path.join(folder, 'nodes'),
    logFolder: path.join(folder, 'logs'),
  });
  world = await aWorld({
    speed: 60,
    services: [
      (inner) => {
        const service = createElastiCache(inner, { engine, network: aNetwork, delays: { creationSeconds: 1 } });
        handle = service;
        return service;
      },
    ],
  });
  client = world.operatorClient(ElastiCacheClient);
});
afterEach(async () => {
  await world?.close();
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SECURE = { MultiAZEnabled: true, TransitEncryptionEnabled: true, AuthToken: TOKEN };
const create = async (request: CreateReplicationGroupCommandInput) => {
  await client.send(new CreateReplicationGroupCommand(request));
  await handle.idle();
};
const find = async (ReplicationGroupId: string): Promise<ReplicationGroup> =>
  (await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0] ?? {};
const fail = (ReplicationGroupId: string, NodeGroupId: string) =>
  client.send(new TestFailoverCommand({ ReplicationGroupId, NodeGroupId }));
const addressOf = (endpoint: { Address?: string | undefined; Port?: number | undefined } | undefined) => ({
  host: endpoint?.Address ?? '',
  port: endpoint?.Port ?? 0,
});
const credentials = () => ({ caPem: certificates.caPem, password: TOKEN });
const messages = async () => {
  const { Events = [] } = await client.send(new DescribeEventsCommand({}));
  return Events.reverse().flatMap(({ Message = '' }) => (/failover|recover/i.test(Message) ? [Message] : []));
};
const toldSoFar = (count: number) => eventually(messages, (told) => told.length >= count);
/** CloudWatch, which keeps what it gets. */
const aMonitor = (): Service => ({
  name: 'monitoring',
  api: {
    signingName: 'monitoring',
    iamPrefix: 'cloudwatch',
    sdk: cloudwatch,
    Client: cloudwatch.CloudWatchClient,
    operations: {
      PutMetricData: operation<cloudwatch.PutMetricDataCommandInput, cloudwatch.PutMetricDataCommandOutput>({
        handle({ MetricData = [] }) {
          samples.push(...MetricData);
          return {};
        },
      }),
    },
  },
});
/** The newest value of a node's metric since a sample, by CacheClusterId alone or by CacheNodeId as well. */
const latest = (name: string, id: string, dimensions: number, since = 0) =>
  samples
    .slice(since)
    .findLast(
      ({ MetricName, Dimensions = [] }) =>
        MetricName === name && Dimensions.length === dimensions && Dimensions[0]?.Value === id,
    )?.Value;

describe('a test failover of real processes, over TLS and with a token', () => {
  it(
    'without cluster mode cuts who is connected, refuses writes for seconds, and the name leads to the new primary',
    async () => {
      world.serve(aMonitor());
      await create(aGroup(SECURE));
      const [shard] = (await find('sessions')).NodeGroups ?? [];
      const endpoint = addressOf(shard?.PrimaryEndpoint);
      const old = await connectTo(endpoint, credentials());
      await old.set('key', 'kept');
      await old.wait(1, 1_000);
      const cut = new Promise((resolve) => old.once('close', resolve));
      const tryToWrite = async () => {
        const writer = await connectTo(endpoint, credentials());
        const answer = await writer.set('key', 'changed');
        writer.disconnect();
        return answer;
      };

      const orderedAt = performance.now();
      await fail('sessions', '0001');
      await cut;
      let refused = 0;
      const answer = await eventually(
        () =>
          tryToWrite().catch(() => {
            refused += 1;
            return undefined;
          }),
        (written) => written === 'OK',
      );
      expect(answer).toBe('OK');
      expect(refused).toBeGreaterThan(1);
      // 15 s of the account.
      expect(performance.now() - orderedAt).toBeGreaterThan(250);
      await toldSoFar(4);
      const roles = ({ NodeGroups: [first] = [] }: ReplicationGroup) =>
        first?.NodeGroupMembers?.map(({ CurrentRole }) => CurrentRole);
      expect(roles(await find('sessions'))).toEqual(['replica', 'primary']);
      expect((await find('sessions')).NodeGroups?.[0]?.PrimaryEndpoint).toEqual(shard?.PrimaryEndpoint);
      await handle.idle();
      expect(await messages()).toHaveLength(5);
      const cache = handle.running('us-east-1', 'sessions');
      expect(await cache?.info('sessions-001')).toMatchObject({ role: 'slave', master_link_status: 'up' });
      expect(await cache?.command('sessions-001', 'GET', 'key')).toBe('changed');

      const since = samples.length;
      await eventually(
        async () => [latest('IsMaster', 'sessions-001', 1, since), latest('IsMaster', 'sessions-002', 1, since)],
        (values) => values.every((value) => value !== undefined),
      );
      for (const dimensions of [1, 2]) {
        expect(latest('IsMaster', 'sessions-001', dimensions, since)).toBe(0);
        expect(latest('IsMaster', 'sessions-002', dimensions, since)).toBe(1);
        expect(latest('ReplicationLag', 'sessions-001', dimensions, since)).toBeLessThan(3);
        expect(latest('ReplicationLag', 'sessions-002', dimensions, since)).toBeUndefined();
        expect(latest('MasterLinkHealthStatus', 'sessions-001', dimensions, since)).toBe(1);
      }
    },
    LONG_MS,
  );

  it(
    'of one of two shards is over for cluster clients after redirection; sizes change and snapshots are whole after it',
    async () => {
      await create(aCluster({ ...SECURE, NumNodeGroups: 2, ReplicasPerNodeGroup: 1 }));
      const customer = await connectToCluster(addressOf((await find('orders')).ConfigurationEndpoint), credentials());
      const keys = Array.from({ length: 60 }, (_, index) => `key:${index}`);
      for (const key of keys) await customer.set(key, 'x'.repeat(100));
      for (const round of [1, 2]) {
        await fail('orders', '0001');
        await handle.idle();
        expect(await messages()).toHaveLength(5 * round);
      }
      await fail('orders', '0002');
      await toldSoFar(14);
      // The dead node is not back, and nobody asks it for the snapshot.
      await client.send(new CreateSnapshotCommand({ SnapshotName: 'one', ReplicationGroupId: 'orders' }));
      await handle.idle();
      const query = new DescribeSnapshotsCommand({ ShowNodeGroupConfig: true });
      const [snapshot] = (await client.send(query)).Snapshots ?? [];
      expect(snapshot?.SnapshotStatus).toBe('available');
      expect(snapshot?.NodeSnapshots?.map(({ CacheClusterId }) => CacheClusterId)).toEqual([
        'orders-0001-002',
        'orders-0002-002',
      ]);
      const target = { ReplicationGroupId: 'orders', ApplyImmediately: true };
      await client.send(new IncreaseReplicaCountCommand({ ...target, NewReplicaCount: 2 }));
      await handle.idle();
      await client.send(new DecreaseReplicaCountCommand({ ...target, NewReplicaCount: 1 }));
      await handle.idle();
      expect(await find('orders')).toMatchObject({ Status: 'available' });
      expect((await find('orders')).MemberClusters).toContain('orders-0002-002');
      for (const key of keys) expect(await customer.strlen(key)).toBe(100);
      customer.disconnect();
    },
    LONG_MS,
  );

  it('leaves a replica that never follows out of the lag metric, and says that its link is down', async () => {
    world.serve(aMonitor());
    await create(aGroup(SECURE));
    handle.failNextFailover({ neverFollows: true });
    await fail('sessions', '0001');
    const linkOf = async () => latest('MasterLinkHealthStatus', 'sessions-001', 1);
    await eventually(linkOf, (value) => value === 0);
    const since = samples.length;
    await eventually(
      async () => latest('MasterLinkHealthStatus', 'sessions-001', 1, since),
      (value) => value === 0,
    );
    expect(latest('ReplicationLag', 'sessions-001', 1, since)).toBeUndefined();
    expect(await messages()).toHaveLength(4);
  });

  it.each([
    ['while it has no primary', { promotesNobody: true }, 1],
    ['while the dead node is replaced', {}, 4],
    ['while the replaced node cannot follow', { neverFollows: true }, 4],
  ] as const)('leaves no process when the account stops %s', async (_when, faults, told) => {
    await create(aGroup(SECURE));
    const cache = handle.running('us-east-1', 'sessions');
    const processes = cache ? await processesOf(cache) : [];
    handle.failNextFailover(faults);
    await fail('sessions', '0001');
    await toldSoFar(told);
    await handle.stop?.();
    expect(processes).toHaveLength(2);
    expect(processes.some(isAlive)).toBe(false);
    expect(engine.residentBytes()).toBe(0);
  });
});

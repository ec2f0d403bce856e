import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateReplicationGroupCommand,
  DecreaseReplicaCountCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  IncreaseReplicaCountCommand,
  ModifyReplicationGroupShardConfigurationCommand,
  type ReplicationGroup,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { Engine } from '../../../local/engine/types.ts';
import { createElastiCache, type ElastiCacheHandle } from '../../../local/services/elasticache/elasticache.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { aWriter } from '../engine/a-writer.ts';
import { connectTo, connectToCluster } from '../engine/an-engine.ts';
import { aCluster, aGroup, aNetwork } from './an-elasticache.ts';

const TOKEN = 'a-token-of-many-letters-1';
/** Thousands of slots move twice, one handful after the other; a busy machine needs its time for it. */
const LONG_MS = 90_000;

let folder: string;
let engine: Engine;
let certificates: Certificates;
let world: AWorld;
let handle: ElastiCacheHandle;
let client: ElastiCacheClient;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-resizing-'));
  certificates = await createCertificates(path.join(folder, 'certificates'));
  engine = createEngine({
    binary: await findEngine(),
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

const find = async (ReplicationGroupId: string): Promise<ReplicationGroup> =>
  (await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0] ?? {};
const addressOf = (endpoint: { Address?: string | undefined; Port?: number | undefined } | undefined) => ({
  host: endpoint?.Address ?? '',
  port: endpoint?.Port ?? 0,
});
const credentials = () => ({ caPem: certificates.caPem, password: TOKEN });
const percentageOf = ({ PendingModifiedValues }: ReplicationGroup) =>
  PendingModifiedValues?.Resharding?.SlotMigration?.ProgressPercentage;

describe('on real processes, over TLS and with a token', () => {
  it(
    'a cluster goes from 2 to 3 shards and back to 2, and no acknowledged write is lost',
    async () => {
      const tls = { TransitEncryptionEnabled: true, AuthToken: TOKEN };
      await client.send(
        new CreateReplicationGroupCommand(aCluster({ NumNodeGroups: 2, ReplicasPerNodeGroup: 1, ...tls })),
      );
      await handle.idle();
      const customer = await connectToCluster(addressOf((await find('orders')).ConfigurationEndpoint), credentials());
      const writer = aWriter(customer);
      const reshard = async (NodeGroupCount: number, NodeGroupsToRemove?: string[]) => {
        const shards = { NodeGroupCount, ...(NodeGroupsToRemove ? { NodeGroupsToRemove } : {}) };
        await client.send(
          new ModifyReplicationGroupShardConfigurationCommand({
            ReplicationGroupId: 'orders',
            ApplyImmediately: true,
            ...shards,
          }),
        );
        const moving = await eventually(
          () => find('orders'),
          (group) => (percentageOf(group) ?? 0) > 0 || percentageOf(group) === undefined,
        );
        await handle.idle();
        return { moving, after: await find('orders') };
      };

      const grown = await reshard(3);
      expect(grown.moving.Status).toBe('modifying');
      expect(percentageOf(grown.moving)).toBeLessThanOrEqual(100);
      expect(grown.after).toMatchObject({ Status: 'available', PendingModifiedValues: {} });
      expect(grown.after.NodeGroups?.map(({ NodeGroupId, Slots }) => `${NodeGroupId} ${Slots}`)).toEqual([
        '0001 0-5461',
        '0002 8192-13652',
        '0003 5462-8191,13653-16383',
      ]);
      const shrunk = await reshard(2, ['0001']);
      expect(shrunk.after.MemberClusters).toEqual([
        'orders-0002-001',
        'orders-0002-002',
        'orders-0003-001',
        'orders-0003-002',
      ]);
      await writer.stop();
      expect(writer.problems).toEqual([]);
      expect(writer.acknowledged).toBeGreaterThan(500);
      expect(await writer.lost()).toEqual([]);
      customer.disconnect();

      const cache = handle.running('us-east-1', 'orders');
      expect(cache?.shape.shards.map(({ id }) => id)).toEqual(['0002', '0003']);
      expect(await cache?.info('orders-0003-002')).toMatchObject({ role: 'slave', master_link_status: 'up' });
    },
    LONG_MS,
  );

  it('a pair gets two replicas and loses three, and its reader endpoint follows', async () => {
    const request = aGroup({ TransitEncryptionEnabled: true, AuthToken: TOKEN, AutomaticFailoverEnabled: false });
    await client.send(new CreateReplicationGroupCommand(request));
    await handle.idle();
    const target = { ReplicationGroupId: 'sessions', ApplyImmediately: true };
    await client.send(new IncreaseReplicaCountCommand({ ...target, NewReplicaCount: 3 }));
    await handle.idle();
    const shard = (await find('sessions')).NodeGroups?.[0];
    expect(shard?.NodeGroupMembers?.map(({ CurrentRole }) => CurrentRole)).toEqual([
      'primary',
      'replica',
      'replica',
      'replica',
    ]);
    const writer = await connectTo(addressOf(shard?.PrimaryEndpoint), credentials());
    await writer.set('greeting', 'hello');
    expect(await writer.wait(3, 5_000)).toBe(3);
    const last = await connectTo(addressOf(shard?.NodeGroupMembers?.[3]?.ReadEndpoint), credentials());
    expect(await last.get('greeting')).toBe('hello');
    const cut = new Promise((resolve) => last.once('close', resolve));

    await client.send(new DecreaseReplicaCountCommand({ ...target, NewReplicaCount: 0 }));
    await handle.idle();
    await cut;
    expect((await find('sessions')).MemberClusters).toEqual(['sessions-001']);
    const reader = await connectTo(addressOf(shard?.ReaderEndpoint), credentials());
    expect(await reader.info('replication')).toContain('role:master');
    for (const connection of [writer, reader]) connection.disconnect();
  });
});

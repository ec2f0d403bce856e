import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  type LogDeliveryConfigurationRequest,
  ModifyCacheParameterGroupCommand,
} from '@aws-sdk/client-elasticache';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { Engine } from '../../../local/engine/types.ts';
import type { Service } from '../../../local/service.ts';
import { createElastiCache, type ElastiCacheHandle } from '../../../local/services/elasticache/elasticache.ts';
import { createLogs } from '../../../local/services/logs/logs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { aGroup, aNetwork } from './an-elasticache.ts';

const SPEED = 200;

let folder: string;
let engine: Engine;
let world: AWorld;
let logs: Service;
let handle: ElastiCacheHandle;
let client: ElastiCacheClient;
/** Log delivery may not write to these groups. */
const closed = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-logs-'));
  const certificates = await createCertificates(path.join(folder, 'certificates'));
  const paths = { folder: path.join(folder, 'nodes'), logFolder: path.join(folder, 'logs') };
  engine = createEngine({ binary: await findEngine(), certificates, ...paths });
  world = await aWorld({
    speed: SPEED,
    services: [
      (inner) => (logs = createLogs(inner)),
      (inner) => {
        const service = createElastiCache(inner, { engine, network: aNetwork });
        handle = service;
        return service;
      },
    ],
    async authorize(principal, { resource }) {
      const isDelivery = principal.kind === 'service' && principal.service === 'delivery.logs.amazonaws.com';
      if (isDelivery && [...closed].some((name) => resource.includes(name))) throw new Error('denied');
    },
  });
  client = world.operatorClient(ElastiCacheClient);
  for (const LogGroupName of ['/slow', '/engine']) await build(logs, 'AWS::Logs::LogGroup', { LogGroupName });
  const own = { CacheParameterGroupName: 'talkative' };
  const family = { ...own, CacheParameterGroupFamily: 'redis7', Description: 'every command is slow' };
  await client.send(new CreateCacheParameterGroupCommand(family));
  const everything = [{ ParameterName: 'slowlog-log-slower-than', ParameterValue: '0' }];
  await client.send(new ModifyCacheParameterGroupCommand({ ...own, ParameterNameValues: everything }));
});
afterAll(async () => {
  await world?.close();
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const aLog = (LogType: 'slow-log' | 'engine-log', LogGroup: string): LogDeliveryConfigurationRequest => ({
  LogType,
  DestinationType: 'cloudwatch-logs',
  DestinationDetails: { CloudWatchLogsDetails: { LogGroup } },
  LogFormat: 'json',
});
const group = async () => (await client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0];
const delivered = async (logGroupName: string, nodeId: string) => {
  const query = { logGroupName, logStreamNamePrefix: `elasticache/redis/${nodeId}/0001/` };
  const { events = [] } = await world.operatorClient(CloudWatchLogsClient).send(new FilterLogEventsCommand(query));
  return events.map(({ message = '' }) => JSON.parse(message) as Record<string, unknown>);
};
const until = { timeout: 15_000, interval: 50 };

describe('the logs of real nodes', () => {
  it('reach CloudWatch Logs, each entry once, whatever comes between', async () => {
    await client.send(
      new CreateReplicationGroupCommand(
        aGroup({
          CacheParameterGroupName: 'talkative',
          LogDeliveryConfigurations: [aLog('slow-log', '/slow'), aLog('engine-log', '/engine')],
        }),
      ),
    );
    await handle.idle();
    const redis = new Redis(handle.running('us-east-1', 'sessions')?.endpoints.primary?.port ?? 0, '127.0.0.1', {
      connectionName: 'shop',
    });
    const slow = async (name: string) =>
      (await delivered('/slow', 'sessions-001')).filter(({ Command }) => String(Command).startsWith(name));
    await redis.set('customer:17', 'a secret');
    await expect
      .poll(() => slow('set'), until)
      .toMatchObject([
        {
          CacheClusterId: 'sessions-001',
          CacheNodeId: '0001',
          Command: 'set ... (2 more arguments)',
          ClientName: 'shop',
        },
      ]);
    expect(JSON.stringify(await delivered('/slow', 'sessions-001'))).not.toContain('secret');

    const ready = async (nodeId: string) =>
      (await delivered('/engine', nodeId)).filter(({ Message }) =>
        /ready to accept connections/i.test(String(Message)),
      );
    for (const id of ['sessions-001', 'sessions-002']) {
      await expect.poll(async () => (await ready(id)).length, until).toBeGreaterThanOrEqual(1);
    }

    closed.add('/slow');
    await redis.get('customer:17');
    const status = async () => (await group())?.LogDeliveryConfigurations?.map(({ Status }) => Status);
    await expect.poll(status, until).toEqual(['error', 'active']);
    expect(await slow('get')).toEqual([]);
    closed.clear();
    await expect.poll(() => slow('get'), until).toHaveLength(1);
    await expect.poll(status, until).toEqual(['active', 'active']);

    // Two more rounds: what was delivered is not delivered again.
    await redis.del('customer:17');
    await expect.poll(() => slow('del'), until).toHaveLength(1);
    await redis.exists('customer:17');
    await expect.poll(() => slow('exists'), until).toHaveLength(1);
    for (const name of ['set', 'get', 'del']) expect(await slow(name)).toHaveLength(1);
    redis.disconnect();
  });
});

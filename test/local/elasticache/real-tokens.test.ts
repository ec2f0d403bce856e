import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  IncreaseReplicaCountCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
  ModifyReplicationGroupShardConfigurationCommand,
  TestFailoverCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeMetrics } from '../../../local/services/elasticache/node-metrics.ts';
import { eventually } from '../../builders/eventually.ts';
import { connectTo, connectToCluster, known } from '../engine/an-engine.ts';
import { type ARealElastiCache, aRealElastiCache } from './a-real-elasticache.ts';
import { aCluster, aGroup } from './an-elasticache.ts';

const FIRST = 'first-token-0123456789';
const SECOND = 'second-token-0123456789';
const THIRD = 'third-token-0123456789';
const LONG_MS = 120_000;

let cache: ARealElastiCache;
beforeAll(async () => {
  cache = await aRealElastiCache();
});
afterAll(() => cache?.close());

const create = async (request: CreateReplicationGroupCommandInput) => {
  const secure = { TransitEncryptionEnabled: true, AuthToken: FIRST };
  await cache.client.send(new CreateReplicationGroupCommand({ ...request, ...secure }));
  await cache.handle.idle();
};
const change = async (id: string, input: Partial<ModifyReplicationGroupCommandInput>) => {
  await cache.client.send(
    new ModifyReplicationGroupCommand({ ReplicationGroupId: id, ApplyImmediately: true, ...input }),
  );
  await cache.handle.idle();
};
/** All answers of all nodes to these tokens, one row for each token. */
const doors = async (id: string, ...tokens: string[]) =>
  await Promise.all(tokens.map((password) => cache.knockAtEach(id, { password })));
const all = (id: string, answer: string) => cache.nodeIds(id).map(() => answer);
const as = (password: string) => ({ caPem: cache.caPem, password });

describe('a rotation on the nodes', () => {
  it(
    'lets both tokens in everywhere, on nodes that come during the grace as well, and then the new one only',
    async () => {
      await create(aGroup({ ReplicationGroupId: 'pair', MultiAZEnabled: true }));
      const primary = known(cache.running('pair').endpoints.primary);
      const early = await connectTo(primary, as(FIRST));
      expect(await doors('pair', FIRST, SECOND)).toEqual([all('pair', 'PONG'), all('pair', 'WRONGPASS')]);

      await change('pair', { AuthToken: SECOND, AuthTokenUpdateStrategy: 'ROTATE' });
      expect(await doors('pair', FIRST, SECOND, THIRD)).toEqual([
        all('pair', 'PONG'),
        all('pair', 'PONG'),
        all('pair', 'WRONGPASS'),
      ]);
      expect(await early.set('key', 'through ROTATE')).toBe('OK');
      early.disconnect();

      const increase = { ReplicationGroupId: 'pair', NewReplicaCount: 2, ApplyImmediately: true };
      await cache.client.send(new IncreaseReplicaCountCommand(increase));
      await cache.handle.idle();
      await cache.client.send(new TestFailoverCommand({ ReplicationGroupId: 'pair', NodeGroupId: '0001' }));
      await cache.handle.idle();
      expect(cache.nodeIds('pair')).toHaveLength(3);
      expect(await doors('pair', FIRST, SECOND)).toEqual([all('pair', 'PONG'), all('pair', 'PONG')]);

      const late = await connectTo(primary, as(FIRST));
      await change('pair', { AuthToken: SECOND, AuthTokenUpdateStrategy: 'SET' });
      expect(await doors('pair', FIRST, SECOND)).toEqual([all('pair', 'WRONGPASS'), all('pair', 'PONG')]);
      expect(await cache.knockAtEach('pair', {})).toEqual(all('pair', 'NOAUTH'));
      expect(await late.set('key', 'through SET')).toBe('OK');
      expect(await late.get('key')).toBe('through SET');
      late.disconnect();
    },
    LONG_MS,
  );

  it(
    'drops the oldest of three tokens',
    async () => {
      await change('pair', { AuthToken: THIRD });
      await change('pair', { AuthToken: FIRST });
      expect(await doors('pair', SECOND, THIRD, FIRST)).toEqual([
        all('pair', 'WRONGPASS'),
        all('pair', 'PONG'),
        all('pair', 'PONG'),
      ]);
    },
    LONG_MS,
  );

  it(
    'leaves replication alone: a replica that has to log in anew after SET follows again',
    async () => {
      await change('pair', { AuthToken: FIRST, AuthTokenUpdateStrategy: 'SET' });
      const running = cache.running('pair');
      const [primary = ''] = (await running.primaries()).values();
      const [replica = ''] = cache.nodeIds('pair').filter((id) => id !== primary);
      const connectedBefore = Number((await running.info(primary)).total_connections_received);
      await running.command(primary, 'CLIENT', 'KILL', 'TYPE', 'replica');
      await eventually(
        () => running.info(replica),
        (info) => info.master_link_status === 'up',
      );
      await eventually(
        () => running.info(primary),
        (info) => info.connected_slaves === '2' && Number(info.total_connections_received) > connectedBefore,
      );
    },
    LONG_MS,
  );

  it(
    'reaches a node that is down meanwhile when it comes back',
    async () => {
      const end = cache.handle.failNextFailover({ cacheId: 'pair', promotionSeconds: 300 });
      await cache.client.send(new TestFailoverCommand({ ReplicationGroupId: 'pair', NodeGroupId: '0001' }));
      const dead = () => cache.nodeIds('pair').find((id) => !cache.running('pair').isRunning(id));
      await eventually(
        async () => dead(),
        (id) => id !== undefined,
      );
      await cache.client.send(
        new ModifyReplicationGroupCommand({ ReplicationGroupId: 'pair', AuthToken: SECOND, ApplyImmediately: true }),
      );
      await cache.handle.idle();
      end();
      expect(dead()).toBeUndefined();
      expect(await doors('pair', FIRST, SECOND)).toEqual([all('pair', 'PONG'), all('pair', 'PONG')]);
    },
    LONG_MS,
  );

  it(
    'of a cluster reaches the shards that come during the grace, while clients with the old token go on',
    async () => {
      await create(aCluster({ ReplicationGroupId: 'cluster', NumNodeGroups: 2, ReplicasPerNodeGroup: 1 }));
      const configuration = known(cache.running('cluster').endpoints.configuration);
      const client = await connectToCluster(configuration, as(FIRST));
      await change('cluster', { AuthToken: SECOND });
      await cache.client.send(
        new ModifyReplicationGroupShardConfigurationCommand({
          ReplicationGroupId: 'cluster',
          NodeGroupCount: 3,
          ApplyImmediately: true,
        }),
      );
      await cache.handle.idle();
      expect(cache.nodeIds('cluster')).toHaveLength(6);
      expect(await doors('cluster', FIRST, SECOND)).toEqual([all('cluster', 'PONG'), all('cluster', 'PONG')]);
      for (let index = 0; index < 60; index += 1) await client.set(`key:${index}`, 'old token');
      await change('cluster', { AuthToken: SECOND, AuthTokenUpdateStrategy: 'SET' });
      expect(await doors('cluster', FIRST, SECOND)).toEqual([all('cluster', 'WRONGPASS'), all('cluster', 'PONG')]);
      for (let index = 0; index < 60; index += 1) expect(await client.get(`key:${index}`)).toBe('old token');
      client.disconnect();
    },
    LONG_MS,
  );

  it(
    'is optional on a cache that was open, until SET closes it',
    async () => {
      const open = aGroup({ ReplicationGroupId: 'opened', TransitEncryptionEnabled: true });
      await cache.client.send(new CreateReplicationGroupCommand(open));
      await cache.handle.idle();
      await change('opened', { AuthToken: FIRST });
      expect(await cache.knockAtEach('opened', {})).toEqual(all('opened', 'PONG'));
      expect(await doors('opened', FIRST)).toEqual([all('opened', 'PONG')]);
      await change('opened', { AuthToken: FIRST, AuthTokenUpdateStrategy: 'SET' });
      expect(await cache.knockAtEach('opened', {})).toEqual(all('opened', 'NOAUTH'));
      expect(await doors('opened', FIRST, SECOND)).toEqual([all('opened', 'PONG'), all('opened', 'WRONGPASS')]);
    },
    LONG_MS,
  );
});

describe('a rotation that goes wrong on demand', () => {
  beforeAll(async () => await create(aGroup({ ReplicationGroupId: 'unlucky' })), LONG_MS);

  it('leaves every node as it was when it fails', async () => {
    cache.handle.failNextTokenChange();
    await change('unlucky', { AuthToken: SECOND });
    expect(await doors('unlucky', FIRST, SECOND)).toEqual([all('unlucky', 'PONG'), all('unlucky', 'WRONGPASS')]);
  });

  it('leaves one node behind, until it is told', async () => {
    const remember = cache.handle.forgetNodeInNextTokenChange(1);
    await change('unlucky', { AuthToken: SECOND });
    expect(await doors('unlucky', FIRST, SECOND)).toEqual([
      ['PONG', 'PONG'],
      ['PONG', 'WRONGPASS'],
    ]);
    // Whatever else changes, it is not told by the way.
    await change('unlucky', { CacheNodeType: 'cache.r7g.xlarge' });
    expect(await doors('unlucky', SECOND)).toEqual([['PONG', 'WRONGPASS']]);
    remember();
    await cache.handle.idle();
    expect(await doors('unlucky', FIRST, SECOND)).toEqual([all('unlucky', 'PONG'), all('unlucky', 'PONG')]);
  });

  it('tells the node that it left behind with the next change', async () => {
    const remember = cache.handle.forgetNodeInNextTokenChange(0);
    await change('unlucky', { AuthToken: SECOND, AuthTokenUpdateStrategy: 'SET' });
    expect(await doors('unlucky', FIRST, SECOND)).toEqual([
      ['PONG', 'WRONGPASS'],
      ['PONG', 'PONG'],
    ]);
    await change('unlucky', { AuthToken: THIRD });
    expect(await doors('unlucky', FIRST, SECOND, THIRD)).toEqual([
      ['WRONGPASS', 'WRONGPASS'],
      ['PONG', 'PONG'],
      ['PONG', 'PONG'],
    ]);
    remember();
    await cache.handle.idle();
    expect(await doors('unlucky', SECOND, THIRD)).toEqual([all('unlucky', 'PONG'), all('unlucky', 'PONG')]);
  });

  it('cuts off who is connected, and nobody without that fault', async () => {
    const running = cache.running('unlucky');
    const clients = await Promise.all(
      cache.nodeIds('unlucky').map((id) => connectTo(running.nodeAddress(id), as(SECOND))),
    );
    const cut = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
    await change('unlucky', { AuthToken: FIRST });
    for (const client of clients) expect(await client.ping()).toBe('PONG');
    cache.handle.dropConnectionsInNextTokenChange();
    await change('unlucky', { AuthToken: FIRST, AuthTokenUpdateStrategy: 'SET' });
    await Promise.all(cut);
    // The replica follows on: it does not come as a customer.
    const replica = await running.info('unlucky-002');
    expect(replica).toMatchObject({ master_link_status: 'up' });
    expect(await doors('unlucky', FIRST)).toEqual([all('unlucky', 'PONG')]);
  });

  it('is seen in the metric of refused logins, on the node that refused', async () => {
    const reading = async (id: string) => ({ info: await cache.running('unlucky').info(id), atMs: performance.now() });
    const ids = cache.nodeIds('unlucky');
    const before = await Promise.all(ids.map(reading));
    for (let count = 0; count < 3; count += 1) await doors('unlucky', 'a-wrong-token-of-somebody');
    await doors('unlucky', FIRST);
    const failures = await Promise.all(
      ids.map(async (id, index) => {
        const earlier = before[index] ?? { info: {}, atMs: 0 };
        const metrics = nodeMetrics(earlier, await reading(id));
        return metrics.find(({ MetricName }) => MetricName === 'AuthenticationFailures')?.Value;
      }),
    );
    expect(failures).toEqual([3, 3]);
  });
});

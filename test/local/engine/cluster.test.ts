import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address, RunningCache } from '../../../local/engine/types.ts';
import { aCluster, anEngine, connectToCluster, type EngineFixture, knock, known, TOKEN } from './an-engine.ts';

describe('a cluster of 3 shards with 2 replicas each, TLS and AUTH', () => {
  let fixture: EngineFixture;
  let cache: RunningCache;
  let configuration: Address;
  const nodeIds = () => cache.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));

  beforeAll(async () => {
    fixture = await anEngine();
    cache = await fixture.engine.start(aCluster(3, 2));
    configuration = known(cache.endpoints.configuration);
  });
  afterAll(() => fixture.end());

  it('lets in whoever has the token, and nobody else', async () => {
    const { caPem } = fixture;
    expect(await knock(configuration, { caPem, password: TOKEN })).toBe('PONG');
    expect(await knock(configuration, { caPem, password: 'wrong' })).toMatch(/WRONGPASS/);
    expect(await knock(configuration, { caPem })).toMatch(/NOAUTH/);
  });

  it('speaks TLS only, with a certificate of the account', async () => {
    expect(await knock(configuration, { password: TOKEN })).not.toBe('PONG');
    expect(await knock(configuration, { password: TOKEN, caPem: '' })).toMatch(/certificate/);
    for (const id of nodeIds()) expect(await knock(cache.nodeAddress(id), { password: TOKEN })).not.toBe('PONG');
  });

  it('takes a write and gives it back on each shard, found from the configuration endpoint', async () => {
    const client = await connectToCluster(configuration, { caPem: fixture.caPem, password: TOKEN });
    const keys = Array.from({ length: 60 }, (_, index) => `key:${index}`);
    for (const key of keys) await client.set(key, `value of ${key}`);
    for (const key of keys) expect(await client.get(key)).toBe(`value of ${key}`);
    client.disconnect();
    for (const shard of cache.shape.shards) {
      expect(Number(await cache.command(shard.nodes[0]?.id ?? '', 'DBSIZE'))).toBeGreaterThan(0);
    }
  });

  it('has its replicas attached, and every node shows all nine', async () => {
    for (const { nodes } of cache.shape.shards) {
      const [primary, ...replicas] = await Promise.all(nodes.map(({ id }) => cache.info(id)));
      expect(primary).toMatchObject({ role: 'master', connected_slaves: '2' });
      for (const replica of replicas) expect(replica).toMatchObject({ role: 'slave', master_link_status: 'up' });
    }
    for (const id of nodeIds()) {
      const slots = JSON.stringify(await cache.command(id, 'CLUSTER', 'SLOTS'));
      for (const other of nodeIds()) expect(slots).toContain(String(cache.nodeAddress(other).port));
    }
  });

  it('names the primary of each shard', async () => {
    expect(Object.fromEntries(await cache.primaries())).toEqual({
      '0001': 'orders-0001-001',
      '0002': 'orders-0002-001',
      '0003': 'orders-0003-001',
    });
  });

  it('listens on the loopback, below the ports that the system gives to clients', async () => {
    for (const id of nodeIds()) {
      expect(cache.nodeAddress(id).port + 10_000).toBeLessThan(32_768);
      expect(await cache.command(id, 'CONFIG', 'GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    }
  });

  it('waits 15 s for a silent node and may elect, once it has formed', async () => {
    for (const id of nodeIds()) {
      expect(await cache.command(id, 'CONFIG', 'GET', 'cluster-node-timeout')).toEqual([
        'cluster-node-timeout',
        '15000',
      ]);
      expect(await cache.command(id, 'CONFIG', 'GET', 'cluster-replica-no-failover')).toContain('no');
    }
  });

  it('counts the memory of its processes', () => {
    expect(fixture.engine.residentBytes()).toBeGreaterThan(9 * 5 * 1024 * 1024);
  });

  // Last, as it takes a node away.
  it('tells when a node dies, does not restart it, and leads new clients elsewhere', async () => {
    const seen = new Promise<string>((resolve) => cache.onExit(resolve));
    await cache.kill('orders-0002-003');
    expect(await seen).toBe('orders-0002-003');
    await expect(cache.info('orders-0002-003')).rejects.toThrow('Node orders-0002-003 is not running (signal SIGKILL)');
    for (let turn = 0; turn < 18; turn += 1) {
      expect(await knock(configuration, { caPem: fixture.caPem, password: TOKEN })).toBe('PONG');
    }
  });
});

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMemcached } from '../../../../local/engine/memcached/memcached.ts';
import type { Memcached, MemcachedSettings, RunningMemcached } from '../../../../local/engine/memcached/types.ts';
import { askOnce, discover, openClient, theSettings } from './a-memcached.ts';

let folder: string;
let memcached: Memcached;
let running: RunningMemcached | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'memcached-'));
  memcached = createMemcached({ folder: path.join(folder, 'nodes'), logFolder: path.join(folder, 'logs') });
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(async () => {
  await memcached.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (nodeIds: readonly string[], settings: Partial<MemcachedSettings> = {}) => {
  running = await memcached.start({ id: 'pages', nodeIds, settings: theSettings(settings) });
  return running;
};
const addressesOf = (cluster: RunningMemcached) => cluster.nodeIds.map((id) => cluster.nodeAddress(id));

describe('a cluster of real nodes', () => {
  it('keeps on each node what was written there, and nowhere else', async () => {
    const cluster = await start(['0001', '0002', '0003']);
    for (const [index, address] of addressesOf(cluster).entries()) {
      expect(await askOnce(address, `set key 0 0 1\r\n${index}\r\n`, '\r\n')).toBe('STORED\r\n');
    }
    for (const [index, address] of addressesOf(cluster).entries()) {
      expect(await askOnce(address, 'get key\r\n')).toBe(`VALUE key 0 1\r\n${index}\r\nEND\r\n`);
    }
    expect((await cluster.stats('0002')).curr_items).toBe('1');
  });

  it('tells of its nodes at the endpoint and at every node, in both ways of asking', async () => {
    const cluster = await start(['0001', '0002']);
    const told = { version: 1, nodes: addressesOf(cluster) };
    for (const address of [cluster.configurationEndpoint, ...addressesOf(cluster)]) {
      expect(await discover(address)).toEqual(told);
      const newer = await askOnce(address, 'config get cluster\r\n');
      const older = await askOnce(address, 'get AmazonElastiCache:cluster\r\n');
      expect(older).toBe(newer.replace('CONFIG cluster', 'VALUE AmazonElastiCache:cluster'));
    }
    expect(cluster.configurationGets('0001')).toBe(3);
  });

  it('hands everything else to a node, with our answers in the order of the questions', async () => {
    const cluster = await start(['0001']);
    const client = await openClient(cluster.configurationEndpoint);
    const value = 'config get cluster\r\n';
    const questions = [
      `set key 0 0 ${value.length}\r\n${value}\r\n`,
      'config get ',
      'cluster\r\nget key\r\nconfig get cluster\r\nslabs automove 0\r\nmn\r\n',
    ];
    const answer = await client.sendInParts(questions, 'MN\r\n');
    const configuration = await askOnce(cluster.nodeAddress('0001'), 'config get cluster\r\n');
    expect(answer).toBe(
      `STORED\r\n${configuration}VALUE key 0 ${value.length}\r\n${value}\r\nEND\r\n${configuration}ERROR\r\nMN\r\n`,
    );
    client.close();
  });

  it('tells of nodes that come and go, and cuts those off that were on a node that went', async () => {
    const cluster = await start(['0001', '0002']);
    const [first, second] = addressesOf(cluster);
    const client = await openClient(cluster.nodeAddress('0002'));
    await cluster.add(['0003'], theSettings());
    const third = cluster.nodeAddress('0003');
    expect(await discover(cluster.configurationEndpoint)).toEqual({ version: 2, nodes: [first, second, third] });
    await cluster.remove(['0002']);
    await client.closed;
    expect(await discover(cluster.configurationEndpoint)).toEqual({ version: 3, nodes: [first, third] });
    await expect(openClient(second ?? third)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('brings a node back empty at the same address', async () => {
    const cluster = await start(['0001', '0002']);
    const address = cluster.nodeAddress('0001');
    for (const node of addressesOf(cluster)) await askOnce(node, 'set key 0 0 1\r\nx\r\n', '\r\n');
    const client = await openClient(address);
    await cluster.restart('0001', theSettings({ memoryMegabytes: 16 }));
    await client.closed;
    expect(cluster.nodeAddress('0001')).toEqual(address);
    expect(await askOnce(address, 'get key\r\n')).toBe('END\r\n');
    expect(await askOnce(cluster.nodeAddress('0002'), 'get key\r\n')).toContain('VALUE');
    expect((await cluster.stats('0001')).limit_maxbytes).toBe(String(16 * 1024 * 1024));
    expect((await discover(cluster.configurationEndpoint)).version).toBe(1);
  });

  it('drops old items when it is full, or refuses new ones where it may not', async () => {
    const fill = async (cluster: RunningMemcached) => {
      const client = await openClient(cluster.nodeAddress('0001'));
      const answers = new Set<string>();
      const value = 'x'.repeat(100_000);
      for (let number = 0; number < 60; number += 1) {
        answers.add(await client.send(`set key-${number} 0 0 ${value.length}\r\n${value}\r\n`, '\r\n'));
      }
      client.close();
      return { answers: [...answers], evictions: Number((await cluster.stats('0001')).evictions) };
    };
    const evicting = await fill(await start(['0001'], { memoryMegabytes: 4 }));
    expect(evicting.answers).toEqual(['STORED\r\n']);
    expect(evicting.evictions).toBeGreaterThan(0);
    await running?.stop();
    const full = await fill(await start(['0001'], { memoryMegabytes: 4, evicts: false }));
    expect(full.answers).toEqual(['STORED\r\n', expect.stringMatching(/^SERVER_ERROR out of memory/i)]);
    expect(full.evictions).toBe(0);
  });

  it('starts with every setting that a parameter group allows', async () => {
    const extremes: Partial<MemcachedSettings>[] = [
      { largestItemBytes: 1024, chunkBytes: 1, growthFactor: 1.01 },
      { largestItemBytes: 1024 ** 3, chunkBytes: 1024, growthFactor: 2, memoryMegabytes: 2 },
      { hasCas: false, mayFlush: false, idleSeconds: 86_400 },
    ];
    for (const settings of extremes) {
      await start(['0001'], settings);
      await running?.stop();
    }
    const cluster = await start(['0001'], { mayFlush: false, largestItemBytes: 2048 });
    expect(await askOnce(cluster.nodeAddress('0001'), 'flush_all\r\n', '\r\n')).toMatch(/^CLIENT_ERROR/);
    const tooLarge = `set key 0 0 4096\r\n${'x'.repeat(4096)}\r\n`;
    expect(await askOnce(cluster.nodeAddress('0001'), tooLarge, '\r\n')).toBe(
      'SERVER_ERROR object too large for cache\r\n',
    );
  });

  it('leaves nothing when it ends', async () => {
    const cluster = await start(['0001', '0002']);
    const addresses = [cluster.configurationEndpoint, ...addressesOf(cluster)];
    const pids = await Promise.all(cluster.nodeIds.map(async (id) => Number((await cluster.stats(id)).pid)));
    await cluster.stop();
    for (const address of addresses) await expect(openClient(address)).rejects.toThrow(/ECONNREFUSED/);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect(readdirSync(path.join(folder, 'nodes'))).toEqual([]);
  });

  it('leaves none of its nodes when one does not start', async () => {
    await expect(start(['0001', '0002'], { growthFactor: 0.5 })).rejects.toThrow(
      /^Node 0001 did not start \(exit code \d+\)\. .*\n.*Factor must be greater than 1/,
    );
    expect(readdirSync(path.join(folder, 'nodes'))).toEqual([]);
  });
});

describe('an account without memcached', () => {
  it('looks for it only when asked, and again after it was not found', async () => {
    let searches = 0;
    const find = async () => {
      searches += 1;
      throw new Error(`not found ${searches}`);
    };
    const none = createMemcached({ folder, logFolder: folder, find });
    expect(searches).toBe(0);
    await expect(none.ready()).rejects.toThrow('not found 1');
    await expect(none.ready()).rejects.toThrow('not found 2');
    await none.stop();
  });
});

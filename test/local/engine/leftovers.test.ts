import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { cacheFolder } from '../../../local/engine/cache-folder.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import { endLeftovers, recordProcess } from '../../../local/engine/leftovers.ts';
import { isAlive } from './an-engine.ts';

const Processes = z.array(z.int().positive()).min(1);

let home: string;
let cache: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'leftovers-'));
  cache = cacheFolder({ XDG_CACHE_HOME: home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const records = () => readdirSync(path.join(cache, 'processes'));

/** @param searchPath where the account looks for `setpriv`, the kernel's help against leftovers */
const startAccount = async (searchPath: string | undefined) => {
  const { path: engine, env } = await findEngine();
  const account = spawn(process.execPath, [path.join(import.meta.dirname, 'start-and-wait.ts')], {
    env: { ...env, REDIS_SERVER: engine, PATH: searchPath, HOME: home, TMPDIR: home, XDG_CACHE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    account.kill('SIGKILL');
  });
  const died = once(account, 'exit').then(([code]) => {
    throw new Error(`The account ended with exit code ${code} before it had a cache.`);
  });
  const [line]: unknown[] = await Promise.race([once(createInterface({ input: account.stdout }), 'line'), died]);
  died.catch(() => {}); // from here on its end is the test's business
  return { account, nodes: Processes.parse(JSON.parse(String(line))) };
};

const end = async (account: ChildProcess, signal: NodeJS.Signals) => {
  const exit = once(account, 'exit');
  account.kill(signal);
  await exit;
};

const untilGone = async (nodes: readonly number[]) => {
  while (nodes.some(isAlive)) await sleep(10);
};

describe('leftovers of a crash', () => {
  it('are ended by the next start, where the kernel did not do it', async () => {
    const { account, nodes } = await startAccount('');
    expect(records()).toHaveLength(2);
    expect(await endLeftovers(cache)).toBe(0);
    expect(nodes.every(isAlive)).toBe(true);

    await end(account, 'SIGKILL');
    expect(nodes.every(isAlive)).toBe(true);
    expect(await endLeftovers(cache)).toBe(2);
    expect(nodes.some(isAlive)).toBe(false);
    expect(records()).toEqual([]);
  });

  it('do not even arise where setpriv is', async () => {
    const { account, nodes } = await startAccount(process.env.PATH);
    await end(account, 'SIGKILL');
    await untilGone(nodes);
    expect(await endLeftovers(cache)).toBe(0);
    expect(records()).toEqual([]);
  });

  it('leave alone a process that has the number but not the command line or the start time', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => {
      bystander.kill('SIGKILL');
    });
    await once(bystander, 'spawn');
    const pid = bystander.pid ?? 0;
    recordProcess(pid, 'setInterval', cache);
    const [name = ''] = records();
    const file = path.join(cache, 'processes', name);
    const record = z
      .looseObject({ node: z.object({ pid: z.number(), startTicks: z.number() }) })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    const gone = { pid: 1, startTicks: 999_999_999 };
    const variants = [
      { ...record, owner: gone, configFile: '/elsewhere/redis.conf' },
      { ...record, owner: gone, node: { ...record.node, startTicks: record.node.startTicks + 1 } },
      { ...record, owner: gone, boot: 'another boot' },
      { ...record, owner: gone, container: 'pid:[another]' },
    ];
    for (const variant of variants) {
      writeFileSync(file, JSON.stringify(variant));
      expect(await endLeftovers(cache)).toBe(0);
      expect(isAlive(pid)).toBe(true);
    }
    // The same record, true in all its parts, is believed.
    writeFileSync(file, JSON.stringify({ ...record, owner: gone }));
    expect(await endLeftovers(cache)).toBe(1);
    expect(isAlive(pid)).toBe(false);
  });

  it('read over a record that cannot be understood', async () => {
    await endLeftovers(cache);
    writeFileSync(path.join(cache, 'processes', '1-1.json'), '{"node":');
    symlinkSync('/nowhere', path.join(cache, 'processes', '2-2.json'));
    expect(await endLeftovers(cache)).toBe(0);
  });
});

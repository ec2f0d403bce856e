import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findMemcached } from '../../../../local/engine/memcached/find-memcached.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A program that says this of itself. */
const aProgram = (says: string) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'find-memcached-'));
  folders.push(folder);
  const file = path.join(folder, 'memcached');
  writeFileSync(file, `#!/bin/sh\necho "${says}"\n`);
  chmodSync(file, 0o755);
  return { folder, location: { path: file, env: {} } };
};
const nothing = { fetched: () => undefined };
const failing = async () => {
  throw new Error('spawn apt-get ENOENT');
};

describe('findMemcached', () => {
  it('takes the named one, then the one on the PATH, then one fetched earlier, then fetches', async () => {
    const [named, installed, earlier, now] = [1, 2, 3, 4].map(() => aProgram('memcached 1.6.22'));
    const fetched = () => earlier?.location;
    const fetch = async () => now?.location ?? { path: '', env: {} };
    const PATH = installed?.folder ?? '';
    const find = async (options: object) => (await findMemcached({ fetch, ...options })).path;
    expect(await find({ env: { MEMCACHED: named?.location.path, PATH }, fetched })).toBe(named?.location.path);
    expect(await find({ env: { PATH }, fetched })).toBe(installed?.location.path);
    expect(await find({ env: { PATH: '' }, fetched })).toBe(earlier?.location.path);
    expect(await find({ env: { PATH: '' }, ...nothing })).toBe(now?.location.path);
  });

  it('passes over what is too old or something else, and says so', async () => {
    const said: string[] = [];
    const good = aProgram('memcached 1.6.10');
    const env = { PATH: aProgram('memcached 1.6.9').folder };
    const options = { env, ...nothing, progress: (line: string) => said.push(line), fetch: async () => good.location };
    expect((await findMemcached(options)).path).toBe(good.location.path);
    expect(said).toEqual([expect.stringMatching(/is memcached 1\.6\.9, older than 1\.6\.10$/)]);
    const other = { MEMCACHED: aProgram('Redis server v=7').location.path };
    await expect(findMemcached({ env: other })).rejects.toThrow(/^MEMCACHED names .* is not memcached\.$/);
  });

  it('says in one sentence what to install when nothing helps', async () => {
    await expect(findMemcached({ env: { PATH: '' }, ...nothing, fetch: failing })).rejects.toThrow(
      /^No memcached from 1\.6\.10 up was found, and none could be fetched \(spawn apt-get ENOENT\): install one .*apt-get install memcached.*MEMCACHED\.$/,
    );
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dependenciesIn } from '../../../local/engine/fetch-program.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import { type EngineLocation, type Inspection, inspectEngine } from '../../../local/engine/inspect-engine.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'find-engine-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for the PATH with these programs. */
const aPath = (...programs: readonly (readonly [name: string, script: string])[]): string => {
  const place = mkdtempSync(path.join(folder, 'path-'));
  for (const [name, script] of programs) {
    writeFileSync(path.join(place, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(place, name), 0o755);
  }
  return place;
};

const usable = ({ path: file, env }: EngineLocation): Inspection => ({
  usable: true,
  binary: { engine: 'redis', version: '7.0.15', path: file, env },
});

const find = async (env: NodeJS.ProcessEnv, refused: (file: string) => boolean = () => false, fetched?: string) => {
  const said: string[] = [];
  const found = await findEngine({
    env,
    progress: (line) => said.push(line),
    inspect: async (location) =>
      refused(location.path) ? { usable: false, reason: `${location.path} is no good` } : usable(location),
    fetched: () => (fetched ? { path: fetched, env: {} } : undefined),
    fetch: async () => ({ path: '/fetched/now', env: {} }),
  });
  return { path: found.path, said };
};

describe('findEngine', () => {
  const both = () => aPath(['valkey-server', ''], ['redis-server', '']);

  it('takes the program that the environment names before any other', async () => {
    const PATH = both();
    expect((await find({ PATH, REDIS_SERVER: '/my/redis-server' }, undefined, '/earlier')).path).toBe(
      '/my/redis-server',
    );
    expect((await find({ PATH, VALKEY_SERVER: '/my/valkey-server' }, undefined, '/earlier')).path).toBe(
      '/my/valkey-server',
    );
  });

  it('does not replace a named program that is no good, but says so', async () => {
    const env = { PATH: both(), REDIS_SERVER: '/my/redis-server' };
    await expect(find(env, (file) => file.startsWith('/my'))).rejects.toThrow(
      'REDIS_SERVER names a program that cannot play the nodes: /my/redis-server is no good.',
    );
  });

  it('looks on the PATH, then for one fetched earlier, then fetches', async () => {
    const PATH = both();
    const isOn = (name: string) => (file: string) => file.endsWith(name);
    expect((await find({ PATH }, undefined, '/earlier')).path).toBe(path.join(PATH, 'valkey-server'));
    expect((await find({ PATH }, isOn('valkey-server'), '/earlier')).path).toBe(path.join(PATH, 'redis-server'));
    expect((await find({ PATH }, isOn('-server'), '/earlier')).path).toBe('/earlier');
    expect((await find({ PATH: aPath() }, undefined, '/earlier')).path).toBe('/earlier');
    const last = await find({ PATH: aPath() }, isOn('/earlier'), '/earlier');
    expect(last).toEqual({ path: '/fetched/now', said: ['looking further, as /earlier is no good'] });
  });

  it('does not take a folder or a file that cannot be run for a program', async () => {
    const PATH = aPath();
    mkdirSync(path.join(PATH, 'valkey-server'));
    writeFileSync(path.join(PATH, 'redis-server'), '');
    expect((await find({ PATH })).path).toBe('/fetched/now');
  });

  it('says in one sentence what to install when nothing helps', async () => {
    const failing = findEngine({
      env: { PATH: aPath() },
      fetched: () => undefined,
      fetch: async () => {
        throw new Error('spawn apt-get ENOENT');
      },
    });
    await expect(failing).rejects.toThrow(
      /^No redis-server or valkey-server from 7.0 up was found, and none could be fetched \(spawn apt-get ENOENT\): install one .*apt-get install redis-server.*REDIS_SERVER\.$/,
    );
  });
});

describe('inspectEngine', () => {
  const inspect = (script: string) =>
    inspectEngine({ path: path.join(aPath(['redis-server', script]), 'redis-server'), env: {} });

  it('tells Redis from Valkey, and their versions', async () => {
    const server = (version: string) =>
      inspect(
        `[ "$1" = --version ] && echo "${version} sha=0 bits=64" || echo "Configured to not listen anywhere, exiting."`,
      );
    expect(await server('Redis server v=7.0.15')).toMatchObject({
      usable: true,
      binary: { engine: 'redis', version: '7.0.15' },
    });
    expect(await server('Valkey server v=8.0.1')).toMatchObject({
      usable: true,
      binary: { engine: 'valkey', version: '8.0.1' },
    });
  });

  it('refuses what is too old, without TLS, something else or broken', async () => {
    const refusals = await Promise.all([
      inspect('echo "Redis server v=6.2.14 sha=0"'),
      inspect(
        '[ "$1" = --version ] && echo "Redis server v=7.2.4 sha=0" || echo "Bad directive or wrong number of arguments"',
      ),
      inspect('echo "Memcached 1.6"'),
      inspect('echo "libjemalloc.so.2: cannot open shared object file" >&2; exit 127'),
    ]);
    const reasons = refusals.map((refusal) => (refusal.usable ? 'usable' : refusal.reason));
    expect(reasons[0]).toMatch(/is Redis 6\.2\.14, older than 7\.0$/);
    expect(reasons[1]).toMatch(/was built without TLS$/);
    expect(reasons[2]).toMatch(/is neither Redis nor Valkey$/);
    expect(reasons[3]).toMatch(/does not run: .*libjemalloc/);
  });
});

describe('dependenciesIn', () => {
  it('takes the first of alternatives, as apt would', () => {
    const listing = [
      'redis-tools',
      '  Depends: libc6',
      ' |Depends: libsystemd0',
      '  Depends: libelogind0',
      '  PreDepends: init-system-helpers',
      '  Suggests: ruby-redis',
      '    libc6:i386',
    ].join('\n');
    expect(dependenciesIn(listing)).toEqual(['libc6', 'libsystemd0', 'init-system-helpers']);
  });
});

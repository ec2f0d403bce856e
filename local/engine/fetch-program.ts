import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ProgramLocation } from './program.ts';

const execute = promisify(execFile);

/** A mirror that hangs must not hang the start for ever. */
const DEADLINE_MS = 180_000;
/** Ends apt's housekeeping hooks: they concern the system's own lists, which are not touched here. */
const NO_HOOKS =
  '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Post-Invoke;\n';

/** The operating system's release as a folder name: a program fetched for one need not run on another. */
const release = (osRelease = '/etc/os-release'): string => {
  const text = existsSync(osRelease) ? readFileSync(osRelease, 'utf8') : '';
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`.replace(/[^\w.-]/g, '_');
};

/** A program of the distribution, as it is fetched. */
export interface Fetchable {
  /** Folder below the cache folder. */
  readonly folder: string;
  /** The packages that hold it; the libraries that they need come along. */
  readonly packages: readonly string[];
  /** Its name in `/usr/bin`. */
  readonly program: string;
  /** Runs it: why it is no good, or undefined when it is. */
  readonly inspect: (location: ProgramLocation) => Promise<string | undefined>;
}

const folderIn = (cache: string, { folder }: Fetchable) => path.join(cache, folder, release());

const locationIn = (folder: string, { program }: Fetchable): ProgramLocation => {
  const root = path.join(folder, 'root');
  const libraries = ['lib', 'usr/lib'].flatMap((base) => {
    const parent = path.join(root, base);
    const triplets = existsSync(parent) ? readdirSync(parent).filter((name) => name.includes('-linux-')) : [];
    return triplets.map((triplet) => path.join(parent, triplet));
  });
  const env: Record<string, string> = libraries.length ? { LD_LIBRARY_PATH: libraries.join(':') } : {};
  return { path: path.join(root, 'usr', 'bin', program), env };
};

/** The program fetched earlier into this cache folder, or undefined. It may have stopped working since. */
export const fetchedProgram = (cache: string, wanted: Fetchable): ProgramLocation | undefined => {
  const location = locationIn(folderIn(cache, wanted), wanted);
  return existsSync(location.path) ? location : undefined;
};

interface Apt {
  run(program: 'apt-get' | 'apt-cache', ...args: readonly string[]): Promise<string>;
  /** Where it downloads to. */
  readonly packages: string;
}

/** apt with state and cache of its own, so that it needs no rights and leaves the system as it is. */
const privateApt = (draft: string, lists: 'system' | 'private'): Apt => {
  const state = path.join(draft, `apt-${lists}`);
  mkdirSync(path.join(state, 'lists', 'partial'), { recursive: true });
  mkdirSync(path.join(state, 'cache', 'archives', 'partial'), { recursive: true });
  const packages = path.join(state, 'packages');
  mkdirSync(packages, { recursive: true });
  const config = path.join(state, 'apt.conf');
  writeFileSync(config, NO_HOOKS);
  const settings = [
    `Dir::Cache=${path.join(state, 'cache')}`,
    // apt run by root would hand its downloads to a user who may not write into this folder.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Debug::NoLocking=1',
    ...(lists === 'private' ? [`Dir::State::lists=${path.join(state, 'lists')}`] : []),
  ];
  const options = ['-c', config, ...settings.flatMap((setting) => ['-o', setting])];
  const run: Apt['run'] = async (program, ...args) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const { stdout } = await execute(program, [...options, ...args], { cwd: packages, env, timeout: DEADLINE_MS });
    return stdout;
  };
  return { run, packages };
};

/** Of these packages, the ones that the system has: their libraries are found without help. */
const installed = async (names: readonly string[]): Promise<ReadonlySet<string>> => {
  if (names.length === 0) return new Set();
  const query = ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names];
  // dpkg-query ends with 1 when it does not know one of the names; what it printed about the others still holds.
  const { stdout } = await execute('dpkg-query', query).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  return new Set([...stdout.matchAll(/^(\S+) installed$/gm)].map(([, name]) => name ?? ''));
};

/** The direct dependencies that `apt-cache depends` lists; of alternatives (marked `|`) the first, as apt would take. */
export const dependenciesIn = (listing: string): readonly string[] => {
  const names: string[] = [];
  let isAlternative = false;
  for (const [, bar, name] of listing.matchAll(/^ ([ |])(?:Pre)?Depends: (\S+)$/gm)) {
    if (name && !isAlternative) names.push(name);
    isAlternative = bar === '|';
  }
  return names;
};

/** The program's packages and every library that they need, down to the last, and that the system does not have. */
const missing = async (apt: Apt, packages: readonly string[]): Promise<readonly string[]> => {
  const wanted = new Set(packages);
  let unread: readonly string[] = packages;
  while (unread.length > 0) {
    const listing = await apt.run('apt-cache', 'depends', '--important', ...unread);
    const libraries = dependenciesIn(listing).filter((name) => /^lib[a-z0-9.+-]+$/.test(name) && !wanted.has(name));
    const present = await installed(libraries);
    unread = [...new Set(libraries)].filter((name) => !present.has(name));
    for (const name of unread) wanted.add(name);
  }
  return [...wanted];
};

const download = async (
  draft: string,
  packages: readonly string[],
  lists: 'system' | 'private',
  progress: (line: string) => void,
): Promise<string> => {
  const apt = privateApt(draft, lists);
  if (lists === 'private') {
    progress('reading the package lists (nothing on the system is changed)');
    await apt.run('apt-get', '-q=2', 'update');
  }
  const wanted = await missing(apt, packages);
  progress(`fetching ${wanted.join(', ')}`);
  await apt.run('apt-get', '-q=2', 'download', ...wanted);
  return apt.packages;
};

/** Puts the finished draft where all look for it. Another process may have been faster; then its copy stands. */
const publish = async (draft: string, target: string, wanted: Fetchable): Promise<void> => {
  try {
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    if ((await wanted.inspect(locationIn(target, wanted))) === undefined) return;
    const broken = mkdtempSync(`${target}.broken-`);
    renameSync(target, path.join(broken, 'program'));
    rmSync(broken, { recursive: true, force: true });
    renameSync(draft, target);
  }
};

/**
 * Gets one of the distribution's own programs into the user's cache folder: no root, no change of the system.
 * Everything happens in a draft folder, which takes its final name only once the program has run, so a fetch that was
 * cut off is never used and two at once do not disturb each other.
 *
 * @throws Error with a sentence when this machine has no apt, no mirror answers or the cache cannot be written
 */
export const fetchProgram = async (
  cache: string,
  wanted: Fetchable,
  progress: (line: string) => void,
): Promise<ProgramLocation> => {
  const target = folderIn(cache, wanted);
  mkdirSync(path.dirname(target), { recursive: true });
  const draft = mkdtempSync(`${target}.fetching-`);
  try {
    // The system's lists save a download, when there are any and they are not out of date.
    const packages = await download(draft, wanted.packages, 'system', progress).catch(() =>
      download(draft, wanted.packages, 'private', progress),
    );
    for (const file of readdirSync(packages)) {
      await execute('dpkg-deb', ['-x', path.join(packages, file), path.join(draft, 'root')]);
    }
    for (const lists of ['system', 'private'])
      rmSync(path.join(draft, `apt-${lists}`), { recursive: true, force: true });
    const problem = await wanted.inspect(locationIn(draft, wanted));
    if (problem !== undefined) throw new Error(problem);
    await publish(draft, target, wanted);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return locationIn(target, wanted);
};

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { cacheFolder } from './cache-folder.ts';
import { lives, processSpace, readProcess } from './process-table.ts';

const Identity = z.strictObject({ pid: z.int().positive(), startTicks: z.int().nonnegative() });

/** One line of the book of processes: a node, and the account that answers for it. */
const ProcessRecord = z.strictObject({
  node: Identity,
  owner: Identity,
  /** The node's configuration file: part of its command line, and in nobody else's. */
  configFile: z.string().min(1),
  boot: z.string(),
  container: z.string(),
});
type ProcessRecord = z.infer<typeof ProcessRecord>;

/** SIGKILL takes effect at once, save for a process that hangs in a system call. */
const DEADLINE_MS = 5_000;

/** The folder of records, made when it is not there. @throws Error naming it when it cannot be written */
const bookIn = (cache: string): string => {
  const folder = path.join(cache, 'processes');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(
      `The folder ${cache} cannot be written, where running processes are recorded so that none is left behind: set XDG_CACHE_HOME to one that can.`,
      { cause },
    );
  }
  return folder;
};

/**
 * Writes down a process just started, so that a later start can end it should this one crash. The answer strikes it
 * out again. Without /proc (macOS) nothing is written: there a crash may leave nodes behind.
 */
export const recordProcess = (pid: number, configFile: string, cache: string = cacheFolder()): (() => void) => {
  const space = processSpace();
  const node = readProcess(pid);
  const owner = readProcess(process.pid);
  if (!space || !node || !owner) return () => {};
  const { boot, container } = space;
  const record: ProcessRecord = {
    node: { pid, startTicks: node.startTicks },
    owner: { pid: owner.pid, startTicks: owner.startTicks },
    configFile,
    boot,
    container,
  };
  const folder = bookIn(cache);
  const file = path.join(folder, `${pid}-${node.startTicks}.json`);
  // Renamed into place: a crash in the middle of writing leaves no record that cannot be read.
  writeFileSync(`${file}.draft`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.draft`, file);
  return () => rmSync(file, { force: true });
};

const parseRecord = (text: string): ProcessRecord | undefined => {
  try {
    return ProcessRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

const read = (file: string): ProcessRecord | undefined => {
  try {
    return parseRecord(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // struck out by another start in the meantime
  }
};

/** Whether a record's node still runs, as the very process that was written down. */
const stillRuns = ({ node, configFile }: ProcessRecord): boolean => {
  const found = readProcess(node.pid);
  return found?.startTicks === node.startTicks && found.commandLine.includes(configFile);
};

const end = async (record: ProcessRecord): Promise<boolean> => {
  if (!stillRuns(record)) return false;
  process.kill(record.node.pid, 'SIGKILL');
  const deadline = Date.now() + DEADLINE_MS;
  // A process that is being ended loses its command line first and its number last.
  while (lives(record.node)) {
    if (Date.now() > deadline) {
      throw new Error(`Process ${record.node.pid} of a crashed run does not end; end it by hand with kill -9.`);
    }
    await sleep(5);
  }
  return true;
};

/**
 * Ends the nodes of accounts that are gone without having stopped them. A node is ended only when its account no
 * longer lives and number, start time and command line are still those written down; nodes of other living accounts,
 * of other containers and of other people stay as they are.
 *
 * @returns how many processes were ended
 */
export const endLeftovers = async (cache: string = cacheFolder()): Promise<number> => {
  const space = processSpace();
  if (!space) return 0;
  const folder = bookIn(cache);
  let ended = 0;
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
    const file = path.join(folder, name);
    const record = read(file);
    if (!record) continue;
    const isHere = record.boot === space.boot && record.container === space.container;
    const isOfEarlierBoot = record.boot !== space.boot && record.container === space.container;
    if (isHere && lives(record.owner)) continue;
    if (isHere && (await end(record))) ended += 1;
    if (isHere || isOfEarlierBoot) rmSync(file, { force: true });
  }
  return ended;
};

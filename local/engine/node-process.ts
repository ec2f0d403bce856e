import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { recordProcess } from './leftovers.ts';
import { residentBytesOf } from './process-table.ts';
import type { ProgramLocation } from './program.ts';

/** A server's process. */
export interface NodeProcess {
  isRunning(): boolean;
  /** Resolves, once it is over, with how it ended: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Ends it and the children it forked, without asking. Resolves when it is over. */
  kill(): Promise<void>;
  residentBytes(): number;
}

const killGroup = (pid: number) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
};

/** Processes that must not outlive this one, however it ends. Only SIGKILL gets past this; see leftovers.ts. */
const running = new Set<number>();
let hooked = false;
const endWithThisProcess = (pid: number) => {
  running.add(pid);
  if (hooked) return;
  hooked = true;
  process.on('exit', () => {
    for (const each of running) killGroup(each);
  });
};

let prefix: readonly string[] | undefined;
/**
 * A command that asks the kernel to end the node when this process dies, even by SIGKILL. Debian has it (util-linux);
 * where it is missing, the next start cleans up.
 */
const dieWithParent = (): readonly string[] => {
  if (prefix) return prefix;
  const options = ['--pdeathsig', 'KILL', '--'];
  try {
    execFileSync('setpriv', [...options, 'true'], { stdio: 'ignore' });
    prefix = ['setpriv', ...options];
  } catch {
    prefix = [];
  }
  return prefix;
};

const howEnded = (code: number | null, signal: NodeJS.Signals | null) =>
  signal ? `signal ${signal}` : `exit code ${code}`;

const started = (child: ChildProcess) =>
  new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('The system gave the new process no number.'));
      else resolve(child.pid);
    });
  });

/** What a server's process is started with. */
export interface ServerStart {
  readonly program: ProgramLocation;
  readonly args: readonly string[];
  readonly folder: string;
  /** A file in `args` that no other process has in its command line: by it a leftover is recognized. */
  readonly mark: string;
  readonly logFile: string;
}

/** Starts a server from its configuration file. */
export const startNodeProcess = (program: ProgramLocation, configFile: string, logFile: string): Promise<NodeProcess> =>
  startServer({ program, args: [configFile], folder: path.dirname(configFile), mark: configFile, logFile });

/**
 * Starts a server; both its outputs go to the end of `logFile`. It leads a process group of its own: Ctrl-C reaches the
 * account alone, which then stops its nodes in order.
 */
export const startServer = async (start: ServerStart): Promise<NodeProcess> => {
  const { program: server, mark, logFile } = start;
  const [program = server.path, ...args] = [...dieWithParent(), server.path, ...start.args];
  const log = openSync(logFile, 'a', 0o600);
  // Of our own environment only what finding programs, libraries and folders takes: no credentials.
  const passed = ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = spawn(program, args, {
    cwd: start.folder,
    detached: true,
    stdio: ['ignore', log, log],
    // Its log tells the time in UTC, as the account does.
    env: { ...Object.fromEntries(passed), ...server.env, TZ: 'UTC' },
  });
  closeSync(log);
  // Taken down before anything is awaited, so that no crash falls in between.
  const forget = child.pid === undefined ? () => {} : recordProcess(child.pid, mark);
  if (child.pid !== undefined) endWithThisProcess(child.pid);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) running.delete(child.pid);
      forget();
      resolve(howEnded(code, signal));
    });
  });
  const pid = await started(child);
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  return {
    isRunning,
    ended,
    async kill() {
      if (isRunning()) killGroup(pid);
      await ended;
    },
    residentBytes: () => (isRunning() ? residentBytesOf(pid) : 0),
  };
};

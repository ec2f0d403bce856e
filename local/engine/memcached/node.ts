import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeProcess, startServer } from '../node-process.ts';
import type { ProgramLocation } from '../program.ts';
import type { MemcachedSettings } from './types.ts';

/** A running memcached, known to its front only. */
export interface MemcachedNode {
  readonly port: number;
  readonly process: NodeProcess;
  /** @throws when it does not answer within a second (real time) */
  stats(): Promise<Readonly<Record<string, string>>>;
}

export interface StartMemcachedOptions {
  readonly program: ProgramLocation;
  /** `0001` */
  readonly id: string;
  /** The node's own folder. */
  readonly folder: string;
  readonly logFile: string;
  readonly settings: MemcachedSettings;
  readonly signal: AbortSignal;
}

const START_DEADLINE_MS = 20_000;
const STATS_DEADLINE_MS = 1_000;
const ASK_AGAIN_MS = 10;
/** memcached cuts a large item into pieces of at most this many KiB; items smaller than that need smaller pieces. */
const LARGEST_PIECE_KIB = 512;

/** memcached's command line for these settings. */
export const argumentsFor = (settings: MemcachedSettings, pidFile: string): readonly string[] => {
  // memcached gives an item at most half of its memory.
  const largestItem = Math.min(settings.largestItemBytes, settings.memoryMegabytes * 512 * 1024);
  const piece = Math.max(1, Math.min(LARGEST_PIECE_KIB, Math.floor(largestItem / 1024 / 2)));
  return [
    // Minus one: the system picks a free port at the very moment of binding, so nobody can be there before.
    ...['-p', '-1', '-U', '0', '-l', '127.0.0.1'],
    // Run by root, memcached wants to be told as whom to run.
    ...['-u', os.userInfo().username],
    ...['-P', pidFile],
    ...['-m', String(settings.memoryMegabytes), '-I', String(largestItem)],
    ...['-n', String(settings.chunkBytes), '-f', String(settings.growthFactor)],
    // One worker is plenty on a machine that many nodes share.
    ...['-t', '1'],
    ...(settings.hasCas ? [] : ['-C']),
    ...(settings.evicts ? [] : ['-M']),
    ...(settings.mayFlush ? [] : ['-F']),
    ...['-o', `idle_timeout=${settings.idleSeconds},slab_chunk_max=${piece}`],
  ];
};

/** What a command answers, up to and with the line `END`. */
const ask = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${STATS_DEADLINE_MS} ms`)),
      STATS_DEADLINE_MS,
    );
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
      if (!text.endsWith('END\r\n')) return;
      resolve(text);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error('the connection was closed'));
    });
    socket.write(`${command}\r\n`);
  });

const statsOf = async (port: number): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    [...(await ask(port, 'stats')).matchAll(/^STAT (\S+) (.*)\r$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

/** The port that memcached has written down, once the line is whole. */
const portIn = (file: string): number | undefined => {
  const [, port] = /^TCP INET: (\d+)\n/.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  return port === undefined ? undefined : Number(port);
};

const whenAnswering = async (process: NodeProcess, portFile: string, signal: AbortSignal): Promise<number> => {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (process.isRunning() && !signal.aborted && Date.now() < deadline) {
    const port = portIn(portFile);
    if (port !== undefined && (await statsOf(port).catch(() => undefined))) return port;
    await sleep(ASK_AGAIN_MS);
  }
  signal.throwIfAborted();
  throw new Error(process.isRunning() ? `no answer within ${START_DEADLINE_MS} ms` : await process.ended);
};

/**
 * Starts one memcached and waits until it answers.
 *
 * @throws Error naming the node, with the end of its log; its process has ended by then
 */
export const startMemcachedNode = async (options: StartMemcachedOptions): Promise<MemcachedNode> => {
  const { id, folder, logFile, program, signal } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidFile = path.join(folder, 'memcached.pid');
  const portFile = path.join(folder, 'port');
  const process = await startServer({
    program: { ...program, env: { ...program.env, MEMCACHED_PORT_FILENAME: portFile } },
    args: argumentsFor(options.settings, pidFile),
    folder,
    mark: pidFile,
    logFile,
  });
  try {
    const port = await whenAnswering(process, portFile, signal);
    return { port, process, stats: () => statsOf(port) };
  } catch (error) {
    await process.kill();
    signal.throwIfAborted();
    const log = readFileSync(logFile, 'utf8').trim().split('\n').slice(-4).join('\n');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Node ${id} did not start (${reason}). The end of its log, ${logFile}:\n${log}`, { cause: error });
  }
};

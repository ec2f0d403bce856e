import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminConnection, createAdminConnection } from './admin-connection.ts';
import { type NodeConfig, nodeConfig } from './node-config.ts';
import { type NodeProcess, startNodeProcess } from './node-process.ts';
import type { EngineBinary } from './types.ts';

/** A running node: its process, and the service's own connection to it. */
export interface Node {
  /** Member cluster id. */
  readonly id: string;
  /** The engine's own name of a cluster's node, forty hex digits. */
  readonly name: string;
  readonly port: number;
  readonly logFile: string;
  isRunning(): boolean;
  /** Comes anew as administrator from now on: with TLS and this authority's certificate, or without. */
  connectWith(caFile: string | undefined): void;
  /** Resolves, when the process is over, with how it ended. */
  readonly ended: Promise<string>;
  /** A command as administrator. @throws when it is refused or not answered within `deadlineMs` (real time) */
  call(deadlineMs: number, ...args: readonly string[]): Promise<unknown>;
  /** As `call`, byte for byte: what is text in `call` is a Buffer here. */
  callBinary(deadlineMs: number, ...args: readonly (string | Buffer)[]): Promise<unknown>;
  /** Ends the process at once. */
  kill(): Promise<void>;
  residentBytes(): number;
}

/** A node that did not come up. */
export class NodeDidNotStart extends Error {
  override readonly name = 'NodeDidNotStart';
  /** Somebody else took the port between our look and the engine's; another port helps. */
  readonly portTaken: boolean;
  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

export interface StartNodeOptions {
  readonly id: string;
  /** The engine's own name of a cluster's node, forty hex digits. */
  readonly name: string;
  readonly binary: EngineBinary;
  readonly config: NodeConfig;
  /** Text of nodes.conf, with cluster mode. */
  readonly nodesFile?: string | undefined;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/** A redis-server is up in 0.1 s; on a machine that is very busy it may take its time. */
const START_DEADLINE_MS = 20_000;
const ASK_AGAIN_MS = 10;
const LOG_LINES = 8;

const lastLines = (logFile: string, from: number) => {
  const lines = readFileSync(logFile).subarray(from).toString('utf8').trim().split('\n');
  return lines.slice(-LOG_LINES).join('\n');
};

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const answers = async (process: NodeProcess, connection: AdminConnection, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + START_DEADLINE_MS;
  let problem: unknown;
  while (process.isRunning() && !signal.aborted && Date.now() < deadline) {
    try {
      if ((await connection.call(1_000, 'PING')) === 'PONG') return;
    } catch (error) {
      problem = error;
      connection.close();
    }
    await sleep(ASK_AGAIN_MS);
  }
  signal.throwIfAborted();
  const state = process.isRunning() ? `no answer within ${START_DEADLINE_MS} ms` : await process.ended;
  throw new Error(state, { cause: problem });
};

/**
 * Starts one node and waits until it answers.
 *
 * @throws NodeDidNotStart with the last lines of its log; its process has ended by then
 */
export const startNode = async (options: StartNodeOptions): Promise<Node> => {
  const { id, name, binary, config, logFile } = options;
  mkdirSync(config.folder, { recursive: true, mode: 0o700 });
  const configFile = path.join(config.folder, 'redis.conf');
  writeFileSync(configFile, nodeConfig(config), { mode: 0o600 });
  if (options.nodesFile) writeFileSync(path.join(config.folder, 'nodes.conf'), options.nodesFile, { mode: 0o600 });

  const logStart = sizeOf(logFile);
  const process = await startNodeProcess(binary, configFile, logFile);
  const connectWith = (caFile: string | undefined) => createAdminConnection(config.port, config.users.admin, caFile);
  let connection = connectWith(config.certificates?.caFile);
  try {
    await answers(process, connection, options.signal);
  } catch (error) {
    connection.close();
    await process.kill();
    options.signal.throwIfAborted();
    const log = lastLines(logFile, logStart);
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Node ${id} did not start (${reason}). The end of its log, ${logFile}:\n${log}`;
    throw new NodeDidNotStart(message, /address already in use/i.test(log));
  }

  const tellNode = async (call: () => Promise<unknown>): Promise<unknown> => {
    if (!process.isRunning()) throw new Error(`Node ${id} is not running (${await process.ended}).`);
    return await call().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Node ${id}: ${reason}`, { cause: error });
    });
  };

  return {
    id,
    name,
    logFile,
    port: config.port,
    isRunning: process.isRunning,
    connectWith(caFile) {
      connection.close();
      connection = connectWith(caFile);
    },
    ended: process.ended,
    call: (deadlineMs, ...args) => tellNode(() => connection.call(deadlineMs, ...args)),
    callBinary: (deadlineMs, ...args) => tellNode(() => connection.callBinary(deadlineMs, ...args)),
    async kill() {
      connection.close();
      await process.kill();
    },
    residentBytes: process.residentBytes,
  };
};

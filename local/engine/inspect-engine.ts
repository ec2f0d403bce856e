import { execFile } from 'node:child_process';
import type { ProgramLocation } from './program.ts';
import type { EngineBinary } from './types.ts';

export type EngineLocation = ProgramLocation;

/** Whether a program can play the nodes. */
export type Inspection =
  | { readonly usable: true; readonly binary: EngineBinary }
  | { readonly usable: false; readonly reason: string };

/** Since 7.0 the engine knows ACLs by sub-command and several CONFIG SETs in one step; both are needed here. */
const OLDEST_MAJOR = 7;
const DEADLINE_MS = 10_000;

const outputOf = ({ path, env }: EngineLocation, args: readonly string[]) =>
  new Promise<{ readonly text: string; readonly failure?: Error }>((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: DEADLINE_MS, killSignal: 'SIGKILL' } as const;
    execFile(path, args, options, (failure, stdout, stderr) => {
      resolve({ text: `${stdout}${stderr}`, ...(failure ? { failure } : {}) });
    });
  });

/** Runs a program to learn what it is. It is usable when it is Redis or Valkey, new enough, and speaks TLS. */
export const inspectEngine = async (location: EngineLocation): Promise<Inspection> => {
  const refuse = (reason: string): Inspection => ({ usable: false, reason: `${location.path} ${reason}` });

  const version = await outputOf(location, ['--version']);
  if (version.failure) return refuse(`does not run: ${version.failure.message.trim().replaceAll('\n', ' ')}`);
  const [, name, number] = /^(Redis|Valkey) server v=(\d+\.\d+\.\d+)/m.exec(version.text) ?? [];
  if (!name || !number) return refuse('is neither Redis nor Valkey');
  if (Number.parseInt(number, 10) < OLDEST_MAJOR) return refuse(`is ${name} ${number}, older than ${OLDEST_MAJOR}.0`);

  // Told to listen nowhere, a server with TLS says so and ends; one without TLS does not know the directive.
  const tls = await outputOf(location, ['--port', '0', '--tls-port', '0', '--save', '']);
  if (!/not listen anywhere/i.test(tls.text)) return refuse('was built without TLS');

  const engine = name === 'Valkey' ? 'valkey' : 'redis';
  return { usable: true, binary: { engine, version: number, path: location.path, env: location.env } };
};

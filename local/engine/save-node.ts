import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from './node.ts';
import { parseInfo } from './replies.ts';

const CALL_DEADLINE_MS = 5_000;
const ASK_AGAIN_MS = 20;
/** Saving what fits into this machine takes seconds. */
const DEADLINE_MS = 120_000;

/**
 * Has a node write its data to disk in the background (BGSAVE: the fork that ElastiCache makes too) and copies the file.
 *
 * @returns the file's size in bytes
 * @throws Error when the engine cannot save, for example because it has no memory for the fork
 */
export const saveNode = async (node: Node, file: string): Promise<number> => {
  const persistence = async () => parseInfo(await node.call(CALL_DEADLINE_MS, 'INFO', 'persistence'));
  const setting = async (name: string) => {
    const answer = await node.call(CALL_DEADLINE_MS, 'CONFIG', 'GET', name);
    return Array.isArray(answer) ? String(answer[1]) : '';
  };
  const saved = path.join(await setting('dir'), await setting('dbfilename'));
  // A save may be put off until another fork is over; until then neither the status nor an older file is an answer.
  await rm(saved, { force: true });
  const deadline = Date.now() + DEADLINE_MS;
  await node.call(CALL_DEADLINE_MS, 'BGSAVE', 'SCHEDULE');
  for (;;) {
    await sleep(ASK_AGAIN_MS);
    const { rdb_bgsave_in_progress: inProgress, rdb_last_bgsave_status: status } = await persistence();
    if (inProgress === '0' && status !== 'ok') throw new Error(`Node ${node.id} could not save its data (${status}).`);
    if (inProgress === '0' && existsSync(saved)) break;
    if (Date.now() > deadline) throw new Error(`Node ${node.id} is still saving after ${DEADLINE_MS} ms.`);
  }
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await copyFile(saved, file);
  return (await stat(file)).size;
};

import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Node } from './node.ts';

/** Writing what fits into this machine takes seconds. */
const SAVE_DEADLINE_MS = 60_000;
const CALL_DEADLINE_MS = 5_000;

/**
 * Leaves in a node's folder what its next start is to read: its data of now, or nothing. (A backup leaves its file there,
 * too.)
 *
 * @throws Error when the data cannot be written
 */
export const prepareData = async (node: Node, keepsData: boolean): Promise<void> => {
  if (keepsData) {
    await node.call(SAVE_DEADLINE_MS, 'SAVE');
    return;
  }
  const answer = await node.call(CALL_DEADLINE_MS, 'CONFIG', 'GET', 'dir', 'dbfilename');
  const settings = Array.isArray(answer) ? answer.map(String) : [];
  const settingOf = (name: string) => settings[settings.indexOf(name) + 1] ?? '';
  await rm(path.join(settingOf('dir'), settingOf('dbfilename')), { force: true });
};

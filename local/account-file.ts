import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** What a running local account tells other shells: where it answers, and how to call it as its operator. */
export type AccountFile = z.infer<typeof AccountFile>;
const AccountFile = z.strictObject({
  pid: z.int().positive(),
  accountId: z.string(),
  regions: z.array(z.string()).min(1),
  /** Environment of the operator, for any SDK or CLI. */
  environment: z.record(z.string(), z.string()),
  /** PEM file of the authority that signs the nodes' certificates. */
  certificateAuthorityFile: z.string(),
  folder: z.string(),
  speed: z.number().min(1),
});

const fileIn = (home: string) => path.join(home, 'account.json');

/** Written in one step (rename), readable by its owner only: it carries the operator's keys. */
export const writeAccountFile = (home: string, account: AccountFile): void => {
  mkdirSync(home, { recursive: true });
  const draft = `${fileIn(home)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileIn(home));
};

export const removeAccountFile = (home: string): void => rmSync(fileIn(home), { force: true });

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The local account that runs now, or undefined. A file left by a crash does not count and is taken away. */
export const readAccountFile = (home: string): AccountFile | undefined => {
  const file = fileIn(home);
  if (!existsSync(file)) return undefined;
  const parsed = AccountFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success && isAlive(parsed.data.pid)) return parsed.data;
  removeAccountFile(home);
  return undefined;
};

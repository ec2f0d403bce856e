import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { lives, ownIdentity, type ProcessIdentity } from './engine/process-table.ts';

const Identity = z.strictObject({ pid: z.int().positive(), startTicks: z.int().nonnegative() });

/** What a running local account tells other shells: where it answers, and how to call it as its operator. */
export type AccountFile = z.infer<typeof AccountFile>;
const AccountFile = z.strictObject({
  process: Identity,
  accountId: z.string(),
  regions: z.array(z.string()).min(1),
  /** Environment of the operator, for any SDK or CLI. */
  environment: z.record(z.string(), z.string()),
  /** PEM file of the authority that signs the nodes' certificates. */
  certificateAuthorityFile: z.string(),
  folder: z.string(),
  speed: z.number().min(1),
});

/** What stands in the file from the moment in which an account begins to start. */
const Claim = z.looseObject({ process: Identity });

const fileIn = (home: string) => path.join(home, 'account.json');

/** What the file says, as far as it can be read. */
const contentOf = (home: string): unknown => {
  try {
    return JSON.parse(readFileSync(fileIn(home), 'utf8'));
  } catch {
    return undefined;
  }
};

/** Readable by its owner only: it carries the operator's keys. */
const draft = (home: string, content: object): string => {
  const file = `${fileIn(home)}.${process.pid}`;
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  return file;
};

/** The living process whose account starts or runs in this folder. */
export const folderOwner = (home: string): ProcessIdentity | undefined => {
  const claim = Claim.safeParse(contentOf(home));
  return claim.success && lives(claim.data.process) ? claim.data.process : undefined;
};

/**
 * Takes the folder for the account that this process starts, before anything else is done: two cannot have the same one.
 * What a crash left is taken over.
 *
 * @returns the number of the process that has the folder already; undefined when it is ours now
 */
export const claimFolder = (home: string): number | undefined => {
  mkdirSync(home, { recursive: true });
  const claim = draft(home, { process: ownIdentity() });
  for (;;) {
    try {
      // A link is there whole or not at all, and never takes the place of another.
      linkSync(claim, fileIn(home));
      rmSync(claim);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = folderOwner(home);
    if (other) {
      rmSync(claim);
      return other.pid;
    }
    rmSync(fileIn(home), { force: true });
  }
};

/** Tells other shells about the account, in the folder that was claimed for it. */
export const writeAccountFile = (home: string, account: Omit<AccountFile, 'process'>): AccountFile => {
  const file = { process: ownIdentity(), ...account };
  renameSync(draft(home, file), fileIn(home));
  return file;
};

/** Gives the folder back. One that belongs to another process stays as it is. */
export const releaseFolder = (home: string): void => {
  const claim = Claim.safeParse(contentOf(home));
  if (claim.success && claim.data.process.pid !== process.pid) return;
  rmSync(fileIn(home), { force: true });
};

/** The local account that runs now, or undefined: one that still starts, or crashed, does not count. */
export const readAccountFile = (home: string): AccountFile | undefined => {
  const file = AccountFile.safeParse(contentOf(home));
  return file.success && lives(file.data.process) ? file.data : undefined;
};

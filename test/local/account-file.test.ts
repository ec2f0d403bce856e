import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportLines } from '../../cli/commands/local.ts';
import {
  type AccountFile,
  claimFolder,
  readAccountFile,
  releaseFolder,
  writeAccountFile,
} from '../../local/account-file.ts';
import { ownIdentity } from '../../local/engine/process-table.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const anAccountFile = (more: Partial<AccountFile> = {}): AccountFile => ({
  process: ownIdentity(),
  accountId: '111122223333',
  regions: ['us-east-1'],
  environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_SECRET_ACCESS_KEY: `it's` },
  certificateAuthorityFile: '/ca.pem',
  folder: '/run',
  speed: 30,
  ...more,
});

describe('the account file', () => {
  it('tells other shells about a running account, and only its owner can read it', () => {
    writeAccountFile(home, anAccountFile());
    expect(readAccountFile(home)).toEqual(anAccountFile());
    expect(statSync(path.join(home, 'account.json')).mode & 0o777).toBe(0o600);
    releaseFolder(home);
    expect(readAccountFile(home)).toBeUndefined();
  });

  it.each([
    // The highest process id that Linux gives out is 2^22; this one cannot live.
    ['is no more', { pid: 4_194_305, startTicks: 1 }],
    ['is another one by now', { pid: process.pid, startTicks: 1 }],
  ])('does not count when the process that wrote it %s, and the folder is free', (_what, identity) => {
    writeFileSync(path.join(home, 'account.json'), JSON.stringify(anAccountFile({ process: identity })));
    expect(readAccountFile(home)).toBeUndefined();
    expect(claimFolder(home)).toBeUndefined();
  });

  it.each(['', '{', '{"process":{"pid":1}}', '[]'])(
    'does not count when it says %j, and nothing falls over it',
    (text) => {
      writeFileSync(path.join(home, 'account.json'), text);
      expect(readAccountFile(home)).toBeUndefined();
      expect(claimFolder(home)).toBeUndefined();
    },
  );
});

describe('a folder', () => {
  it('belongs to the first that starts in it, before its account runs', () => {
    expect(claimFolder(home)).toBeUndefined();
    expect(readAccountFile(home)).toBeUndefined();
    expect(claimFolder(home)).toBe(process.pid);
    releaseFolder(home);
    expect(claimFolder(home)).toBeUndefined();
  });

  it('is not given back by anybody else', () => {
    const others = JSON.stringify(anAccountFile({ process: { pid: process.ppid, startTicks: 1 } }));
    writeFileSync(path.join(home, 'account.json'), others);
    releaseFolder(home);
    expect(existsSync(path.join(home, 'account.json'))).toBe(true);
  });
});

describe('exportLines', () => {
  it('survives whatever a shell would take as its own', () => {
    expect(exportLines(anAccountFile())).toEqual([
      "export AWS_ENDPOINT_URL='http://127.0.0.1:1'",
      "export AWS_SECRET_ACCESS_KEY='it'\\''s'",
    ]);
  });
});

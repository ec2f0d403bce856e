import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportLines } from '../../cli/commands/local.ts';
import { type AccountFile, readAccountFile, removeAccountFile, writeAccountFile } from '../../local/account-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const anAccountFile = (more: Partial<AccountFile> = {}): AccountFile => ({
  pid: process.pid,
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
    removeAccountFile(home);
    expect(readAccountFile(home)).toBeUndefined();
  });

  it('does not count when the account crashed, and is taken away', () => {
    // The highest process id that Linux gives out is 2^22; this one cannot live.
    writeAccountFile(home, anAccountFile({ pid: 4_194_305 }));
    expect(readAccountFile(home)).toBeUndefined();
    expect(existsSync(path.join(home, 'account.json'))).toBe(false);
  });

  it('does not count when somebody else wrote it', () => {
    writeAccountFile(home, anAccountFile());
    const file = path.join(home, 'account.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"speed": 30', '"speed": "fast"'));
    expect(readAccountFile(home)).toBeUndefined();
  });
});

describe('exportLines', () => {
  it('survives whatever a shell would take as its own', () => {
    expect(exportLines(anAccountFile())).toEqual([
      "export AWS_ENDPOINT_URL='http://127.0.0.1:1'",
      "export AWS_SECRET_ACCESS_KEY='it'\\''s'",
      "export AWS_ENDPOINT_URL_SQS='http://127.0.0.1:1'",
    ]);
  });
});

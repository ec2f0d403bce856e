import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator } from '../../builders/a-world.ts';
import { type AnS3, anS3 } from './a-bucket.ts';

const awsCli = (() => {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
})();

/** Each call starts a Python: seconds on a busy machine. */
const SLOW = { timeout: 90_000 };

describe.skipIf(!awsCli)('the Python AWS CLI (skipped where there is no aws on PATH)', SLOW, () => {
  let made: AnS3;
  let bucket: string;
  beforeAll(async () => {
    made = await anS3();
    bucket = await made.aBucket();
  });
  afterAll(() => made.close());

  const aws = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('aws', args, {
      env: { ...process.env, ...made.world.environmentFor(operator, 'us-east-1') },
    });
    return stdout;
  };
  const file = (name: string) => path.join(made.world.folder, name);

  it('carries files there and back, and lists them', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
    writeFileSync(file('sent'), bytes);
    await aws('s3', 'cp', file('sent'), `s3://${bucket}/drills/a b+é`);
    expect(await aws('s3', 'ls', `s3://${bucket}/drills/`)).toMatch(/ 1000 a b\+é\n$/);
    await aws('s3', 'cp', `s3://${bucket}/drills/a b+é`, file('received'));
    expect(new Uint8Array(readFileSync(file('received')))).toEqual(bytes);
    await aws('s3', 'rm', `s3://${bucket}/drills/`, '--recursive');
    const left = await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--query', 'Contents', '--output', 'json');
    expect(JSON.parse(left)).toBeNull();
  });

  it('gets errors in its own words', async () => {
    const get = aws('s3api', 'get-object', '--bucket', bucket, '--key', 'nobody', file('nobody'));
    await expect(get).rejects.toThrow('An error occurred (NoSuchKey) when calling the GetObject operation');
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Evidence } from '../../../infra/evidence.ts';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import { deploy, refuseUnknownTypes } from '../../../local/assembly/deploy.ts';
import { ACCOUNT_ID } from '../../builders/a-world.ts';
import { type AnS3, anS3 } from './a-bucket.ts';

let made: AnS3;
let outdir: string;
beforeAll(async () => {
  made = await anS3();
  outdir = mkdtempSync(path.join(tmpdir(), 'evidence-'));
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
  const app = new App({ context, outdir, analyticsReporting: false });
  new Evidence(new Stack(app, 'Stack', { env: { account: ACCOUNT_ID, region: 'us-east-1' } }), 'Evidence');
  app.synth();
  const builders = made.service.resources ?? {};
  const stacks = readCloudAssembly(outdir);
  refuseUnknownTypes(stacks, builders);
  for (const stack of stacks) await deploy(stack, builders);
});
afterAll(async () => {
  await made.close();
  rmSync(outdir, { recursive: true });
});

test('the bucket that the CDK makes for evidence keeps an object for 400 days', async () => {
  const Bucket = `autopilot-evidence-${ACCOUNT_ID}-us-east-1`;
  const { Expiration = '' } = await made.s3.send(new PutObjectCommand({ Bucket, Key: 'drills/1', Body: 'log' }));
  const [, date = ''] = /^expiry-date="([^"]+)", rule-id="expire-with-the-ledger"$/.exec(Expiration) ?? [];
  const days = (Date.parse(date) - made.world.clock.now()) / 86_400_000;
  expect(days).toBeGreaterThan(399.9);
  expect(days).toBeLessThan(401);
  expect((await made.get({ Bucket, Key: 'drills/1' })).text).toBe('log');
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { autopilotApp } from '../../infra/autopilot-app.ts';
import { noCode } from '../../infra/function-code.ts';
import { aConfiguration, aVpc } from '../builders/a-configuration.ts';

describe('the checks at synthesis', () => {
  it('find nothing but the fault that was put there for them', { timeout: 20_000 }, () => {
    const outdir = mkdtempSync(path.join(tmpdir(), 'checked-'));
    const regions = { 'us-east-1': { vpcs: [aVpc('0a1b2c3d')] } };
    const configuration = aConfiguration({ regions, drRegion: undefined });
    const app = autopilotApp({ configuration, functionCode: noCode, outdir });
    const stack = app.node.children.find((child) => Stack.isStack(child)) ?? expect.fail('the app has no stack');
    new Queue(stack, 'WithoutTls');

    expect(() => app.synth()).toThrow('AwsSolutions-SQS4');
    const report = readFileSync(path.join(outdir, 'validation-report.json'), 'utf8');
    const places = [...report.matchAll(/"constructPath": ?"([^"]+)"/g)].map(([, place]) => place);
    rmSync(outdir, { recursive: true });
    expect(new Set(places)).toEqual(new Set(['autopilot-us-east-1/WithoutTls/Resource']));
  });
});

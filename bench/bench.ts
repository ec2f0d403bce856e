/**
 * `npm run bench`: how soon the local account is ready, how soon a 3x2 cluster is available, how much memory it all
 * takes, how large each function's bundle is, and the cold paths of a creation. Medians; the last line is JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { synthesize } from '../local/synthesize.ts';
import { measureColdPaths } from './cold-path.ts';
import { realCalls } from './function-calls.ts';
import { measureLocalAccount, measureMemory, withAccount } from './local-account.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-bench-'));
try {
  const assembly = path.join(folder, 'cdk.out');
  await synthesize(assembly);
  const local = await measureLocalAccount(assembly);
  const inside = await withAccount(assembly, async (account) => {
    const calls = await realCalls(account);
    return { ...(await measureMemory(account)), ...(await measureColdPaths(calls, folder)) };
  });
  const figures = Object.entries({ ...local, ...inside }).map(
    ([name, value]) => [name, Number(value.toPrecision(3))] as const,
  );
  for (const [name, value] of figures) console.log(`${name.padEnd(56)} ${value}`);
  console.log(JSON.stringify(Object.fromEntries(figures)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

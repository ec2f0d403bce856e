import { execFile } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { bundleOptions } from '../infra/bundle.ts';
import type { FunctionCall } from './function-calls.ts';
import { median } from './median.ts';

/** Runs of each of the two kinds; the first pair only warms the disk's cache. */
const RUNS = 11;
const REPOSITORY = path.resolve(import.meta.dirname, '..');

/** The way it is usually written: every client is made when the module loads, whether this function calls it or not. */
const eagerClients: Plugin = {
  name: 'eager-clients',
  setup(builder) {
    builder.onLoad({ filter: /functions\/platform\/once\.ts$/ }, () => ({
      contents: 'export const once = (make) => { const value = make(); return () => value; };',
      loader: 'ts',
    }));
    builder.onLoad({ filter: /functions\/platform\/clients\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll('/* @__PURE__ */ ', ''),
      loader: 'ts',
    }));
  },
};

/** The source file of a function: functions are named after it. */
const entryOf = (functionName: string): string => {
  const entries = globSync('functions/*/*.ts', { cwd: REPOSITORY }).map((file) => file.slice('functions/'.length, -3));
  const entry = entries.find((each) => {
    const name = `autopilot-${each.replace('/', '-')}`;
    // A function in a VPC has the VPC's id behind its name.
    return functionName === name || functionName.startsWith(`${name}-vpc-`);
  });
  if (!entry) throw new Error(`No file below functions/ has the name of ${functionName}`);
  return entry;
};

/** Milliseconds from the start of loading a function to the first answer that its first call gets. */
const coldCall = async (bundle: string, { environment, payload }: FunctionCall): Promise<number> => {
  const script = path.join(import.meta.dirname, 'one-cold-call.ts');
  const env = { ...environment, PATH: process.env.PATH };
  const { stdout } = await promisify(execFile)(process.execPath, [script, bundle, payload], { env });
  return Number(stdout.trim().split('\n').at(-1));
};

/**
 * Each function's bundle, and the cold path of those that have a call, beside the same handler with eager clients. The two
 * take turns, so that a machine that slows down slows both.
 */
export const measureColdPaths = async (
  calls: ReadonlyMap<string, FunctionCall | undefined>,
  folder: string,
): Promise<Readonly<Record<string, number>>> => {
  const byEntry = new Map([...calls].map(([functionName, call]) => [entryOf(functionName), call]));
  const kinds = { lazy: [], eager: [eagerClients] } as const;
  for (const [kind, plugins] of Object.entries(kinds)) {
    const outdir = path.join(folder, kind);
    await build({ ...bundleOptions([...byEntry.keys()]), outdir, sourcemap: false, plugins: [...plugins] });
  }

  const figures: Record<string, number> = {};
  const all: { readonly lazyMs: number; readonly ratio: number }[] = [];
  for (const [entry, call] of byEntry) {
    const lazy = path.join(folder, 'lazy', entry, 'index.cjs');
    const name = entry.replaceAll(/[/-]/g, '_');
    figures[`${name}_bundle_kb`] = statSync(lazy).size / 1000;
    figures[`${name}_bundle_gzip_kb`] = gzipSync(readFileSync(lazy)).length / 1000;
    if (!call) {
      console.log(`${entry}: its cold path is not measured, since the creations here do not call it`);
      continue;
    }
    const eager = path.join(folder, 'eager', entry, 'index.cjs');
    const pairs: { readonly lazyMs: number; readonly ratio: number }[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const lazyMs = await coldCall(lazy, call);
      const eagerMs = await coldCall(eager, call);
      if (run > 0) pairs.push({ lazyMs, ratio: lazyMs / eagerMs });
    }
    figures[`${name}_cold_ms`] = median(pairs.map(({ lazyMs }) => lazyMs));
    figures[`${name}_cold_to_eager`] = median(pairs.map(({ ratio }) => ratio));
    all.push(...pairs);
  }
  return {
    ...figures,
    measured_functions_cold_ms: median(all.map(({ lazyMs }) => lazyMs)),
    measured_functions_cold_to_eager: median(all.map(({ ratio }) => ratio)),
  };
};

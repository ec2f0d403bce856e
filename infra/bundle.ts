import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';
import type { FunctionCode } from './function-code.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '..');

/** Every bundle, below a folder of its own for each entry, so that a change to one function redeploys only that one. */
const BUNDLES = path.join(REPOSITORY, 'dist');

/** How the entries are bundled, each into `<entry>/index.cjs`. */
export const bundleOptions = (entries: readonly string[]): BuildOptions => ({
  absWorkingDir: REPOSITORY,
  entryPoints: entries.map((entry) => ({ in: `functions/${entry}.ts`, out: `${entry}/index` })),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  mainFields: ['module', 'main'],
  // `bundled` picks, of package.json's imports, what needs no files beside the code; naming it drops the default `module`.
  conditions: ['bundled', 'module'],
  loader: { '.wasm': 'binary', '.ttf': 'binary' },
  sourcemap: 'external',
  legalComments: 'none',
  logLevel: 'silent',
});

/**
 * Bundles all entries in one call of esbuild: one child process and one parse of what they share, instead of one a function.
 * CommonJS, because it starts about 20 ms faster than ESM; the SDK is inside, because that is faster and its version is ours.
 *
 * @param entries e.g. `creation/plan` for `functions/creation/plan.ts`
 * @throws Error with esbuild's messages when an entry is missing or does not compile
 */
export const bundle = (entries: readonly string[]): FunctionCode => {
  const { outputFiles = [] } = buildSync({ ...bundleOptions(entries), outdir: BUNDLES, write: false });
  for (const { path: file, contents } of outputFiles) writeWhenChanged(file, contents);

  return (entry) => {
    if (!entries.includes(entry)) throw new Error(`functions/${entry}.ts was not bundled`);
    // The map stays in dist/ for whoever reads a stack trace; the function does without.
    return Code.fromAsset(path.join(BUNDLES, entry), { exclude: ['*.map'] });
  };
};

/** Another synthesis may be reading the same file: it sees the old bundle or the new one, never half of one. */
const writeWhenChanged = (file: string, contents: Uint8Array): void => {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const unfinished = path.join(BUNDLES, `.${process.pid}-${path.basename(path.dirname(file))}-${path.basename(file)}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
};

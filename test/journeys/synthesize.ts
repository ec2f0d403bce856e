import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/synthesize.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the cloud assembly that all journeys run. */
    assembly: string;
  }
}

/** Synthesizes the app once for all journeys: they run what would be deployed. */
export default async (project: TestProject): Promise<() => void> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-assembly-'));
  await synthesize(folder);
  project.provide('assembly', folder);
  return () => rmSync(folder, { recursive: true, force: true });
};

import { defineConfig } from 'vitest/config';

/** Tests that measure time by real clients: what else runs at the same time would be in their figures. */
const MEASURING = ['test/failover-drill/probe/{conformance,real-engine}.test.ts'];

/** Thousands of interleavings of one workflow: minutes, for which nobody waits all day. */
const MODELS = ['test/**/never-*.test.ts'];

/**
 * Five projects, by how much of the house and of the day they need: `unit` runs all day (`npm run check`), `model` tries every
 * interleaving, `local` proves the local account, `journeys` tells whole stories in it, and `measuring` runs when they are done, alone.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/local/**', 'test/journeys/**', ...MODELS, ...MEASURING],
          // Unit tests leave nothing behind, so that CDK and the SDK are loaded once for all of them.
          isolate: false,
        },
      },
      { test: { name: 'model', include: MODELS } },
      {
        test: { name: 'local', include: ['test/local/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 },
      },
      {
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts'],
          globalSetup: ['test/journeys/synthesize.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each journey file boots a whole account with real Redis processes: one at a time on two cores.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'measuring',
          include: MEASURING,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

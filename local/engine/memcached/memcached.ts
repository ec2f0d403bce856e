import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ProgramLocation } from '../program.ts';
import { runCluster } from './cluster.ts';
import { findMemcached } from './find-memcached.ts';
import { startMemcachedNode } from './node.ts';
import type { Memcached, RunningMemcached } from './types.ts';

export interface MemcachedOptions {
  /** Each cluster has a folder in it while it runs. */
  readonly folder: string;
  /** `<cluster id>-<node id>.log`, which outlive the clusters. */
  readonly logFolder: string;
  readonly find?: () => Promise<ProgramLocation>;
}

/** Starts the memcached processes of one account and answers for their end. */
export const createMemcached = (options: MemcachedOptions): Memcached => {
  const { find = () => findMemcached() } = options;
  const folder = path.resolve(options.folder);
  const logFolder = path.resolve(options.logFolder);
  const closing = new AbortController();
  const running = new Set<RunningMemcached>();
  const starting = new Set<Promise<unknown>>();
  let finding: Promise<ProgramLocation> | undefined;

  /** Found once. A search that failed is made anew: somebody may have installed it meanwhile. */
  const program = (): Promise<ProgramLocation> => {
    finding ??= find().catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    return finding;
  };

  return {
    async ready() {
      await program();
    },
    start(shape) {
      const clusterFolder = path.join(folder, shape.id);
      const work = (async () => {
        closing.signal.throwIfAborted();
        const location = await program();
        mkdirSync(logFolder, { recursive: true, mode: 0o700 });
        const clean = () => rmSync(clusterFolder, { recursive: true, force: true });
        const cluster = await runCluster({
          shape,
          signal: closing.signal,
          startNode: (id, settings) =>
            startMemcachedNode({
              id,
              settings,
              program: location,
              folder: path.join(clusterFolder, id),
              logFile: path.join(logFolder, `${shape.id}-${id}.log`),
              signal: closing.signal,
            }),
          stopped() {
            running.delete(cluster);
            clean();
          },
        }).catch((error: unknown) => {
          clean();
          throw error;
        });
        running.add(cluster);
        return cluster;
      })();
      starting.add(work);
      const done = () => starting.delete(work);
      work.then(done, done);
      return work;
    },
    async stop() {
      closing.abort(new Error('The account is stopping.'));
      await Promise.allSettled(starting);
      await Promise.all([...running].map((cluster) => cluster.stop()));
    },
  };
};

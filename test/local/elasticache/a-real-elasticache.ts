import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { RunningCache } from '../../../local/engine/types.ts';
import type { Service } from '../../../local/service.ts';
import { createElastiCache, type ElastiCacheHandle } from '../../../local/services/elasticache/elasticache.ts';
import type { Delays } from '../../../local/services/elasticache/settings.ts';
import { aWorld } from '../../builders/a-world.ts';
import { knock } from '../engine/an-engine.ts';
import { aNetwork } from './an-elasticache.ts';

/** ElastiCache over the wire, with real processes for its nodes. */
export interface ARealElastiCache {
  readonly client: ElastiCacheClient;
  readonly handle: ElastiCacheHandle & Service;
  readonly caPem: string;
  /** The processes of a cache in us-east-1, or a failed test. */
  running(id: string): RunningCache;
  nodeIds(id: string): readonly string[];
  /** What each node of a cache answers to somebody's first PING: the first word of it. */
  knockAtEach(id: string, credentials: { readonly username?: string; readonly password?: string }): Promise<string[]>;
  close(): Promise<void>;
}

export const aRealElastiCache = async (delays: Partial<Delays> = {}): Promise<ARealElastiCache> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-elasticache-'));
  const certificates = await createCertificates(path.join(folder, 'certificates'));
  const engine = createEngine({
    binary: await findEngine(),
    certificates,
    folder: path.join(folder, 'nodes'),
    logFolder: path.join(folder, 'logs'),
  });
  let handle: (ElastiCacheHandle & Service) | undefined;
  const world = await aWorld({
    speed: 200,
    services: [
      (inner) => {
        const service = createElastiCache(inner, { engine, network: aNetwork, delays });
        handle = service;
        return service;
      },
    ],
  });
  if (!handle) throw new Error('ElastiCache was not made');
  const made = handle;
  const { caPem } = certificates;
  const running = (id: string) => {
    const found = made.running('us-east-1', id);
    if (!found) throw new Error(`The cache ${id} is not running.`);
    return found;
  };
  const nodeIds = (id: string) => running(id).shape.shards.flatMap(({ nodes }) => nodes.map((node) => node.id));
  return {
    client: world.operatorClient(ElastiCacheClient),
    handle: made,
    caPem,
    running,
    nodeIds,
    knockAtEach: (id, credentials) =>
      Promise.all(
        nodeIds(id).map(async (nodeId) => {
          const answer = await knock(running(id).nodeAddress(nodeId), { caPem, ...credentials });
          return answer.split(' ')[0] ?? '';
        }),
      ),
    async close() {
      await world.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

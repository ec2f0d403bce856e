import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateReplicationGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { type Account, startAccount } from '../local/account.ts';
import { median, repeat } from './median.ts';

const RUNS = 5;
/** As `npm start`. */
const SPEED = 30;
const POLL_MS = 50;

/** Runs something in a local account of its own, which is gone afterwards. */
export const withAccount = async <T>(
  assembly: string,
  use: (account: Account, readyMs: number) => Promise<T>,
): Promise<T> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'autopilot-bench-'));
  const began = performance.now();
  const account = await startAccount({ assembly, folder, speed: SPEED });
  const readyMs = performance.now() - began;
  try {
    return await use(account, readyMs);
  } finally {
    await account.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Resident memory of this process, the whole local account but its Redis nodes, bytes. */
const ownBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;

/** Seconds from CreateReplicationGroup until Describe says `available`, 3 shards x 2 replicas with TLS and AUTH. */
const createCluster = async (account: Account, id: string): Promise<number> => {
  const client = account.world.client(ElastiCacheClient, account.operator, account.regions[0]);
  const began = performance.now();
  await client.send(
    new CreateReplicationGroupCommand({
      ReplicationGroupId: id,
      ReplicationGroupDescription: 'measured',
      Engine: 'redis',
      CacheNodeType: 'cache.t4g.small',
      NumNodeGroups: 3,
      ReplicasPerNodeGroup: 2,
      AutomaticFailoverEnabled: true,
      CacheParameterGroupName: 'default.redis7.cluster.on',
      TransitEncryptionEnabled: true,
      AuthToken: 'a-token-only-for-the-bench',
    }),
  );
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    // Right after the creation ElastiCache may not know the group yet.
    const found = await client
      .send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: id }))
      .catch((error: Error) => {
        if (error.name === 'ReplicationGroupNotFoundFault') return { ReplicationGroups: [] };
        throw error;
      });
    if (found.ReplicationGroups?.[0]?.Status === 'available') return (performance.now() - began) / 1000;
  }
};

/** How soon the local account answers, and how soon a production-sized cluster is there. */
export const measureLocalAccount = async (assembly: string): Promise<Readonly<Record<string, number>>> => {
  const ready = await repeat(RUNS, () => withAccount(assembly, async (_account, readyMs) => readyMs / 1000));
  const cluster = await withAccount(assembly, (account) =>
    repeat(RUNS, (run) => createCluster(account, `bench-${run}`)),
  );
  return { local_ready_seconds: median(ready), cluster_3x2_available_seconds: median(cluster) };
};

/** What a 3x2 cluster, what is there already, and the account itself take together, MiB of resident memory. */
export const measureMemory = async (account: Account): Promise<Readonly<Record<string, number>>> => {
  await createCluster(account, 'bench-memory');
  return { resident_mib: (ownBytes() + account.engine.residentBytes()) / (1 << 20) };
};

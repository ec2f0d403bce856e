import { gunzipSync } from 'node:zlib';
import { DescribeEventsCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { ProbeLog } from '../../functions/failover-drill/probe-log.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { HOME_REGION, type JourneyAccount } from './an-account.ts';

export const evidenceBucket = (account: JourneyAccount): string =>
  `autopilot-evidence-${account.world.accountId}-${HOME_REGION}`;

/** Every object of the evidence bucket by its key, unpacked. */
export const allEvidence = async (account: JourneyAccount, prefix = ''): Promise<ReadonlyMap<string, Buffer>> => {
  const client = account.as(S3Client);
  const Bucket = evidenceBucket(account);
  const objects = new Map<string, Buffer>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })) {
    for (const { Key = '' } of Contents) {
      const { Body, ContentEncoding } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      objects.set(Key, ContentEncoding === 'gzip' ? gunzipSync(bytes) : bytes);
    }
  }
  return objects;
};

/** What one drill has left as evidence. A part that is not there is undefined. */
export const drillEvidence = async (account: JourneyAccount, cacheId: string, operationId: string) => {
  const folder = `drills/${cacheId}/${operationId}`;
  const objects = await allEvidence(account, `${folder}/`);
  const log = objects.get(`${folder}/probe-log.json.gz`);
  return {
    log: log && ProbeLog.parse(JSON.parse(log.toString())),
    svg: objects.get(`${folder}/timeline.svg`)?.toString(),
    png: objects.get(`${folder}/timeline.png`),
  };
};

/** Keys that a prober wrote and that any node of the cache still has: one that is down has none, and comes back empty. */
export const probeKeys = async (account: JourneyAccount, cacheId: string): Promise<readonly string[]> => {
  const running = account.service<Service & ElastiCacheHandle>('elasticache').running(HOME_REGION, cacheId);
  if (!running) throw new Error(`${cacheId} is not there`);
  const keys: string[] = [];
  for (const { id } of running.shape.shards.flatMap(({ nodes }) => nodes)) {
    if (!running.isRunning(id)) continue;
    keys.push(...((await running.command(id, 'KEYS', 'autopilot:drill:*')) as string[]).map((key) => `${id} ${key}`));
  }
  return keys;
};

/** How often a failover of the cache was ordered, by ElastiCache’s own account. */
export const failoversOrdered = async (account: JourneyAccount, cacheId: string): Promise<number> => {
  const { Events = [] } = await account
    .as(ElastiCacheClient)
    .send(
      new DescribeEventsCommand({ SourceType: 'replication-group', SourceIdentifier: cacheId, Duration: 14 * 24 * 60 }),
    );
  return Events.filter(({ Message = '' }) => Message.startsWith('Test Failover API called')).length;
};

import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  ElastiCacheClient,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listCaches } from '../../cli/caches.ts';
import { answer } from '../../cli/commands/answer.ts';
import { useCache } from '../../cli/demo/application.ts';
import type { Followed } from '../../cli/follow.ts';
import type { LambdaService } from '../../local/services/lambda/lambda.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus } from './bus-listener.ts';
import { keysThatRemain } from './keys-that-remain.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
});
afterAll(() => account?.stop());

let count = 0;
/** Asks for the cache as `autopilot create` does. */
const apply = (spec: object, more: object = {}): Promise<Followed> => {
  count += 1;
  return account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act', ...more }, `change-${count}`);
};
const said = ({ status, error, cause, output, steps }: Followed) =>
  `${status} ${error} ${cause} ${JSON.stringify(output)} ${steps.map(({ name }) => name).join(' → ')}`;

const groupOf = async (id: string) => {
  const { ReplicationGroups = [] } = await account
    .as(ElastiCacheClient)
    .send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: id }));
  return ReplicationGroups[0];
};
const memberOf = async (id: string) => {
  const CacheClusterId = (await groupOf(id))?.MemberClusters?.[0] ?? '';
  const { CacheClusters = [] } = await account
    .as(ElastiCacheClient)
    .send(new DescribeCacheClustersCommand({ CacheClusterId }));
  return CacheClusters[0];
};
const tagsOf = async (id: string) => {
  const ResourceName = (await groupOf(id))?.ARN ?? '';
  const { TagList = [] } = await account.as(ElastiCacheClient).send(new ListTagsForResourceCommand({ ResourceName }));
  return Object.fromEntries(TagList.map(({ Key = '', Value = '' }) => [Key, Value]));
};
const mutatingCalls = () => {
  const lines = readFileSync(path.join(account.folder, 'logs', 'api.log'), 'utf8').split('\n');
  const changing =
    /(elasticache|secretsmanager):(Create|Modify|Delete|Put|Update|Add|Remove|Increase|Decrease|Reboot|Reset|Restore)/;
  return lines.filter((line) => changing.test(line)).length;
};

const listed = async (cacheId: string) => {
  const cache = (await listCaches(HOME_REGION)).find(({ id }) => id === cacheId);
  if (!cache) throw new Error(`${cacheId} is not there`);
  return cache;
};
const authority = () => account.world.certificateAuthority.certFile;
/** Writes 60 keys as an application. */
const useNamed = async (cacheId: string) => useCache(await listed(cacheId), HOME_REGION, authority());
/** How many of them an application still reads. */
const remaining = async (cacheId: string) => keysThatRemain(account, await listed(cacheId));
/** A person has been asked. */
const asked = (operationId: string) =>
  eventually(
    () => bus.heard(),
    (events) =>
      events.some((event) => event['detail-type'] === 'ApprovalRequested' && event.detail.operationId === operationId),
  );
const lambda = () => account.service<LambdaService>('lambda');
/** The function is killed as soon as each of these calls is carried out, before it hears of it. */
const dieAfter = (...operations: readonly string[]) => {
  for (const operation of operations) {
    lambda().killOnNextCall('autopilot-creation-change', { afterApiCall: `elasticache:${operation}` });
  }
};
/** What the operation asked for last says that it has done. */
const stepsTaken = async (): Promise<readonly string[]> => {
  const closed = (events: Awaited<ReturnType<typeof bus.heard>>) =>
    events.find(
      (event) => event['detail-type'] === 'OperationClosed' && event.detail.operationId === `change-${count}`,
    );
  const { figures } =
    closed(
      await eventually(
        () => bus.heard(),
        (events) => closed(events) !== undefined,
      ),
    )?.detail ?? {};
  return z.object({ steps: z.array(z.string()) }).parse(figures).steps;
};

describe('a cluster', () => {
  const orders = (more: object = {}) => aClusterSpec(more);

  it('is changed where its specification changed, each thing by the call for it, and not where it did not', async () => {
    expect((await apply(orders())).status).toBe('SUCCEEDED');
    const changed = orders({
      description: 'Orders of both shops',
      snapshotRetentionLimit: 3,
      snapshotWindow: '02:00-03:00',
      tags: { Owner: 'shop', Team: 'checkout' },
      parameters: { 'maxmemory-policy': 'allkeys-lfu', 'maxmemory-samples': '10' },
      cacheNodeType: 'cache.t4g.medium',
    });
    const before = mutatingCalls();
    const run = await apply(changed);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Changed', evidence: { tls: true } });
    expect(mutatingCalls() - before).toBe(4);
    expect(await groupOf('orders')).toMatchObject({
      Description: expect.stringMatching(/^Orders of both shops \(autopilot:operation=/),
      SnapshotRetentionLimit: 3,
      SnapshotWindow: '02:00-03:00',
      CacheNodeType: 'cache.t4g.medium',
    });
    expect(await tagsOf('orders')).toMatchObject({ Owner: 'shop', Team: 'checkout', 'autopilot:managed': 'true' });

    const again = mutatingCalls();
    expect((await apply(changed)).output).toMatchObject({ outcome: 'nothing-to-do', reason: 'AlreadyAsSpecified' });
    expect(mutatingCalls()).toBe(again);
  });

  it('loses the tags that its specification gives up, and keeps those that somebody else has set', async () => {
    dieAfter('RemoveTagsFromResource', 'ResetCacheParameterGroup');
    const run = await apply(
      orders({
        description: 'Orders of both shops',
        cacheNodeType: 'cache.t4g.medium',
        tags: { Team: 'checkout' },
        parameters: { 'maxmemory-policy': 'allkeys-lfu' },
      }),
    );
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Changed' });
    // A parameter that is reset twice is the same, so nobody looks whether it was.
    expect(await stepsTaken()).toEqual([
      'remove the tag Owner (found done)',
      'set maxmemory-samples back to the engine’s default',
    ]);
    const tags = await tagsOf('orders');
    expect(tags).toMatchObject({ Team: 'checkout', 'autopilot:managed': 'true', 'autopilot:mode': 'observe' });
    expect(tags).not.toHaveProperty('Owner');
  });

  it('is not changed at all when one part of the change needs another cache', async () => {
    const before = mutatingCalls();
    const run = await apply(orders({ tags: { Team: 'other' }, atRestEncryptionEnabled: true }));
    expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason: 'NeedsReplacement' });
    expect(mutatingCalls()).toBe(before);
  });
});

describe('a pair without cluster mode', () => {
  it('gets a token, which is offered first and demanded then, and a client without it is refused', async () => {
    const open = aPairSpec({ authToken: undefined });
    expect((await apply(JSON.parse(JSON.stringify(open)))).output).toMatchObject({ evidence: { authRequired: false } });
    // Also when nobody hears that the token was taken, the first time and the second.
    dieAfter('ModifyReplicationGroup', 'ModifyReplicationGroup');
    const run = await apply(aPairSpec());
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      reason: 'Changed',
      evidence: { authRequired: true },
    });
    expect((await stepsTaken()).slice(1)).toEqual([
      'let clients come with the token, while the cache stays open to everybody until the token is demanded (found done)',
      'let nobody in without the token (found done)',
    ]);
    expect(run.steps.filter(({ name }) => name === 'Take the next step')).toHaveLength(2);
    expect(run.steps.map(({ name }) => name)).toContain('Complete the secret');
    expect(JSON.stringify(run.output)).not.toContain('But the secret');
    expect(await groupOf('sessions')).toMatchObject({ AuthTokenEnabled: true });
    expect((await memberOf('sessions'))?.PendingModifiedValues ?? {}).not.toHaveProperty('AuthTokenStatus');
  });
});

describe('a parameter that only a starting node takes', () => {
  it('is given up by restarts that a person has read of before, one after the other, until no node waits', async () => {
    const baskets = (more: object = {}) => ({ ...aPairSpec({ authToken: undefined, ...more }), cacheId: 'baskets' });
    const set = JSON.parse(JSON.stringify(baskets({ parameters: { activerehashing: 'no' } })));
    expect((await apply(set)).output).toMatchObject({ outcome: 'done' });
    const arn = await account.startWorkflow(
      'create-cache',
      { spec: JSON.parse(JSON.stringify(baskets())), requestedBy: 'alice', mode: 'act' },
      'baskets-without',
    );
    await asked('baskets-without');
    dieAfter('RebootCacheCluster');
    expect(await answer('baskets-without', 'approve', { local: false })).toBe(0);
    const run = await account.finish(arn);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect(run.output).toMatchObject({
      summary: expect.stringMatching(
        /use the parameter group default\.valkey8; take the snapshot [^;]*; restart baskets-001, [^;]*; restart baskets-002/,
      ),
    });
    expect((await memberOf('baskets'))?.CacheParameterGroup).toMatchObject({
      CacheParameterGroupName: 'default.valkey8',
      ParameterApplyStatus: 'in-sync',
    });
    expect((await apply(JSON.parse(JSON.stringify(baskets())))).output).toMatchObject({ outcome: 'nothing-to-do' });
  });
});

describe('a cluster of another size', () => {
  const stock = (more: object = {}) =>
    aClusterSpec({
      cacheId: 'stock',
      engineVersion: '7.0',
      parameters: { 'maxmemory-policy': 'allkeys-lru' },
      ...more,
    });
  const steps = (run: Followed) => run.steps.filter(({ name }) => name === 'Take the next step').length;

  it('gets shards, replicas and a newer engine, each once although its function dies in the middle, and keeps every key', async () => {
    expect((await apply(stock())).status).toBe('SUCCEEDED');
    await useNamed('stock');
    dieAfter('IncreaseReplicaCount', 'CreateSnapshot', 'ModifyReplicationGroup');
    const run = await apply(stock({ numNodeGroups: 3, replicasPerNodeGroup: 2, engineVersion: '7.1' }));
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      reason: 'Changed',
      evidence: { shards: [{ replicas: 2 }, { replicas: 2 }, { replicas: 2 }] },
    });
    // More replicas, a snapshot, the upgrade, more shards.
    expect(steps(run)).toBe(4);
    expect((await stepsTaken()).map((step) => step.endsWith('(found done)'))).toEqual([true, true, true, false]);
    expect(await remaining('stock')).toBe(60);
    expect((await memberOf('stock'))?.EngineVersion).toBe('7.1.0');
    const ofStock = new DescribeSnapshotsCommand({ ReplicationGroupId: 'stock' });
    const { Snapshots = [] } = await account.as(ElastiCacheClient).send(ofStock);
    expect(Snapshots.map(({ SnapshotName }) => SnapshotName)).toEqual([
      expect.stringMatching(/^stock-before-[0-9a-f]{8}$/),
    ]);
  });

  it('gets smaller again, and keeps every key', async () => {
    dieAfter('ModifyReplicationGroupShardConfiguration', 'ModifyReplicationGroup', 'DecreaseReplicaCount');
    const smaller = stock({ numNodeGroups: 2, replicasPerNodeGroup: 0, multiAZEnabled: false, engineVersion: '7.1' });
    const run = await apply(smaller);
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      evidence: { shards: [{ replicas: 0 }, { replicas: 0 }] },
    });
    expect((await stepsTaken()).every((step) => step.endsWith('(found done)'))).toBe(true);
    expect(await remaining('stock')).toBe(60);
    const again = mutatingCalls();
    expect((await apply(smaller)).output).toMatchObject({ outcome: 'nothing-to-do' });
    expect(mutatingCalls()).toBe(again);
  });

  it('asks a person where the policy does, and does what was asked and nothing else', async () => {
    const tagged = stock({
      ...{ numNodeGroups: 2, replicasPerNodeGroup: 0, multiAZEnabled: false, engineVersion: '7.1' },
      tags: { Owner: 'warehouse' },
    });
    const before = mutatingCalls();
    const arn = await account.startWorkflow(
      'create-cache',
      { spec: tagged, requestedBy: 'alice', mode: 'approve' },
      'change-with-approval',
    );
    await asked('change-with-approval');
    expect(mutatingCalls()).toBe(before);
    expect(await answer('change-with-approval', 'approve', { local: false })).toBe(0);
    expect((await account.finish(arn)).output).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect(await tagsOf('stock')).toMatchObject({ Owner: 'warehouse' });
  });
});

describe('Memcached', () => {
  const pages = (more: object = {}) => ({
    cacheId: 'pages',
    engine: 'memcached',
    engineVersion: '1.6.22',
    cacheNodeType: 'cache.t4g.small',
    numCacheNodes: 1,
    tags: { Owner: 'web' },
    deletionPolicy: 'Delete',
    ...more,
  });

  it('gets nodes and other windows, and is left alone when nothing changed', async () => {
    expect((await apply(pages())).output).toMatchObject({ outcome: 'done', evidence: { shards: [{}] } });
    const bigger = pages({ numCacheNodes: 3, preferredMaintenanceWindow: 'mon:05:00-mon:06:00' });
    expect((await apply({ ...bigger, numCacheNodes: 1 })).output).toMatchObject({ outcome: 'done', reason: 'Changed' });
    dieAfter('ModifyCacheCluster');
    const run = await apply(bigger);
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      reason: 'Changed',
      evidence: { shards: [{}, {}, {}] },
    });
    expect(await stepsTaken()).toEqual(['have 3 nodes instead of 1 (found done)']);
    const again = mutatingCalls();
    expect((await apply(bigger)).output).toMatchObject({ outcome: 'nothing-to-do' });
    expect(mutatingCalls()).toBe(again);
  });

  it('never loses nodes, and what they hold, without a person', async () => {
    const before = mutatingCalls();
    const arn = await account.startWorkflow(
      'create-cache',
      { spec: pages({ numCacheNodes: 2 }), requestedBy: 'alice', mode: 'act' },
      'fewer-pages',
    );
    await asked('fewer-pages');
    expect(mutatingCalls()).toBe(before);
    expect(await answer('fewer-pages', 'reject', { local: false })).toBe(0);
    expect((await account.finish(arn)).output).toMatchObject({ outcome: 'rejected' });
  });
});

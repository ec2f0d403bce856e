import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
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
    const run = await apply(
      orders({
        description: 'Orders of both shops',
        cacheNodeType: 'cache.t4g.medium',
        tags: { Team: 'checkout' },
        parameters: { 'maxmemory-policy': 'allkeys-lfu' },
      }),
    );
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Changed' });
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
    const run = await apply(aPairSpec());
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      reason: 'Changed',
      evidence: { authRequired: true },
    });
    expect(run.steps.filter(({ name }) => name === 'Take the next step')).toHaveLength(2);
    expect(await groupOf('sessions')).toMatchObject({ AuthTokenEnabled: true });
    expect((await memberOf('sessions'))?.PendingModifiedValues ?? {}).not.toHaveProperty('AuthTokenStatus');
  });
});

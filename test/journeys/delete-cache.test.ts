import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateReplicationGroupCommand,
  DescribeCacheParameterGroupsCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  ElastiCacheClient,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-elasticache';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCaches } from '../../cli/caches.ts';
import { useCache } from '../../cli/demo/application.ts';
import { type Followed, readHistory, stepsOf } from '../../cli/follow.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
});
afterAll(() => account?.stop());

let count = 0;
const idOf = (what: string) => {
  count += 1;
  return `${what}-${count}`;
};
const create = (spec: object): Promise<Followed> =>
  account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, idOf('create'));
/** Asks for the deletion as `autopilot delete` does. */
const remove = (cacheId: string, more: object = {}): Promise<Followed> =>
  account.run('delete-cache', { cacheId, requestedBy: 'alice', ...more }, idOf('delete'));
const said = ({ status, error, cause, output, steps }: Followed) =>
  `${status} ${error} ${cause} ${JSON.stringify(output)} ${steps.map(({ name }) => name).join(' → ')}`;

const unlessGone = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: Error) => {
    if (/NotFound/.test(error.name)) return undefined;
    throw error;
  });
const groupOf = async (ReplicationGroupId: string) =>
  (await unlessGone(account.as(ElastiCacheClient).send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))))
    ?.ReplicationGroups?.[0];
const snapshotsOf = async (prefix: string) => {
  const { Snapshots = [] } = await account.as(ElastiCacheClient).send(new DescribeSnapshotsCommand({}));
  return Snapshots.filter(({ SnapshotName = '' }) => SnapshotName.startsWith(prefix));
};
const parameterGroup = (CacheParameterGroupName: string) =>
  unlessGone(account.as(ElastiCacheClient).send(new DescribeCacheParameterGroupsCommand({ CacheParameterGroupName })));
const secretOf = (cacheId: string) =>
  unlessGone(
    account.as(SecretsManagerClient).send(new DescribeSecretCommand({ SecretId: `autopilot/${cacheId}/auth-token` })),
  );
const tagsOf = async (cacheId: string) => {
  const ResourceName = (await groupOf(cacheId))?.ARN ?? '';
  const { TagList = [] } = await account.as(ElastiCacheClient).send(new ListTagsForResourceCommand({ ResourceName }));
  return TagList.map(({ Key }) => Key);
};
const mutatingCalls = () => {
  const lines = readFileSync(path.join(account.folder, 'logs', 'api.log'), 'utf8').split('\n');
  return lines.filter((line) => /(elasticache|secretsmanager):(Create|Modify|Delete|Put|Update|Add|Remove)/.test(line))
    .length;
};

describe('a cluster that is deleted', () => {
  it('is kept in a snapshot; its parameter group is gone, its secret can be restored, its specification forgotten', async () => {
    expect((await create(aClusterSpec())).status).toBe('SUCCEEDED');
    expect(await parameterGroup('autopilot-orders-redis7')).toBeDefined();
    const orders = (await listCaches(HOME_REGION)).find(({ id }) => id === 'orders');
    await useCache(orders ?? expect.fail(), HOME_REGION, account.world.certificateAuthority.certFile);

    const run = await remove('orders', { policy: 'Delete' });
    expect(run.output, said(run)).toMatchObject({
      outcome: 'done',
      reason: 'Deleted',
      evidence: {
        finalSnapshot: { status: 'available' },
        gone: [
          'cache orders',
          'parameter group autopilot-orders-redis7',
          expect.stringMatching(/^secret autopilot\/orders\/auth-token/),
          'its specification in the ledger',
        ],
        kept: [],
      },
    });
    expect(await groupOf('orders')).toBeUndefined();
    expect(await snapshotsOf('orders-final-')).toMatchObject([{ SnapshotStatus: 'available' }]);
    expect(await parameterGroup('autopilot-orders-redis7')).toBeUndefined();
    expect((await secretOf('orders'))?.DeletedDate).toBeInstanceOf(Date);
  });

  it('is not deleted a second time, and nothing else is', async () => {
    const before = mutatingCalls();
    expect((await remove('orders', { policy: 'Delete' })).output).toMatchObject({
      outcome: 'nothing-to-do',
      reason: 'NothingLeft',
    });
    expect(mutatingCalls()).toBe(before);
    expect(await snapshotsOf('orders-final-')).toHaveLength(1);
  });
});

describe('a pair', () => {
  it('is created, and stays when that is the policy', async () => {
    expect((await create(aPairSpec())).status).toBe('SUCCEEDED');
    const before = mutatingCalls();
    const run = await remove('sessions', { policy: 'Retain' });
    expect(run.output, said(run)).toMatchObject({ outcome: 'nothing-to-do', reason: 'Retained' });
    expect(mutatingCalls()).toBe(before);
  });

  it('is let go of, with all that it uses, and not touched after that', async () => {
    const run = await remove('sessions', { policy: 'Orphan' });
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'LetGo' });
    expect((await tagsOf('sessions')).filter((key = '') => key.startsWith('autopilot:'))).toEqual([]);
    expect((await secretOf('sessions'))?.DeletedDate).toBeUndefined();

    const again = await remove('sessions', { policy: 'Delete' });
    expect(again.output, said(again)).toMatchObject({ outcome: 'refused', reason: 'NotOurs' });
    expect(await groupOf('sessions')).toMatchObject({ Status: 'available' });
  });

  it('goes by its own specification, and what an interrupted deletion left is finished by the next', async () => {
    expect((await create(aPairSpec({ cacheId: 'baskets' }))).status).toBe('SUCCEEDED');
    const states = account.as(SFNClient);
    const executionArn = await account.startWorkflow('delete-cache', { cacheId: 'baskets' }, idOf('delete'));
    for (;;) {
      const steps = stepsOf(await readHistory(states, executionArn));
      if (steps.at(-1)?.name === 'Wait until it is gone') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await states.send(new StopExecutionCommand({ executionArn }));
    expect((await account.finish(executionArn)).status).toBe('ABORTED');
    while (await groupOf('baskets')) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await secretOf('baskets'))?.DeletedDate).toBeUndefined();

    const run = await remove('baskets');
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'CleanedUp' });
    expect((await secretOf('baskets'))?.DeletedDate).toBeInstanceOf(Date);
    expect(await snapshotsOf('baskets-final-')).toMatchObject([{ SnapshotStatus: 'available' }]);
  });
});

it('deletes a Memcached cluster without a snapshot, since it has none, and says so', async () => {
  const spec = {
    cacheId: 'pages',
    engine: 'memcached',
    engineVersion: '1.6.22',
    cacheNodeType: 'cache.t4g.small',
    numCacheNodes: 2,
    deletionPolicy: 'Delete',
  };
  const made = await create(spec);
  expect(made.status, said(made)).toBe('SUCCEEDED');
  const run = await remove('pages');
  expect(run.output, said(run)).toMatchObject({
    outcome: 'done',
    reason: 'Deleted',
    summary: expect.stringContaining('of which there is no snapshot'),
  });
  expect(run.steps.map(({ name }) => name)).not.toContain('Verify the snapshot');
});

describe('a cache that somebody else created', () => {
  it('is deleted only when it is named twice', async () => {
    await account.as(ElastiCacheClient).send(
      new CreateReplicationGroupCommand({
        ReplicationGroupId: 'foreign',
        ReplicationGroupDescription: 'Made by hand',
        Engine: 'redis',
        CacheNodeType: 'cache.t4g.small',
        NumCacheClusters: 1,
      }),
    );
    while ((await groupOf('foreign'))?.Status !== 'available') await new Promise((resolve) => setTimeout(resolve, 50));
    const refused = await remove('foreign', { policy: 'Delete' });
    expect(refused.output, said(refused)).toMatchObject({ outcome: 'refused', reason: 'NotOurs' });
    expect(await groupOf('foreign')).toMatchObject({ Status: 'available' });

    const { FailedEntryCount } = await account.as(EventBridgeClient).send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: 'autopilot',
            Source: 'autopilot.requests',
            DetailType: 'CacheRemovalRequested',
            Detail: JSON.stringify({ cacheId: 'foreign', policy: 'Delete', evenIfNotOurs: 'foreign' }),
          },
        ],
      }),
    );
    expect(FailedEntryCount).toBe(0);
    await expect.poll(() => groupOf('foreign'), { timeout: 60_000 }).toBeUndefined();
    expect(await snapshotsOf('foreign-final-')).toHaveLength(1);
  });
});

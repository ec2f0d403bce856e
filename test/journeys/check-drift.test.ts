import {
  AddTagsToResourceCommand,
  DeleteReplicationGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  ModifyReplicationGroupCommand,
} from '@aws-sdk/client-elasticache';
import { DeleteSecretCommand, DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { SchedulerService } from '../../local/services/scheduler/scheduler.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, executionNamed, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus } from './bus-listener.ts';
import { aClusterSpec } from './spec-builders.ts';

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
});
afterAll(() => account?.stop());

const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const client = () => account.as(ElastiCacheClient);
const SPEC = aClusterSpec({ snapshotWindow: '02:00-03:00', snapshotRetentionLimit: 1 });

let checks = 0;
const check = async () => {
  checks += 1;
  const run = await account.run('check-drift', {}, `check-${checks}`);
  return { id: `check-${checks}`, ...run };
};
const driftSaid = async (checkId: string) => {
  const isIt = (event: { 'detail-type': string; detail: Readonly<Record<string, unknown>> }) =>
    event['detail-type'] === 'DriftFound' && event.detail.checkId === checkId;
  const heard = await eventually(
    () => bus.heard(),
    (events) => events.some(isIt),
  );
  return heard.filter(isIt).map(({ detail }) => detail);
};
const group = async () => {
  const { ReplicationGroups = [] } = await client().send(
    new DescribeReplicationGroupsCommand({ ReplicationGroupId: 'orders' }),
  );
  return ReplicationGroups[0];
};
/** What somebody does at the console. */
const changeByHand = async () => {
  await client().send(
    new ModifyReplicationGroupCommand({
      ReplicationGroupId: 'orders',
      SnapshotWindow: '09:00-10:00',
      ApplyImmediately: true,
    }),
  );
  await elasticache().idle();
};

describe('a cache that somebody changed by hand', () => {
  it('is as specified after its creation, and the schedule finds it so', async () => {
    const run = await account.run('create-cache', { spec: SPEC, requestedBy: 'alice', mode: 'act' }, 'create-orders');
    expect(run.output).toMatchObject({ outcome: 'done' });
    expect((await check()).output).toEqual({
      caches: [{ cacheId: 'orders', checked: true, drifted: false, fields: [] }],
    });
    const scheduler = account.service<SchedulerService>('scheduler');
    expect(await scheduler.invoke('autopilot-check-drift', { region: HOME_REGION })).toBe('delivered');
  });

  it('is reported by field and left alone in the mode in which every cache begins', async () => {
    await changeByHand();
    const run = await check();
    expect(run.output).toEqual({
      caches: [{ cacheId: 'orders', checked: true, drifted: true, fields: ['snapshotWindow'] }],
    });
    expect(await driftSaid(run.id)).toMatchObject([
      {
        cacheId: 'orders',
        mode: 'observe',
        reason: 'CacheDiffers',
        differences: [{ field: 'snapshotWindow', wanted: '02:00-03:00', found: '09:00-10:00' }],
      },
    ]);
    expect(await group()).toMatchObject({ SnapshotWindow: '09:00-10:00' });
  });

  it('is repaired in mode act, by an operation that is reported like any other', async () => {
    const Tags = [{ Key: 'autopilot:mode', Value: 'act' }];
    await client().send(new AddTagsToResourceCommand({ ResourceName: (await group())?.ARN, Tags }));
    const run = await check();
    const [{ repairedBy = '' } = {}] = (run.output as { caches: { repairedBy?: string }[] }).caches;
    expect(repairedBy).toMatch(/^repair-orders-/);
    const repair = await account.finish(await executionNamed(account, 'create-cache', repairedBy));
    expect(repair.output).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect(await group()).toMatchObject({ SnapshotWindow: '02:00-03:00' });
    expect((await check()).output).toMatchObject({ caches: [{ drifted: false }] });
  });

  it('is repaired by what is kept now, whatever specification somebody gives to a repair', async () => {
    await changeByHand();
    const spec = { ...SPEC, snapshotWindow: '05:00-06:00', snapshotRetentionLimit: 7 };
    const run = await account.run('create-cache', { spec, requestedBy: 'somebody', initiative: 'own' }, 'stale-repair');
    expect(run.output).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect(await group()).toMatchObject({ SnapshotWindow: '02:00-03:00', SnapshotRetentionLimit: 1 });
    expect((await check()).output).toMatchObject({ caches: [{ drifted: false }] });
  });

  it('gets its token back while somebody can still take it back from deletion', async () => {
    const secrets = account.as(SecretsManagerClient);
    const SecretId = 'autopilot/orders/auth-token';
    await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    const run = await check();
    const [{ fields = [], repairedBy = '' } = {}] = (
      run.output as { caches: { fields?: string[]; repairedBy?: string }[] }
    ).caches;
    expect(fields).toEqual(['authToken.secret']);
    const repair = await account.finish(await executionNamed(account, 'create-cache', repairedBy));
    expect(repair.output).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect((await secrets.send(new DescribeSecretCommand({ SecretId }))).DeletedDate).toBeUndefined();
    expect((await check()).output).toMatchObject({ caches: [{ drifted: false }] });
  });

  it('is not as specified any more once something waits for its maintenance window', async () => {
    const order = { ReplicationGroupId: 'orders', CacheNodeType: 'cache.t4g.medium' };
    await client().send(new ModifyReplicationGroupCommand({ ...order, ApplyImmediately: false }));
    const run = await check();
    expect(run.output).toMatchObject({ caches: [{ drifted: true, fields: ['pending.CacheNodeType'] }] });
    expect(await driftSaid(run.id)).toMatchObject([{ reason: 'ChangesPending' }]);
    // Said, and nothing else: whoever ordered it may want it.
    expect(run.output).not.toHaveProperty('caches.0.repairedBy');
    await client().send(new ModifyReplicationGroupCommand({ ...order, ApplyImmediately: true }));
    await elasticache().idle();
    expect((await check()).output).toMatchObject({ caches: [{ drifted: true, fields: ['cacheNodeType'] }] });
  });

  it('is not made again when it is gone: that is said', async () => {
    await client().send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'orders' }));
    await elasticache().idle();
    const before = await executions();
    const run = await check();
    expect(run.output).toMatchObject({ caches: [{ cacheId: 'orders', drifted: true, fields: ['cache'] }] });
    expect(await driftSaid(run.id)).toMatchObject([{ reason: 'CacheGone' }]);
    expect(await executions()).toBe(before);
  });

  it('is not made again either by a repair that finds it gone', async () => {
    const request = { spec: SPEC, requestedBy: 'autopilot (drift)', initiative: 'own' };
    const run = await account.run('create-cache', request, 'late-repair');
    expect(run.output).toMatchObject({ outcome: 'refused', reason: 'CacheGone' });
    await expect(group()).rejects.toMatchObject({ name: 'ReplicationGroupNotFoundFault' });
  });
});

const executions = async () => {
  const stateMachineArn = `arn:aws:states:${HOME_REGION}:${account.world.accountId}:stateMachine:create-cache`;
  const { executions: found = [] } = await account.as(SFNClient).send(new ListExecutionsCommand({ stateMachineArn }));
  return found.length;
};

import {
  AddTagsToResourceCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  RemoveTagsFromResourceCommand,
  TestFailoverCommand,
} from '@aws-sdk/client-elasticache';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ledgerOf } from '../../cli/ledger.ts';
import { tokenSecretName } from '../../functions/platform/names.ts';
import { secondsAfter } from '../../functions/platform/units.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { anAccount, executionNamed, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { putRotationPolicy } from './planned-rotation.ts';
import { changeToken, publishToken } from './rotate-by-hand.ts';
import {
  beginUntil,
  ending,
  expectOnlyCurrentIsValid,
  rotate,
  rotateWhenFree,
  said,
  startRotation,
} from './rotation-runs.ts';
import { nodesAccepting, tokenWith, watchRotation } from './rotation-watch.ts';
import { aPairSpec } from './spec-builders.ts';

vi.setConfig({ testTimeout: 180_000 });

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  await putRotationPolicy(account, { startedPerLook: 10 });
  const create = (spec: { readonly cacheId: string }) =>
    account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);
  const made = await Promise.all([
    ...['sessions', 'nightly', 'quiet', 'loud'].map((cacheId) => create(aPairSpec({ cacheId }))),
    create(aPairSpec({ cacheId: 'baskets', authToken: undefined })),
    create({ cacheId: 'pages', ...MEMCACHED }),
  ]);
  expect(made.map(({ output }) => output)).toMatchObject(made.map(() => ({ outcome: 'done' })));
}, 180_000);
afterAll(() => account?.stop());

const MEMCACHED = {
  ...{ engine: 'memcached', engineVersion: '1.6.22', cacheNodeType: 'cache.t4g.small' },
  ...{ numCacheNodes: 1, deletionPolicy: 'Delete' },
} as const;

const caches = () => account.as(ElastiCacheClient);
const ledger = () => ledgerOf(HOME_REGION);
const keyOf = (cacheId: string) => ({ region: HOME_REGION, cacheId });
const groupOf = async (ReplicationGroupId: string) =>
  (await caches().send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0];
const secretOf = async (cacheId: string) => {
  try {
    return await account
      .as(SecretsManagerClient)
      .send(new DescribeSecretCommand({ SecretId: tokenSecretName(cacheId) }));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};
/** All that a rotation could have changed. */
const tokensOf = async (cacheId: string) => ({
  changedAt: (await groupOf(cacheId))?.AuthTokenLastModifiedDate,
  versions: (await secretOf(cacheId))?.VersionIdsToStages,
});
/** Asks for a rotation that is refused for this reason, and changes nothing. */
const isRefused = async (cacheId: string, name: string, reason: string, says: RegExp, more: object = {}) => {
  const before = await tokensOf(cacheId);
  const run = await rotate(account, cacheId, name, more);
  expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason, summary: expect.stringMatching(says) });
  expect(await tokensOf(cacheId)).toEqual(before);
};

describe('a rotation is refused', () => {
  it.concurrent('of a cache at which somebody else is at work, and there is never more than one', async () => {
    const cacheId = 'sessions';
    const now = account.world.clock.iso();
    const fencing = await ledger().lock(keyOf(cacheId), 'somebody-else', now, secondsAfter(now, 86_400));
    await isRefused(cacheId, 'locked', 'CacheLocked', /somebody-else works on it/);
    await ledger().unlock(keyOf(cacheId), 'somebody-else', fencing);

    const watch = watchRotation(account, cacheId);
    const both = await Promise.all(['one', 'other'].map((name) => startRotation(account, cacheId, name)));
    const runs = await Promise.all(both.map((execution) => account.finish(execution)));
    const ends = runs.map(ending).sort((one, other) => one.outcome.localeCompare(other.outcome));
    expect(ends, runs.map(said).join('\n')).toMatchObject([
      { outcome: 'done', reason: 'Rotated' },
      { outcome: 'refused', reason: expect.stringMatching(/^(CacheLocked|CacheBusy|RotationUnderWay|NotReady)$/) },
    ]);

    const { executionArn, operationId } = await beginUntil(account, cacheId, 'Wait for the grace period', 'in-grace');
    await isRefused(
      cacheId,
      'meanwhile',
      'RotationUnderWay',
      new RegExp(`${operationId} rotates it already, in its grace`),
    );
    const run = await account.finish(executionArn);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    await expectOnlyCurrentIsValid(account, cacheId, watch);
    expect((await watch.stop()).refusals).toEqual([]);

    await caches().send(new TestFailoverCommand({ ReplicationGroupId: cacheId, NodeGroupId: '0001' }));
    const during = await rotate(account, cacheId, 'during-failover');
    expect(ending(during).outcome, said(during)).toBe('refused');
    expect(['FailoverUnderWay', 'CacheBusy', 'NotReady']).toContain(ending(during).reason);
    const after = await rotateWhenFree(account, cacheId, 'after-failover');
    expect(after.output, said(after)).toMatchObject({ outcome: 'done', reason: 'Rotated' });

    const running = account.service<Service & ElastiCacheHandle>('elasticache').running(HOME_REGION, cacheId);
    const [primary] = (await running?.primaries())?.values() ?? [];
    const replica = running?.shape.shards[0]?.nodes.find(({ id }) => id !== primary)?.id ?? '';
    await running?.kill(replica);
    await isRefused(cacheId, 'node-down', 'NotReady', /No rotation of the AUTH token of sessions now: /);
    await running?.recover(replica);
  });

  it.concurrent('when the secret does not hold the valid token, or another may be valid; and goes on when that is meant', async () => {
    const cacheId = 'nightly';
    const current = (await tokenWith(account, cacheId)) ?? '';
    await publishToken(account, cacheId, 'a-token-that-nobody-ever-made-valid');
    // The watch that finds nothing everywhere else finds something here.
    const watch = watchRotation(account, cacheId);
    await isRefused(cacheId, 'not-valid', 'CurrentTokenRefused', /No node accepts the current one/);
    expect((await watch.stop()).refusals).not.toEqual([]);
    await publishToken(account, cacheId, current);

    const unknown = 'a-token-that-somebody-has-made-valid';
    await changeToken(account, cacheId, unknown, 'ROTATE');
    await isRefused(cacheId, 'changed', 'TokenChangedElsewhere', /Ask with --drop-unknown, if that is meant/);
    expect(await nodesAccepting(account, cacheId, unknown)).toHaveLength(2);
    const watchOfMeant = watchRotation(account, cacheId);
    const run = await rotate(account, cacheId, 'meant', { dropUnknown: true });
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expect(await tokenWith(account, cacheId)).not.toBe(current);
    await expectOnlyCurrentIsValid(account, cacheId, { tokens: new Set([current, unknown]) });
    expect((await watchOfMeant.stop()).refusals).toEqual([]);
  });

  it.concurrent('of what has no token, lets in who has none, or is not ours', async () => {
    for (const [cacheId, reason] of [
      ['nowhere', 'NoSuchCache'],
      ['pages', 'NothingToRotate'],
    ] as const) {
      const run = await rotate(account, cacheId, `not-${cacheId}`);
      expect(run.output, said(run)).toMatchObject({ outcome: 'refused', reason });
    }
    const cacheId = 'baskets';
    await isRefused(cacheId, 'without-token', 'NothingToRotate', /It has no token/);

    const token = 'a-first-token-of-many-letters-0';
    await changeToken(account, cacheId, token, 'ROTATE');
    const Tags = [{ Key: 'autopilot:managed', Value: 'true' }];
    const SecretString = JSON.stringify({ authToken: token, password: token });
    const secret = { Name: tokenSecretName(cacheId), SecretString, Tags };
    const { ARN: secretArn, VersionId: current } = await account
      .as(SecretsManagerClient)
      .send(new CreateSecretCommand(secret));
    await isRefused(cacheId, 'optional', 'CacheIsOpen', /lets in who comes without a token/, { dropUnknown: true });

    const ResourceName = (await groupOf(cacheId))?.ARN;
    await caches().send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['autopilot:managed'] }));
    await isRefused(cacheId, 'not-ours', 'NotOurs', /it has no tag autopilot:managed=true/);

    // Even a plan that says otherwise could not: IAM lets nobody of ours change what is not tagged.
    const now = account.world.clock.iso();
    const fencing = await ledger().lock(keyOf(cacheId), 'by-force', now, secondsAfter(now, 3600));
    const accepts = { current: 'everywhere', pending: 'absent', previous: 'absent' };
    const Payload = JSON.stringify({
      operationId: 'by-force',
      target: { cacheId, secretArn, tls: true, clusterMode: false },
      versions: { current },
      change: 'retire',
      tried: { at: now, nodes: 2, ...accepts, open: false, byNode: [] },
      fencing,
      now,
    });
    const before = await tokensOf(cacheId);
    const answer = await account
      .as(LambdaClient)
      .send(new InvokeCommand({ FunctionName: 'autopilot-token-rotation-order', Payload }));
    const error = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
    expect(error).toMatchObject({ errorType: 'GrantPermission' });
    expect(JSON.stringify(error)).not.toContain(token);
    expect(await tokensOf(cacheId)).toEqual(before);
  });
});

describe('what the schedule finds', () => {
  const look = async (operationId: string) => {
    const run = await account.run('rotate-when-due', {}, operationId);
    expect(run.status, said(run)).toBe('SUCCEEDED');
    return (run.output as { rotations: readonly { cacheId: string; operationId: string; started: boolean }[] })
      .rotations;
  };
  /** The token is young here for as long as a journey lasts, but a rotation that failed a week ago is to be finished. */
  const failedAWeekAgo = async (cacheId: string) => {
    const startedAt = secondsAfter(account.world.clock.iso(), -8 * 86_400);
    const operationId = `failed-${cacheId}`;
    const failed = { ...keyOf(cacheId), operationId, workflow: 'rotate-token', startedAt, summary: 'It failed.' };
    const closing = { outcome: 'failed', reason: 'NotRetired', summary: failed.summary, closedAt: startedAt };
    await ledger().close(failed, closing);
  };

  it('is nothing while all tokens are young', async () => {
    expect(await look('look-young')).toEqual([]);
  });

  it('is rotated where that is allowed, only observed where it is not, and not asked about again', async () => {
    const ResourceName = (await groupOf('loud'))?.ARN;
    const Tags = [{ Key: 'autopilot:mode', Value: 'act' }];
    await caches().send(new AddTagsToResourceCommand({ ResourceName, Tags }));
    await Promise.all(['quiet', 'loud'].map(failedAWeekAgo));
    const before = await Promise.all(['quiet', 'loud'].map(tokensOf));
    const rotations = await look('look-due');
    expect(rotations.map(({ cacheId, started }) => [cacheId, started]).sort()).toEqual([
      ['loud', true],
      ['quiet', true],
    ]);
    const ends = new Map<string, string>();
    for (const { cacheId, operationId } of rotations) {
      const run = await account.finish(await executionNamed(account, 'rotate-token', operationId));
      ends.set(cacheId, ending(run).outcome);
    }
    expect(Object.fromEntries(ends)).toEqual({ quiet: 'observed', loud: 'done' });
    expect(await tokensOf('quiet')).toEqual(before[0]);
    expect(await tokensOf('loud')).not.toEqual(before[1]);
    expect(await look('look-again')).toEqual([]);
  });
});

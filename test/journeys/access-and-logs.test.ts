import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateUserCommand,
  CreateUserGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { LambdaService } from '../../local/services/lambda/lambda.ts';
import { anAccount, type JourneyAccount } from './an-account.ts';
import { everythingLeftBehind } from './everything-left-behind.ts';
import { aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
});
afterAll(() => account?.stop());

let count = 0;
const apply = (spec: object): Promise<Followed> => {
  count += 1;
  const json = JSON.parse(JSON.stringify(spec));
  return account.run('create-cache', { spec: json, requestedBy: 'alice', mode: 'act' }, `access-${count}`);
};
const said = ({ status, error, cause, output }: Followed) => `${status} ${error} ${cause} ${JSON.stringify(output)}`;
const group = async (ReplicationGroupId: string) => {
  const found = await account.as(ElastiCacheClient).send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }));
  return found.ReplicationGroups?.[0];
};

describe('encryption in transit', () => {
  const spec = (more: object) => aPairSpec({ cacheId: 'carts', engine: 'redis', engineVersion: '7.1', ...more });
  const tls = (transitEncryptionMode?: string) => ({ transitEncryptionEnabled: true, transitEncryptionMode });

  it('comes in two moves, between which clients may choose, and a token after them', async () => {
    const plain = await apply(spec({ transitEncryptionEnabled: false, authToken: undefined }));
    expect(plain.output, said(plain)).toMatchObject({ outcome: 'done', evidence: { tls: false } });

    const atOnce = await apply(spec({ ...tls('required'), authToken: undefined }));
    expect(atOnce.output, said(atOnce)).toMatchObject({ outcome: 'refused', reason: 'NeedsReplacement' });

    const preferred = await apply(spec({ ...tls('preferred'), authToken: undefined }));
    expect(preferred.output, said(preferred)).toMatchObject({
      outcome: 'done',
      evidence: { tls: true, plaintextAllowed: true },
    });

    const required = await apply(spec(tls()));
    expect(required.output, said(required)).toMatchObject({
      outcome: 'done',
      evidence: { tls: true, authRequired: true },
    });
    expect((required.output as { evidence: object }).evidence).not.toHaveProperty('plaintextAllowed');
    expect(await group('carts')).toMatchObject({ TransitEncryptionMode: 'required', AuthTokenEnabled: true });
  });
});

describe('the users of a user group', () => {
  const PASSWORD = 'a-password-that-nobody-guesses-1';
  const spec = (more: object = {}) =>
    aPairSpec({
      cacheId: 'profiles',
      authToken: undefined,
      userGroupIds: ['shop'],
      userSecretName: 'autopilot/profiles/verifier',
      ...more,
    });

  beforeAll(async () => {
    const client = account.as(ElastiCacheClient);
    const user = { Engine: 'valkey', AccessString: 'on ~* +@all', Passwords: [PASSWORD] };
    await client.send(new CreateUserCommand({ ...user, UserId: 'verifier', UserName: 'verifier' }));
    await client.send(new CreateUserGroupCommand({ UserGroupId: 'shop', Engine: 'valkey', UserIds: ['verifier'] }));
    await account.service<Service & ElastiCacheHandle>('elasticache').idle();
    await account.as(SecretsManagerClient).send(
      new CreateSecretCommand({
        Name: 'autopilot/profiles/verifier',
        SecretString: JSON.stringify({ username: 'verifier', password: PASSWORD }),
        Tags: [{ Key: 'autopilot:managed', Value: 'true' }],
      }),
    );
  });

  it('are let in and nobody else, which one of them has seen', async () => {
    const run = await apply(spec());
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', evidence: { authRequired: true } });
    expect(await group('profiles')).toMatchObject({ UserGroupIds: ['shop'] });
    expect((await apply(spec())).output).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('take the place of a token; the way back would let in everybody for a while, and is refused', async () => {
    const withToken = { cacheId: 'accounts', userGroupIds: undefined, userSecretName: undefined };
    const first = await apply(spec({ ...withToken, authToken: { generate: true } }));
    expect(first.output, said(first)).toMatchObject({ outcome: 'done' });
    // Also when nobody hears that they did: ElastiCache would not let the same group in twice.
    account
      .service<LambdaService>('lambda')
      .killOnNextCall('autopilot-creation-change', { afterApiCall: 'elasticache:ModifyReplicationGroup' });
    const users = await apply(spec({ cacheId: 'accounts' }));
    expect(users.output, said(users)).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect(await group('accounts')).toMatchObject({ UserGroupIds: ['shop'], AuthTokenEnabled: false });
    const back = await apply(spec({ ...withToken, authToken: { generate: true } }));
    expect(back.output, said(back)).toMatchObject({ outcome: 'refused', reason: 'NeedsReplacement' });
  });

  it('leave their password nowhere', async () => {
    for (const [where, text] of await everythingLeftBehind(account)) {
      expect(text.includes(PASSWORD), `the password is in ${where}`).toBe(false);
    }
  });
});

describe('the logs of a cache', () => {
  it('go where its specification says, and no longer when it says so no more', async () => {
    await account.as(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: 'slow' }));
    const log = { logType: 'slow-log', destinationType: 'cloudwatch-logs', destination: 'slow', logFormat: 'json' };
    const spec = (logs: readonly object[]) => aPairSpec({ cacheId: 'feeds', logDeliveryConfigurations: logs });
    const made = await apply(spec([log]));
    expect(made.output, said(made)).toMatchObject({ outcome: 'done' });
    expect(await group('feeds')).toMatchObject({
      LogDeliveryConfigurations: [{ LogType: 'slow-log', LogFormat: 'json' }],
    });
    expect((await apply(spec([log]))).output).toMatchObject({ outcome: 'nothing-to-do' });
    const changed = await apply(spec([{ ...log, logFormat: 'text' }]));
    expect(changed.output, said(changed)).toMatchObject({ outcome: 'done', reason: 'Changed' });
    const off = await apply(spec([]));
    expect(off.output, said(off)).toMatchObject({ outcome: 'done', reason: 'Changed' });
    expect((await group('feeds'))?.LogDeliveryConfigurations ?? []).toEqual([]);
  });

  it('need a log group that is there', async () => {
    const log = { logType: 'slow-log', destinationType: 'cloudwatch-logs', destination: 'none', logFormat: 'json' };
    expect((await apply(aPairSpec({ cacheId: 'feeds', logDeliveryConfigurations: [log] }))).output).toMatchObject({
      outcome: 'refused',
      plan: { faults: [{ path: 'logDeliveryConfigurations.0.destination' }] },
    });
  });
});

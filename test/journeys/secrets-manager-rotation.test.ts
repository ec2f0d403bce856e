import {
  AddTagsToResourceCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenSecretName } from '../../functions/platform/names.ts';
import { Readers } from '../../functions/token-rotation/schemas.ts';
import type { Service } from '../../local/service.ts';
import type { SecretsManagerHandle } from '../../local/services/secretsmanager/secretsmanager.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { aPairSpec } from './spec-builders.ts';

const CACHE = 'sessions';
const SecretId = tokenSecretName(CACHE);

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
  const run = await account.run(
    'create-cache',
    { spec: aPairSpec(), requestedBy: 'alice', mode: 'act' },
    'make-sessions',
  );
  expect(run.output, JSON.stringify(run)).toMatchObject({ outcome: 'done' });
});
afterAll(() => account?.stop());

/** Nobody is asked: who reads the secret here is the test itself, and CloudTrail tells of that after the grace period. */
const POLICY = {
  modes: { creation: 'act', 'token-rotation': 'act' },
  tokenRotation: { gracePeriodMinutes: 5, askBeforeRetiring: 'never' },
};

const secrets = () => account.as(SecretsManagerClient);
const labels = async () => (await secrets().send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};
const versionWith = async (label: string) =>
  Object.entries(await labels()).find(([, stages]) => stages.includes(label))?.[0];
const tokenOf = async () => {
  const { SecretString = '{}' } = await secrets().send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(SecretString).authToken;
};
/** What a person does at the console: they name the rotation function, and when it is to rotate. */
const turnOn = async (RotateImmediately: boolean) => {
  const { Configuration } = await account
    .as(LambdaClient)
    .send(new GetFunctionCommand({ FunctionName: 'autopilot-token-rotation-rotate-secret' }));
  return secrets().send(
    new RotateSecretCommand({
      SecretId,
      RotationLambdaARN: Configuration?.FunctionArn ?? '',
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately,
    }),
  );
};
const rotations = async () => {
  const stateMachineArn = `arn:aws:states:${HOME_REGION}:${account.world.accountId}:stateMachine:rotate-token`;
  const { executions = [] } = await account.as(SFNClient).send(new ListExecutionsCommand({ stateMachineArn }));
  return Promise.all(
    executions.map(async ({ executionArn = '', name = '' }) => {
      const { status, output, cause } = await account
        .as(SFNClient)
        .send(new DescribeExecutionCommand({ executionArn }));
      return { name, executionArn, status, cause, outcome: output && JSON.parse(output).outcome };
    }),
  );
};
const allEnded = () =>
  eventually(rotations, (all) => all.length > 0 && all.every(({ status }) => status !== 'RUNNING'));

/** Who has fetched the new token, by the function that the workflow asks. */
const readersSince = async (since: string) => {
  const { ARN: secretArn } = await secrets().send(new DescribeSecretCommand({ SecretId }));
  const target = { cacheId: CACHE, secretArn, tls: true, clusterMode: false };
  const Payload = JSON.stringify({ operationId: 'only-asked', target, since, now: account.world.clock.iso() });
  const { Payload: answer } = await account
    .as(LambdaClient)
    .send(new InvokeCommand({ FunctionName: 'autopilot-token-rotation-list-readers', Payload }));
  return Readers.parse(JSON.parse(Buffer.from(answer ?? []).toString()));
};

describe('Secrets Manager rotates a token', () => {
  it('tests its set-up without changing anything', async () => {
    const [token, before] = [await tokenOf(), await versionWith('AWSCURRENT')];
    await turnOn(false);
    const [test] = await allEnded();
    expect(test).toMatchObject({
      name: expect.stringMatching(/^rotate-sessions-[0-9a-f]{32}-test$/),
      outcome: 'observed',
    });
    expect([await tokenOf(), await versionWith('AWSCURRENT')]).toEqual([token, before]);
    await eventually(labels, (found) => !JSON.stringify(found).includes('AWSPENDING'));
  });

  it('asks again for what is only observed, and in the end leaves the label that its sentence says to take off', async () => {
    const [token, before] = [await tokenOf(), await versionWith('AWSCURRENT')];
    const { VersionId = '' } = await turnOn(true);
    await account.service<Service & SecretsManagerHandle>('secretsmanager').idle();
    const own = (await allEnded()).filter(({ name }) => !name.endsWith('-test'));
    expect(own.map(({ name }) => name.replace(/^rotate-sessions-[0-9a-f]{32}/, '')).sort()).toEqual([
      '',
      '-2',
      '-3',
      '-4',
      '-5',
    ]);
    for (const { outcome } of own) expect(outcome).toBe('observed');
    expect([await tokenOf(), await versionWith('AWSCURRENT')]).toEqual([token, before]);
    expect(await versionWith('AWSPENDING')).toBe(VersionId);
    const label = { VersionStage: 'AWSPENDING', RemoveFromVersionId: VersionId };
    await secrets().send(new UpdateSecretVersionStageCommand({ SecretId, ...label }));
  });

  it('with both valid until the grace period is over, through the same workflow', async () => {
    const { ReplicationGroups: [group] = [] } = await account
      .as(ElastiCacheClient)
      .send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: CACHE }));
    const mayAct = { ResourceName: group?.ARN ?? '', Tags: [{ Key: 'autopilot:mode', Value: 'act' }] };
    await account.as(ElastiCacheClient).send(new AddTagsToResourceCommand(mayAct));
    const Value = JSON.stringify(POLICY);
    await account.as(SSMClient).send(new PutParameterCommand({ Name: '/autopilot/policy', Value, Overwrite: true }));
    const [token, before] = [await tokenOf(), await versionWith('AWSCURRENT')];

    const since = account.world.clock.iso();
    const { VersionId } = await turnOn(true);
    await eventually(
      () => versionWith('AWSCURRENT'),
      (version) => version === VersionId,
    );
    expect(await versionWith('AWSPREVIOUS')).toBe(before);
    expect(await tokenOf()).not.toBe(token);
    const { LastRotatedDate } = await eventually(
      () => secrets().send(new DescribeSecretCommand({ SecretId })),
      (secret) => secret.LastRotatedDate !== undefined,
    );
    expect(LastRotatedDate).toBeInstanceOf(Date);
    const { executionArn = '' } = (await rotations()).find(({ outcome }) => outcome !== 'observed') ?? {};
    const { output } = await account.finish(executionArn);
    expect(output).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expect((await versionWith('AWSPENDING')) ?? VersionId).toBe(VersionId);

    // The test has read the new token; the autopilot's functions have, too, and are no readers.
    const { ready, late } = await eventually(
      () => readersSince(since),
      (readers) => readers.ready.length > 0,
    );
    expect([ready.length, late]).toEqual([1, []]);
    expect(ready[0]?.who).not.toMatch(/elasticache-autopilot/);
  });

  it('after which the schedule finds nothing due', async () => {
    const { status, output, cause } = await account.run('rotate-when-due', {}, 'look-1');
    expect({ status, output, cause }).toEqual({ status: 'SUCCEEDED', output: { rotations: [] }, cause: undefined });
  });
});

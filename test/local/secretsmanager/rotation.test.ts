import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSecretsManager,
  type SecretsManagerHandle,
} from '../../../local/services/secretsmanager/secretsmanager.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { aRotationFunction, FUNCTION_ARN, type RotationEvent } from './a-rotation-function.ts';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const REGION = 'us-east-1';
const FIRST = 'first'.padEnd(36, '-');
const MONTHLY = { AutomaticallyAfterDays: 30 };
/** A value that must never be seen anywhere but in the secret. */
const VALUE = 'hunter2hunter2hunter2';

let world: AWorld;
let secrets: SecretsManagerClient;
let service: SecretsManagerHandle;
let fn: ReturnType<typeof aRotationFunction>['fn'];
let SecretId: string;

/** Does what a rotation function has to do, and nothing besides. */
const rotateWell = async ({ Step, SecretId: id, ClientRequestToken, RotationToken }: RotationEvent) => {
  const pending = { SecretId: id, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' };
  if (Step === 'createSecret') {
    const has = await secrets.send(new GetSecretValueCommand(pending)).catch(() => undefined);
    if (has) return;
    const value = { SecretString: `${VALUE}${ClientRequestToken}`, VersionStages: ['AWSPENDING'] };
    await secrets.send(new PutSecretValueCommand({ SecretId: id, ClientRequestToken, RotationToken, ...value }));
  }
  if (Step === 'testSecret') await secrets.send(new GetSecretValueCommand(pending));
  if (Step === 'finishSecret') {
    const stages = (await describeSecret()).VersionIdsToStages ?? {};
    const [current] = Object.entries(stages).find(([, labels]) => labels.includes('AWSCURRENT')) ?? [];
    if (current === ClientRequestToken) return;
    const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current };
    await secrets.send(new UpdateSecretVersionStageCommand({ SecretId: id, ...move }));
  }
};

const describeSecret = () => secrets.send(new DescribeSecretCommand({ SecretId }));
const stages = async () => (await describeSecret()).VersionIdsToStages;
const rotate = (more: Partial<RotateSecretCommandInput> = {}) =>
  secrets.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: FUNCTION_ARN, RotationRules: MONTHLY, ...more }));
const put = (SecretString: string, ClientRequestToken: string, VersionStages?: string[]) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken, VersionStages }));
const latest = () => service.rotation(REGION, SecretId);
const log = () => readFileSync(path.join(world.folder, 'logs', 'secretsmanager.log'), 'utf8');
/** Fails a step so many times, and otherwise rotates well. */
const failing = (step: string, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  fn.does = async (event) => {
    if (event.Step === step && left > 0) {
      left -= 1;
      throw Object.assign(new Error(`could not use ${VALUE}`), { name: 'NotYet' });
    }
    await rotateWell(event);
  };
};

const open = async (speed: number) => {
  const lambda = aRotationFunction();
  fn = lambda.fn;
  fn.does = rotateWell;
  const create = (around: Parameters<typeof createSecretsManager>[0]) => {
    const made = createSecretsManager(around, { random: () => 0 });
    service = made;
    return made;
  };
  world = await aWorld({ services: [lambda.service, create], speed });
  secrets = world.operatorClient(SecretsManagerClient);
  SecretId = 'orders';
  await secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: VALUE, ClientRequestToken: FIRST }));
};

// A minute of the account is a millisecond.
beforeEach(() => open(60_000));
afterEach(() => world.close());

describe('a rotation', () => {
  it('invokes the function for each step in turn, with the same version each time', async () => {
    const { ARN, VersionId, Name } = await rotate();
    expect(Name).toBe(SecretId);
    await service.idle();
    expect(fn.steps()).toEqual(STEPS);
    for (const event of fn.events) {
      const { Step, RotationToken } = event;
      expect(event).toEqual({ Step, SecretId: ARN, ClientRequestToken: VersionId, RotationToken });
    }
    expect(new Set(fn.events.map(({ RotationToken }) => RotationToken)).size).toBe(1);
    expect(latest()).toMatchObject({ state: 'succeeded', attempts: 1, token: VersionId });
    expect(await stages()).toEqual({ [FIRST]: ['AWSPREVIOUS'], [VersionId ?? '']: ['AWSPENDING', 'AWSCURRENT'] });
  });

  it('begins with a version that is AWSPENDING and has no value', async () => {
    const seen: unknown[] = [];
    fn.does = async ({ ClientRequestToken: VersionId }) => {
      if (seen.length > 0) throw new Error('once is enough');
      seen.push((await stages())?.[VersionId]);
      for (const which of [{ VersionId }, { VersionStage: 'AWSPENDING' }]) {
        const reading = secrets.send(new GetSecretValueCommand({ SecretId, ...which }));
        seen.push(await reading.catch(({ name }: Error) => name));
      }
    };
    await rotate();
    await service.idle();
    expect(seen).toEqual([['AWSPENDING'], 'ResourceNotFoundException', 'ResourceNotFoundException']);
  });

  it('leaves the current value alone until the last step', async () => {
    const seen: string[] = [];
    fn.does = async (event) => {
      await rotateWell(event);
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      seen.push(SecretString === VALUE ? 'old' : 'new');
    };
    await rotate();
    await service.idle();
    expect(seen).toEqual(['old', 'old', 'old', 'new']);
  });

  it('is the same rotation when its token comes again', async () => {
    const ClientRequestToken = randomUUID();
    const answers = [await rotate({ ClientRequestToken }), await rotate({ ClientRequestToken })];
    await service.idle();
    answers.push(await rotate({ ClientRequestToken }));
    await service.idle();
    expect(answers.map(({ VersionId }) => VersionId)).toEqual(Array(3).fill(ClientRequestToken));
    expect(fn.steps()).toEqual(STEPS);
  });

  it('can follow one that succeeded, by what is set up', async () => {
    await rotate();
    await service.idle();
    await secrets.send(new RotateSecretCommand({ SecretId }));
    await service.idle();
    expect(fn.steps()).toEqual([...STEPS, ...STEPS]);
    expect(latest()?.state).toBe('succeeded');
  });

  it('needs no value to begin with', async () => {
    SecretId = 'empty';
    await secrets.send(new CreateSecretCommand({ Name: SecretId }));
    const { VersionId = '' } = await rotate();
    await service.idle();
    expect(latest()?.state).toBe('succeeded');
    expect(await stages()).toEqual({ [VersionId]: ['AWSPENDING', 'AWSCURRENT'] });
  });
});

describe('a step that fails', () => {
  it.each(STEPS)('%s: is tried again later, from the first step, with the same version', async (step) => {
    failing(step, 2);
    const { VersionId } = await rotate();
    await service.idle();
    const upTo = STEPS.slice(0, STEPS.indexOf(step) + 1);
    expect(fn.steps()).toEqual([...upTo, ...upTo, ...STEPS]);
    expect(new Set(fn.events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([VersionId]));
    expect(latest()).toMatchObject({ state: 'succeeded', attempts: 3 });
  });

  it.each(STEPS)('%s: is given up at last, and blocks the next rotation', async (step) => {
    failing(step);
    const { VersionId = '' } = await rotate();
    await service.idle();
    const problem = `${step} failed: NotYet`;
    expect(latest()).toMatchObject({ state: 'failed', attempts: 5, problem });
    expect(log()).toContain(`orders: rotation ${VersionId} failed: ${problem}`);
    expect(await stages()).toEqual({ [FIRST]: ['AWSCURRENT'], [VersionId]: ['AWSPENDING'] });
    expect((await describeSecret()).LastRotatedDate).toBeUndefined();
    await expect(rotate()).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is never told in the log with a value', async () => {
    failing('setSecret', 3);
    await rotate();
    await service.idle();
    expect(log()).toContain('NotYet');
    expect(log()).not.toContain(VALUE);
  });

  it('is tried again by the next RotateSecret, which is refused', async () => {
    failing('setSecret', 5);
    const { VersionId } = await rotate();
    await service.idle();
    await expect(rotate()).rejects.toMatchObject({ message: expect.stringMatching(/will be reattempted/) });
    await service.idle();
    expect(latest()).toMatchObject({ state: 'succeeded', token: VersionId });
  });

  it('is the last one, when the function did not move AWSCURRENT', async () => {
    fn.does = async (event) => (event.Step === 'finishSecret' ? undefined : rotateWell(event));
    await rotate();
    await service.idle();
    expect(latest()).toMatchObject({ state: 'failed', problem: expect.stringMatching(/^finishSecret ended/) });
  });

  it('is not tried again when AWSPENDING was taken off the version', async () => {
    fn.does = async ({ Step, ClientRequestToken }) => {
      if (Step !== 'setSecret') return;
      const remove = { VersionStage: 'AWSPENDING', RemoveFromVersionId: ClientRequestToken };
      await secrets.send(new UpdateSecretVersionStageCommand({ SecretId, ...remove }));
    };
    await rotate();
    await service.idle();
    expect(fn.steps()).toEqual(['createSecret', 'setSecret']);
    expect(latest()).toMatchObject({ state: 'failed', attempts: 1, problem: expect.stringMatching(/AWSPENDING/) });
    fn.does = rotateWell;
    await rotate();
    await service.idle();
    expect(latest()?.state).toBe('succeeded');
  });
});

describe('an account that ends', () => {
  it('waits neither for a function at work nor for the next attempt', async () => {
    const never = new Promise<void>(() => {});
    for (const does of [() => never, () => Promise.reject(new Error('no'))]) {
      await world.close();
      await open(1);
      fn.does = does;
      await rotate();
      await eventually(
        async () => fn.events.length,
        (count) => count > 0,
      );
      await world.close();
      await service.idle();
      expect(fn.steps()).toEqual(['createSecret']);
      await open(1);
    }
  });
});

describe('AWSPENDING on another version than AWSCURRENT', () => {
  it('refuses a rotation as long as it is there, also one that is due', async () => {
    const mine = randomUUID();
    await put('two', mine, ['AWSPENDING']);
    await expect(rotate()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect((await describeSecret()).RotationEnabled).toBeUndefined();
    const remove = { VersionStage: 'AWSPENDING', RemoveFromVersionId: mine };
    await secrets.send(new UpdateSecretVersionStageCommand({ SecretId, ...remove }));
    await rotate({ RotationRules: { ScheduleExpression: 'rate(4 hours)' } });
    await service.idle();
    const done = fn.events.length;
    await put('three', randomUUID(), ['AWSPENDING']);
    await eventually(
      async () => log(),
      (text) => /is due, and not rotated/.test(text),
    );
    expect(fn.events).toHaveLength(done);
  });

  it('goes, with the rotation, when a new value is put by hand', async () => {
    for (const how of ['PutSecretValue', 'UpdateSecret'] as const) {
      const byHand = randomUUID();
      const value = { SecretId, SecretString: 'mine', ClientRequestToken: byHand };
      const putByHand = () =>
        how === 'PutSecretValue'
          ? secrets.send(new PutSecretValueCommand(value))
          : secrets.send(new UpdateSecretCommand(value));
      fn.does = async ({ Step }) => {
        if (Step === 'setSecret') await putByHand();
      };
      const { VersionId = '' } = await rotate();
      await service.idle();
      expect(latest()).toMatchObject({ state: 'abandoned', attempts: 1 });
      const labels = await stages();
      expect(labels?.[byHand]).toEqual(['AWSCURRENT']);
      expect(labels?.[VersionId]).toBeUndefined();
    }
  });
});

describe('rotation settings', () => {
  it('are shown, with the dates, until they are switched off', async () => {
    expect(await describeSecret()).not.toHaveProperty('RotationEnabled');
    await rotate({ RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '2h' } });
    await service.idle();
    const shown = {
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '2h' },
    };
    const described = await describeSecret();
    expect(described).toMatchObject({ ...shown, LastRotatedDate: expect.any(Date) });
    const { LastRotatedDate: last = new Date(0), NextRotationDate: next } = described;
    const dayMs = 86_400_000;
    const midnight = Math.floor(last.getTime() / dayMs) * dayMs;
    expect(next?.getTime()).toBe(midnight + 10 * dayMs + 2 * 3_600_000 - 1000);
    const { SecretList = [] } = await secrets.send(new ListSecretsCommand({}));
    expect(SecretList[0]).toMatchObject({ ...shown, LastRotatedDate: last, NextRotationDate: next });

    await secrets.send(new CancelRotateSecretCommand({ SecretId }));
    const off = await describeSecret();
    expect(off).toMatchObject({ ...shown, RotationEnabled: false });
    expect(off.LastRotatedDate ?? off.NextRotationDate).toBeUndefined();
  });

  it('rotate again and again when it is time, and count from the last one', async () => {
    await rotate({ RotationRules: { ScheduleExpression: 'rate(4 hours)' } });
    await eventually(
      async () => fn.steps().length,
      (count) => count >= 12,
    );
    await service.idle();
    const tokens = fn.events.filter(({ Step }) => Step === 'finishSecret').map((event) => event.ClientRequestToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.length).toBeGreaterThanOrEqual(3);
    await secrets.send(new CancelRotateSecretCommand({ SecretId }));
    const done = fn.events.length;
    await world.clock.sleep(24 * 3_600_000);
    expect(fn.events).toHaveLength(done);
  });

  it('try again in the next window what was given up, with the same version', async () => {
    failing('setSecret', 5);
    const { VersionId } = await rotate({ RotationRules: { ScheduleExpression: 'rate(4 hours)' } });
    await eventually(
      async () => latest()?.state,
      (state) => state === 'succeeded',
    );
    expect(new Set(fn.events.slice(0, 14).map((event) => event.ClientRequestToken))).toEqual(new Set([VersionId]));
  });

  it('count from a value that was put by hand', async () => {
    await rotate();
    await service.idle();
    const { NextRotationDate: before, LastRotatedDate } = await describeSecret();
    await world.clock.sleep(2 * 86_400_000);
    await put('by hand', randomUUID());
    const after = await describeSecret();
    const movedMs = (after.NextRotationDate?.getTime() ?? 0) - (before?.getTime() ?? 0);
    expect(movedMs).toBeGreaterThanOrEqual(2 * 86_400_000);
    expect(after.LastRotatedDate).toEqual(LastRotatedDate);
  });

  it('are tried out with one step when nothing is to be rotated yet', async () => {
    const seen: unknown[] = [];
    fn.does = async ({ ClientRequestToken }) => void seen.push((await stages())?.[ClientRequestToken]);
    const { VersionId } = await rotate({ RotateImmediately: false });
    await service.idle();
    expect(fn.events).toMatchObject([{ Step: 'testSecret', ClientRequestToken: VersionId }]);
    expect(seen).toEqual([['AWSPENDING']]);
    expect(await stages()).toEqual({ [FIRST]: ['AWSCURRENT'] });
    expect(await describeSecret()).toMatchObject({ RotationEnabled: true, NextRotationDate: expect.any(Date) });
    expect((await describeSecret()).LastRotatedDate).toBeUndefined();
  });

  it('are tried out once only, also when that fails', async () => {
    failing('testSecret');
    await rotate({ RotateImmediately: false });
    await service.idle();
    expect(fn.steps()).toEqual(['testSecret']);
    expect(latest()).toMatchObject({ kind: 'test', state: 'failed', problem: 'testSecret failed: NotYet' });
    expect(await stages()).toEqual({ [FIRST]: ['AWSCURRENT'] });
  });
});

describe('CancelRotateSecret', () => {
  it('lets no further step come, and leaves AWSPENDING where it is', async () => {
    fn.does = async ({ Step }) => {
      if (Step === 'setSecret') await secrets.send(new CancelRotateSecretCommand({ SecretId }));
    };
    const { VersionId = '' } = await rotate();
    await service.idle();
    expect(fn.steps()).toEqual(['createSecret', 'setSecret']);
    expect(latest()?.state).toBe('cancelled');
    expect((await stages())?.[VersionId]).toEqual(['AWSPENDING']);
    await expect(rotate()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await service.idle();
    expect(fn.steps()).toHaveLength(2);
  });

  it('names the version that it leaves behind, also while the rotation waits', async () => {
    await world.close();
    await open(1);
    failing('createSecret');
    const { VersionId } = await rotate();
    await eventually(
      async () => latest()?.state,
      (state) => state === 'waiting',
    );
    expect(await secrets.send(new CancelRotateSecretCommand({ SecretId }))).toMatchObject({ VersionId });
    await service.idle();
    expect(latest()?.state).toBe('cancelled');
  });

  it('is refused for a secret that was never rotated', async () => {
    const cancelling = secrets.send(new CancelRotateSecretCommand({ SecretId }));
    await expect(cancelling).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('a deleted secret', () => {
  it('is not rotated any further', async () => {
    fn.does = async ({ Step }) => {
      if (Step === 'createSecret') await secrets.send(new DeleteSecretCommand({ SecretId }));
    };
    await rotate();
    await service.idle();
    expect(fn.steps()).toEqual(['createSecret']);
    expect(latest()).toMatchObject({ state: 'cancelled', problem: 'the secret was deleted' });
  });
});

describe('RotateSecret refuses', () => {
  it.each([
    ['without a function', { RotationLambdaARN: undefined }, 'InvalidRequestException'],
    ['without rules', { RotationRules: undefined }, 'InvalidParameterException'],
    ['a wrong rule', { RotationRules: { AutomaticallyAfterDays: 1001 } }, 'InvalidParameterException'],
    ['a short token', { ClientRequestToken: 'short' }, 'InvalidParameterException'],
    ['a token that is a version already', { ClientRequestToken: FIRST }, 'InvalidRequestException'],
    [
      'a function of another Region',
      { RotationLambdaARN: FUNCTION_ARN.replace('us-east-1', 'eu-west-1') },
      'InvalidParameterException',
    ],
    ['what is no function', { RotationLambdaARN: 'rotate' }, 'InvalidParameterException'],
    ['a secret that there is not', { SecretId: 'nobody' }, 'ResourceNotFoundException'],
    [
      'a secret of a partner',
      { ExternalSecretRotationRoleArn: 'arn:aws:iam::111122223333:role/partner' },
      'NotImplemented',
    ],
  ])('%s', async (_what, more, name) => {
    await expect(rotate(more)).rejects.toMatchObject({ name });
    await service.idle();
    expect(fn.events).toEqual([]);
    expect((await describeSecret()).RotationEnabled).toBeUndefined();
  });

  it('a RotationToken that is not the rotation’s', async () => {
    const value = { SecretId, SecretString: 'two', RotationToken: randomUUID() };
    const putting = secrets.send(new PutSecretValueCommand(value));
    await expect(putting).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

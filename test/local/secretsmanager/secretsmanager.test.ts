import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  paginateListSecrets,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSecretsManager } from '../../../local/services/secretsmanager/secretsmanager.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let secrets: SecretsManagerClient;
let number = 0;
beforeAll(async () => {
  // A service's day is under a tenth of a second here.
  world = await aWorld({ services: [createSecretsManager], speed: 1_000_000 });
  secrets = world.operatorClient(SecretsManagerClient);
});
afterAll(() => world.close());

/** Tokens are as long as a UUID. */
const token = (name: string) => name.padEnd(36, '-');
const [first, second, third] = [token('first'), token('second'), token('third')];

const aSecret = async (more: Partial<CreateSecretCommandInput> = {}): Promise<string> => {
  number += 1;
  const value = { SecretString: 'one', ClientRequestToken: first };
  await secrets.send(new CreateSecretCommand({ Name: `secret-${number}`, ...value, ...more }));
  return more.Name ?? `secret-${number}`;
};
const put = (SecretId: string, SecretString: string, ClientRequestToken: string, VersionStages?: string[]) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken, VersionStages }));
const read = async (SecretId: string, more: Partial<GetSecretValueCommandInput> = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...more }));
const describeSecret = (SecretId: string) => secrets.send(new DescribeSecretCommand({ SecretId }));
const labels = async (SecretId: string) => (await describeSecret(SecretId)).VersionIdsToStages;
const move = (SecretId: string, more: Omit<UpdateSecretVersionStageCommandInput, 'SecretId'>) =>
  secrets.send(new UpdateSecretVersionStageCommand({ SecretId, ...more }));
const remove = (SecretId: string, more: Partial<DeleteSecretCommandInput> = {}) =>
  secrets.send(new DeleteSecretCommand({ SecretId, ...more }));

describe('staging labels', () => {
  test('follow a new value: what was current becomes previous, what was previous has none', async () => {
    const id = await aSecret();
    expect(await labels(id)).toEqual({ [first]: ['AWSCURRENT'] });
    await put(id, 'two', second);
    expect(await labels(id)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] });
    await put(id, 'three', third);
    expect(await labels(id)).toEqual({ [second]: ['AWSPREVIOUS'], [third]: ['AWSCURRENT'] });
    expect(await read(id)).toMatchObject({ SecretString: 'three', VersionId: third, VersionStages: ['AWSCURRENT'] });
    expect(await read(id, { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'two' });
    expect(await read(id, { VersionId: first })).toMatchObject({ SecretString: 'one' });
  });

  test('leave the current value alone while the next one is tried', async () => {
    const id = await aSecret();
    const { VersionStages } = await put(id, 'two', second, ['AWSPENDING']);
    expect(VersionStages).toEqual(['AWSPENDING']);
    expect((await read(id)).SecretString).toBe('one');
    await move(id, { VersionStage: 'AWSCURRENT', MoveToVersionId: second, RemoveFromVersionId: first });
    expect(await labels(id)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSPENDING', 'AWSCURRENT'] });
    await move(id, { VersionStage: 'AWSPENDING', RemoveFromVersionId: second });
    expect((await labels(id))?.[second]).toEqual(['AWSCURRENT']);
  });

  test('are current on a first value, whatever was asked for', async () => {
    const id = await aSecret({ SecretString: undefined, ClientRequestToken: undefined });
    await put(id, 'one', first, ['AWSPENDING']);
    expect(await labels(id)).toEqual({ [first]: ['AWSCURRENT', 'AWSPENDING'] });
  });

  test('tell versions in use from those that are only kept', async () => {
    const id = await aSecret();
    await put(id, 'two', second);
    await put(id, 'three', third);
    const list = async (IncludeDeprecated: boolean) => {
      const { Versions = [] } = await secrets.send(
        new ListSecretVersionIdsCommand({ SecretId: id, IncludeDeprecated }),
      );
      return Versions.map(({ VersionId }) => VersionId);
    };
    expect(await list(false)).toEqual([second, third]);
    expect(await list(true)).toEqual([first, second, third]);
  });

  test.each([
    ['are not taken from a version without naming it', { MoveToVersionId: second }, 'InvalidParameterException'],
    [
      'are not taken from a version that has them not',
      { MoveToVersionId: first, RemoveFromVersionId: second },
      'InvalidParameterException',
    ],
    [
      'do not go to a version that there is not',
      { MoveToVersionId: third, RemoveFromVersionId: first },
      'ResourceNotFoundException',
    ],
    ['never leave a secret without a current version', { RemoveFromVersionId: first }, 'InvalidParameterException'],
  ])('%s', async (_what, more, name) => {
    const id = await aSecret();
    await put(id, 'two', second, ['AWSPENDING']);
    await expect(move(id, { VersionStage: 'AWSCURRENT', ...more })).rejects.toMatchObject({ name });
    expect(await labels(id)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
  });
});

describe('a token', () => {
  test('makes one version, however often the call is repeated', async () => {
    const id = await aSecret();
    await put(id, 'two', second);
    await put(id, 'three', third);
    // The repeated call of long ago takes nothing back.
    expect(await put(id, 'two', second)).toMatchObject({ VersionId: second });
    expect((await read(id)).SecretString).toBe('three');
    await secrets.send(new UpdateSecretCommand({ SecretId: id, SecretString: 'three', ClientRequestToken: third }));
    expect(Object.keys((await labels(id)) ?? {})).toEqual([second, third]);
  });

  test('makes one secret, however often the call is repeated', async () => {
    const Name = await aSecret();
    const { ARN } = await describeSecret(Name);
    const again = new CreateSecretCommand({ Name, SecretString: 'one', ClientRequestToken: first });
    expect(await secrets.send(again)).toMatchObject({ ARN, VersionId: first });
  });

  test('is refused for another value', async () => {
    const id = await aSecret();
    const name = 'ResourceExistsException';
    await expect(put(id, 'other', first)).rejects.toMatchObject({ name });
    await expect(aSecret({ Name: id, SecretString: 'other' })).rejects.toMatchObject({ name });
    await expect(aSecret({ Name: id, ClientRequestToken: second })).rejects.toMatchObject({ name });
    expect((await read(id)).SecretString).toBe('one');
  });
});

describe('a secret', () => {
  test('is found by its name, its ARN, and its ARN without the random end, in its own Region', async () => {
    const Name = await aSecret();
    const { ARN = '' } = await describeSecret(Name);
    expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:${ACCOUNT_ID}:secret:${Name}-[A-Za-z0-9]{6}$`));
    for (const id of [Name, ARN, ARN.slice(0, -7)]) expect((await read(id)).ARN).toBe(ARN);
    const elsewhere = world.operatorClient(SecretsManagerClient, 'eu-west-1');
    for (const SecretId of [Name, ARN]) {
      const asked = elsewhere.send(new GetSecretValueCommand({ SecretId }));
      await expect(asked).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  test('can hold bytes', async () => {
    const SecretBinary = new Uint8Array([0, 255, 7]);
    const id = await aSecret({ SecretString: undefined, SecretBinary });
    const found = await read(id);
    expect([...(found.SecretBinary ?? [])]).toEqual([0, 255, 7]);
    expect(found.SecretString).toBeUndefined();
  });

  test('takes and loses tags, and another description', async () => {
    const id = await aSecret({ Tags: [{ Key: 'team', Value: 'caches' }] });
    await secrets.send(new TagResourceCommand({ SecretId: id, Tags: [{ Key: 'stage', Value: 'test' }] }));
    await secrets.send(new UntagResourceCommand({ SecretId: id, TagKeys: ['team'] }));
    await secrets.send(new UpdateSecretCommand({ SecretId: id, Description: 'for orders' }));
    expect(await describeSecret(id)).toMatchObject({
      Description: 'for orders',
      Tags: [{ Key: 'stage', Value: 'test' }],
      VersionIdsToStages: { [first]: ['AWSCURRENT'] },
    });
  });
});

describe('a deleted secret', () => {
  test('waits for its recovery window, in which only its name is taken, and then is gone', async () => {
    const Name = await aSecret();
    const { ARN } = await describeSecret(Name);
    const before = world.clock.now();
    const { DeletionDate } = await remove(Name, { RecoveryWindowInDays: 7 });
    const gone = 7 * 86_400_000;
    expect(DeletionDate?.getTime()).toBeGreaterThanOrEqual(Math.floor((before + gone) / 1000) * 1000);
    await world.clock.sleep(Math.max(0, (DeletionDate?.getTime() ?? 0) + 1000 - world.clock.now()));
    await expect(describeSecret(Name)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await aSecret({ Name });
    expect((await describeSecret(Name)).ARN).not.toBe(ARN);
  });

  test('can be used for nothing until it is restored', async () => {
    const still = await aWorld({ services: [createSecretsManager] });
    try {
      const client = still.operatorClient(SecretsManagerClient);
      const SecretId = 'orders';
      const create = () => client.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }));
      const refused = { name: 'InvalidRequestException' };
      await create();
      await client.send(new DeleteSecretCommand({ SecretId }));
      for (const attempt of [
        () => client.send(new GetSecretValueCommand({ SecretId })),
        () => client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' })),
        () => client.send(new UpdateSecretCommand({ SecretId, Description: 'x' })),
        () => client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] })),
        () => client.send(new DeleteSecretCommand({ SecretId })),
        create,
      ]) {
        await expect(attempt()).rejects.toMatchObject(refused);
      }
      const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId }));
      expect(DeletedDate).toBeInstanceOf(Date);
      for (const [IncludePlannedDeletion, count] of [
        [false, 0],
        [true, 1],
      ] as const) {
        const { SecretList } = await client.send(new ListSecretsCommand({ IncludePlannedDeletion }));
        expect(SecretList).toHaveLength(count);
      }
      await client.send(new RestoreSecretCommand({ SecretId }));
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('one');
      // By force: at once, also while it waits, also when it is not there.
      await client.send(new DeleteSecretCommand({ SecretId }));
      for (let time = 0; time < 2; time += 1) {
        await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
      }
      await create();
    } finally {
      await still.close();
    }
  });
});

describe('the list', () => {
  const names = async (more = {}, pageSize = 2) => {
    const found: string[] = [];
    for await (const { SecretList = [] } of paginateListSecrets({ client: secrets, pageSize }, more)) {
      expect(SecretList.length).toBeLessThanOrEqual(pageSize);
      found.push(...SecretList.map(({ Name = '' }) => Name));
    }
    return found;
  };

  test('has every secret of the Region once, page by page', async () => {
    const made = [];
    for (const letter of ['a', 'b', 'c', 'd', 'e']) made.push(await aSecret({ Name: `paged/${letter}` }));
    expect(await names({ Filters: [{ Key: 'name', Values: ['paged/'] }] })).toEqual(made);
    expect(await names({ Filters: [{ Key: 'name', Values: ['paged/b', 'paged/d'] }] })).toEqual(['paged/b', 'paged/d']);
  });

  test('finds by tag', async () => {
    const Name = 'tagged/one';
    await aSecret({ Name, Tags: [{ Key: 'list', Value: 'yes' }] });
    const Filters = [{ Key: 'tag-key' as const, Values: ['list'] }];
    expect(await names({ Filters })).toEqual([Name]);
    expect(await names({ Filters: [{ Key: 'tag-value', Values: ['no'] }] })).toEqual([]);
  });
});

describe('a random password', () => {
  const KINDS = [/[a-z]/, /[A-Z]/, /[0-9]/, /[!-/:-@[-`{-~]/];
  const password = async (more: GetRandomPasswordCommandInput = {}) =>
    (await secrets.send(new GetRandomPasswordCommand(more))).RandomPassword ?? '';

  test('has 32 characters with one of each kind, unless said otherwise', async () => {
    const made = await password();
    expect(made).toHaveLength(32);
    for (const kind of KINDS) expect(made).toMatch(kind);
    expect(made).not.toContain(' ');
    expect(await password()).not.toBe(made);
  });

  test('keeps to what is asked, whatever is asked', async () => {
    const options = fc.record({
      PasswordLength: fc.integer({ min: 4, max: 200 }),
      ExcludeLowercase: fc.boolean(),
      ExcludeUppercase: fc.boolean(),
      ExcludeNumbers: fc.boolean(),
      ExcludePunctuation: fc.boolean(),
      ExcludeCharacters: fc.constantFrom('', 'abc', '"@/\\', '0123456789'),
      RequireEachIncludedType: fc.boolean(),
    });
    const possible = options.filter(
      (wanted) =>
        !wanted.ExcludeLowercase ||
        !wanted.ExcludeUppercase ||
        !wanted.ExcludePunctuation ||
        (!wanted.ExcludeNumbers && wanted.ExcludeCharacters !== '0123456789'),
    );
    await fc.assert(
      fc.asyncProperty(possible, async (wanted) => {
        const made = await password(wanted);
        expect(made).toHaveLength(wanted.PasswordLength);
        for (const excluded of wanted.ExcludeCharacters) expect(made).not.toContain(excluded);
        const { ExcludeLowercase, ExcludeUppercase, ExcludeNumbers, ExcludePunctuation } = wanted;
        const noDigits = ExcludeNumbers || wanted.ExcludeCharacters === '0123456789';
        const without = [ExcludeLowercase, ExcludeUppercase, noDigits, ExcludePunctuation];
        KINDS.forEach((kind, index) => {
          if (without[index]) expect(made).not.toMatch(kind);
          else if (wanted.RequireEachIncludedType) expect(made).toMatch(kind);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('can have spaces', async () => {
    const only = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
    expect(await password({ ...only, IncludeSpace: true, PasswordLength: 3 })).toBe('   ');
  });

  test.each([
    ['of no characters', { PasswordLength: 0 }],
    ['of 4,097 characters', { PasswordLength: 4097 }],
    ['of four kinds in three characters', { PasswordLength: 3 }],
    ['of nothing', { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }],
  ])('%s is refused', async (_what, more) => {
    await expect(password(more)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('what IAM is asked', () => {
  const lastAsked = () => world.asked.at(-1)?.permission;

  test('names the secret by its whole ARN, with its tags and its own policy', async () => {
    const id = await aSecret({ Tags: [{ Key: 'team', Value: 'caches' }] });
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const { ARN } = await secrets.send(new PutResourcePolicyCommand({ SecretId: id, ResourcePolicy }));
    await read(id);
    expect(lastAsked()).toEqual({
      action: 'secretsmanager:GetSecretValue',
      resource: ARN,
      context: { 'secretsmanager:Name': id, 'aws:ResourceTag/team': 'caches' },
      resourcePolicy: { Version: '2012-10-17', Statement: [] },
    });
  });

  test('has a second action where a secret is made with tags', async () => {
    const before = world.asked.length;
    await aSecret({ Name: 'made', Tags: [{ Key: 'team', Value: 'caches' }] });
    const resource = `arn:aws:secretsmanager:us-east-1:${ACCOUNT_ID}:secret:made-??????`;
    const context = { 'aws:RequestTag/team': 'caches', 'aws:TagKeys': ['team'] };
    expect(world.asked.slice(before).map(({ permission }) => permission)).toEqual([
      { action: 'secretsmanager:CreateSecret', resource, context: { ...context, 'secretsmanager:Name': 'made' } },
      { action: 'secretsmanager:TagResource', resource, context },
    ]);
  });

  test('is about everything where a call names no secret', async () => {
    await secrets.send(new GetRandomPasswordCommand({}));
    expect(lastAsked()).toEqual({ action: 'secretsmanager:GetRandomPassword', resource: '*' });
  });
});

describe('Secrets Manager refuses', () => {
  const putting = (more: Partial<PutSecretValueCommandInput>) => async () =>
    secrets.send(new PutSecretValueCommand({ SecretId: await aSecret(), ...more }));
  test.each([
    ['a secret that there is not', () => read('nobody'), 'ResourceNotFoundException'],
    [
      'a version that there is not',
      async () => read(await aSecret(), { VersionId: second }),
      'ResourceNotFoundException',
    ],
    [
      'a label that nothing has',
      async () => read(await aSecret(), { VersionStage: 'MINE' }),
      'ResourceNotFoundException',
    ],
    [
      'a label that the version has not',
      async () => read(await aSecret(), { VersionId: first, VersionStage: 'AWSPENDING' }),
      'InvalidRequestException',
    ],
    ['a name with other characters', () => aSecret({ Name: 'my secret' }), 'ValidationException'],
    ['a token that is too short', putting({ SecretString: 'x', ClientRequestToken: 'x' }), 'InvalidParameterException'],
    ['no value', putting({}), 'InvalidRequestException'],
    ['an empty value', putting({ SecretString: '' }), 'InvalidRequestException'],
    ['two values', putting({ SecretString: 'x', SecretBinary: new Uint8Array([1]) }), 'InvalidParameterException'],
    ['a value over 64 KiB', putting({ SecretString: 'é'.repeat(32_769) }), 'InvalidParameterException'],
    [
      'six days of recovery',
      async () => remove(await aSecret(), { RecoveryWindowInDays: 6 }),
      'InvalidParameterException',
    ],
    [
      'to delete at once and later',
      async () => remove(await aSecret(), { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      'InvalidParameterException',
    ],
    [
      'a policy that is no JSON',
      async () => secrets.send(new PutResourcePolicyCommand({ SecretId: await aSecret(), ResourcePolicy: 'allow' })),
      'MalformedPolicyDocumentException',
    ],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });
});

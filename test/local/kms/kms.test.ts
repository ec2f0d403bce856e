import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  paginateListAliases,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKms } from '../../../local/services/kms/kms.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

describe('KMS', () => {
  let world: AWorld;
  let kms: KMSClient;
  beforeAll(async () => {
    world = await aWorld({ services: [createKms] });
    kms = world.operatorClient(KMSClient);
  });
  afterAll(() => world.close());

  const aKey = async () => (await kms.send(new CreateKeyCommand({ Description: 'snapshots' }))).KeyMetadata;
  const aliases = async (client = kms, pageSize = 3) => {
    const names: string[] = [];
    for await (const { Aliases = [] } of paginateListAliases({ client, pageSize }, {})) {
      names.push(...Aliases.map(({ AliasName = '' }) => AliasName));
    }
    return names;
  };

  it('has the keys that services make for themselves, one in each Region', async () => {
    const describeIn = (region: string) =>
      world.operatorClient(KMSClient, region).send(new DescribeKeyCommand({ KeyId: 'alias/aws/secretsmanager' }));
    const [east, west] = [await describeIn('us-east-1'), await describeIn('us-west-2')];
    expect(east.KeyMetadata).toMatchObject({ KeyManager: 'AWS', KeyState: 'Enabled', AWSAccountId: ACCOUNT_ID });
    expect(east.KeyMetadata?.KeyId).not.toBe(west.KeyMetadata?.KeyId);
    expect(east.KeyMetadata?.KeyId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('finds a key by its id, its ARN, its alias and the ARN of its alias', async () => {
    const key = await aKey();
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/snapshots', TargetKeyId: key?.KeyId }));
    const aliasArn = `arn:aws:kms:us-east-1:${ACCOUNT_ID}:alias/snapshots`;
    for (const KeyId of [key?.KeyId, key?.Arn, 'alias/snapshots', aliasArn]) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({ Arn: key?.Arn, Description: 'snapshots', KeyManager: 'CUSTOMER' });
    }
  });

  it('lists every alias once, page by page', async () => {
    const all = await aliases();
    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain('alias/aws/elasticache');
    expect(await aliases(kms, 100)).toEqual(all);
  });

  it.each([
    ['alias/aws/mine', 'InvalidAliasNameException'],
    ['snapshots', 'InvalidAliasNameException'],
    ['alias/with space', 'InvalidAliasNameException'],
  ])('refuses the alias %s', async (AliasName, name) => {
    const TargetKeyId = (await aKey())?.KeyId;
    await expect(kms.send(new CreateAliasCommand({ AliasName, TargetKeyId }))).rejects.toMatchObject({ name });
  });

  it('refuses an alias that is taken, that stands for an alias, or for no key', async () => {
    const TargetKeyId = (await aKey())?.KeyId;
    const create = (AliasName: string, target = TargetKeyId) =>
      kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: target }));
    await create('alias/once');
    await expect(create('alias/once')).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await expect(create('alias/two', 'alias/once')).rejects.toMatchObject({ name: 'ValidationException' });
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(create('alias/two', nobody)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('asks IAM about the alias and about its key, with the key policy', async () => {
    const key = await aKey();
    const before = world.asked.length;
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/asked', TargetKeyId: key?.KeyId }));
    const asked = world.asked.slice(before).map(({ permission }) => permission);
    expect(asked).toMatchObject([
      { action: 'kms:CreateAlias', resource: `arn:aws:kms:us-east-1:${ACCOUNT_ID}:alias/asked` },
      { action: 'kms:CreateAlias', resource: key?.Arn },
    ]);
    expect(asked[1]?.resourcePolicy?.Statement).toHaveLength(1);
  });

  it('refuses kinds of keys that it cannot make', async () => {
    const asymmetric = new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    await expect(kms.send(asymmetric)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });
});

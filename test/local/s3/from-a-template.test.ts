import { CreateBucketCommand, GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expiryOf } from '../../../local/services/s3/lifecycle.ts';
import { build } from '../../builders/a-template-resource.ts';
import { eventually } from '../../builders/eventually.ts';
import { type AnS3, anS3 } from './a-bucket.ts';

let made: AnS3;
beforeAll(async () => {
  // A day is a tenth of a second here.
  made = await anS3({ speed: 864_000 });
});
afterAll(() => made.close());

const aBucketWith = (BucketName: string, more: object = {}) =>
  build(made.service, 'AWS::S3::Bucket', { BucketName, ...more });
const rule = (more: object = {}) => ({ Id: 'forget', Status: 'Enabled', ExpirationInDays: 3, ...more });
const forgetting = (...Rules: object[]) => ({ LifecycleConfiguration: { Rules } });

describe('a bucket of a template', () => {
  test('has what the CDK asks for a private one, and is known by its name', async () => {
    const bucket = await aBucketWith('evidence', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      Tags: [{ Key: 'application', Value: 'elasticache-autopilot' }],
    });
    expect(bucket).toMatchObject({
      ref: 'evidence',
      attributes: { Arn: 'arn:aws:s3:::evidence', RegionalDomainName: 'evidence.s3.us-east-1.amazonaws.com' },
    });
    await made.put({ Bucket: 'evidence' });
    await expect(made.s3.send(new CreateBucketCommand({ Bucket: 'evidence' }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
  });

  test('gets a name in small letters when it has none', async () => {
    expect((await build(made.service, 'AWS::S3::Bucket', {})).ref).toBe('s-made-1');
  });

  test.each<[string, object, string]>([
    ['versions', { VersioningConfiguration: { Status: 'Enabled' } }, 'VersioningConfiguration'],
    [
      'a key of KMS',
      {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
      },
      'without KMS',
    ],
    ['access lists', { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } }, 'access control lists'],
    ['transitions', forgetting(rule({ Transitions: [] })), 'Transitions'],
    ['a wrong name', { BucketName: 'Evidence' }, 'not valid'],
  ])('is refused with %s', async (_what, more, words) => {
    await expect((async () => aBucketWith('refused', more))()).rejects.toThrow(words);
  });
});

describe('an object expires', () => {
  test('at the first midnight (UTC) after its days, and says so when it is written', async () => {
    await aBucketWith('short', forgetting(rule()));
    const before = made.world.clock.now();
    const put = await made.s3.send(new PutObjectCommand({ Bucket: 'short', Key: 'a', Body: 'x' }));
    const after = made.world.clock.now();
    const [, date = '', id] = /^expiry-date="([^"]+)", rule-id="(\w+)"$/.exec(put.Expiration ?? '') ?? [];
    expect(id).toBe('forget');
    expect(date).toMatch(/ 00:00:00 GMT$/);
    expect(Date.parse(date)).toBeGreaterThanOrEqual(before + 3 * 86_400_000);
    expect(Date.parse(date)).toBeLessThan(after + 4 * 86_400_000);

    const gone = async () => {
      try {
        await made.get({ Bucket: 'short' });
        return undefined;
      } catch (error) {
        return { error, at: made.world.clock.now() };
      }
    };
    const end = await eventually(gone, (found) => found !== undefined);
    expect(end?.error).toBeInstanceOf(NoSuchKey);
    expect(end?.at).toBeGreaterThanOrEqual(Date.parse(date));
  });

  test('only where a rule applies', async () => {
    await aBucketWith(
      'mixed',
      forgetting(rule({ Prefix: 'drills/', ExpirationInDays: 1 }), rule({ Status: 'Disabled' })),
    );
    for (const Key of ['drills/1', 'other']) await made.put({ Bucket: 'mixed', Key });
    const get = (Key: string) => made.s3.send(new GetObjectCommand({ Bucket: 'mixed', Key }));
    await eventually(
      () =>
        get('drills/1').then(
          () => false,
          () => true,
        ),
      (isGone) => isGone,
    );
    await made.world.clock.sleep(4 * 86_400_000);
    const { Expiration } = await get('other');
    expect(Expiration).toBeUndefined();
  });

  const at = (iso: string) => ({ key: 'drills/1', writtenAt: Date.parse(iso) });
  test.each([
    ['2026-11-20T00:00:00.000Z', 400, '2027-12-25T00:00:00.000Z'],
    ['2026-11-20T00:00:00.001Z', 400, '2027-12-26T00:00:00.000Z'],
    ['2026-11-20T23:59:59.999Z', 1, '2026-11-22T00:00:00.000Z'],
  ])('written at %s, after %i days: at %s', (written, ExpirationInDays, expires) => {
    const rules = [{ Id: 'a', Status: 'Enabled' as const, Prefix: '', ExpirationInDays }];
    expect(expiryOf(at(written), rules)).toEqual({ at: Date.parse(expires), ruleId: 'a' });
  });

  test('by the earliest rule', () => {
    const rules = [400, 30, 90].map((ExpirationInDays) => ({
      Id: `${ExpirationInDays} days`,
      Status: 'Enabled' as const,
      Prefix: 'drills/',
      ExpirationInDays,
    }));
    expect(expiryOf(at('2026-11-20T00:00:00.000Z'), rules)?.ruleId).toBe('30 days');
  });
});

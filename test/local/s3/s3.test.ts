import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnS3, anS3 } from './a-bucket.ts';

let made: AnS3;
let s3: S3Client;
beforeAll(async () => {
  made = await anS3();
  s3 = made.s3;
});
afterAll(() => made.close());

/** Every byte that there is, and no text. */
const BYTES = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

describe('an object', () => {
  test('comes back byte for byte, with what was said of it', async () => {
    const Bucket = await made.aBucket();
    const described = {
      ContentType: 'image/svg+xml',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      ContentDisposition: 'inline',
      Metadata: { operation: 'drill-1' },
    };
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: BYTES, ...described }));
    expect(put).toMatchObject({ ETag: '"f5c8e3c31c044bae0e65569560b54332"', ServerSideEncryption: 'AES256' });
    const { Body, ...answer } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(await Body?.transformToByteArray()).toEqual(BYTES);
    expect(answer).toMatchObject({ ...described, ContentLength: 512, ETag: put.ETag, ServerSideEncryption: 'AES256' });
    expect(Math.abs(Number(answer.LastModified) - made.world.clock.now())).toBeLessThan(5000);
  });

  test('has a request id, as every answer', async () => {
    const Bucket = await made.aBucket();
    const { $metadata } = await s3.send(new HeadBucketCommand({ Bucket }));
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect($metadata.extendedRequestId).toBeDefined();
  });

  test('is replaced as a whole, and its old bytes are gone', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, Body: 'first', ContentType: 'text/plain', Metadata: { a: '1' } });
    await made.put({ Bucket, Body: 'second' });
    expect(await made.get({ Bucket })).toMatchObject({
      text: 'second',
      ContentType: 'application/octet-stream',
      Metadata: {},
    });
    expect(readdirSync(path.join(made.world.folder, 's3', Bucket))).toHaveLength(1);
  });

  test('can be empty', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, Body: new Uint8Array() });
    expect(await made.get({ Bucket })).toMatchObject({ text: '', ContentLength: 0 });
  });

  test.each([
    ['slashes', 'drills/2026/orders.json.gz'],
    ['a slash at its beginning', '/a'],
    ['two slashes, and one at its end', 'a//b/'],
    ['what URLs mean otherwise', 'a b+c?d=e&f#g%20h;i=j'],
    ['dots', 'a/../b/./c'],
    ['other scripts', 'größe/日本/🙂'],
    ['what XML means otherwise', '<a>&"b\''],
    ['what patterns mean otherwise', "a*(b)!'c"],
  ])('has a key with %s', async (_what, Key) => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, Key, Body: Key });
    expect((await made.get({ Bucket, Key })).text).toBe(Buffer.from(Key).toString('latin1'));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map((object) => object.Key)).toEqual([Key]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(made.get({ Bucket, Key })).rejects.toBeInstanceOf(NoSuchKey);
  });

  test('is described without its bytes', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, Metadata: { a: '1' } });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ ContentLength: 5, Metadata: { a: '1' }, AcceptRanges: 'bytes' });
    const missing = s3.send(new HeadObjectCommand({ Bucket, Key: 'b' }));
    await expect(missing).rejects.toMatchObject({ name: 'NotFound', $metadata: { httpStatusCode: 404 } });
  });

  test.each([
    ['bytes=1-3', 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=0-99', 'hello', 'bytes 0-4/5'],
  ])('is read in part: %s', async (Range, text, ContentRange) => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket });
    const answer = await made.get({ Bucket, Range });
    expect(answer).toMatchObject({ text, ContentRange, ContentLength: text.length });
    expect(answer.$metadata).toMatchObject({ httpStatusCode: 206 });
  });

  test.each(['bytes=0-1,3-4', 'lines=1-2', 'bytes=3-1'])(
    'is read as a whole when nobody knows what %s is',
    async (Range) => {
      const Bucket = await made.aBucket();
      await made.put({ Bucket });
      expect(await made.get({ Bucket, Range })).toMatchObject({ text: 'hello', $metadata: { httpStatusCode: 200 } });
    },
  );

  test('is given only to whom wants this very one', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket });
    const { ETag = '' } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect((await made.get({ Bucket, IfMatch: `${ETag}` })).text).toBe('hello');
    await expect(made.get({ Bucket, IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(made.get({ Bucket, IfNoneMatch: `${ETag}` })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
  });

  test('is written once by those who ask for that', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, IfNoneMatch: '*' });
    await expect(made.put({ Bucket, IfNoneMatch: '*', Body: 'x' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect((await made.get({ Bucket })).text).toBe('hello');
  });

  test('may be deleted twice', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket });
    for (let times = 0; times < 2; times += 1) {
      const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
      expect($metadata.httpStatusCode).toBe(204);
    }
  });
});

describe('a checksum', () => {
  test('comes with every object of the SDK, and back with it', async () => {
    const Bucket = await made.aBucket();
    const put = await made.put({ Bucket });
    expect(put).toMatchObject({ ChecksumCRC32: 'NhCmhg==', ChecksumType: 'FULL_OBJECT' });
    expect(await made.get({ Bucket })).toMatchObject({ ChecksumCRC32: 'NhCmhg==' });
    expect((await made.get({ Bucket, Range: 'bytes=0-1' })).ChecksumCRC32).toBeUndefined();
  });

  test.each(['SHA1', 'SHA256'] as const)('can be %s', async (ChecksumAlgorithm) => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket, ChecksumAlgorithm });
    expect(await made.get({ Bucket })).toHaveProperty(`Checksum${ChecksumAlgorithm}`);
  });

  test('may trail behind a body that is sent in chunks', async () => {
    const Bucket = await made.aBucket();
    const chunks = [BYTES, Buffer.from('\r\n0\r\n'), Buffer.alloc(200_000, 'x')];
    const whole = Buffer.concat(chunks);
    const Body = Readable.from(chunks);
    const streamed = { Bucket, Key: 'a', Body, ContentLength: whole.length, ContentEncoding: 'gzip' };
    const { ChecksumCRC32 } = await s3.send(new PutObjectCommand(streamed));
    const answer = await made.get({ Bucket });
    expect(answer).toMatchObject({ ContentLength: whole.length, ContentEncoding: 'gzip', ChecksumCRC32 });
    expect(Buffer.from(answer.text, 'latin1').equals(whole)).toBe(true);
    expect(ChecksumCRC32).toBeDefined();
  });

  test.each([
    ['Content-MD5', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }, 'BadDigest'],
    ['Content-MD5 that is none', { ContentMD5: 'md5' }, 'InvalidDigest'],
    ['CRC32', { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
    ['SHA256', { ChecksumSHA256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }, 'BadDigest'],
    ['kind that is not calculated here', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }, 'NotImplemented'],
    ['pair', { ChecksumCRC32: 'NhCmhg==', ChecksumSHA1: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' }, 'InvalidRequest'],
  ])('is refused when it is a wrong %s', async (_what, more, name) => {
    const Bucket = await made.aBucket();
    await expect(made.put({ Bucket, ...more })).rejects.toMatchObject({ name });
    await expect(made.get({ Bucket })).rejects.toBeInstanceOf(NoSuchKey);
  });
});

describe('a list', () => {
  const keys = ['a', 'drills/1/log', 'drills/1/picture', 'drills/2/log', 'drills/é', 'drills/z', 'other'];
  let Bucket: string;
  beforeAll(async () => {
    Bucket = await made.aBucket();
    for (const Key of keys.toReversed()) await made.put({ Bucket, Key });
  });
  const list = async (more: object = {}) => {
    const answer = await s3.send(new ListObjectsV2Command({ Bucket, ...more }));
    return {
      ...answer,
      keys: (answer.Contents ?? []).map(({ Key }) => Key),
      prefixes: (answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    };
  };

  test('has all keys, in the order of their bytes', async () => {
    const sorted = ['a', 'drills/1/log', 'drills/1/picture', 'drills/2/log', 'drills/z', 'drills/é', 'other'];
    expect(await list()).toMatchObject({ keys: sorted, KeyCount: 7, IsTruncated: false, MaxKeys: 1000, Name: Bucket });
    const { Contents: [first] = [] } = await list();
    expect(first).toMatchObject({ Key: 'a', Size: 5, StorageClass: 'STANDARD', ETag: expect.stringMatching(/^"/) });
  });

  test('has those behind a prefix only, and takes those together that agree', async () => {
    expect((await list({ Prefix: 'drills/1' })).keys).toEqual(['drills/1/log', 'drills/1/picture']);
    expect(await list({ Prefix: 'drills/', Delimiter: '/' })).toMatchObject({
      keys: ['drills/z', 'drills/é'],
      prefixes: ['drills/1/', 'drills/2/'],
      KeyCount: 4,
    });
    expect((await list({ StartAfter: 'drills/2/log' })).keys).toEqual(['drills/z', 'drills/é', 'other']);
    expect((await list({ Prefix: 'nobody' })).keys).toEqual([]);
  });

  test.each([1, 2, 3, 5])('comes in pages of %i', async (MaxKeys) => {
    const pages: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ MaxKeys, Delimiter: '/', ContinuationToken });
      expect(page.KeyCount).toBeLessThanOrEqual(MaxKeys);
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      pages.push(...page.keys, ...page.prefixes);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(pages).toHaveLength(3);
    expect(new Set(pages)).toEqual(new Set(['a', 'drills/', 'other']));
  });

  test('spells keys as URLs do when it is asked to', async () => {
    expect((await list({ EncodingType: 'url', Prefix: 'drills/é' })).keys).toEqual(['drills/%C3%A9']);
  });
});

describe('deleting many', () => {
  test('tells which are gone, or nothing when it is to be quiet', async () => {
    const Bucket = await made.aBucket();
    for (const Key of ['a', 'b', 'c']) await made.put({ Bucket, Key });
    const deleting = (Keys: string[], Quiet: boolean) =>
      s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Keys.map((Key) => ({ Key })), Quiet } }));
    expect((await deleting(['a', 'nobody'], false)).Deleted).toEqual([{ Key: 'a' }, { Key: 'nobody' }]);
    expect((await deleting(['b'], true)).Deleted ?? []).toEqual([]);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['c']);
  });
});

describe('a bucket', () => {
  test('of another Region says where it is', async () => {
    const Bucket = await made.aBucket();
    const elsewhere = made.world.operatorClient(S3Client, 'us-west-2');
    await expect(elsewhere.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({
      name: 'PermanentRedirect',
      Endpoint: `${Bucket}.s3.us-east-1.amazonaws.com`,
      $metadata: { httpStatusCode: 301 },
    });
    await expect(elsewhere.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 301 },
      $response: { headers: { 'x-amz-bucket-region': 'us-east-1' } },
    });
    const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' } as const;
    const again = elsewhere.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    await expect(again).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou', $metadata: { httpStatusCode: 409 } });
  });

  test('is followed to its Region by a client that is told to', async () => {
    const Bucket = await made.aBucket();
    await made.put({ Bucket });
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
      made.world.environmentFor({ kind: 'user', arn: 'arn:aws:iam::111122223333:user/operator' }, 'us-west-2');
    const { endpoint } = made.world;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ region: 'us-west-2', endpoint, credentials, followRegionRedirects: true });
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a' }));
    expect(await Body?.transformToString()).toBe('hello');
    client.destroy();
  });
});

describe('S3 refuses', () => {
  test.each<[string, (Bucket: string) => Promise<unknown>, string, number]>([
    ['a bucket that there is not', () => made.put({ Bucket: 'nobody' }), 'NoSuchBucket', 404],
    ['an object that there is not', (Bucket) => made.get({ Bucket }), 'NoSuchKey', 404],
    ['a bucket’s name', () => s3.send(new CreateBucketCommand({ Bucket: 'a_b' })), 'InvalidBucketName', 400],
    ['a bucket twice', (Bucket) => s3.send(new CreateBucketCommand({ Bucket })), 'BucketAlreadyOwnedByYou', 409],
    [
      'a Region other than that of the call',
      () => {
        const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' } as const;
        return s3.send(new CreateBucketCommand({ Bucket: 'elsewhere', CreateBucketConfiguration }));
      },
      'IllegalLocationConstraintException',
      400,
    ],
    ['a key over 1,024 bytes', (Bucket) => made.put({ Bucket, Key: 'é'.repeat(513) }), 'KeyTooLongError', 400],
    [
      'more than 2 KB of metadata',
      (Bucket) => made.put({ Bucket, Metadata: { a: 'x'.repeat(2048) } }),
      'MetadataTooLarge',
      400,
    ],
    ['a key of KMS', (Bucket) => made.put({ Bucket, ServerSideEncryption: 'aws:kms' }), 'NotImplemented', 501],
    ['an access list', (Bucket) => made.put({ Bucket, ACL: 'public-read' }), 'AccessControlListNotSupported', 400],
    ['what is not emulated, by name', (Bucket) => made.put({ Bucket, Tagging: 'a=b' }), 'NotImplemented', 501],
    [
      'another owner’s bucket',
      (Bucket) => made.get({ Bucket, ExpectedBucketOwner: '999988887777' }),
      'AccessDenied',
      403,
    ],
    ['versions', (Bucket) => made.get({ Bucket, VersionId: '1' }), 'NotImplemented', 501],
    [
      'bytes behind an object’s end',
      async (Bucket) => {
        await made.put({ Bucket });
        return made.get({ Bucket, Range: 'bytes=5-' });
      },
      'InvalidRange',
      416,
    ],
    [
      'a page’s token that it never gave',
      (Bucket) => s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'mine!' })),
      'InvalidArgument',
      400,
    ],
    [
      'to delete nothing',
      (Bucket) => s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [] } })),
      'MalformedXML',
      400,
    ],
  ])('%s', async (_what, attempt, name, httpStatusCode) => {
    const Bucket = await made.aBucket();
    await expect(attempt(Bucket)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  test('by typed errors where the SDK has them', async () => {
    await expect(made.get({ Bucket: 'nobody' })).rejects.toBeInstanceOf(NoSuchBucket);
  });
});

test('the account leaves no bytes behind', async () => {
  const own = await anS3();
  const Bucket = await own.aBucket();
  await own.put({ Bucket });
  const folder = path.join(own.world.folder, 's3');
  expect(existsSync(folder)).toBe(true);
  await own.service.stop?.();
  expect(existsSync(folder)).toBe(false);
  await own.close();
});

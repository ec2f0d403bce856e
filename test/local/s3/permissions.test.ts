import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../builders/a-template-resource.ts';
import { type AnS3, anS3 } from './a-bucket.ts';

let made: AnS3;
let Bucket: string;
beforeAll(async () => {
  made = await anS3();
  Bucket = await made.aBucket();
  await made.put({ Bucket, Key: 'drills/1' });
});
afterAll(() => made.close());

const allow = (Action: string | string[], Resource: string, Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const objects = (pattern: string) => `arn:aws:s3:::${Bucket}/${pattern}`;
const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

const calls = {
  put: (client: S3Client, Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })),
  get: (client: S3Client, Key: string) => client.send(new GetObjectCommand({ Bucket, Key })),
  delete: (client: S3Client, Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key })),
};

describe('a role', () => {
  test.each([
    ['put', 's3:PutObject'],
    ['get', 's3:GetObject'],
    ['delete', 's3:DeleteObject'],
  ] as const)('may %s only what it is allowed to', async (does, action) => {
    const able = made.roleClient(allow(action, objects('drills/*')));
    await expect(calls[does](able, 'other/1')).rejects.toMatchObject(DENIED);
    const others = Object.entries(calls).filter(([name]) => name !== does);
    for (const [, call] of others) await expect(call(able, 'drills/1')).rejects.toMatchObject(DENIED);
    await made.put({ Bucket, Key: 'drills/1' });
    await expect(calls[does](able, 'drills/1')).resolves.toBeDefined();
    await made.put({ Bucket, Key: 'drills/1' });
  });

  test('does not hear that an object is missing when it may not list', async () => {
    const reader = allow('s3:GetObject', objects('*'));
    await expect(calls.get(made.roleClient(reader), 'nobody')).rejects.toMatchObject(DENIED);
    const lister = made.roleClient(reader, allow('s3:ListBucket', `arn:aws:s3:::${Bucket}`));
    await expect(calls.get(lister, 'nobody')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const head = new HeadObjectCommand({ Bucket, Key: 'nobody' });
    await expect(made.roleClient(reader).send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await expect(lister.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  test('lists the bucket, which is another resource than its objects', async () => {
    const list = (Prefix: string) => new ListObjectsV2Command({ Bucket, Prefix });
    const wrong = made.roleClient(allow('s3:ListBucket', objects('*')));
    await expect(wrong.send(list('drills/'))).rejects.toMatchObject(DENIED);
    const Condition = { StringLike: { 's3:prefix': 'drills/*' } };
    const right = made.roleClient(allow('s3:ListBucket', `arn:aws:s3:::${Bucket}`, Condition));
    expect((await right.send(list('drills/'))).KeyCount).toBe(1);
    await expect(right.send(list('other/'))).rejects.toMatchObject(DENIED);
    await expect(right.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('deletes of many what it may, and hears of the rest', async () => {
    await made.put({ Bucket, Key: 'kept' });
    const able = made.roleClient(allow('s3:DeleteObject', objects('drills/*')));
    const Objects = [{ Key: 'drills/1' }, { Key: 'kept' }];
    const { Deleted, Errors } = await able.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toEqual([{ Key: 'drills/1' }]);
    expect(Errors).toMatchObject([{ Key: 'kept', Code: 'AccessDenied' }]);
    expect((await made.get({ Bucket, Key: 'kept' })).text).toBe('hello');
    await made.put({ Bucket, Key: 'drills/1' });
  });

  test('has to encrypt when its policy says so', async () => {
    const Condition = { StringEquals: { 's3:x-amz-server-side-encryption': 'AES256' } };
    const able = made.roleClient(allow('s3:PutObject', objects('*'), Condition));
    const put = { Bucket, Key: 'a', Body: 'x' };
    await expect(able.send(new PutObjectCommand(put))).rejects.toMatchObject(DENIED);
    await able.send(new PutObjectCommand({ ...put, ServerSideEncryption: 'AES256' }));
  });
});

describe('the bucket’s own policy', () => {
  const policy = (name: string, ...Statement: object[]) =>
    build(made.service, 'AWS::S3::BucketPolicy', {
      Bucket: name,
      PolicyDocument: { Version: '2012-10-17', Statement },
    });

  test('can take away what a role may', async () => {
    const own = await made.aBucket();
    const able = made.roleClient(allow('s3:*', '*'));
    const put = () => able.send(new PutObjectCommand({ Bucket: own, Key: 'locked/a', Body: 'x' }));
    await put();
    const Resource = `arn:aws:s3:::${own}/locked/*`;
    await policy(own, { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:PutObject', Resource });
    await expect(put()).rejects.toMatchObject(DENIED);
  });

  test('that wants TLS lets pass what came over it, as every call of this account does', async () => {
    const own = await made.aBucket();
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    const Resource = [`arn:aws:s3:::${own}`, `arn:aws:s3:::${own}/*`];
    await policy(own, { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Resource, Condition });
    await made.put({ Bucket: own });
    expect(made.world.asked.at(-1)?.permission.resourcePolicy?.Statement).toHaveLength(1);
  });

  test('cannot open a bucket to everybody, unless conditions do not', async () => {
    const own = await made.aBucket();
    const everybody = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${own}/*` };
    await expect(policy(own, everybody)).rejects.toThrow('blocks public policies');
    await policy(own, { ...everybody, Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } });
  });
});

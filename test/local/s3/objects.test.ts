import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Objects } from '../../../functions/platform/objects.ts';
import { describeObjects } from '../../platform/objects-suite.ts';
import { type AnS3, anS3 } from './a-bucket.ts';

let made: AnS3;
beforeAll(async () => {
  made = await anS3();
});
afterAll(() => made.close());

describeObjects('in the local account’s S3', async () => s3Objects(made.s3, await made.aBucket()));

describe('an object that a function put', () => {
  it('says what it is', async () => {
    const Bucket = await made.aBucket();
    await s3Objects(made.s3, Bucket).put('drills/1', 'x', 'application/json', 'gzip');
    const head = await made.s3.send(new HeadObjectCommand({ Bucket, Key: 'drills/1' }));
    expect(head).toMatchObject({ ContentType: 'application/json', ContentEncoding: 'gzip' });
  });

  it('is denied, and not undefined, to a function that may not list', async () => {
    const Bucket = await made.aBucket();
    const mayGet = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const objects = s3Objects(made.roleClient(mayGet), Bucket);
    await expect(objects.get('nobody')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

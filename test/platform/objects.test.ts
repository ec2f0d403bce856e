import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { operatorActionFor } from '../../functions/platform/aws-errors.ts';
import { s3Objects } from '../../functions/platform/objects.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';
import { inMemoryObjects } from '../builders/in-memory-objects.ts';
import { describeObjects } from './objects-suite.ts';

describeObjects('in memory', inMemoryObjects);

describe('S3', () => {
  it('is told what an object is', async () => {
    const { client, asked } = anSdkClient<S3Client>();
    await s3Objects(client, 'evidence').put('drills/1', 'é', 'image/svg+xml', 'gzip');
    expect(asked).toEqual([
      {
        operation: 'PutObject',
        input: {
          Bucket: 'evidence',
          Key: 'drills/1',
          Body: new TextEncoder().encode('é'),
          ContentType: 'image/svg+xml',
          ContentEncoding: 'gzip',
        },
      },
    ]);
  });

  it.each(['AccessDenied', 'NoSuchBucket', 'SlowDown', 'PermanentRedirect'])(
    'does not take %s for an object that is not there',
    async (name) => {
      const { client } = anSdkClient<S3Client>({ GetObject: () => named(name) });
      await expect(s3Objects(client, 'evidence').get('drills/1')).rejects.toMatchObject({ name });
    },
  );

  it('that denies a call wants a permission, and that answers 503 wants to be asked later', () => {
    expect(operatorActionFor(named('AccessDenied'))).toMatchObject({ name: 'GrantPermission' });
    const slowDown = Object.assign(named('SlowDown'), { $metadata: { httpStatusCode: 503 } });
    expect(operatorActionFor(slowDown)).toMatchObject({ name: 'ServiceBusy' });
  });
});

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type PolicyDocument, ServiceError, type World } from '../../service.ts';
import { expiryOf, type LifecycleRule } from './lifecycle.ts';

/** What is told of an object besides its bytes. */
export interface ObjectDescription {
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** The owner's own words, by names in small letters. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The checksum that came with it, as members of an answer. */
  readonly checksum: Readonly<Record<string, string>>;
}

export interface StoredObject extends ObjectDescription {
  readonly key: string;
  readonly sizeBytes: number;
  /** The MD5 of the bytes, in quotes. */
  readonly etag: string;
  /** Milliseconds since 1970, account time. */
  readonly writtenAt: number;
  /** The file that holds its bytes. */
  readonly file: string;
}

export interface Bucket {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  readonly objects: ReadonlyMap<string, StoredObject>;
  policy: PolicyDocument | undefined;
  lifecycle: readonly LifecycleRule[];
  blocksPublicPolicies: boolean;
  put(object: Omit<StoredObject, 'file' | 'sizeBytes' | 'writtenAt'>, bytes: Uint8Array): StoredObject;
  read(object: StoredObject): Uint8Array;
  /** One that is not there is fine. */
  delete(key: string): void;
  /** Takes away what has expired by now. */
  expire(): void;
}

/** S3 guide, "General purpose bucket naming rules". */
const NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const bucketArn = (name: string) => `arn:aws:s3:::${name}`;

const createBucket = (world: World, name: string, region: string): Bucket => {
  const folder = path.join(world.folder, 's3', name);
  mkdirSync(folder, { recursive: true });
  const objects = new Map<string, StoredObject>();
  const remove = (key: string) => {
    const object = objects.get(key);
    objects.delete(key);
    if (object) rmSync(object.file, { force: true });
  };

  const bucket: Bucket = {
    name,
    arn: bucketArn(name),
    region,
    createdAt: world.clock.now(),
    objects,
    policy: undefined,
    lifecycle: [],
    blocksPublicPolicies: true,
    put(described, bytes) {
      // A file of its own for each writing: a key can hold what no file's name can.
      const file = path.join(folder, randomUUID());
      writeFileSync(file, bytes);
      const object = { ...described, file, sizeBytes: bytes.length, writtenAt: world.clock.now() };
      remove(object.key);
      objects.set(object.key, object);
      return object;
    },
    read: ({ file }) => new Uint8Array(readFileSync(file)),
    delete: remove,
    expire() {
      for (const object of [...objects.values()]) {
        const expiry = expiryOf(object, bucket.lifecycle);
        if (expiry && expiry.at <= world.clock.now()) remove(object.key);
      }
    },
  };
  return bucket;
};

/** The buckets of the account: a name is there once, whatever the Region. */
export interface Buckets {
  /** @throws ServiceError InvalidBucketName, BucketAlreadyOwnedByYou */
  add(name: string, region: string): Bucket;
  /** @throws ServiceError NoSuchBucket, or PermanentRedirect when it is in another Region */
  get(name: string, region: string): Bucket;
  find(name: string): Bucket | undefined;
  all(): Iterable<Bucket>;
}

export const createBuckets = (world: World): Buckets => {
  const buckets = new Map<string, Bucket>();
  return {
    add(name, region) {
      if (!NAME.test(name)) {
        throw new ServiceError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
      }
      if (buckets.has(name)) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.';
        throw new ServiceError('BucketAlreadyOwnedByYou', message, 409, { BucketName: name });
      }
      const bucket = createBucket(world, name, region);
      buckets.set(name, bucket);
      return bucket;
    },
    get(name, region) {
      const bucket = buckets.get(name);
      if (!bucket) {
        throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
      }
      if (bucket.region === region) return bucket;
      const message =
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.';
      const Endpoint = `${name}.s3.${bucket.region}.amazonaws.com`;
      throw new ServiceError('PermanentRedirect', message, 301, { Endpoint, Bucket: name, Region: bucket.region });
    },
    find: (name) => buckets.get(name),
    all: () => buckets.values(),
  };
};

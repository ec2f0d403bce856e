import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type * as api from '@aws-sdk/client-s3';
import * as sdk from '@aws-sdk/client-s3';
import {
  type Call,
  operation,
  type Permission,
  type PolicyDocument,
  type Service,
  ServiceError,
  type World,
} from '../../service.ts';
import { BucketPolicyProperties, BucketProperties, isPublic } from './bucket-properties.ts';
import { type Bucket, bucketArn, createBuckets, type StoredObject } from './buckets.ts';
import { readRange } from './byte-range.ts';
import { midnightFrom } from './lifecycle.ts';
import { listKeys } from './list-keys.ts';
import {
  checkConditions,
  describeObject,
  expiryAndEncryption,
  inSeconds,
  preconditionFailed,
} from './object-answers.ts';
import { refuseTheRest } from './refuse-the-rest.ts';

/** S3 API reference and guide: keys, metadata, pages, deletions at once. */
const KEY_BYTES = 1024;
const METADATA_BYTES = 2048;
const MOST_AT_ONCE = 1000;

const CHECKSUMS = ['ChecksumCRC32', 'ChecksumSHA1', 'ChecksumSHA256'] as const;
const DESCRIPTION = ['ContentType', 'ContentEncoding', 'ContentDisposition', 'ContentLanguage', 'CacheControl'];
const WRITING = ['Body', 'Metadata', 'ServerSideEncryption', 'IfNoneMatch', 'ACL', ...DESCRIPTION, ...CHECKSUMS];
const READING = ['IfMatch', 'IfNoneMatch', 'Range', 'ChecksumMode'];
const LISTING = [
  ...['Delimiter', 'EncodingType', 'MaxKeys', 'Prefix', 'ContinuationToken', 'StartAfter', 'FetchOwner'],
];

interface Named {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** Amazon S3: general-purpose buckets without versions, their policies, and objects that expire. */
export const createS3 = (world: World): Service => {
  const buckets = createBuckets(world);
  const ended = new AbortController();

  const bucketOf = ({ Bucket = '', ExpectedBucketOwner: owner }: Named, { region }: Call): Bucket => {
    const bucket = buckets.get(Bucket, region);
    if (owner === undefined || owner === world.accountId) return bucket;
    throw new ServiceError('AccessDenied', 'Access Denied', 403);
  };

  const permission = (
    action: string,
    bucket: string,
    key?: string,
    context: Permission['context'] = {},
  ): Permission => ({
    action,
    resource: key === undefined ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}`,
    context: { ...context, 's3:ResourceAccount': world.accountId, 'aws:ResourceAccount': world.accountId },
    resourcePolicy: buckets.find(bucket)?.policy,
  });
  const onObject =
    (action: string) =>
    ({ Bucket = '', Key = '' }: Named): Permission[] => [permission(action, Bucket, Key)];

  /** The object. @throws ServiceError NoSuchKey, or AccessDenied for who may not list and so shall not know */
  const objectOf = async (input: Named, call: Call): Promise<{ bucket: Bucket; object: StoredObject }> => {
    const { Key = '' } = input;
    const bucket = bucketOf(input, call);
    const object = bucket.objects.get(Key);
    if (object) return { bucket, object };
    await world.authorize(call.principal, permission('s3:ListBucket', bucket.name), call.region);
    throw new ServiceError('NoSuchKey', 'The specified key does not exist.', 404, { Key });
  };

  const describe = async (input: api.GetObjectCommandInput | api.HeadObjectCommandInput, call: Call) => {
    refuseTheRest(input, READING);
    const { bucket, object } = await objectOf(input, call);
    checkConditions(object, input);
    const range = readRange(input.Range, object.sizeBytes);
    const { first, last } = range ?? { first: 0, last: object.sizeBytes - 1 };
    const description = {
      ...describeObject(bucket, object),
      ContentLength: last - first + 1,
      ...(range ? { ContentRange: `bytes ${first}-${last}/${object.sizeBytes}` } : {}),
      // The checksum is one of the whole object.
      ...(input.ChecksumMode === 'ENABLED' && !range ? checksumOf(object) : {}),
    };
    return { description, bytes: () => bucket.read(object).subarray(first, last + 1) };
  };

  const write = async (input: api.PutObjectCommandInput, call: Call) => {
    refuseTheRest(input, WRITING);
    const { Key = '', Metadata: metadata = {}, ContentType: contentType = 'binary/octet-stream' } = input;
    const bucket = bucketOf(input, call);
    refuseAccessLists(input);
    refuseOtherKeys(input);
    refuseLongNames(Key, metadata);
    if (input.IfNoneMatch !== undefined) {
      if (input.IfNoneMatch !== '*') refuseTheRest({ IfNoneMatch: input.IfNoneMatch }, []);
      if (bucket.objects.has(Key)) throw preconditionFailed('If-None-Match');
    }
    const bytes = (input.Body as Uint8Array | undefined) ?? new Uint8Array();
    const object = bucket.put(
      {
        key: Key,
        etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
        contentType,
        contentEncoding: input.ContentEncoding,
        contentDisposition: input.ContentDisposition,
        contentLanguage: input.ContentLanguage,
        cacheControl: input.CacheControl,
        metadata,
        checksum: Object.fromEntries(
          CHECKSUMS.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]])),
        ),
      },
      bytes,
    );
    return { ...expiryAndEncryption(bucket, object), ...checksumOf(object) };
  };

  const deleteMany = async (input: api.DeleteObjectsCommandInput, call: Call) => {
    refuseTheRest(input, ['Delete']);
    const bucket = bucketOf(input, call);
    const { Objects = [], Quiet = false } = input.Delete ?? {};
    if (Objects.length === 0 || Objects.length > MOST_AT_ONCE) {
      const message = 'The XML you provided was not well-formed or did not validate against our published schema';
      throw new ServiceError('MalformedXML', message);
    }
    for (const each of Objects) refuseTheRest(each, []);
    const Deleted: api.DeletedObject[] = [];
    const Errors: api._Error[] = [];
    for (const { Key = '' } of Objects) {
      try {
        await world.authorize(call.principal, permission('s3:DeleteObject', bucket.name, Key), call.region);
        bucket.delete(Key);
        if (!Quiet) Deleted.push({ Key });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        Errors.push({ Key, Code: 'AccessDenied', Message: error.message });
      }
    }
    return { Deleted, Errors };
  };

  const list = (input: api.ListObjectsV2CommandInput, call: Call) => {
    refuseTheRest(input, LISTING);
    if (input.FetchOwner) refuseTheRest({ FetchOwner: true }, []);
    const bucket = bucketOf(input, call);
    const {
      Prefix = '',
      Delimiter = '',
      StartAfter = '',
      MaxKeys = MOST_AT_ONCE,
      ContinuationToken,
      EncodingType,
    } = input;
    if (!Number.isInteger(MaxKeys) || MaxKeys < 0) {
      throw new ServiceError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
    }
    const most = Math.min(MaxKeys, MOST_AT_ONCE);
    const { items, nextToken } = listKeys(bucket.objects.keys(), {
      prefix: Prefix,
      delimiter: Delimiter,
      most,
      startAfter: StartAfter,
      token: ContinuationToken,
    });
    const spelt = EncodingType === 'url' ? urlEncoded : (text: string) => text;
    const objects = items.flatMap(({ kind, name }) => (kind === 'key' ? (bucket.objects.get(name) ?? []) : []));
    const prefixes = items.flatMap(({ kind, name }) => (kind === 'prefix' ? [name] : []));
    return {
      Name: bucket.name,
      Prefix: spelt(Prefix),
      MaxKeys: most,
      KeyCount: items.length,
      IsTruncated: nextToken !== undefined,
      Contents: objects.map(({ key, etag, sizeBytes, writtenAt }) => ({
        Key: spelt(key),
        LastModified: inSeconds(writtenAt),
        ETag: etag,
        Size: sizeBytes,
        StorageClass: 'STANDARD' as const,
      })),
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: spelt(prefix) })),
      ...(Delimiter ? { Delimiter: spelt(Delimiter) } : {}),
      ...(EncodingType ? { EncodingType } : {}),
      ...(StartAfter ? { StartAfter: spelt(StartAfter) } : {}),
      ...(ContinuationToken ? { ContinuationToken } : {}),
      ...(nextToken ? { NextContinuationToken: nextToken } : {}),
    };
  };

  const create = (input: api.CreateBucketCommandInput, { region }: Call) => {
    refuseTheRest(input, ['CreateBucketConfiguration', 'ACL', 'ObjectOwnership']);
    const { Bucket: name = '', CreateBucketConfiguration = {}, ObjectOwnership } = input;
    refuseTheRest(CreateBucketConfiguration, ['LocationConstraint']);
    refuseAccessLists(input);
    if (ObjectOwnership && ObjectOwnership !== 'BucketOwnerEnforced') refuseTheRest({ ObjectOwnership }, []);
    // S3's first Region goes without being said, and every other has to be said.
    const told: string | undefined = CreateBucketConfiguration.LocationConstraint;
    if (told !== (region === 'us-east-1' ? undefined : region)) {
      const message = `The ${told ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
      throw new ServiceError('IllegalLocationConstraintException', message);
    }
    buckets.add(name, region);
    return { Location: `/${name}` };
  };

  return {
    name: 's3',
    api: {
      signingName: 's3',
      iamPrefix: 's3',
      sdk,
      Client: sdk.S3Client,
      operations: {
        CreateBucket: operation<api.CreateBucketCommandInput, api.CreateBucketCommandOutput>({
          permissions: ({ Bucket = '' }) => [permission('s3:CreateBucket', Bucket)],
          handle: create,
        }),
        HeadBucket: operation<api.HeadBucketCommandInput, api.HeadBucketCommandOutput>({
          permissions: ({ Bucket = '' }) => [permission('s3:ListBucket', Bucket)],
          handle: (input, call) => ({ BucketRegion: bucketOf(input, call).region, AccessPointAlias: false }),
        }),
        ListObjectsV2: operation<api.ListObjectsV2CommandInput, api.ListObjectsV2CommandOutput>({
          permissions: ({ Bucket = '', Prefix, Delimiter, MaxKeys }) => [
            permission('s3:ListBucket', Bucket, undefined, {
              ...(Prefix === undefined ? {} : { 's3:prefix': Prefix }),
              ...(Delimiter === undefined ? {} : { 's3:delimiter': Delimiter }),
              ...(MaxKeys === undefined ? {} : { 's3:max-keys': String(MaxKeys) }),
            }),
          ],
          handle: list,
        }),
        PutObject: operation<api.PutObjectCommandInput, api.PutObjectCommandOutput>({
          permissions: ({ Bucket = '', Key = '', ServerSideEncryption, ACL }) => [
            permission('s3:PutObject', Bucket, Key, {
              ...(ServerSideEncryption ? { 's3:x-amz-server-side-encryption': ServerSideEncryption } : {}),
              ...(ACL ? { 's3:x-amz-acl': ACL } : {}),
            }),
            ...(ACL ? [permission('s3:PutObjectAcl', Bucket, Key, { 's3:x-amz-acl': ACL })] : []),
          ],
          handle: write,
        }),
        GetObject: operation<api.GetObjectCommandInput, api.GetObjectCommandOutput>({
          permissions: onObject('s3:GetObject'),
          async handle(input, call) {
            const { description, bytes } = await describe(input, call);
            return { ...description, Body: bytes() as never };
          },
        }),
        HeadObject: operation<api.HeadObjectCommandInput, api.HeadObjectCommandOutput>({
          permissions: onObject('s3:GetObject'),
          handle: async (input, call) => (await describe(input, call)).description,
        }),
        DeleteObject: operation<api.DeleteObjectCommandInput, api.DeleteObjectCommandOutput>({
          permissions: onObject('s3:DeleteObject'),
          handle(input, call) {
            refuseTheRest(input, []);
            bucketOf(input, call).delete(input.Key ?? '');
            return {};
          },
        }),
        DeleteObjects: operation<api.DeleteObjectsCommandInput, api.DeleteObjectsCommandOutput>({
          // Asked key by key: those that may not be deleted are told in the answer.
          permissions: () => [],
          handle: deleteMany,
        }),
      },
    },
    resources: {
      'AWS::S3::Bucket': {
        create(resource) {
          const properties = BucketProperties.parse(resource.properties);
          const bucket = buckets.add(
            properties.BucketName ?? resource.generatedName(63).toLowerCase(),
            resource.region,
          );
          bucket.lifecycle = properties.LifecycleConfiguration.Rules;
          bucket.blocksPublicPolicies = properties.PublicAccessBlockConfiguration.BlockPublicPolicy;
          const { name, arn } = bucket;
          return {
            ref: name,
            attributes: {
              Arn: arn,
              DomainName: `${name}.s3.amazonaws.com`,
              RegionalDomainName: `${name}.s3.${resource.region}.amazonaws.com`,
              DualStackDomainName: `${name}.s3.dualstack.${resource.region}.amazonaws.com`,
            },
          };
        },
      },
      'AWS::S3::BucketPolicy': {
        create(resource) {
          const { Bucket: name, PolicyDocument: document } = BucketPolicyProperties.parse(resource.properties);
          const bucket = buckets.get(name, resource.region);
          const policy = document as PolicyDocument;
          if (bucket.blocksPublicPolicies && isPublic(policy)) {
            throw new ServiceError('AccessDenied', `${name} blocks public policies, and this one is public`, 403);
          }
          bucket.policy = policy;
          return { ref: resource.generatedName() };
        },
      },
    },
    start() {
      const everyMidnight = async () => {
        for (;;) {
          const now = world.clock.now();
          await world.clock.sleep(midnightFrom(now + 1) - now, ended.signal);
          for (const bucket of buckets.all()) bucket.expire();
        }
      };
      everyMidnight().catch((error: unknown) => {
        if (!ended.signal.aborted) world.log('s3', `objects no longer expire: ${error}`);
      });
    },
    stop() {
      ended.abort(new Error('The local account is ending'));
      rmSync(path.join(world.folder, 's3'), { recursive: true, force: true });
    },
  };
};

const checksumOf = ({ checksum }: StoredObject) =>
  Object.keys(checksum).length > 0 ? { ...checksum, ChecksumType: 'FULL_OBJECT' as const } : {};

/** As S3 writes keys when it is asked to, because XML cannot hold every character. */
const urlEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Objects belong to the bucket's owner, as in every bucket since April 2023. */
const refuseAccessLists = ({ ACL }: { readonly ACL?: string | undefined }) => {
  if (ACL === undefined || ACL === 'bucket-owner-full-control') return;
  throw new ServiceError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
};

const refuseOtherKeys = ({ ServerSideEncryption: how }: api.PutObjectCommandInput) => {
  if (how === undefined || how === 'AES256') return;
  throw new ServiceError('NotImplemented', `The local account does not encrypt objects with ${how}`, 501, {
    Header: 'x-amz-server-side-encryption',
  });
};

const refuseLongNames = (key: string, metadata: Readonly<Record<string, string>>) => {
  if (Buffer.byteLength(key) > KEY_BYTES) {
    throw new ServiceError('KeyTooLongError', 'Your key is too long', 400, { MaxSizeAllowed: KEY_BYTES });
  }
  const bytes = Object.entries(metadata).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  if (bytes <= METADATA_BYTES) return;
  const message = 'Your metadata headers exceed the maximum allowed metadata size';
  throw new ServiceError('MetadataTooLarge', message, 400, { Size: bytes, MaxSizeAllowed: METADATA_BYTES });
};

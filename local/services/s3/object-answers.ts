import { ServiceError } from '../../service.ts';
import type { Bucket, StoredObject } from './buckets.ts';
import { expiryOf } from './lifecycle.ts';

/** S3 tells times in whole seconds. */
export const inSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

/** What answers of writing and of reading an object have in common. */
export const expiryAndEncryption = ({ lifecycle }: Bucket, object: StoredObject) => {
  const expiry = expiryOf(object, lifecycle);
  return {
    ETag: object.etag,
    ServerSideEncryption: 'AES256' as const,
    ...(expiry
      ? {
          Expiration: `expiry-date="${new Date(expiry.at).toUTCString()}", rule-id="${encodeURIComponent(expiry.ruleId)}"`,
        }
      : {}),
  };
};

/** An object as GetObject and HeadObject describe it. */
export const describeObject = (bucket: Bucket, object: StoredObject) => ({
  ...expiryAndEncryption(bucket, object),
  AcceptRanges: 'bytes',
  LastModified: inSeconds(object.writtenAt),
  ContentType: object.contentType,
  ...(object.contentEncoding ? { ContentEncoding: object.contentEncoding } : {}),
  ...(object.contentDisposition ? { ContentDisposition: object.contentDisposition } : {}),
  ...(object.contentLanguage ? { ContentLanguage: object.contentLanguage } : {}),
  ...(object.cacheControl ? { CacheControl: object.cacheControl } : {}),
  Metadata: { ...object.metadata },
});

const names = (condition: string, { etag }: StoredObject): boolean =>
  condition === '*' ||
  condition
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === etag || `"${each}"` === etag);

/** Whether whoever reads wants this very object. @throws ServiceError PreconditionFailed or NotModified */
export const checkConditions = (
  object: StoredObject,
  { IfMatch, IfNoneMatch }: { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: string | undefined },
): void => {
  if (IfMatch !== undefined && !names(IfMatch, object)) throw preconditionFailed('If-Match');
  if (IfNoneMatch !== undefined && names(IfNoneMatch, object))
    throw new ServiceError('NotModified', 'Not Modified', 304);
};

export const preconditionFailed = (Condition: string) =>
  new ServiceError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition,
  });

import { ServiceError } from '../../service.ts';

/** Members that change nothing about what is done: the protocol has read them, or there is one owner only. */
const HEEDED_ALREADY = ['Bucket', 'Key', 'ContentLength', 'ContentMD5', 'ChecksumAlgorithm', 'ExpectedBucketOwner'];

/**
 * Refuses a request that asks for what is not emulated, in S3's own way of refusing a header that it does not know.
 *
 * @param understood members of the input that the operation carries out
 * @throws ServiceError NotImplemented, naming the first other member
 */
export const refuseTheRest = (input: object, understood: readonly string[]): void => {
  const other = Object.entries(input).find(
    ([name, value]) => value !== undefined && !HEEDED_ALREADY.includes(name) && !understood.includes(name),
  );
  if (!other) return;
  const [name] = other;
  const message = `A header or parameter you provided implies functionality that the local account does not emulate: ${name}`;
  throw new ServiceError('NotImplemented', message, 501, { Header: name });
};

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ServiceError } from '../service.ts';
import type { WireRequest } from './wire.ts';

const hash = (algorithm: string) => (body: Uint8Array) => createHash(algorithm).update(body).digest('base64');

/** By the end of their header's name; SDKs choose CRC32 by themselves. The others that S3 knows are refused by name. */
const CHECKSUMS: Readonly<Record<string, (body: Uint8Array) => string>> = {
  crc32(body) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
  sha1: hash('sha1'),
  sha256: hash('sha256'),
};
const NOT_SPOKEN = ['crc32c', 'crc64nvme', 'md5', 'sha512', 'xxhash3', 'xxhash64', 'xxhash128'];
const PREFIX = 'x-amz-checksum-';

const invalid = (message: string) => new ServiceError('InvalidRequest', message);

const checksumsIn = ({ headers }: WireRequest): (readonly [algorithm: string, value: string])[] =>
  Object.entries(headers).flatMap(([name, value]) => {
    const algorithm = name.slice(PREFIX.length);
    if (!name.startsWith(PREFIX) || value === undefined) return [];
    if (NOT_SPOKEN.includes(algorithm)) {
      throw new ServiceError('NotImplemented', `The local account does not calculate ${name}`, 501, { Header: name });
    }
    return algorithm in CHECKSUMS ? [[algorithm, value] as const] : [];
  });

/**
 * Compares a body with every checksum that came with it.
 *
 * @param needed whether the operation wants one (those of S3 that are given XML do)
 * @throws ServiceError as S3 answers: BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, InvalidRequest
 */
export const checkBody = (request: WireRequest, needed: boolean): void => {
  const { headers, body } = request;

  const signed = headers['x-amz-content-sha256'];
  if (signed === undefined) throw invalid('Missing required header for this request: x-amz-content-sha256');
  if (/^[0-9a-f]{64}$/.test(signed)) {
    if (signed !== createHash('sha256').update(body).digest('hex')) {
      const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
      throw new ServiceError('XAmzContentSHA256Mismatch', message);
    }
  } else if (signed !== 'UNSIGNED-PAYLOAD' && !signed.startsWith('STREAMING-')) {
    throw new ServiceError(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    );
  }

  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(md5)) {
      throw new ServiceError('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    }
    if (md5 !== hash('md5')(body)) {
      throw new ServiceError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
  }

  const checksums = checksumsIn(request);
  if (checksums.length > 1)
    throw invalid('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  for (const [algorithm, value] of checksums) {
    if (CHECKSUMS[algorithm]?.(body) === value) continue;
    const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
    throw new ServiceError('BadDigest', message);
  }
  if (checksums.length === 0 && headers['x-amz-sdk-checksum-algorithm'] !== undefined) {
    throw invalid(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (needed && checksums.length === 0 && md5 === undefined) {
    throw invalid('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
};

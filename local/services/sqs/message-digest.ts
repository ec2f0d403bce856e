import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

const withLength = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const STRING = Buffer.from([1]);
const BINARY = Buffer.from([2]);

/** MD5 in hexadecimal, as clients compare it with what they sent. */
export const md5 = (content: string | Uint8Array): string => createHash('md5').update(content).digest('hex');

/** SQS developer guide, "Calculating the MD5 message digest for message attributes". */
export const attributesMd5 = (attributes: Readonly<Record<string, MessageAttributeValue>>): string =>
  md5(
    Buffer.concat(
      Object.keys(attributes)
        .toSorted((left, right) => (left < right ? -1 : 1))
        .flatMap((name) => {
          const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
          const value = BinaryValue
            ? [BINARY, withLength(BinaryValue)]
            : [STRING, withLength(Buffer.from(StringValue ?? ''))];
          return [withLength(Buffer.from(name)), withLength(Buffer.from(DataType)), ...value];
        }),
    ),
  );

import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { ServiceError } from '../../service.ts';
import type { QueueSettings } from './queue-settings.ts';

/** Messages of one batch, and the most that one call receives (SQS quotas). */
export const MOST_AT_ONCE = 10;
/** Attributes of one message (SQS quotas). */
const MOST_ATTRIBUTES = 10;
/** Characters that a message may hold: those of XML 1.0. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** @throws ServiceError InvalidParameterValue: a number outside its range; one that is not given is fine */
export const refuseOutside = (name: string, value: number | undefined, least: number, most: number) => {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  const reason = `Must be between ${least} and ${most}, if provided.`;
  throw new ServiceError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
};

/** @throws ServiceError what a message must not be: empty, too large, of characters that XML has not */
export const refuseBadContent = (
  settings: QueueSettings,
  body: string,
  attributes: Readonly<Record<string, MessageAttributeValue>>,
) => {
  if (body === '') throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (FORBIDDEN.test(body)) {
    throw new ServiceError('InvalidMessageContents', 'Invalid characters found in the message: not in XML 1.0.');
  }
  if (Object.keys(attributes).length > MOST_ATTRIBUTES) {
    const message = `Number of message attributes [${Object.keys(attributes).length}] exceeds the allowed maximum [${MOST_ATTRIBUTES}].`;
    throw new ServiceError('InvalidParameterValue', message);
  }
  const sizes = Object.entries(attributes).map(
    ([name, { DataType = '', StringValue = '', BinaryValue = [] }]) =>
      Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue) + BinaryValue.length,
  );
  const bytes = sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
  if (bytes <= settings.MaximumMessageSize) return;
  const message = `One or more parameters are invalid. Reason: Message must be shorter than ${settings.MaximumMessageSize} bytes.`;
  throw new ServiceError('InvalidParameterValue', message);
};

/** @throws ServiceError a batch that is empty, too long, or names two entries alike */
export const refuseBadBatch = (entries: readonly { readonly Id?: string | undefined }[]) => {
  if (entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MOST_AT_ONCE) {
    const message = `Maximum number of entries per request are ${MOST_AT_ONCE}. You have sent ${entries.length}.`;
    throw new ServiceError('TooManyEntriesInBatchRequest', message);
  }
  const ids = entries.map(({ Id }) => Id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new ServiceError('BatchEntryIdsNotDistinct', `Id ${twice} repeated.`);
};

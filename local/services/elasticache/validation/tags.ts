import type { Tag } from '@aws-sdk/client-elasticache';
import { ServiceError } from '../../../service.ts';
import { invalidValue } from './faults.ts';

/** Letters, digits, spaces and + - = . _ : / @ (Tagging API reference). */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const checkTag = ({ Key = '', Value = '' }: Tag): [key: string, value: string] => {
  if (!Key || Key.length > 128 || !ALLOWED.test(Key)) {
    throw invalidValue(`The tag key "${Key}" must have 1-128 letters, digits, spaces or signs out of _ . : / = + - @.`);
  }
  if (/^aws:/i.test(Key)) throw invalidValue(`The tag key "${Key}" begins with aws:, which is reserved for AWS.`);
  if (Value.length > 256 || !ALLOWED.test(Value)) {
    throw invalidValue(`The value of the tag "${Key}" must have at most 256 letters, digits, spaces or signs.`);
  }
  return [Key, Value];
};

/** @throws ServiceError TagQuotaPerResourceExceeded */
export const checkTagCount = (tags: ReadonlyMap<string, string>, quota: number): void => {
  if (tags.size <= quota) return;
  throw new ServiceError('TagQuotaPerResourceExceeded', `A resource can have at most ${quota} tags, not ${tags.size}.`);
};

/** Tags of a request by key. @throws ServiceError for a tag of the wrong form, a key given twice, too many tags */
export const checkTags = (tags: readonly Tag[] = [], quota: number): Map<string, string> => {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    const [key, value] = checkTag(tag);
    if (byKey.has(key)) throw invalidValue(`The tag key "${key}" is given twice.`);
    byKey.set(key, value);
  }
  checkTagCount(byKey, quota);
  return byKey;
};

import { ServiceError } from '../../service.ts';

export interface ByteRange {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
}

/**
 * The bytes of an object that a `Range` header means; undefined for all of them. What is no single range of bytes is not
 * heeded (RFC 9110, 14.2), as S3 does with several ranges.
 *
 * @throws ServiceError InvalidRange when none of these bytes is there
 */
export const readRange = (header: string | undefined, sizeBytes: number): ByteRange | undefined => {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const range =
    from === ''
      ? { first: Math.max(0, sizeBytes - Number(to)), last: sizeBytes - 1 }
      : { first: Number(from), last: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
  if (range.first <= range.last) return range;
  throw new ServiceError('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: header,
    ActualObjectSize: sizeBytes,
  });
};

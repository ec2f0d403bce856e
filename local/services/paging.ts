import { ServiceError } from '../service.ts';

export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Left out on the last page. */
  readonly NextToken?: string;
}

/** The service's words for a page that cannot be given: for a size out of range, and for a token not given out here. */
export interface PageFaults {
  readonly size: string;
  readonly token: string;
}

/** Pages of 1 to 100, 100 unless asked otherwise: Scheduler and Service Quotas say the same in their API references. */
const MOST = 100;

/**
 * One page of `all`, sorted by `keyOf`. The token holds the key of the page's last item, so things that come or go
 * between two pages neither repeat nor hide others.
 *
 * @throws ServiceError with one of the codes in `faults`
 */
export const pageOf = <T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { MaxResults: size = MOST, NextToken }: PageRequest,
  faults: PageFaults,
): Page<T> => {
  if (!Number.isInteger(size) || size < 1 || size > MOST) {
    throw new ServiceError(faults.size, `MaxResults is 1 to ${MOST}, not ${size}.`);
  }
  const after = NextToken === undefined ? undefined : keyOfToken(NextToken, faults);
  const sorted = all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return last === undefined || rest.length <= size ? { items } : { items, NextToken: tokenOf(keyOf(last)) };
};

const tokenOf = (key: string) => Buffer.from(`after:${key}`).toString('base64url');

const keyOfToken = (token: string, faults: PageFaults): string => {
  const [, key] = /^after:(.*)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (key === undefined || tokenOf(key) !== token) {
    throw new ServiceError(faults.token, `Invalid NextToken "${token}".`);
  }
  return key;
};

import { invalidValue } from './validation/faults.ts';

export interface PageRequest {
  readonly MaxRecords?: number | undefined;
  readonly Marker?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Left out on the last page. */
  readonly Marker?: string;
}

/** Pages of 20 to 100 records, 100 unless asked otherwise (API reference; it gives no numbers for some lists). */
const LEAST = 20;
const MOST = 100;

/**
 * One page of `all`, which must be sorted by `keyOf`, ascending. The marker holds the key of the page's last item, so
 * things that come or go between two pages neither repeat nor hide others.
 *
 * @throws ServiceError InvalidParameterValue for a size out of range or a marker that was not given out here
 */
export const pageOf = <T>(all: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> => {
  const size = request.MaxRecords ?? MOST;
  if (!Number.isInteger(size) || size < LEAST || size > MOST) {
    throw invalidValue(`Invalid value ${size} for MaxRecords. Must be between ${LEAST} and ${MOST}`);
  }
  const after = request.Marker === undefined ? undefined : keyOfMarker(request.Marker);
  const rest = after === undefined ? all : all.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return last === undefined || rest.length <= size ? { items } : { items, Marker: markerOf(keyOf(last)) };
};

const markerOf = (key: string) => Buffer.from(`after:${key}`).toString('base64url');

const keyOfMarker = (marker: string): string => {
  const [, key] = /^after:(.*)$/.exec(Buffer.from(marker, 'base64url').toString()) ?? [];
  if (key === undefined || markerOf(key) !== marker) throw invalidValue(`Invalid Marker "${marker}".`);
  return key;
};

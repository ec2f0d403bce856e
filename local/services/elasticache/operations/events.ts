import type { DescribeEventsCommandInput, DescribeEventsCommandOutput } from '@aws-sdk/client-elasticache';
import { operation } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { pageOf } from '../paging.ts';
import type { CacheEvent } from '../state/region-state.ts';
import { checkInteger, invalidCombination, invalidValue } from '../validation/faults.ts';

/** The API's list, with the kinds that the local account never has events of. */
const SOURCE_TYPES = [
  'cache-cluster',
  'cache-parameter-group',
  'cache-security-group',
  'cache-subnet-group',
  'replication-group',
  'serverless-cache',
  'serverless-cache-snapshot',
  'user',
  'user-group',
];
const MINUTE_MS = 60_000;
/** Without StartTime, EndTime or Duration: the last hour (API reference). */
const DEFAULT_MINUTES = 60;
/** Events are kept for 14 days. */
const MOST_MINUTES = 14 * 24 * 60;

/** Ascending keys for events from the newest to the oldest. */
const keyOf = ({ sequence }: CacheEvent) => String(1e12 - sequence).padStart(13, '0');

export const describeEvents = (planeOf: PlaneOf) =>
  operation<DescribeEventsCommandInput, DescribeEventsCommandOutput>({
    handle(input, call) {
      const { journal, world } = planeOf(call);
      const { SourceIdentifier: id, SourceType: type } = input;
      if (type !== undefined && !SOURCE_TYPES.includes(type)) {
        throw invalidValue(`SourceType must be one of ${SOURCE_TYPES.join(', ')}, not ${type}.`);
      }
      if (id !== undefined && type === undefined) {
        throw invalidCombination('SourceType must be provided together with SourceIdentifier.');
      }
      const [from, to] = windowOf(input, world.clock.now());
      const events = journal
        .between(from, to)
        .filter(({ sourceType }) => type === undefined || sourceType === type)
        .filter(({ sourceId }) => id === undefined || sourceId === id.toLowerCase());
      const { items, Marker } = pageOf(events, keyOf, input);
      return {
        Events: items.map(({ sourceId, sourceType, message, at }) => ({
          SourceIdentifier: sourceId,
          SourceType: sourceType as NonNullable<DescribeEventsCommandInput['SourceType']>,
          Message: message,
          Date: new Date(at),
        })),
        Marker,
      };
    },
  });

const windowOf = (input: DescribeEventsCommandInput, now: number): [from: number, to: number] => {
  const { StartTime, EndTime, Duration } = input;
  checkInteger('Duration', Duration, 1, MOST_MINUTES);
  if (StartTime && EndTime && Duration !== undefined) {
    throw invalidCombination('Give at most two of StartTime, EndTime and Duration.');
  }
  const minutes = (Duration ?? DEFAULT_MINUTES) * MINUTE_MS;
  // The present moment belongs to the window: an event of this very millisecond counts.
  const to = EndTime?.getTime() ?? (StartTime && Duration !== undefined ? StartTime.getTime() + minutes : now + 1);
  const from = StartTime?.getTime() ?? to - minutes;
  if (from > to) throw invalidCombination('StartTime must be before EndTime.');
  return [from, to];
};

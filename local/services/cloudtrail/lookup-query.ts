import { createHash } from 'node:crypto';
import type { LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import { z } from 'zod';
import { ServiceError } from '../../service.ts';
import type { TrailEvent } from './trail-event.ts';

/** What events have of each attribute that can be looked up. */
const ATTRIBUTES: Readonly<Record<string, (event: TrailEvent) => readonly (string | undefined)[]>> = {
  EventId: ({ id }) => [id],
  EventName: ({ name }) => [name],
  ReadOnly: ({ isRead }) => [String(isRead)],
  Username: ({ username }) => [username],
  ResourceType: ({ resources }) => resources.map(({ type }) => type),
  ResourceName: ({ resources }) => resources.map(({ name }) => name),
  EventSource: ({ source }) => [source],
  AccessKeyId: ({ accessKeyId }) => [accessKeyId],
};

/** API reference, LookupEvents and LookupAttribute. */
const MOST_RESULTS = 50;
const MOST_VALUE_CHARACTERS = 2000;

/** A question to the trail. */
export interface LookupQuery {
  fits(event: TrailEvent): boolean;
  readonly pageSize: number;
  /** The last event of the page before. */
  readonly after: Position | undefined;
  /** The token for the page that follows an event. */
  tokenAfter(event: TrailEvent): string;
}

const Position = z.strictObject({ query: z.string(), at: z.number(), id: z.string() });
type Position = z.infer<typeof Position>;

/** Whether an event comes after a position, where newest come first. */
export const isAfter = (event: TrailEvent, { at, id }: Position): boolean =>
  event.at < at || (event.at === at && event.id > id);

/** @throws ServiceError in LookupEvents' own words for what it does not take */
export const readQuery = (input: LookupEventsCommandInput): LookupQuery => {
  const { LookupAttributes = [], StartTime, EndTime, EventCategory, MaxResults = MOST_RESULTS, NextToken } = input;
  if (EventCategory !== undefined) {
    throw new ServiceError('NotImplemented', 'The local account has no CloudTrail Insights events', 501);
  }
  if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > MOST_RESULTS) {
    throw new ServiceError('InvalidMaxResultsException', `MaxResults is 1 to ${MOST_RESULTS}, not ${MaxResults}.`);
  }
  if (StartTime && EndTime && StartTime > EndTime) {
    throw new ServiceError('InvalidTimeRangeException', 'StartTime is after EndTime.');
  }
  const [attribute, ...others] = LookupAttributes;
  if (others.length > 0) throw invalidAttributes('Only one lookup attribute can be given.');
  const valuesOf = attribute && ATTRIBUTES[attribute.AttributeKey ?? ''];
  if (attribute && !valuesOf) throw invalidAttributes(`${attribute.AttributeKey} is no lookup attribute.`);
  const wanted = attribute?.AttributeValue ?? '';
  if (attribute && (wanted === '' || wanted.length > MOST_VALUE_CHARACTERS)) {
    throw invalidAttributes(`An attribute's value has 1 to ${MOST_VALUE_CHARACTERS} characters.`);
  }
  const query = digest([attribute?.AttributeKey, wanted, StartTime?.getTime(), EndTime?.getTime()]);

  return {
    fits: (event) =>
      (!StartTime || event.at >= StartTime.getTime()) &&
      (!EndTime || event.at <= EndTime.getTime()) &&
      (!valuesOf || valuesOf(event).includes(wanted)),
    pageSize: MaxResults,
    after: NextToken === undefined ? undefined : readToken(NextToken, query),
    tokenAfter: ({ at, id }) => Buffer.from(JSON.stringify({ query, at, id })).toString('base64url'),
  };
};

const invalidAttributes = (message: string) => new ServiceError('InvalidLookupAttributesException', message);
const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** A token belongs to the question that it was the answer to. */
const readToken = (token: string, query: string): Position => {
  try {
    const position = Position.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    if (position.query === query) return position;
  } catch {
    // Refused below, like the token of another question.
  }
  throw new ServiceError('InvalidNextTokenException', 'The NextToken is not one for this request.');
};

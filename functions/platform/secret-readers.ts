import { type CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { operatorActionFor } from './aws-errors.ts';
import { ServiceBusy } from './operator-actions.ts';
import { fetchIn, type SecretFetch } from './secret-fetch.ts';
import { type IsoTime, sortable } from './units.ts';

/** What CloudTrail told of a stretch of time. */
export interface FetchesTold {
  /** Newest first. */
  readonly fetches: readonly SecretFetch[];
  /** Whether that is all: there may be more calls than can be read, or one that nobody can read. */
  readonly complete: boolean;
}

/** Who fetches secrets' values. Its in-memory twin is in test/. */
export interface SecretReaders {
  /**
   * The successful fetches of one secret from one time on and before another. CloudTrail tells of a call some minutes later.
   *
   * @param called all that the secret may have been called by in a request
   */
  fetches(called: readonly string[], from: IsoTime, before: IsoTime): Promise<FetchesTold>;
}

/** The most events that one call gives (LookupEvents, MaxResults). */
const PAGE_EVENTS = 50;
/** A secret that is fetched at every start of a busy function may have very many calls; of these, the newest. */
const MOST_CALLS = 20;
/** Two calls a second are allowed in an account and Region (LookupEvents); a little less, since others may ask too. */
const PAUSE_MS = 600;
/** Somebody else may have used the account's two calls. So often in all, since a function waits that has a minute. */
const BUSY_PAUSE_MS = 2000;
const MOST_BUSY = 5;

/** CloudTrail's event history, which it keeps for 90 days, whether or not the account has a trail. */
export const cloudTrailReaders = (
  client: CloudTrailClient,
  sleep: (ms: number) => Promise<unknown> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): SecretReaders => {
  let isFirst = true;
  let busy = 0;
  const lookUp = async (name: string, from: Date, until: Date, NextToken: string | undefined) => {
    for (;;) {
      if (!isFirst) await sleep(PAUSE_MS);
      isFirst = false;
      try {
        return await client.send(
          new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: name }],
            StartTime: from,
            EndTime: until,
            MaxResults: PAGE_EVENTS,
            ...(NextToken === undefined ? {} : { NextToken }),
          }),
        );
      } catch (error) {
        busy += 1;
        if (!(operatorActionFor(error) instanceof ServiceBusy) || busy >= MOST_BUSY) throw error;
        await sleep(BUSY_PAUSE_MS);
      }
    }
  };

  return {
    async fetches(called, from, before) {
      const events = new Map<string, Event>();
      // In turn: each name gets its first page, however many calls another one has.
      const asked: { name: string; nextToken?: string | undefined }[] = called.map((name) => ({ name }));
      for (let calls = 0; calls < MOST_CALLS; calls += 1) {
        const next = asked.shift();
        if (!next) break;
        const { Events = [], NextToken } = await lookUp(next.name, new Date(from), new Date(before), next.nextToken);
        for (const event of Events) events.set(event.EventId ?? `${events.size}`, event);
        if (NextToken !== undefined) asked.push({ name: next.name, nextToken: NextToken });
      }
      const read = [...events.values()].map(fetchIn);
      const isWithin = ({ at }: SecretFetch) => sortable(from) <= at && at < sortable(before);
      return {
        fetches: read
          .filter((fetch) => fetch !== 'unreadable' && fetch !== 'no-fetch')
          .filter(isWithin)
          .sort((one, other) => other.at.localeCompare(one.at)),
        complete: asked.length === 0 && !read.includes('unreadable'),
      };
    },
  };
};

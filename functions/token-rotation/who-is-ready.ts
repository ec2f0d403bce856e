import type { SecretFetch } from '../platform/secret-fetch.ts';
import type { FetchesTold } from '../platform/secret-readers.ts';
import type { IsoTime } from '../platform/units.ts';
import type { Readers } from './schemas.ts';

/** What is known of the readers of a secret. */
export interface ReadersSeen {
  /** When the new token became the current one. */
  readonly since: IsoTime;
  /** The only clock. */
  readonly now: IsoTime;
  /** The version that is the current one; undefined when nobody could tell. */
  readonly currentVersionId?: string | undefined;
  readonly before: FetchesTold;
  readonly after: FetchesTold;
  /** Whether a fetch is the autopilot's own. */
  readonly isOurs: (fetch: SecretFetch) => boolean;
}

/** Event history has a call within 15 minutes (CloudTrail guide, "Working with CloudTrail event history"). */
const TOLD_WITHIN_MINUTES = 15;
/** As many as the report has room for. */
const MOST_LISTED = 50;
/** So many are named in the sentence. */
const MOST_NAMED = 3;
const SECRETS_MANAGER = 'secretsmanager.amazonaws.com';
/** One who is not named is never the one who is ready. */
const NOBODY = 'somebody whom CloudTrail does not name';

type Which = 'new' | 'old' | 'neither';

/**
 * Which readers of a secret have fetched the new token. A reader is a role or a user, not one of its sessions: one of ten tasks
 * with the same role that has fetched it makes the role ready, which the sentence cannot tell apart.
 */
export const whoIsReady = ({ since, now, currentVersionId, before, after, isOurs }: ReadersSeen): Readers => {
  const others = (told: FetchesTold) => told.fetches.filter((fetch) => !isOurs(fetch) && fetch.who !== SECRETS_MANAGER);
  const fetched = [
    ...others(after).map((fetch) => ({ ...fetch, which: whichVersion(fetch, currentVersionId, 'new') })),
    ...others(before).map((fetch) => ({ ...fetch, which: whichVersion(fetch, currentVersionId, 'old') })),
  ];
  const lastOf = (which: Which) => newestByReader(fetched.filter((fetch) => fetch.which === which));
  const ready = lastOf('new').filter(({ who }) => who !== NOBODY);
  const late = lastOf('old').filter(({ who }) => !ready.some((one) => one.who === who));
  const early = Date.parse(now) - Date.parse(since) < TOLD_WITHIN_MINUTES * 60_000;
  const complete = before.complete && after.complete;
  const missing = complete ? [] : [missingInWords(before, after)];
  if (ready.length + late.length === 0) {
    const nobody = `CloudTrail tells of nobody who fetches this secret${early ? `, and it tells of calls up to ${TOLD_WITHIN_MINUTES} minutes late` : ''}.`;
    return { told: false, complete, says: [nobody, ...missing].join(' '), ready, late };
  }
  const says = [
    `${inWords(ready.length)} fetched the new token since ${since}.`,
    late.length === 0
      ? `Nobody who ${complete ? 'fetched' : 'is seen to have fetched'} the old one before is late.`
      : lateInWords(late),
    ...(late.length === 0 ? [] : [early ? TOO_EARLY : 'CloudTrail tells of calls some minutes late.']),
    ...missing,
  ];
  const [listedReady, listedLate] = [ready.slice(0, MOST_LISTED), late.slice(0, MOST_LISTED)];
  return { told: true, complete, says: says.join(' '), ready: listedReady, late: listedLate };
};

const TOO_EARLY = `CloudTrail tells of calls up to ${TOLD_WITHIN_MINUTES} minutes late: it is too early to say who is late.`;

const missingInWords = (before: FetchesTold, after: FetchesTold): string => {
  const which = [...(before.complete ? [] : ['before']), ...(after.complete ? [] : ['since then'])].join(' and ');
  const listed = after.complete ? '' : ', and who is called late may be ready';
  return `Not all calls ${which} could be read: somebody who is late may not have been seen${listed}.`;
};

/** @param unnamed what a fetch got that named no version */
const whichVersion = (
  { versionId, versionStage }: SecretFetch,
  currentVersionId: string | undefined,
  unnamed: 'new' | 'old',
): Which => {
  if (versionId !== undefined && versionId === currentVersionId) return unnamed === 'new' ? 'new' : 'neither';
  if (versionId !== undefined) return 'old';
  if (versionStage === undefined || versionStage === 'AWSCURRENT') return unnamed;
  return versionStage === 'AWSPENDING' ? 'neither' : 'old';
};

/** Each reader with its newest fetch, the newest first. */
const newestByReader = (fetches: readonly SecretFetch[]): { who: string; at: IsoTime }[] => {
  const newest = new Map<string, IsoTime>();
  for (const { who = NOBODY, at } of fetches) {
    if ((newest.get(who) ?? '') < at) newest.set(who, at);
  }
  return [...newest].map(([who, at]) => ({ who, at })).sort((one, other) => other.at.localeCompare(one.at));
};

const inWords = (readers: number): string => {
  if (readers === 0) return 'Nobody';
  return readers === 1 ? 'One reader' : `${readers} readers`;
};

const lateInWords = (late: readonly { who: string; at: IsoTime }[]): string => {
  const named = late.slice(0, MOST_NAMED).map(({ who, at }) => `${who} (the old one at ${at})`);
  const more = late.length > MOST_NAMED ? `, and ${late.length - MOST_NAMED} more` : '';
  return `Not since then: ${named.join(', ')}${more}.`;
};

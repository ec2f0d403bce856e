import type { z } from 'zod';
import type { Alarms } from '../platform/alarms.ts';
import type { CacheEvents } from '../platform/cache-events.ts';
import { failoverProgress } from './failover-progress.ts';
import type { FollowInput, FollowOutput, Stage } from './schemas.ts';

/**
 * By when ElastiCache has to have told of each stage, in seconds after the order. AWS speaks of seconds for the promotion and of
 * minutes for the new replica (ElastiCache guide, "Minimizing downtime"); events come late by a minute or two.
 */
const DEADLINE_SECONDS: Readonly<Record<Stage, number>> = {
  'nothing-yet': 600,
  called: 600,
  promoted: 2400,
  recovering: 2400,
  recovered: Number.POSITIVE_INFINITY,
};

const SAYS: Readonly<Record<Stage, string>> = {
  'nothing-yet': 'ElastiCache has told nothing of the failover',
  called: 'ElastiCache has told that the failover was called for, and of no promotion',
  promoted: 'a replica was promoted, and the old primary is not being rebuilt yet',
  recovering: 'a replica was promoted, and the old primary is being rebuilt',
  recovered: 'a replica was promoted, and the old primary is back',
};

interface Tools {
  readonly events: CacheEvents;
  readonly alarms: Pick<Alarms, 'named'>;
  /** Alarms that stop a drill. */
  readonly abortOnAlarms: readonly string[];
}

/** Looks how far the failover has come, whether that is late, and whether an alarm speaks against going on. Changes nothing. */
export const followFailover = async (
  input: z.output<typeof FollowInput>,
  { events, alarms, abortOnAlarms }: Tools,
): Promise<FollowOutput> => {
  const { cacheId, orderedAt, now } = input;
  const [told, chosen] = await Promise.all([events.of(cacheId, orderedAt), alarms.named(abortOnAlarms)]);
  const progress = failoverProgress(told, input);
  const { stage } = progress;
  const firing = chosen.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  const seconds = (Date.parse(now) - Date.parse(orderedAt)) / 1000;
  if (firing.length > 0) {
    return { ...progress, verdict: 'alarm', says: `the alarm ${firing.join(', ')} went off; ${SAYS[stage]}` };
  }
  if (stage === 'recovered') return { ...progress, verdict: 'recovered', says: SAYS[stage] };
  const late = seconds >= DEADLINE_SECONDS[stage];
  return {
    ...progress,
    verdict: late ? 'late' : 'go-on',
    says: `${SAYS[stage]}${late ? `, ${Math.round(seconds / 60)} minutes after the order` : ''}`,
  };
};

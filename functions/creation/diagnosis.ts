import {
  arnOf,
  type Cause,
  elastiCacheSaid,
  keyUnusable,
  noCapacity,
  noFreeAddresses,
  quotaUsedUp,
  vanished,
} from './causes.ts';
import { type Evidence, type FailedOrder, known, type Read } from './evidence.ts';
import type { Diagnosis, Finding } from './schemas.ts';

/** The most telling first. */
const CAUSES: readonly Cause[] = [elastiCacheSaid, noCapacity, quotaUsedUp, noFreeAddresses, vanished, keyUnusable];

/** ElastiCache needs 7–16 minutes for a small cache (terraform-provider-aws, timings): after half an hour it is stuck. */
const STUCK_MINUTES = 30;

/** How each part of the evidence is called where it could not be read. */
const PARTS: Readonly<Record<keyof Evidence, string>> = {
  cache: 'the cache itself',
  events: 'ElastiCache’s events',
  subnets: 'the subnets',
  securityGroupIds: 'the security groups',
  quotas: 'the quotas',
  nodesInRegion: 'the nodes in the Region',
  key: 'the KMS key',
};

/**
 * Says in words why a creation failed, as far as the evidence tells. Pure, never throws. Having found nothing never means
 * that nothing is wrong: it says so, and what could not be read besides.
 */
export const diagnose = (order: FailedOrder, evidence: Evidence): Diagnosis => {
  const causes = CAUSES.flatMap((cause) => cause(order, evidence));
  const unread = whatWasNotRead(evidence);
  const findings = [...(causes.length > 0 ? causes : [notExplained(order, evidence, unread.length > 0)]), ...unread];
  const [first] = findings;
  const more = causes.length > 1 ? ` (${causes.length} findings; the report has them all.)` : '';
  const notRead = unread.map(({ says }) => ` ${says}`).join('');
  return { diagnosis: `${first?.says ?? ''}${more}${notRead}`, findings };
};

const notExplained = (order: FailedOrder, evidence: Evidence, isPartial: boolean): Finding => {
  const { cacheId, orderedAt, now, problem } = order;
  const nothing = `Nothing of what ${isPartial ? 'could be read' : 'the account shows'} explains it`;
  const askSupport = `ask AWS Support with ${arnOf(order, evidence)} and the times ${orderedAt} to ${now}.`;
  const status = known(evidence.cache)?.status;
  const minutes = Math.floor((Date.parse(now) - Date.parse(orderedAt)) / 60_000);
  const says = (() => {
    if (status === 'creating' && minutes >= STUCK_MINUTES) {
      return `${cacheId} has been creating for ${minutes} minutes. ${nothing}: ${askSupport}`;
    }
    if (status === 'available') {
      return `${cacheId} is available, and what was found wrong was found by “${problem.step}”. ${nothing}: go by what that step says.`;
    }
    if (status === undefined)
      return `${nothing}, besides what “${problem.step}” answered: go by that, or ${askSupport}`;
    return `${cacheId} is ${status} ${minutes} minutes after it was ordered. ${nothing}: ${askSupport}`;
  })();
  return { cause: 'NotExplained', says };
};

const whatWasNotRead = (evidence: Evidence): Finding[] => {
  const parts = Object.entries(evidence) as [keyof Evidence, Read<unknown> | undefined][];
  const unread = parts.flatMap(([part, read]) => (read && 'unread' in read ? [`${PARTS[part]} (${read.unread})`] : []));
  return unread.length === 0 ? [] : [{ cause: 'NotRead', says: `Could not be read: ${unread.join('; ')}.` }];
};

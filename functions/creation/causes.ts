import { type EventSeen, type Evidence, type FailedOrder, known } from './evidence.ts';
import type { Finding } from './schemas.ts';

/** Looks for one cause of a failed creation. Finds nothing where the evidence for it could not be read. */
export type Cause = (order: FailedOrder, evidence: Evidence) => readonly Finding[];

const MOST_QUOTES = 3;
const LONGEST_QUOTE = 200;
const MOST_SUBNETS = 6;

/** ElastiCache's events have no level: these words tell the bad ones. */
const BAD_NEWS = /fail(?!over)|insufficient|not enough|unable|could not|cannot|error|incompatible|exhausted/i;
const NO_CAPACITY = /ChooseOtherNodeType|insufficient[a-z ]*capacity|not enough capacity/i;
const QUOTA = /RaiseNodeQuota|RaiseShardQuota|Quota\w*Exceeded/;

/** What ElastiCache itself has noted, quoted; the same words about many nodes once. */
export const elastiCacheSaid: Cause = (order, evidence) => {
  const bad = (known(evidence.events) ?? []).filter(({ message }) => BAD_NEWS.test(message));
  const byMessage = Map.groupBy(bad, ({ message }) => message);
  // What is said of the cache as a whole before what is said of its nodes.
  const quotes = [...byMessage.values()].sort((one, other) => rank(order, one) - rank(order, other));
  return quotes.slice(0, MOST_QUOTES).flatMap(([event, ...same]): Finding[] => {
    if (!event) return [];
    const others = same.length === 0 ? '' : ` and ${same.length} more`;
    const text = event.message.slice(0, LONGEST_QUOTE);
    return [
      {
        cause: 'ElastiCacheSaid',
        says: `ElastiCache noted of ${event.source}${others} at ${event.at}: “${text}”. Mend what it names, then ask again; if it names nothing that you can mend, ask AWS Support with ${arnOf(order, evidence)} and this time.`,
      },
    ];
  });
};

const rank = ({ cacheId }: FailedOrder, events: readonly EventSeen[]): number =>
  events.some(({ source }) => source === cacheId) ? 0 : 1;

/** AWS has no free node of this type in these zones. */
export const noCapacity: Cause = (order, evidence) => {
  const said = [
    order.problem.error,
    order.problem.cause,
    ...(known(evidence.events) ?? []).map(({ message }) => message),
  ];
  if (!said.some((text) => NO_CAPACITY.test(text))) return [];
  const zones = [...new Set((known(evidence.subnets) ?? []).map(({ zone }) => zone))].sort();
  const where = zones.length === 0 ? `the zones of the subnet group ${order.subnetGroup}` : zones.join(', ');
  return [
    {
      cause: 'NoCapacity',
      says: `AWS has no room for ${counted(order.nodes, 'node')} of ${order.nodeType} in ${where} now: ask again later, or choose another node type or subnets in other zones.`,
    },
  ];
};

/** The account may have no more nodes, in the Region or in one cache. */
export const quotaUsedUp: Cause = (order, evidence) => {
  const refused = QUOTA.test(order.problem.error) || QUOTA.test(order.problem.cause);
  if (!refused && nodesMissing(order, evidence) === 0) return [];
  const { perRegion, perCluster } = known(evidence.quotas) ?? {};
  const inRegion = known(evidence.nodesInRegion);
  const others = inRegion && inRegion.all - inRegion.own;
  const found: Finding[] = [];
  if (perRegion !== undefined && others !== undefined && others + order.nodes > perRegion) {
    const says = `The quota of nodes in ${order.region} is used up: ${others} of ${perRegion} are other caches’, and ${order.cacheId} needs ${order.nodes}. Ask Service Quotas for more “Nodes per Region”, or delete caches that nobody needs.`;
    found.push({ cause: 'QuotaUsedUp', says });
  }
  if (order.clusterMode && perCluster !== undefined && order.nodes > perCluster) {
    const says = `One cache may have ${counted(perCluster, 'node')} in this account, and ${order.cacheId} needs ${order.nodes}. Ask Service Quotas for more “Nodes per cluster (cluster mode enabled)”, or choose fewer shards or replicas.`;
    found.push({ cause: 'QuotaUsedUp', says });
  }
  if (found.length > 0 || !refused) return found;
  const figures = `${others ?? 'an unknown number'} of ${perRegion ?? 'an unknown number'} nodes in ${order.region} are other caches’`;
  const says = `ElastiCache refused the order because of a quota, which the figures do not show: ${figures}, and ${order.cacheId} needs ${order.nodes}. Compare the quotas of ElastiCache in Service Quotas with what the account has.`;
  return [{ cause: 'QuotaUsedUp', says }];
};

/** Each node needs an address of a subnet. */
export const noFreeAddresses: Cause = (order, evidence) => {
  const missing = nodesMissing(order, evidence);
  const subnets = (known(evidence.subnets) ?? []).filter(({ freeAddresses }) => freeAddresses !== undefined);
  if (missing === 0 || subnets.length === 0) return [];
  const free = subnets.reduce((sum, { freeAddresses = 0 }) => sum + freeAddresses, 0);
  const empty = subnets.filter(({ freeAddresses }) => freeAddresses === 0);
  if (free >= missing && empty.length === 0) return [];
  const shown = [...subnets].sort((one, other) => (one.freeAddresses ?? 0) - (other.freeAddresses ?? 0));
  const list = shown.slice(0, MOST_SUBNETS).map(({ id, zone, freeAddresses }) => `${id} in ${zone}: ${freeAddresses}`);
  const more = shown.length > MOST_SUBNETS ? `, and ${shown.length - MOST_SUBNETS} more subnets` : '';
  const says = `The subnet group ${order.subnetGroup} has ${counted(free, 'free address', 'free addresses')} (${list.join(', ')}${more}), and ${order.cacheId} needs up to ${missing}. Free some, or add larger subnets to the group.`;
  return [{ cause: 'NoFreeAddresses', says }];
};

/** Something that the order names, and that was there when it was planned. */
export const vanished: Cause = (order, evidence) => {
  const { cacheId, subnetGroup } = order;
  const found: Finding[] = [];
  const gone = (what: string) =>
    found.push({
      cause: 'Vanished',
      says: `The order for ${cacheId} names ${what}, which is not there any more: make it again, or name another.`,
    });
  if ('value' in evidence.subnets && evidence.subnets.value === undefined) gone(`the subnet group ${subnetGroup}`);
  for (const { id, freeAddresses } of known(evidence.subnets) ?? []) {
    if (freeAddresses === undefined) gone(`the subnet ${id} (in the subnet group ${subnetGroup})`);
  }
  const groups = known(evidence.securityGroupIds);
  for (const id of groups ? order.securityGroupIds : []) {
    if (!groups?.includes(id)) gone(`the security group ${id}`);
  }
  return found;
};

/** ElastiCache encrypts with the key that the order names, and cannot when it is off. */
export const keyUnusable: Cause = ({ cacheId, kmsKeyId }, { key }) => {
  if (key === undefined || !('value' in key) || key.value?.state === 'Enabled') return [];
  const how = key.value ? `is ${key.value.state}` : 'does not exist in this Region';
  const says = `The KMS key ${kmsKeyId}, with which ${cacheId} shall be encrypted, ${how}: enable it, or name another.`;
  return [{ cause: 'KeyUnusable', says }];
};

/** How many nodes are not there for certain; none when the cache is available. */
const nodesMissing = ({ nodes }: FailedOrder, { cache }: Evidence): number =>
  known(cache)?.status === 'available' ? 0 : nodes;

/** How AWS Support finds the cache. */
export const arnOf = ({ cacheId, region }: FailedOrder, { cache }: Evidence): string =>
  known(cache)?.arn ?? `the id ${cacheId} in ${region}`;

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

import type { ElastiCacheNotification } from '../../events/elasticache-notification.ts';

const PREFIX = 'ElastiCache:';

/** An SNS record, as far as we need it. */
export interface SnsMessage {
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
}

/**
 * Reads one notification. The usual form is a JSON object in which one key begins with `ElastiCache:`, not always the first
 * and not always the only one; some messages are bare text such as `SnapshotFailed : orders-0001-001`.
 *
 * @returns undefined when it is in neither form
 */
export const readNotification = (message: SnsMessage): ElastiCacheNotification | undefined => {
  const read = asObject(message.Message) ?? asText(message.Message);
  if (!read) return undefined;
  const { event, sourceId, details } = read;
  return {
    notificationId: message.MessageId,
    event,
    sourceId,
    cacheId: cacheIdOf(sourceId, details),
    region: message.TopicArn.split(':')[3] ?? 'unknown',
    summary: `ElastiCache says ${event} about ${sourceId}.`,
    at: message.Timestamp,
    details,
  };
};

type Content = Pick<ElastiCacheNotification, 'event' | 'sourceId' | 'details'>;

const asObject = (text: string): Content | undefined => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (content === null || typeof content !== 'object' || Array.isArray(content)) return undefined;
  const entries = Object.entries(content).map(
    ([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  const named = entries.find(([key]) => key.startsWith(PREFIX) && key.length > PREFIX.length);
  if (!named || named[1] === '') return undefined;
  return {
    event: named[0].slice(PREFIX.length),
    sourceId: named[1],
    details: Object.fromEntries(entries.filter((entry) => entry !== named)),
  };
};

const asText = (text: string): Content | undefined => {
  const [, event, sourceId] = /^\s*(?:ElastiCache:)?([A-Z]\w+)\s*:\s*(\S+)\s*$/.exec(text) ?? [];
  return event && sourceId ? { event, sourceId, details: {} } : undefined;
};

/** Some messages name the cache in a field of its own, and then hold a sentence or a node number as their value. */
const cacheIdOf = (sourceId: string, details: Readonly<Record<string, string>>): string =>
  details['Replication Group ID'] ?? withoutMember(details['Cache Cluster ID'] ?? sourceId);

/** Members of a cache are called `<cache>-0001-001` with cluster mode and `<cache>-001` without (ElastiCache guide). */
const withoutMember = (id: string): string => id.replace(/(-\d{4})?-\d{3}$/, '');

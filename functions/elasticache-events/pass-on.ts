import type * as z from 'zod';
import { elastiCacheNotification } from '../../events/elasticache-notification.ts';
import type { elastiCacheSns } from '../../events/elasticache-sns.ts';
import type { Bus } from '../platform/bus.ts';
import { FixInput } from '../platform/operator-actions.ts';
import { readNotification } from './read-notification.ts';

/**
 * Says every notification that can be read on our bus, and only then complains about the others: what is known is not held
 * back by what is not.
 *
 * @throws FixInput naming the messages that are in no known form
 */
export const passOn = async (
  { Records }: z.output<typeof elastiCacheSns.schema>,
  bus: Bus,
): Promise<{ said: number }> => {
  const read = Records.map(({ Sns }) => readNotification(Sns));
  const sayings = read.flatMap((detail) =>
    detail ? [{ detailType: elastiCacheNotification.detailType, detail }] : [],
  );
  if (sayings.length > 0) await bus.say(...sayings);
  const lost = Records.filter((_, index) => !read[index]).map(({ Sns }) => Sns.MessageId);
  if (lost.length > 0) {
    throw new FixInput(`The SNS messages ${lost.join(', ')} are not in any form that ElastiCache is known to use.`);
  }
  return { said: sayings.length };
};

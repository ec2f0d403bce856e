import { elastiCacheNotification } from '../../events/elasticache-notification.ts';
import { elastiCacheSns } from '../../events/elasticache-sns.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { FixInput } from '../platform/operator-actions.ts';
import { readNotification } from './read-notification.ts';

/** Brings ElastiCache's SNS messages to our bus in one form. What cannot be read goes to the dead-letter queue. */
export const handler = makeHandler({
  name: 'elasticache-events/normalise',
  input: elastiCacheSns.schema,
  async run({ Records }) {
    const read = Records.map(({ Sns }) => readNotification(Sns));
    const sayings = read.flatMap((detail) =>
      detail ? [{ detailType: elastiCacheNotification.detailType, detail }] : [],
    );
    const bus = eventBridgeBus(eventBridgeClient(), environment('BUS_NAME'));
    await bus.say(...sayings);
    const lost = Records.filter((_, index) => !read[index]).map(({ Sns }) => Sns.MessageId);
    if (lost.length > 0) {
      throw new FixInput(`The SNS messages ${lost.join(', ')} are not in any form that ElastiCache is known to use.`);
    }
    return { said: sayings.length };
  },
  report: ({ said }) => ({ says: 'Passed on what ElastiCache said', reason: 'Normalised', fields: { said } }),
});

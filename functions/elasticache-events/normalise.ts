import { elastiCacheSns } from '../../events/elasticache-sns.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { passOn } from './pass-on.ts';

/** Brings ElastiCache's SNS messages to our bus in one form. What cannot be read goes to the dead-letter queue. */
export const handler = makeHandler({
  name: 'elasticache-events/normalise',
  input: elastiCacheSns.schema,
  run: (event) => passOn(event, eventBridgeBus(eventBridgeClient(), environment('BUS_NAME'))),
  report: ({ said }) => ({ says: 'Passed on what ElastiCache said', reason: 'Normalised', fields: { said } }),
});

import type { Event, LookupEventsCommandInput, LookupEventsCommandOutput } from '@aws-sdk/client-cloudtrail';
import * as sdk from '@aws-sdk/client-cloudtrail';
import { operation, type Service, type World } from '../../service.ts';
import { isAfter, readQuery } from './lookup-query.ts';
import { createLookupRate } from './lookup-rate.ts';
import { createTrail } from './trail.ts';
import { type TrailEvent, trailEvent } from './trail-event.ts';

/** CloudTrail's event history: who called Secrets Manager and ElastiCache, some minutes ago or longer. */
export const createCloudTrail = (world: World): Service => {
  const trail = createTrail(world.clock.now);
  const passRate = createLookupRate(world.clock.now);
  const startedAt = world.clock.iso();
  world.observeCalls((answered) => {
    const event = trailEvent(answered, world.accountId, startedAt);
    if (event) trail.add(event);
  });

  const LookupEvents = operation<LookupEventsCommandInput, LookupEventsCommandOutput>({
    handle(input, { region }) {
      passRate(region);
      const { fits, after, pageSize, tokenAfter } = readQuery(input);
      const found = trail.visible(region).filter((event) => fits(event) && (!after || isAfter(event, after)));
      const page = found.slice(0, pageSize);
      const last = page.at(-1);
      return { Events: page.map(shown), ...(last && found.length > pageSize ? { NextToken: tokenAfter(last) } : {}) };
    },
  });

  return {
    name: 'cloudtrail',
    api: {
      signingName: 'cloudtrail',
      iamPrefix: 'cloudtrail',
      sdk,
      Client: sdk.CloudTrailClient,
      operations: { LookupEvents },
    },
  };
};

const shown = (event: TrailEvent): Event => ({
  EventId: event.id,
  EventName: event.name,
  ReadOnly: String(event.isRead),
  AccessKeyId: event.accessKeyId,
  EventTime: new Date(event.at),
  EventSource: event.source,
  ...(event.username === undefined ? {} : { Username: event.username }),
  Resources: event.resources.map(({ type, name }) => ({ ResourceType: type, ResourceName: name })),
  CloudTrailEvent: event.record,
});

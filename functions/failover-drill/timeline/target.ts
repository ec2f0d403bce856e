import type { TimelineView } from './timeline-view.ts';

/**
 * When the policy wants writes of well-behaved clients to be answered again, in milliseconds of the log; left out when
 * they were always answered.
 */
export const targetMsOf = ({ measurement, targetSeconds }: TimelineView): number | undefined => {
  const begins = measurement.clients.flatMap(({ client, does, shard, outageFromMs, outagesFromMs = outageFromMs }) =>
    client !== 'naive' && does === 'write' && shard === 'tested' && outagesFromMs !== undefined ? [outagesFromMs] : [],
  );
  return begins.length === 0 ? undefined : Math.min(...begins) + targetSeconds * 1000;
};

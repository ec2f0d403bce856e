import type { Felt, Measurement } from '../measurement.ts';
import { sayLength } from './say-length.ts';
import type { TimelineView } from './timeline-view.ts';

/** One figure of the drill: what it is, its value, and what to compare it with. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  /** Whether somebody should look at it. */
  readonly bad: boolean;
}

/** The figures above the picture, the most important first. */
export const figuresOf = ({ measurement, targetSeconds }: TimelineView): Figure[] => {
  const { writeUnavailableMs, writeOutages, readUnavailableMs, readOutages, ...rest } = measurement;
  const { longestGapMs, lostAcknowledgedWrites, staleReads, controlOutageMs } = rest;
  const tested = ({ shard }: Felt) => shard === 'tested';
  const well = (does: Felt['does']) => (felt: Felt) => tested(felt) && felt.does === does && felt.client !== 'naive';
  return [
    {
      name: nameOf('write', writeOutages),
      ...sayOutage(writeUnavailableMs, targetSeconds * 1000),
      note: `target: under ${targetSeconds} s`,
      ...ifUnseen(measurement, well('write')),
    },
    {
      name: nameOf('read', readOutages),
      ...sayOutage(readUnavailableMs, targetSeconds * 1000),
      note: 'cluster and plain',
      ...ifUnseen(measurement, well('read')),
    },
    {
      name: 'longest gap',
      value: sayLength(longestGapMs),
      note: 'between two answers',
      bad: false,
      ...ifUnseen(measurement, tested),
    },
    {
      name: 'lost writes',
      value: String(lostAcknowledgedWrites),
      note: 'acknowledged, then gone',
      bad: lostAcknowledgedWrites !== 0,
      ...ifUnseen(measurement, (felt) => tested(felt) && felt.does === 'write'),
    },
    {
      name: 'stale reads',
      value: String(staleReads),
      note: 'older than acknowledged',
      bad: staleReads > 0,
      ...ifUnseen(measurement, (felt) => tested(felt) && felt.does === 'read'),
    },
    controlOutageMs === undefined
      ? { name: 'control shard', value: 'none', note: 'nothing to compare with', bad: false }
      : {
          name: 'control shard',
          ...sayOutage(controlOutageMs, 1),
          note: 'should not notice',
          ...ifUnseen(measurement, ({ shard }) => shard === 'control'),
        },
  ];
};

/** The length beside it is that of all outages together. */
const nameOf = (does: Felt['does'], outages: number) =>
  outages > 1 ? `${does} outages: ${outages}` : `${does} outage`;

const sayOutage = (outageMs: number | 'not-over', limitMs: number) => ({
  value: outageMs === 'not-over' ? 'not over' : outageMs === 0 ? 'no failure' : sayLength(outageMs),
  bad: outageMs === 'not-over' || outageMs >= limitMs,
});

/** Where nothing was attempted, a zero would look like success. */
const ifUnseen = ({ clients }: Measurement, concerns: (felt: Felt) => boolean) =>
  clients.filter(concerns).every(({ attempts }) => attempts === 0) ? { value: 'not seen', bad: true } : {};

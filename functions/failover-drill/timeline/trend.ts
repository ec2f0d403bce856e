import { COLOURS, rectOf, type Shape, textOf } from './look.ts';
import { sayLength } from './say-length.ts';
import type { PastDrill, TimelineView } from './timeline-view.ts';

const MOST_BARS = 14;
const BAR_PX = 10;
const GAP_PX = 4;

export interface Trend {
  /** Oldest first; the last one is this drill. `height` is 0–1, and 1 for an outage that was not over. */
  readonly bars: readonly { readonly height: number; readonly bad: boolean; readonly isThis: boolean }[];
  readonly says: string;
}

/** How the write outage of this drill compares with the earlier ones. */
export const trendOf = ({ past = [], measurement, log, targetSeconds }: TimelineView): Trend => {
  const thisOne: PastDrill = { at: log.startedAt, writeUnavailableMs: measurement.writeUnavailableMs };
  const shown = [...past.slice(1 - MOST_BARS), thisOne];
  const lengths = shown.flatMap(({ writeUnavailableMs }) =>
    writeUnavailableMs === 'not-over' ? [] : [writeUnavailableMs],
  );
  const longest = Math.max(1, ...lengths);
  const unfinished = shown.length - lengths.length;
  const range = lengths.length > 0 ? `${sayLength(Math.min(...lengths))} to ${sayLength(Math.max(...lengths))}` : '';
  return {
    bars: shown.map(({ writeUnavailableMs }, index) => ({
      height: writeUnavailableMs === 'not-over' ? 1 : writeUnavailableMs / longest,
      bad: writeUnavailableMs === 'not-over' || writeUnavailableMs >= targetSeconds * 1000,
      isThis: index === shown.length - 1,
    })),
    says: [range, ...(unfinished > 0 ? [`${unfinished} not over`] : [])].filter((part) => part !== '').join(', '),
  };
};

/** The trend as small bars; nothing at the first drill, which has nothing to be compared with. */
export const trendShapes = (
  view: TimelineView,
  { leftPx, topPx, widthPx, heightPx }: { leftPx: number; topPx: number; widthPx: number; heightPx: number },
): Shape[] => {
  if ((view.past ?? []).length === 0) return [];
  const { bars, says } = trendOf(view);
  const roomPx = heightPx - 42;
  const footPx = topPx + 44;
  const pitchPx = Math.min(BAR_PX + GAP_PX, widthPx / bars.length);
  return [
    textOf(`last ${bars.length} write outages`, leftPx, topPx + 8, { colour: COLOURS.quiet }),
    ...bars.map(({ height, bad, isThis }, index) => {
      // Even an outage of nothing keeps a foot, so that the drill is there.
      const barPx = Math.max(2, height * roomPx);
      const ordinary = isThis ? COLOURS.text : '#a9b4c0';
      return rectOf(leftPx + index * pitchPx, footPx - barPx, BAR_PX, barPx, bad ? COLOURS.failed : ordinary);
    }),
    textOf(says, leftPx, topPx + 54, { fontPx: 11, colour: COLOURS.quiet }),
  ];
};

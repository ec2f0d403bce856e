import { placeInLog } from '../probe-log.ts';
import type { Focus } from './focus.ts';
import { COLOURS, lineOf, PLOT, type Shape, textOf } from './look.ts';
import { type Flag, type Placement, placeFlags } from './place-flags.ts';
import { sayMoment } from './say-length.ts';
import { targetMsOf } from './target.ts';
import type { TimelineView } from './timeline-view.ts';

const FONT_PX = 12;
const LINE_PX = 15;
const LOOKS = {
  order: { colour: COLOURS.text, lineDash: [] },
  event: { colour: COLOURS.event, lineDash: [2, 2] },
  target: { colour: COLOURS.target, lineDash: [6, 4] },
} as const;

export interface DrillFlag extends Flag {
  readonly kind: keyof typeof LOOKS;
}

/** What happened within the picture, the order and the policy's target included, each with the place of its text. */
export const flagsOf = (view: TimelineView, focus: Focus, xOf: (ms: number) => number): (DrillFlag & Placement)[] => {
  const { log, marks, orderedAt, targetSeconds } = view;
  const targetMs = targetMsOf(view);
  const all: readonly { readonly atMs: number; readonly says: string; readonly kind: DrillFlag['kind'] }[] = [
    ...(orderedAt === undefined ? [] : [{ atMs: focus.zeroMs, says: 'failover ordered', kind: 'order' as const }]),
    ...marks.map(({ at, says }) => {
      const atMs = placeInLog(log, at);
      return { atMs, says: `${sayMoment(atMs - focus.zeroMs)} ${says}`, kind: 'event' as const };
    }),
    ...(targetMs === undefined
      ? []
      : [{ atMs: targetMs, says: `target: writes answered again within ${targetSeconds} s`, kind: 'target' as const }]),
  ];
  const flags = all
    .filter(({ atMs }) => atMs >= focus.fromMs && atMs <= focus.toMs)
    .map(({ atMs, says, kind }) => ({ xPx: xOf(atMs), says, kind }));
  return placeFlags(flags, { leftPx: PLOT.leftPx, rightPx: PLOT.rightPx, fontPx: FONT_PX, linePx: LINE_PX });
};

/** An event's text and its line from there down through the picture. */
export const flagShapes = (flag: DrillFlag & Placement, footPx: number, bottomPx: number): Shape[] => {
  const { colour, lineDash } = LOOKS[flag.kind];
  const textBottom = footPx - flag.bottomPx - 2;
  return [
    lineOf([flag.xPx, textBottom], [flag.xPx, bottomPx], { stroke: colour, lineWidth: 1, lineDash }),
    ...flag.lines.map((line, index) =>
      textOf(line, flag.leftPx, textBottom - (flag.lines.length - index - 0.5) * LINE_PX, {
        fontPx: FONT_PX,
        colour,
        bold: flag.kind === 'order',
        ground: COLOURS.ground,
      }),
    ),
  ];
};

import type { Span } from './columns.ts';
import { COLOURS, MARGIN_PX, PLOT, rectOf, type Shape, signOf, textOf } from './look.ts';
import type { Strip } from './strips.ts';
import { fitted, textPx } from './text-width.ts';

const ROW_PX = 24;
const BAR_PX = 16;
const BETWEEN_CLIENTS_PX = 8;
const FONT_PX = 12;
/** An outage shorter than a pixel is still there. */
const THINNEST_PX = 3;

/** Where a moment of the log is, in pixels from the left. */
export type XOf = (ms: number) => number;

/** The middle of each row, from the top of the panel, and how high they are together. */
export const rowsOf = (strips: readonly Strip[]): { readonly middlesPx: number[]; readonly heightPx: number } => {
  let topPx = BETWEEN_CLIENTS_PX;
  let before: string | undefined;
  const middlesPx = strips.map(({ client = 'control' }) => {
    if (before !== undefined && before !== client) topPx += BETWEEN_CLIENTS_PX;
    before = client;
    topPx += ROW_PX;
    return topPx - ROW_PX / 2;
  });
  return { middlesPx, heightPx: topPx + BETWEEN_CLIENTS_PX };
};

/** A row's name and, as its ground, when anything was attempted. */
export const trackShapes = ({ label, client, attempted }: Strip, middlePx: number, xOf: XOf): Shape[] => [
  ...(client ? [signOf(client, MARGIN_PX + 6, middlePx, 5)] : []),
  textOf(fitted(label, FONT_PX, PLOT.leftPx - MARGIN_PX - 26), MARGIN_PX + 18, middlePx),
  ...(attempted ? [barOf(attempted, middlePx, BAR_PX, COLOURS.track, xOf)] : []),
];

/** What happened in a row: the outage, each failure in it, and its length in words. */
export const stripShapes = (strip: Strip, middlePx: number, xOf: XOf): Shape[] => {
  const { outage, goesOn, failed, lostAtMs } = strip;
  return [
    ...(outage ? [barOf(outage, middlePx, BAR_PX, COLOURS.outage, xOf)] : []),
    ...failed.map((span) => barOf(span, middlePx, BAR_PX - 4, COLOURS.failed, xOf)),
    ...(goesOn ? [arrowHead(PLOT.rightPx, middlePx)] : []),
    ...lostAtMs.map((ms) => diamond(xOf(ms), middlePx)),
    wordsOf(strip, middlePx, xOf),
  ];
};

const barOf = ({ fromMs, toMs }: Span, middlePx: number, heightPx: number, fill: string, xOf: XOf): Shape => {
  const leftPx = xOf(fromMs);
  return rectOf(leftPx, middlePx - heightPx / 2, Math.max(THINNEST_PX, xOf(toMs) - leftPx), heightPx, fill);
};

/** Beside the outage, where there is room; upon it where there is none. */
const wordsOf = ({ says, attempted, outage, failed }: Strip, middlePx: number, xOf: XOf): Shape => {
  const widthPx = textPx(says, FONT_PX) + 10;
  if (!outage) {
    const ground = attempted ? COLOURS.track : COLOURS.ground;
    return textOf(says, PLOT.leftPx + 4, middlePx, { fontPx: FONT_PX, colour: COLOURS.quiet, ground });
  }
  const leftPx = xOf(outage.fromMs);
  const rightPx = Math.max(xOf(outage.toMs), leftPx + THINNEST_PX, ...failed.map(({ toMs }) => xOf(toMs)));
  const writing = { fontPx: FONT_PX, bold: true, ground: COLOURS.track } as const;
  if (rightPx + widthPx <= PLOT.rightPx) return textOf(says, rightPx + 3, middlePx, writing);
  const ground = { ...writing, ground: COLOURS.ground };
  if (rightPx - leftPx > widthPx + 16) return textOf(says, leftPx + 8, middlePx, ground);
  if (leftPx - widthPx >= PLOT.leftPx) return textOf(says, leftPx - 6, middlePx, { ...writing, align: 'right' });
  return textOf(fitted(says, FONT_PX, PLOT.rightPx - PLOT.leftPx - 16), PLOT.leftPx + 8, middlePx, ground);
};

/** The outage goes on behind the edge of the picture. */
const arrowHead = (tipPx: number, yPx: number): Shape => ({
  type: 'polygon',
  shape: {
    points: [
      [tipPx - 3, yPx],
      [tipPx - 11, yPx - 5],
      [tipPx - 11, yPx + 5],
    ],
  },
  style: { fill: COLOURS.ground },
});

/** An acknowledged write that was gone in the end. */
export const diamond = (xPx: number, yPx: number): Shape => ({
  type: 'polygon',
  shape: {
    points: [
      [xPx, yPx - 6],
      [xPx + 4, yPx],
      [xPx, yPx + 6],
      [xPx - 4, yPx],
    ],
  },
  style: { fill: COLOURS.lost, stroke: COLOURS.ground, lineWidth: 1 },
});

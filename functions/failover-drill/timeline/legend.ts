import { ClientKind } from '../probe-log.ts';
import { CLIENTS, COLOURS, MARGIN_PX, rectOf, type Shape, signOf, textOf, WIDTH_PX } from './look.ts';
import { diamond } from './strip-panel.ts';
import type { Strip } from './strips.ts';
import { textPx } from './text-width.ts';

const FONT_PX = 12;
const LINE_PX = 22;
const SIGN_PX = 18;
const GAP_PX = 8;

interface Entry {
  readonly says: string;
  readonly sign: (xPx: number, yPx: number) => Shape[];
}

/** What each sign and colour means: only what is in this picture, in as many lines as it needs. */
export const legendOf = (strips: readonly Strip[], topPx: number): { readonly shapes: Shape[]; heightPx: number } => {
  let leftPx = MARGIN_PX;
  let middlePx = topPx + LINE_PX / 2;
  const shapes = entriesOf(strips).flatMap(({ says, sign }) => {
    const widthPx = SIGN_PX + textPx(says, FONT_PX);
    if (leftPx + widthPx > WIDTH_PX - MARGIN_PX) {
      leftPx = MARGIN_PX;
      middlePx += LINE_PX;
    }
    const textAt = leftPx + SIGN_PX;
    leftPx += widthPx + GAP_PX;
    return [...sign(textAt - 12, middlePx), textOf(says, textAt, middlePx, { fontPx: FONT_PX, colour: COLOURS.quiet })];
  });
  return { shapes, heightPx: middlePx + LINE_PX / 2 - topPx };
};

const entriesOf = (strips: readonly Strip[]): Entry[] => [
  ...ClientKind.options
    .filter((client) => strips.some((strip) => strip.client === client))
    .map((client) => ({
      says: `${client}: ${CLIENTS[client].means}`,
      sign: (xPx: number, yPx: number) => [signOf(client, xPx, yPx, 5)],
    })),
  ...(strips.some(({ outage }) => outage)
    ? [
        { says: 'outage', sign: (xPx: number, yPx: number) => [rectOf(xPx - 6, yPx - 6, 12, 12, COLOURS.outage)] },
        {
          says: 'failed attempts',
          sign: (xPx: number, yPx: number) => [rectOf(xPx - 6, yPx - 5, 12, 10, COLOURS.failed)],
        },
      ]
    : []),
  ...(strips.some(({ lostAtMs }) => lostAtMs.length > 0)
    ? [{ says: 'lost write', sign: (xPx: number, yPx: number) => [diamond(xPx, yPx)] }]
    : []),
  {
    says: 'latency: median to slowest',
    sign: (xPx: number, yPx: number) => [
      rectOf(xPx - 6, yPx - 6, 12, 9, '#c9d1da'),
      rectOf(xPx - 6, yPx + 2, 12, 2, COLOURS.quiet),
    ],
  },
];

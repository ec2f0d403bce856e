import { type Figure, figuresOf } from './figures.ts';
import { COLOURS, MARGIN_PX, rectOf, type Shape, textOf, WIDTH_PX } from './look.ts';
import { fitted, textPx, wrapped } from './text-width.ts';
import type { TimelineView } from './timeline-view.ts';
import { trendShapes } from './trend.ts';

const OUTCOMES = { passed: COLOURS.passed, failed: COLOURS.failed, unclear: COLOURS.unclear } as const;
const TITLE_PX = 22;
const VERDICT_PX = 15;
const FIGURE_WIDTH_PX = 157;
const FIGURE_HEIGHT_PX = 68;

/** What is said above the picture: which drill, how it ended, its figures. */
export const headerOf = (view: TimelineView): { readonly shapes: Shape[]; readonly heightPx: number } => {
  const { log, verdict } = view;
  const room = WIDTH_PX - 2 * MARGIN_PX;
  const badge = verdict.outcome.toUpperCase();
  const badgePx = textPx(badge, VERDICT_PX) + 20;
  const sentence = wrapped(verdict.says, VERDICT_PX, room - badgePx - 12).map((line) => fitted(line, VERDICT_PX, room));
  const figuresTop = 92 + sentence.length * 20 + 10;
  const trendLeft = MARGIN_PX + figuresOf(view).length * FIGURE_WIDTH_PX + 14;
  return {
    heightPx: figuresTop + FIGURE_HEIGHT_PX,
    shapes: [
      textOf(fitted(`Failover drill of ${log.cacheId}, shard ${log.shardId}`, TITLE_PX, room), MARGIN_PX, 34, {
        fontPx: TITLE_PX,
        bold: true,
      }),
      textOf(
        fitted(`${log.startedAt.slice(0, 16).replace('T', ' ')} UTC · operation ${log.operationId}`, 12, room),
        MARGIN_PX,
        60,
        { colour: COLOURS.quiet },
      ),
      rectOf(MARGIN_PX, 81, badgePx, 24, OUTCOMES[verdict.outcome], 4),
      textOf(badge, MARGIN_PX + badgePx / 2, 93, { bold: true, colour: COLOURS.ground, align: 'center' }),
      ...sentence.map((line, index) =>
        textOf(line, MARGIN_PX + badgePx + 12, 93 + index * 20, { fontPx: VERDICT_PX, bold: true }),
      ),
      ...figuresOf(view).flatMap((figure, index) =>
        figureShapes(figure, MARGIN_PX + index * FIGURE_WIDTH_PX, figuresTop),
      ),
      ...trendShapes(view, {
        leftPx: trendLeft,
        topPx: figuresTop,
        widthPx: WIDTH_PX - MARGIN_PX - trendLeft,
        heightPx: FIGURE_HEIGHT_PX,
      }),
    ],
  };
};

const figureShapes = ({ name, value, note, bad }: Figure, leftPx: number, topPx: number): Shape[] => [
  rectOf(leftPx, topPx, 3, FIGURE_HEIGHT_PX - 6, bad ? COLOURS.failed : COLOURS.grid),
  textOf(name, leftPx + 12, topPx + 8, { colour: COLOURS.quiet }),
  textOf(value, leftPx + 12, topPx + 31, { fontPx: 21, bold: true, colour: bad ? COLOURS.failed : COLOURS.text }),
  textOf(note, leftPx + 12, topPx + 54, { fontPx: 11, colour: COLOURS.quiet }),
];

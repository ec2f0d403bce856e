import { CustomChart } from 'echarts/charts';
import { GraphicComponent, GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { flagShapes, flagsOf } from './flags.ts';
import { type Focus, focusOf } from './focus.ts';
import { headerOf } from './header.ts';
import { GRID_LINE, latencyAxis, latencyOf, latencySeries } from './latency-panel.ts';
import { legendOf } from './legend.ts';
import {
  COLOURS,
  FAILURE_COLUMNS,
  FONTS,
  LATENCY_COLUMNS,
  MARGIN_PX,
  PLOT,
  type Shape,
  textOf,
  WIDTH_PX,
} from './look.ts';
import { cutOf, notesOf } from './notes.ts';
import { sayLength } from './say-length.ts';
import { rowsOf, stripShapes, trackShapes } from './strip-panel.ts';
import { stripsOf } from './strips.ts';
import { wrapped } from './text-width.ts';
import type { TimelineView } from './timeline-view.ts';

use([CustomChart, GraphicComponent, GridComponent, SVGRenderer]);

const LATENCY_PX = 190;
const AXIS_PX = 52;
const NOTE_PX = 18;

/**
 * The timeline of one drill as SVG: its figures, how long writes took, when each client failed, and what happened
 * meanwhile. Needs no browser and no fonts, and hundreds of thousands of attempts still make a small picture.
 */
export const timelineSvg = (view: TimelineView): string => {
  const focus = focusOf(view);
  const xOf = (ms: number) =>
    PLOT.leftPx + ((ms - focus.fromMs) / (focus.toMs - focus.fromMs)) * (PLOT.rightPx - PLOT.leftPx);

  const header = headerOf(view);
  const strips = stripsOf(view, { ...focus, count: FAILURE_COLUMNS });
  const rows = rowsOf(strips);
  const flags = flagsOf(view, focus, xOf);
  const notes = notesOf(view, focus).flatMap((note) => wrapped(note, 12, WIDTH_PX - 2 * MARGIN_PX));

  // From top to bottom, each part below the one before.
  const legend = legendOf(strips, header.heightPx + 14);
  const flagsTop = header.heightPx + 14 + legend.heightPx + 8;
  const latencyTop = flagsTop + Math.max(0, ...flags.map(({ topPx }) => topPx)) + 6;
  const stripsTop = latencyTop + LATENCY_PX;
  const axisTop = stripsTop + rows.heightPx;
  const middleOf = (row: number) => stripsTop + (rows.middlesPx[row] ?? 0);
  const notesTop = axisTop + AXIS_PX;
  const heightPx = notesTop + notes.length * NOTE_PX + 12;

  const latency = latencyOf(view, { ...focus, count: LATENCY_COLUMNS });
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height: heightPx });
  chart.setOption({
    animation: false,
    backgroundColor: COLOURS.ground,
    textStyle: { fontFamily: FONTS, color: COLOURS.text },
    grid: [
      { left: PLOT.leftPx, right: WIDTH_PX - PLOT.rightPx, top: latencyTop, height: LATENCY_PX },
      { left: PLOT.leftPx, right: WIDTH_PX - PLOT.rightPx, top: stripsTop, height: rows.heightPx },
    ],
    xAxis: [
      timeAxis(focus, 0),
      {
        ...timeAxis(focus, 1),
        name: view.orderedAt ? 'seconds since the failover was ordered' : 'seconds since the log began',
      },
    ],
    yAxis: [latencyAxis(latency), { type: 'value', gridIndex: 1, min: 0, max: 1, show: false }],
    series: latency.map((each, order) => latencySeries(each, order, focus)),
    graphic: {
      silent: true,
      elements: [
        ...header.shapes,
        ...legend.shapes,
        ...strips.flatMap((strip, row) => trackShapes(strip, middleOf(row), xOf)),
        ...flags.flatMap((flag) => flagShapes(flag, latencyTop - 6, axisTop)),
        ...strips.flatMap((strip, row) => stripShapes(strip, middleOf(row), xOf)),
        ...cutShapes(view, focus, notesTop - 14),
        ...notes.map((note, line) =>
          textOf(note, MARGIN_PX, notesTop + (line + 0.5) * NOTE_PX, { colour: COLOURS.quiet }),
        ),
      ],
    },
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};

/** How much there is of the log to the left and to the right of what is shown. */
const cutShapes = ({ log }: TimelineView, focus: Focus, middlePx: number): Shape[] => {
  const { beforeMs, afterMs } = cutOf(log, focus);
  const quiet = { colour: COLOURS.quiet } as const;
  return [
    ...(beforeMs > 0 ? [textOf(`← ${sayLength(beforeMs)} more`, PLOT.leftPx, middlePx, quiet)] : []),
    ...(afterMs > 0
      ? [textOf(`${sayLength(afterMs)} more →`, PLOT.rightPx, middlePx, { ...quiet, align: 'right' })]
      : []),
  ];
};

const timeAxis = ({ fromMs, toMs, zeroMs, tickMs }: Focus, gridIndex: 0 | 1) => ({
  type: 'value',
  gridIndex,
  min: (fromMs - zeroMs) / 1000,
  max: (toMs - zeroMs) / 1000,
  interval: tickMs / 1000,
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: GRID_LINE,
  ...(gridIndex === 0
    ? { axisLabel: { show: false } }
    : {
        axisLabel: {
          color: COLOURS.text,
          formatter: (seconds: number) => String(Number(seconds.toFixed(1))).replace('-', '−'),
        },
        nameLocation: 'middle',
        nameGap: 28,
      }),
});

import * as echarts from 'echarts';
import type { Followed, Step } from '../follow.ts';

const COLOURS = { done: '#2f7d5b', retried: '#c98a1b', failed: '#b3372f', text: '#1d2733', grid: '#d8dee6' } as const;
const ROW_PX = 26;
const FRAME_PX = 70;
/** Measured wide: without a browser the chart cannot know a font's real width. */
const LABEL_CHARACTER_PX = 7.4;

const colourOf = (step: Step): string => {
  if (!step.error) return COLOURS.done;
  return step.leftAt ? COLOURS.retried : COLOURS.failed;
};

const secondsBetween = (from: Date, to: Date) => (to.getTime() - from.getTime()) / 1000;

/** A state's bar, in seconds since the execution began; what is not over yet reaches to the end. */
const barOf = (step: Step, { startedAt, endedAt }: Followed, latest: Date) => ({
  name: step.name,
  from: secondsBetween(startedAt, step.enteredAt),
  to: secondsBetween(startedAt, step.leftAt ?? endedAt ?? latest),
  colour: colourOf(step),
});

/** The timeline of one execution as SVG: a row for each state in the order it was entered, time from left to right. */
export const timelineSvg = (execution: Followed, widthPx = 900): string => {
  const latest = execution.steps.reduce((last, { leftAt, enteredAt }) => {
    const seen = leftAt ?? enteredAt;
    return seen > last ? seen : last;
  }, execution.startedAt);
  const bars = execution.steps.map((step) => barOf(step, execution, latest));
  const labelPx = 20 + LABEL_CHARACTER_PX * Math.max(0, ...bars.map(({ name }) => name.length));
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: widthPx,
    height: FRAME_PX + ROW_PX * Math.max(1, bars.length),
  });

  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', color: COLOURS.text },
    grid: { left: labelPx, right: 24, top: 8, bottom: 44 },
    xAxis: {
      type: 'value',
      min: 0,
      name: 'seconds since the start (account time)',
      nameLocation: 'middle',
      nameGap: 28,
      splitLine: { lineStyle: { color: COLOURS.grid } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: COLOURS.text },
    },
    series: [
      {
        type: 'custom',
        encode: { x: [1, 2], y: 0 },
        data: bars.map(({ from, to, colour }, row) => ({ value: [row, from, to], itemStyle: { color: colour } })),
        renderItem: (_params: unknown, api: echarts.CustomSeriesRenderItemAPI) => {
          const [x = 0, y = 0] = api.coord([api.value(1), api.value(0)]);
          const [end = 0] = api.coord([api.value(2), api.value(0)]);
          const height = ROW_PX * 0.55;
          // A state that took no measurable time still happened: it keeps a visible mark.
          const width = Math.max(3, end - x);
          return {
            type: 'rect',
            shape: { x, y: y - height / 2, width, height, r: 2 },
            style: { fill: String(api.visual('color')) },
          };
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};

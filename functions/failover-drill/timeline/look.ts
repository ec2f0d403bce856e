import type { ClientKind } from '../probe-log.ts';
import { sayable, textPx } from './text-width.ts';

/** A shape as ECharts draws it, in pixels of the picture. */
export interface Shape {
  readonly type: string;
  readonly [property: string]: unknown;
}

export const FONTS = "Inter, 'Segoe UI', system-ui, sans-serif";

export const WIDTH_PX = 1200;
export const MARGIN_PX = 24;
/** Where the time axis begins and ends. */
export const PLOT = { leftPx: 170, rightPx: WIDTH_PX - MARGIN_PX } as const;
/** A failure's column is two pixels wide, so that a short one is found at its place ... */
export const FAILURE_COLUMNS = (PLOT.rightPx - PLOT.leftPx) / 2;
/** ... and one of latency six: a median of two answers is noise. */
export const LATENCY_COLUMNS = Math.floor((PLOT.rightPx - PLOT.leftPx) / 6);

export const COLOURS = {
  text: '#1b2430',
  quiet: '#5a6675',
  grid: '#e1e6ec',
  track: '#e9edf2',
  event: '#44505f',
  outage: '#f3b6ab',
  failed: '#a3231a',
  lost: '#000000',
  target: '#7a3db8',
  passed: '#1f7a4d',
  unclear: '#8a6100',
  ground: '#ffffff',
} as const;

/** Colours of Okabe and Ito, which people who cannot tell red from green tell apart; the shapes say the same again. */
export const CLIENTS: Readonly<Record<ClientKind, { readonly colour: string; readonly means: string }>> = {
  cluster: { colour: '#0072b2', means: 'follows the topology' },
  plain: { colour: '#d98200', means: 'connects anew' },
  naive: { colour: '#009e73', means: 'keeps the old node' },
};

/** A client's sign: circle, square or triangle. */
export const signOf = (client: ClientKind, xPx: number, yPx: number, radiusPx: number): Shape => {
  const style = { fill: CLIENTS[client].colour, stroke: COLOURS.ground, lineWidth: 1 };
  if (client === 'cluster') return { type: 'circle', shape: { cx: xPx, cy: yPx, r: radiusPx }, style };
  if (client === 'plain') {
    const sidePx = radiusPx * 1.8;
    return {
      type: 'rect',
      shape: { x: xPx - sidePx / 2, y: yPx - sidePx / 2, width: sidePx, height: sidePx },
      style,
    };
  }
  const wide = radiusPx * 1.2;
  const points = [
    [xPx, yPx - wide],
    [xPx + wide, yPx + wide * 0.8],
    [xPx - wide, yPx + wide * 0.8],
  ];
  return { type: 'polygon', shape: { points }, style };
};

export interface Writing {
  readonly fontPx?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly align?: 'left' | 'center' | 'right';
  /** A colour that hides what is behind the text. */
  readonly ground?: string;
}

/** One line of text, its middle at `yPx`. */
export const textOf = (text: string, xPx: number, yPx: number, writing: Writing = {}): Shape => {
  const { fontPx = 12, bold = false, colour = COLOURS.text, align = 'left', ground } = writing;
  return {
    type: 'text',
    silent: true,
    z: 10,
    x: xPx,
    y: yPx,
    style: {
      text: sayable(text),
      fill: colour,
      fontSize: fontPx,
      fontWeight: bold ? 600 : 400,
      fontFamily: FONTS,
      align,
      verticalAlign: 'middle',
      // Without a browser ECharts guesses a width of its own, and may guess too little.
      ...(ground ? { backgroundColor: ground, width: textPx(text, fontPx), padding: [1, 4], borderRadius: 3 } : {}),
    },
  };
};

export const rectOf = (xPx: number, yPx: number, widthPx: number, heightPx: number, fill: string, r = 0): Shape => ({
  type: 'rect',
  shape: { x: xPx, y: yPx, width: widthPx, height: heightPx, r },
  style: { fill },
});

export const lineOf = (
  from: readonly [number, number],
  to: readonly [number, number],
  style: { readonly stroke: string; readonly lineWidth?: number; readonly lineDash?: readonly number[] },
): Shape => ({ type: 'line', shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { ...style } });

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { timelineSvg } from '../../../functions/failover-drill/timeline/draw-timeline.ts';
import { toPng } from '../../../functions/failover-drill/timeline/picture.ts';
import { bundleOptions } from '../../../infra/bundle.ts';
import { aTimelineView } from './a-timeline-view.ts';
import { type Pixels, pixelsOf } from './pixels-of-png.ts';

const svg = (inside: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="100">${inside}</svg>`;

/** How many pixels of a part of the picture, in fractions of it, are dark. */
const darkPixels = (pixels: Pixels, from: readonly [number, number], to: readonly [number, number]): number => {
  let dark = 0;
  for (let y = Math.floor(from[1] * pixels.height); y < to[1] * pixels.height; y += 1) {
    for (let x = Math.floor(from[0] * pixels.width); x < to[0] * pixels.width; x += 1) {
      if ((pixels.at(x, y)[0] ?? 255) < 100) dark += 1;
    }
  }
  return dark;
};

describe('toPng', () => {
  it('draws on white, in the width that is asked for, in the proportions of the SVG', async () => {
    const pixels = pixelsOf(await toPng(svg('<rect x="0" y="0" width="200" height="100" fill="#a3231a"/>'), 800));
    expect([pixels.width, pixels.height]).toEqual([800, 200]);
    expect(pixels.at(100, 100)).toEqual([0xa3, 0x23, 0x1a, 255]);
    expect(pixels.at(700, 100)).toEqual([255, 255, 255, 255]);
  });

  it('is 1600 pixels wide unless told otherwise', async () => {
    expect(pixelsOf(await toPng(svg(''))).width).toBe(1600);
  });

  it.each([
    ['the font of our own', 'Inter'],
    ['a font that is not there', 'Comic Sans MS'],
  ])('writes text in %s', async (_, font) => {
    const written = svg(`<text x="10" y="60" font-size="40" font-family="${font}">orders-prod</text>`);
    const pixels = pixelsOf(await toPng(written));
    expect(darkPixels(pixels, [0, 0.2], [0.7, 0.7])).toBeGreaterThan(2000);
    expect(darkPixels(pixels, [0.75, 0], [1, 1])).toBe(0);
  });

  it('has a bold font beside the ordinary one', async () => {
    const dark = async (weight: number) => {
      const written = svg(`<text x="10" y="60" font-size="40" font-weight="${weight}">orders</text>`);
      return darkPixels(pixelsOf(await toPng(written)), [0, 0], [1, 1]);
    };
    expect(await dark(600)).toBeGreaterThan(1.2 * (await dark(400)));
  });

  it('draws one picture after the other, since the renderer is set up once', async () => {
    const pictures = await Promise.all([toPng(svg('')), toPng(svg('')), toPng(svg('<rect width="9" height="9"/>'))]);
    expect(pictures.map((png) => pixelsOf(png).width)).toEqual([1600, 1600, 1600]);
  });

  it('refuses what is no SVG', async () => {
    await expect(toPng('<svg')).rejects.toThrow(/SVG/);
  });

  it('shows the title, the verdict and the figures of a timeline', async () => {
    const pixels = pixelsOf(await toPng(timelineSvg(aTimelineView())));
    // The left edge of the picture is a margin and stays white.
    expect(darkPixels(pixels, [0, 0], [0.018, 1])).toBe(0);
    for (const [fromY, toY] of [
      [0.02, 0.055],
      [0.09, 0.13],
      [0.17, 0.21],
    ] as const) {
      expect(darkPixels(pixels, [0.02, fromY], [0.6, toY])).toBeGreaterThan(1000);
    }
  });

  it('draws the same out of a bundle, where neither files nor packages are at hand', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'picture-'));
    try {
      const { entryPoints: _, outExtension: __, ...options } = bundleOptions([]);
      buildSync({
        ...options,
        stdin: {
          contents: "export { toPng } from './functions/failover-drill/timeline/picture.ts';",
          resolveDir: path.resolve(import.meta.dirname, '../../..'),
        },
        sourcemap: false,
        outfile: path.join(folder, 'index.cjs'),
      });
      const drawing = timelineSvg(aTimelineView());
      writeFileSync(path.join(folder, 'timeline.svg'), drawing);
      const script = `require('./index.cjs').toPng(require('node:fs').readFileSync('timeline.svg', 'utf8'))
        .then((png) => require('node:fs').writeFileSync('timeline.png', png));`;
      execFileSync(process.execPath, ['-e', script], { cwd: folder, env: {} });
      const pixels = pixelsOf(readFileSync(path.join(folder, 'timeline.png')));
      expect(pixels.width).toBe(1600);
      expect(darkPixels(pixels, [0.02, 0.02], [0.6, 0.055])).toBeGreaterThan(1000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

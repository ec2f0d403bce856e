import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { fonts, renderer } from '#picture-assets';
import { once } from '../../platform/once.ts';

const DEFAULT_WIDTH_PX = 1600;

/** The renderer may be set up once in a process only. */
const rendererIsReady = once(() => initWasm(renderer));

/**
 * Draws an SVG as PNG on white, without a browser, native code or the system's fonts.
 *
 * @param svg     texts appear in Inter, whatever font they name
 * @param widthPx the height follows from the SVG's own proportions
 * @throws Error when it is no SVG
 */
export const toPng = async (svg: string, widthPx = DEFAULT_WIDTH_PX): Promise<Uint8Array> => {
  await rendererIsReady();
  const drawing = new Resvg(svg, {
    background: 'white',
    fitTo: { mode: 'width', value: widthPx },
    font: { fontBuffers: [...fonts], defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  try {
    const image = drawing.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    // Memory of WebAssembly is not collected: a warm function would keep each picture.
    drawing.free();
  }
};

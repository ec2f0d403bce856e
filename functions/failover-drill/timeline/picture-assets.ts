import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What a picture is drawn with, as files on disk. In a bundle `picture-assets.bundled.ts` stands here (ADR 0012). */
const file = (name: string) => readFileSync(path.join(import.meta.dirname, 'fonts', name));

/** The renderer, as WebAssembly. */
export const renderer: Uint8Array = readFileSync(
  createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm'),
);
/** The fonts, as TrueType: Lambda has none. */
export const fonts: readonly Uint8Array[] = [file('inter-regular.ttf'), file('inter-semibold.ttf')];

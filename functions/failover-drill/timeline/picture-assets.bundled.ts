import wasm from '@resvg/resvg-wasm/index_bg.wasm';
import regular from './fonts/inter-regular.ttf';
import semibold from './fonts/inter-semibold.ttf';

/** The same as `picture-assets.ts`, out of the bundle itself, where there are no files beside the code. */
export const renderer: Uint8Array = wasm;
export const fonts: readonly Uint8Array[] = [regular, semibold];

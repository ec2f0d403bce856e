import { inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of one pixel, 0–255. */
  at(x: number, y: number): readonly number[];
}

/** Reads a PNG of eight bits and four channels, as the renderer writes it (PNG specification, 5 to 9). @throws Error for any other */
export const pixelsOf = (bytes: Uint8Array): Pixels => {
  const png = Buffer.from(bytes);
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('This is no PNG');
  const data: Buffer[] = [];
  let [width, height] = [0, 0];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      if (body[8] !== 8 || body[9] !== 6 || body[12] !== 0) throw new Error('A PNG of another kind');
    }
    if (kind === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const lines = unfiltered(inflateSync(Buffer.concat(data)), width * 4, height);
  return { width, height, at: (x, y) => [...lines.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)] };
};

const unfiltered = (raw: Buffer, lineBytes: number, height: number): Uint8Array => {
  const out = new Uint8Array(lineBytes * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (lineBytes + 1)];
    for (let x = 0; x < lineBytes; x += 1) {
      const left = x < 4 ? 0 : (out[y * lineBytes + x - 4] ?? 0);
      const up = y === 0 ? 0 : (out[(y - 1) * lineBytes + x] ?? 0);
      const upLeft = x < 4 || y === 0 ? 0 : (out[(y - 1) * lineBytes + x - 4] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, upLeft)][filter ?? 0] ?? 0;
      out[y * lineBytes + x] = (raw[y * (lineBytes + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return out;
};

const paeth = (left: number, up: number, upLeft: number): number => {
  const [toLeft, toUp, toUpLeft] = [Math.abs(up - upLeft), Math.abs(left - upLeft), Math.abs(left + up - 2 * upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
};

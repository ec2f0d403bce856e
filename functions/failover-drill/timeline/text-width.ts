/** Measured wide: a viewer without the picture's own font takes another one, and many are wider. */
const CHARACTER_EM = 0.6;

/** How much room a text needs, in pixels. */
export const textPx = (text: string, fontPx: number): number => text.length * fontPx * CHARACTER_EM;

/** The text in one line, with `?` for what XML cannot say: one such character would spoil the whole picture. */
export const sayable = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?');

/** The text, ending in `…` where it would be wider than its room. */
export const fitted = (text: string, fontPx: number, roomPx: number): string => {
  const most = Math.max(1, Math.floor(roomPx / (fontPx * CHARACTER_EM)));
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
};

/** The text in lines that fit, broken between words; a single word that is too long ends in `…`. */
export const wrapped = (text: string, fontPx: number, roomPx: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && textPx(longer, fontPx) <= roomPx) lines[lines.length - 1] = longer;
    else lines.push(fitted(word, fontPx, roomPx));
  }
  return lines;
};

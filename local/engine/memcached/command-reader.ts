/** A stretch of what a client sent: bytes for memcached, or a command that the service answers itself. */
export type Piece = { readonly forward: Buffer } | { readonly answer: string };

/** Commands that carry a block of data, and where its length is in their words. */
const LENGTH_AT: Readonly<Record<string, number>> = {
  set: 4,
  add: 4,
  replace: 4,
  append: 4,
  prepend: 4,
  cas: 4,
  ms: 2,
};
/** Key and numbers of a storage command are far shorter: a longer line is a `get` of many keys. */
const LONGEST_LINE = 2048;
/** First byte of each request of the binary protocol. */
const BINARY = 0x80;
const NEWLINE = 0x0a;

/**
 * Reads the text protocol of one connection just far enough to tell commands from data, so that nothing in a value is
 * ever taken for a command. A connection that speaks the binary protocol is passed on as it is.
 *
 * @param answerTo the service's own answer to a command line (without its end), or undefined for memcached's
 */
export const createCommandReader = (answerTo: (line: string) => string | undefined): ((chunk: Buffer) => Piece[]) => {
  let held = Buffer.alloc(0);
  let dataBytes = 0;
  let mode: 'unknown' | 'line' | 'rest of a long line' | 'binary' = 'unknown';

  return (chunk) => {
    const pieces: Piece[] = [];
    let rest = Buffer.concat([held, chunk]);
    held = Buffer.alloc(0);
    const forward = (bytes: number) => {
      if (bytes > 0) pieces.push({ forward: rest.subarray(0, bytes) });
      rest = rest.subarray(bytes);
    };

    while (rest.length > 0) {
      if (mode === 'unknown') mode = rest[0] === BINARY ? 'binary' : 'line';
      if (mode === 'binary') forward(rest.length);
      else if (dataBytes > 0) {
        const bytes = Math.min(dataBytes, rest.length);
        dataBytes -= bytes;
        forward(bytes);
      } else {
        const end = rest.indexOf(NEWLINE);
        if (end < 0 && (mode === 'rest of a long line' || rest.length > LONGEST_LINE)) {
          mode = 'rest of a long line';
          forward(rest.length);
        } else if (end < 0) {
          held = rest;
          break;
        } else if (mode === 'rest of a long line') {
          mode = 'line';
          forward(end + 1);
        } else {
          const line = rest.toString('latin1', 0, end).replace(/\r$/, '');
          const answer = answerTo(line);
          if (answer === undefined) {
            dataBytes = dataBytesAfter(line);
            forward(end + 1);
          } else {
            pieces.push({ answer });
            rest = rest.subarray(end + 1);
          }
        }
      }
    }
    return pieces;
  };
};

/** Bytes of data that follow a command line, with the line end that closes them; 0 for commands without data. */
const dataBytesAfter = (line: string): number => {
  const words = line.split(' ').filter(Boolean);
  const at = LENGTH_AT[words[0] ?? ''];
  const length = at === undefined ? undefined : words[at];
  return length !== undefined && /^\d{1,10}$/.test(length) ? Number(length) + 2 : 0;
};

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCommandReader } from '../../../../local/engine/memcached/command-reader.ts';

const DISCOVERY = 'config get cluster';

/** What of `text`, cut into chunks at these places, goes on to memcached, and how many commands were answered. */
const read = (text: string, cuts: readonly number[] = []) => {
  const reader = createCommandReader((line) => (line === DISCOVERY ? 'answer' : undefined));
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).flatMap((place, index) => reader(bytes.subarray(places[index], place)));
  return {
    forwarded: pieces.map((piece) => ('forward' in piece ? piece.forward.toString('latin1') : '')).join(''),
    answered: pieces.filter((piece) => 'answer' in piece).length,
  };
};

describe('the command reader', () => {
  const data = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(`${DISCOVERY}\r\n`, `x\r\n${DISCOVERY}\r\n`, `\r\nset a 0 0 9\r\n${DISCOVERY}\r\n`),
  );
  const storing = fc.tuple(fc.constantFrom('set', 'add', 'replace', 'append', 'prepend'), data).map(([verb, value]) => {
    const bytes = Buffer.from(value, 'latin1');
    return `${verb} key 0 0 ${bytes.length}\r\n${bytes.toString('latin1')}\r\n`;
  });
  const meta = data.map(
    (value) =>
      `ms key ${Buffer.from(value, 'latin1').length} T90\r\n${Buffer.from(value, 'latin1').toString('latin1')}\r\n`,
  );
  const plain = fc.constantFrom('get key\r\n', 'gets a b c\r\n', 'incr key 1\r\n', 'mn\r\n', 'version\n');
  const asking = fc.constantFrom(`${DISCOVERY}\r\n`, `${DISCOVERY}\n`);

  it('never takes a value for a command, nor anything for data that is a command, however the bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(storing, meta, plain, asking), { maxLength: 12 }),
        fc.array(fc.nat(2000), { maxLength: 8 }),
        (commands, cuts) => {
          const isAsking = (command: string) => command.startsWith(DISCOVERY);
          expect(read(commands.join(''), cuts)).toEqual({
            forwarded: commands.filter((command) => !isAsking(command)).join(''),
            answered: commands.filter(isAsking).length,
          });
        },
      ),
    );
  });

  it('passes a long line on before its end has come', () => {
    const keys = `get ${Array.from({ length: 500 }, (_, index) => `key-${index}`).join(' ')}`;
    expect(read(keys).forwarded).toBe(keys);
    expect(read(`${keys}\r\n${DISCOVERY}\r\n`, [3000])).toEqual({ forwarded: `${keys}\r\n`, answered: 1 });
  });

  it('leaves a connection alone that speaks the binary protocol', () => {
    const request = `\x80\x0a${'\0'.repeat(22)}\r\n${DISCOVERY}\r\n`;
    expect(read(request, [1])).toEqual({ forwarded: request, answered: 0 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerSlots } from '../../../../local/engine/memcached/answer-slots.ts';

/** memcached's reply to the deletion of a key that is not there: the word that came with it. */
const replyTo = (command: Buffer): string => {
  const [, word] = /^md \S+ (O\S+)\r\n$/.exec(command.toString()) ?? [];
  return `NF ${word}\r\n`;
};

describe('answer slots', () => {
  it('put every answer in its place, wherever the replies are cut', () => {
    const reply = fc.constantFrom(
      'END\r\n',
      'STORED\r\n',
      'NF O\r\n',
      'NF Oabc\r\n',
      'VALUE k 0 4\r\nNF O\r\nEND\r\n',
      'N',
    );
    const own = fc.constantFrom('CONFIG one\r\n', 'CONFIG two\r\n').map((answer) => ({ answer }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(reply, own), { maxLength: 10 }),
        fc.array(fc.nat(500), { maxLength: 10 }),
        (expected, cuts) => {
          const slots = createAnswerSlots();
          const replies = expected.map((item) =>
            typeof item === 'string' ? item : replyTo(slots.reserve(item.answer)),
          );
          const bytes = Buffer.from(replies.join(''));
          const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const out = places.slice(1).map((place, index) => slots.fill(bytes.subarray(places[index], place)));
          expect(Buffer.concat(out).toString()).toBe(
            expected.map((item) => (typeof item === 'string' ? item : item.answer)).join(''),
          );
        },
      ),
    );
  });

  it('hold nothing back when no answer is awaited', () => {
    expect(createAnswerSlots().fill(Buffer.from('NF O')).toString()).toBe('NF O');
  });
});

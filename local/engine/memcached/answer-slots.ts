import { randomBytes } from 'node:crypto';

/**
 * Puts the service's own answers where they belong among memcached's. In the place of each command that the service
 * answers, memcached gets one whose reply nobody else can cause: the deletion of a key that nobody has, which it
 * answers with the random word that came with it. Where that reply comes back, the answer goes out.
 */
export interface AnswerSlots {
  /** Keeps a place for an answer. @returns the command that memcached gets instead */
  reserve(answer: string): Buffer;
  /** Replies of memcached, with our answers in their places. */
  fill(chunk: Buffer): Buffer;
}

interface Slot {
  readonly reply: Buffer;
  readonly answer: Buffer;
}

/** How many bytes at the end of `bytes` may be the beginning of `wanted`. */
const begunAtEnd = (bytes: Buffer, wanted: Buffer): number => {
  for (let length = Math.min(wanted.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(wanted.subarray(0, length))) return length;
  }
  return 0;
};

export const createAnswerSlots = (): AnswerSlots => {
  const slots: Slot[] = [];
  let held = Buffer.alloc(0);
  return {
    reserve(answer) {
      const word = randomBytes(15).toString('hex');
      slots.push({ reply: Buffer.from(`NF O${word}\r\n`), answer: Buffer.from(answer) });
      return Buffer.from(`md ${word} O${word}\r\n`);
    },
    fill(chunk) {
      const out: Buffer[] = [];
      let rest = Buffer.concat([held, chunk]);
      held = Buffer.alloc(0);
      for (let slot = slots[0]; slot; slot = slots[0]) {
        const at = rest.indexOf(slot.reply);
        if (at < 0) {
          const kept = begunAtEnd(rest, slot.reply);
          held = rest.subarray(rest.length - kept);
          rest = rest.subarray(0, rest.length - kept);
          break;
        }
        out.push(rest.subarray(0, at), slot.answer);
        rest = rest.subarray(at + slot.reply.length);
        slots.shift();
      }
      return Buffer.concat([...out, rest]);
    },
  };
};

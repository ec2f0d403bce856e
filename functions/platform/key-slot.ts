/** The number of hash slots of a cluster (Redis Cluster specification). */
export const SLOTS = 16_384;

/** CRC-16/XMODEM, polynomial 0x1021, as the Redis Cluster specification wants it. */
const crc16 = (text: string): number => {
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
};

/** The slot of a key; only what stands between the first braces counts, if anything does. */
export const slotOf = (key: string): number => {
  const [, tag = key] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  return crc16(tag) % SLOTS;
};

/**
 * A key with the given beginning that lies in one of the slot ranges (ends included).
 *
 * @throws RangeError when the ranges hold no slot at all
 */
export const keyIn = (beginning: string, ranges: readonly (readonly [number, number])[]): string => {
  if (!ranges.some(([first, last]) => first <= last)) throw new RangeError('No slots, no key.');
  // 16,384 slots: a single one is found after that many tries on average, which takes milliseconds.
  for (let attempt = 0; ; attempt += 1) {
    const key = `${beginning}:{${attempt}}`;
    const slot = slotOf(key);
    if (ranges.some(([first, last]) => first <= slot && slot <= last)) return key;
  }
};

import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Objects } from '../../functions/platform/objects.ts';

/** What every bucket promises. Runs against the in-memory twin and against S3. */
export const describeObjects = (name: string, makeObjects: () => Promise<Objects> | Objects): void => {
  describe(`objects, ${name}`, () => {
    let objects: Objects;
    beforeEach(async () => {
      objects = await makeObjects();
    });
    const textAt = async (key: string) => {
      const bytes = await objects.get(key);
      return bytes && Buffer.from(bytes).toString();
    };

    it('come back byte for byte, also while they are compressed', async () => {
      const log = gzipSync(JSON.stringify({ outcomes: ['ok', 'timeout'] }));
      await objects.put('drills/1/log.json.gz', log, 'application/json', 'gzip');
      const bytes = await objects.get('drills/1/log.json.gz');
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect(Buffer.from(bytes ?? []).equals(log)).toBe(true);
    });

    it('are texts in UTF-8, also empty ones', async () => {
      await objects.put('picture.svg', '<svg>50 µs</svg>', 'image/svg+xml');
      expect(await textAt('picture.svg')).toBe('<svg>50 µs</svg>');
      await objects.put('empty', '', 'text/plain');
      expect(await textAt('empty')).toBe('');
    });

    it('are one, however often they are put, with the newest content', async () => {
      await objects.put('report', 'first', 'text/plain');
      await objects.put('report', 'second', 'text/plain');
      await objects.put('report', 'second', 'text/plain');
      expect(await textAt('report')).toBe('second');
    });

    it('keep what they were when the caller’s bytes change', async () => {
      const bytes = new Uint8Array([1, 2, 3]);
      await objects.put('bytes', bytes, 'application/octet-stream');
      bytes[0] = 9;
      expect([...((await objects.get('bytes')) ?? [])]).toEqual([1, 2, 3]);
    });

    it('are undefined when nobody put them', async () => {
      await objects.put('drills/1', 'x', 'text/plain');
      expect(await objects.get('drills/2')).toBeUndefined();
      expect(await objects.get('drills/')).toBeUndefined();
    });
  });
};

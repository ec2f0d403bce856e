import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countdown, parseExtension, rotationInGrace } from '../../cli/grace.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const NOW = '2026-11-21T07:00:00.000Z';
const secondsOn = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();

describe('parseExtension', () => {
  it.each([
    ['90m', 5400],
    ['2h', 7200],
    ['1d', 86_400],
    ['7d', 604_800],
  ])('reads %s', (text, seconds) => {
    expect(parseExtension(text)).toBe(seconds);
  });

  it('refuses what is no time, nothing, and more than a week', () => {
    for (const text of ['', '2', 'h', '-2h', '2 h', '2H', '0m', '8d', '169h', '10081m', '1.5h', '2h30m', '99999m']) {
      expect(parseExtension(text), text).toBeUndefined();
    }
  });
});

describe('countdown', () => {
  it('counts days, hours, minutes and seconds', () => {
    expect(countdown(secondsOn(86_380), NOW)).toBe('23:59:40');
    expect(countdown(secondsOn(2 * 86_400 + 3661), NOW)).toBe('2 d 01:01:01');
    expect(countdown(NOW, NOW)).toBe('00:00:00');
  });

  it('is never less than nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 0 }), (seconds) => {
        expect(countdown(secondsOn(seconds), NOW)).toBe('00:00:00');
      }),
    );
  });
});

describe('rotationInGrace', () => {
  const key = { region: 'us-east-1', cacheId: 'orders' };
  const opened = async (figures: Record<string, unknown> = {}) => {
    const ledger = inMemoryLedger();
    const opening = { ...key, operationId: 'rotate-1', workflow: 'rotate-token', startedAt: NOW, summary: '', figures };
    await ledger.open(opening);
    await ledger.beginGrace('rotate-1', { versionId: 'v2', since: NOW, endsAt: secondsOn(60) });
    return { ledger, opening };
  };

  it('finds the one whose old token is still valid', async () => {
    const { ledger } = await opened();
    expect(await rotationInGrace(ledger, key, secondsOn(30))).toMatchObject({ endsAt: secondsOn(60) });
  });

  it('finds none that is over, has ended, is another user’s, or has not come so far', async () => {
    const { ledger, opening } = await opened();
    expect(await rotationInGrace(ledger, key, secondsOn(61))).toBeUndefined();
    expect(await rotationInGrace(ledger, { ...key, userId: 'clerk' }, secondsOn(30))).toBeUndefined();
    expect(await rotationInGrace((await opened({ userId: 'clerk' })).ledger, key, secondsOn(30))).toBeUndefined();
    await ledger.close(opening, { outcome: 'failed', reason: 'Abandoned', summary: '', closedAt: secondsOn(10) });
    expect(await rotationInGrace(ledger, key, secondsOn(30))).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { engineEntry, slowEntries } from '../../../local/services/elasticache/log-delivery/log-entries.ts';

const AT = Date.parse('2026-11-21T12:00:00.123Z');

describe('the slow log', () => {
  const reply = [
    [8, 1_700_000_009, 30, ['PING'], '127.0.0.1:40002', ''],
    [7, 1_700_000_001, 20_000, ['SET', 'customer:17', 'a secret'], '127.0.0.1:40001', 'shop'],
  ];

  it('is told oldest first, with the documented fields, and without keys and values', () => {
    const entries = slowEntries(reply, 'orders-0001-001');
    expect(entries.map(({ id, happenedAt }) => [id, happenedAt])).toEqual([
      [7, 1_700_000_001_000],
      [8, 1_700_000_009_000],
    ]);
    expect(JSON.parse(entries[0]?.text('json', AT) ?? '')).toEqual({
      CacheClusterId: 'orders-0001-001',
      CacheNodeId: '0001',
      Id: 7,
      Timestamp: 1_795_262_400,
      'Duration (us)': 20_000,
      Command: 'SET ... (2 more arguments)',
      ClientAddress: '127.0.0.1:40001',
      ClientName: 'shop',
    });
    expect(entries[0]?.text('text', AT)).toBe(
      'orders-0001-001,0001,1795262400,20000,SET ... (2 more arguments),127.0.0.1:40001,shop',
    );
    expect(JSON.parse(entries[1]?.text('json', AT) ?? '')).toMatchObject({ Command: 'PING' });
  });

  it('is not made of another answer', () => {
    expect(() => slowEntries('OK', 'a')).toThrow();
    expect(() => slowEntries([[1, 2]], 'a')).toThrow();
  });
});

describe('the engine log', () => {
  const line = (sign: string, role = 'M') => `4711:${role} 09 Nov 2026 08:07:06.005 ${sign} Ready, 'steady': go`;

  it('is told with the documented fields, at the time of the account', () => {
    const entry = engineEntry(line('*', 'S'), 'sessions-001');
    expect(entry?.happenedAt).toBe(Date.parse('2026-11-09T08:07:06.005Z'));
    expect(JSON.parse(entry?.text('json', AT) ?? '')).toEqual({
      CacheClusterId: 'sessions-001',
      CacheNodeId: '0001',
      LogLevel: 'NOTICE',
      Role: 'S',
      Time: '21 Nov 2026 12:00:00.123 UTC',
      Message: "Ready, 'steady': go",
    });
    expect(entry?.text('text', AT)).toBe("sessions-001/0001:S 21 Nov 2026 12:00:00.123 UTC * Ready, 'steady': go");
  });

  it.each([
    ['.', 'DEBUG'],
    ['-', 'VERBOSE'],
    ['*', 'NOTICE'],
    ['#', 'WARNING'],
  ])('takes the sign %s for %s', (sign, level) => {
    expect(JSON.parse(engineEntry(line(sign), 'a')?.text('json', AT) ?? '')).toMatchObject({ LogLevel: level });
  });

  it.each(['', '                _._', 'Redis 7.0.15 (00000000/0) 64 bit'])('leaves out %j', (text) => {
    expect(engineEntry(text, 'a')).toBeUndefined();
  });
});

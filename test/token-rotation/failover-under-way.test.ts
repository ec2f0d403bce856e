import { expect, it } from 'vitest';
import { failoverUnderWay } from '../../functions/token-rotation/failover-under-way.ts';
import { secondsFromNow } from '../builders/a-drill.ts';

const said = (...messages: readonly string[]) =>
  messages.map((message, index) => ({ at: secondsFromNow(index), source: 'orders', message }));

const BEGUN = [
  'Test Failover API called for node group 0001',
  'Failover from primary node orders-0001-001 to replica node orders-0001-002 completed',
  'Failover from master node orders-001 to replica node orders-002 completed',
  'Recovering cache nodes 0001',
  'Recovering cache node 0001',
];
const ENDED = ['Finished recovery for cache nodes 0001', 'Recovery completed for cache nodes 0001'];

it.each(BEGUN)('is one when the last word is “%s”', (message) => {
  expect(failoverUnderWay(said(message))).toEqual({ at: secondsFromNow(0), says: message });
  for (const end of ENDED) expect(failoverUnderWay(said(end, message))?.says).toBe(message);
});

it.each(ENDED)('is none after “%s”', (end) => {
  for (const begun of BEGUN) expect(failoverUnderWay(said(begun, end))).toBeUndefined();
  expect(failoverUnderWay(said(end))).toBeUndefined();
});

it('goes by when it was said, in whatever order it is told', () => {
  const events = said(BEGUN[0] ?? '', BEGUN[3] ?? '', ENDED[0] ?? '');
  for (const order of [
    events,
    events.toReversed(),
    events.toSorted((one, other) => one.message.localeCompare(other.message)),
  ]) {
    expect(failoverUnderWay(order)).toBeUndefined();
    expect(failoverUnderWay(order.filter(({ message }) => !ENDED.includes(message)))?.says).toBe(BEGUN[3]);
  }
});

it('takes no word for an end that is none', () => {
  for (const message of [
    'Recovery not completed for cache nodes 0001',
    'Failed to complete recovery',
    'Recovery in progress, completed 10 %',
  ]) {
    expect(failoverUnderWay(said(BEGUN[3] ?? '', message))?.says).toBe(BEGUN[3]);
  }
});

it('minds nothing else', () => {
  expect(failoverUnderWay([])).toBeUndefined();
  expect(
    failoverUnderWay(said('Cache cluster created', 'Snapshot completed', 'Modifications applied')),
  ).toBeUndefined();
});

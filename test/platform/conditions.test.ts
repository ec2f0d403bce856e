import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CacheEvent, type ConditionsInput, conditionsOf } from '../../functions/platform/conditions.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';

type Cache = ConditionsInput['cache'];
const aCache = (more: Partial<Cache> = {}): Cache => ({
  cacheId: 'orders',
  status: 'available',
  shards: [
    { id: '0001', status: 'available', nodeCount: 2 },
    { id: '0002', status: 'available', nodeCount: 2 },
  ],
  ...more,
});
const anOperation = (more: Partial<OperationRecord> = {}): OperationRecord => ({
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  region: 'us-east-1',
  startedAt: '2026-11-21T07:00:00Z',
  summary: 'Change orders.',
  ...more,
});
const anEvent = (message: string, minute: number, source = 'orders-0001-001'): CacheEvent => ({
  at: new Date(Date.UTC(2026, 10, 21, 7, minute)).toISOString(),
  source,
  message,
});
const conditions = (input: Partial<ConditionsInput> = {}) =>
  Object.fromEntries(
    conditionsOf({ cache: aCache(), events: [], ...input }).map(({ type, status, reason, lastTransition }) => [
      type,
      { status, reason, lastTransition },
    ]),
  );

describe('conditionsOf', () => {
  it('says of a cache in order that it is ready, settled and whole, and since when only where it is known', () => {
    expect(conditions()).toEqual({
      Ready: { status: 'True', reason: 'Available', lastTransition: null },
      Progressing: { status: 'False', reason: 'Settled', lastTransition: null },
      Degraded: { status: 'False', reason: 'NothingWrong', lastTransition: null },
    });
    const known = conditions({
      lastOperation: anOperation({ outcome: 'done', closedAt: '2026-11-21T07:12:00Z' }),
      events: [
        anEvent('Added cache node 0001 in availability zone us-east-1a', 9),
        anEvent('Cache cluster created', 5),
        anEvent('Cache cluster created', 6, 'orders-0002-001'),
      ],
    });
    expect(known.Ready?.lastTransition).toBe('2026-11-21T07:06:00.000Z');
    const failover = anEvent('Failover from primary node orders-0001-001 to replica node orders-0001-002 completed', 7);
    const later = conditions({ events: [anEvent('Cache cluster created', 5), failover] });
    expect(later.Ready?.lastTransition).toBeNull();
    expect(known.Progressing?.lastTransition).toBe('2026-11-21T07:12:00Z');
  });

  it.each([
    ['creating', 'False', 'True', 'Creating'],
    ['deleting', 'False', 'True', 'Deleting'],
    ['modifying', 'Unknown', 'True', 'Modifying'],
    ['snapshotting', 'True', 'True', 'Snapshotting'],
    ['create-failed', 'False', 'False', 'NothingSeen'],
    ['sulking', 'Unknown', 'Unknown', 'NothingSeen'],
  ])('judges a cache that is %s', (status, ready, progressing, reason) => {
    const found = conditions({ cache: aCache({ status }) });
    expect(found).toMatchObject({ Ready: { status: ready }, Progressing: { status: progressing, reason } });
  });

  it('is never ready, and degraded, when a shard is not', () => {
    const shards = [
      { id: '0001', status: 'available', nodeCount: 2 },
      { id: '0002', status: 'modifying', nodeCount: 2 },
    ];
    expect(conditions({ cache: aCache({ shards }) })).toMatchObject({
      Ready: { status: 'False', reason: 'ShardNotAvailable' },
      Degraded: { status: 'True', reason: 'ShardNotAvailable' },
    });
  });

  it('names what else is wrong', () => {
    const shards = [
      { id: '0001', status: 'available', nodeCount: 2 },
      { id: '0002', status: 'available', nodeCount: 1 },
    ];
    expect(conditions({ cache: aCache({ shards }) }).Degraded).toMatchObject({ reason: 'ShardsUneven' });
    const members = [{ id: 'orders-001', parameterStatus: 'pending-reboot' }];
    expect(conditions({ cache: aCache({ members }) }).Degraded).toMatchObject({ reason: 'RebootNeeded' });
    const failed = anOperation({ outcome: 'failed', reason: 'Timeout', closedAt: '2026-11-21T07:12:00Z' });
    expect(conditions({ lastOperation: failed }).Degraded).toEqual({
      status: 'True',
      reason: 'Timeout',
      lastTransition: '2026-11-21T07:12:00Z',
    });
  });

  it('follows the recovery of each node by itself', () => {
    const began = anEvent('Recovering cache nodes 0001', 4);
    const elsewhere = anEvent('Finished recovery for cache nodes 0001', 5, 'orders-0002-001');
    expect(conditions({ events: [elsewhere, began] }).Degraded).toEqual({
      status: 'True',
      reason: 'NodesRecovering',
      lastTransition: began.at,
    });
    const ended = anEvent('Finished recovery for cache nodes 0001', 6);
    expect(conditions({ events: [ended, began] }).Degraded).toMatchObject({
      status: 'False',
      lastTransition: ended.at,
    });
    const again = anEvent('Recovering cache nodes 0001', 9);
    expect(conditions({ events: [again, ended, began] }).Degraded).toMatchObject({ lastTransition: again.at });
  });

  it('says that an operation runs, and what waits to be applied', () => {
    expect(conditions({ lastOperation: anOperation() }).Progressing).toEqual({
      status: 'True',
      reason: 'OperationRunning',
      lastTransition: '2026-11-21T07:00:00Z',
    });
    expect(conditions({ cache: aCache({ pending: ['AuthTokenStatus'] }) }).Progressing).toMatchObject({
      status: 'True',
      reason: 'ChangesPending',
    });
  });

  it('never invents a time, whatever it is given', () => {
    const message = fc.constantFrom(
      'Cache cluster created',
      'Recovering cache nodes 0001',
      'Finished recovery for cache nodes 0001',
      'Snapshot succeeded',
    );
    const event = fc.tuple(message, fc.nat(59)).map(([text, minute]) => anEvent(text, minute));
    const status = fc.constantFrom(
      'available',
      'creating',
      'modifying',
      'deleting',
      'create-failed',
      'snapshotting',
      '?',
    );
    const operation = fc
      .constantFrom('done', 'failed', 'refused', undefined)
      .map((outcome) => anOperation(outcome ? { outcome, closedAt: '2026-11-21T07:12:00Z' } : {}));
    fc.assert(
      fc.property(status, fc.array(event), fc.option(operation, { nil: undefined }), (is, events, lastOperation) => {
        const given = [...events.map(({ at }) => at), lastOperation?.startedAt, lastOperation?.closedAt, null];
        for (const condition of conditionsOf({ cache: aCache({ status: is }), events, lastOperation })) {
          expect(given).toContain(condition.lastTransition);
          expect(condition.reason).toMatch(/^[A-Z][A-Za-z]+$/);
        }
      }),
    );
  });
});

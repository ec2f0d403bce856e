import { describe, expect, it } from 'vitest';
import { cacheState, stateTable, stateText } from '../../cli/cache-state.ts';
import type { CacheStatus } from '../../cli/caches.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';

const aCache = (more: Partial<CacheStatus> = {}): CacheStatus => ({
  id: 'orders',
  kind: 'replication-group',
  arn: 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders',
  engine: 'redis',
  engineVersion: '7.1.0',
  nodeType: 'cache.r7g.large',
  status: 'available',
  clusterMode: true,
  multiAz: true,
  tls: true,
  authRequired: true,
  pending: [],
  endpoints: { configuration: 'orders.example.com:6379' },
  shards: [
    {
      id: '0001',
      slots: '0-16383',
      status: 'available',
      nodes: [{ id: 'orders-0001-001', address: 'one.example.com:6379', parameterStatus: 'in-sync' }],
    },
  ],
  ...more,
});
const anOperation: OperationRecord = {
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  region: 'us-east-1',
  startedAt: '2026-11-21T07:00:00Z',
  summary: 'Create orders.',
};
const recovering = (source: string) => ({
  at: '2026-11-21T07:00:00.000Z',
  source,
  message: 'Recovering cache nodes 0001',
});

describe('a cache’s state', () => {
  it('has conditions from ElastiCache, the ledger, and the events of its own nodes only', () => {
    const degraded = (source: string) =>
      cacheState(aCache(), { events: [recovering(source)] }).conditions.find(({ type }) => type === 'Degraded');
    expect(degraded('orders-0001-001')).toMatchObject({ status: 'True', reason: 'NodesRecovering' });
    expect(degraded('orders-0009-001')).toMatchObject({ status: 'False' });
    const stale = aCache({ shards: [{ id: '0001', slots: '', status: 'available', nodes: [] }], pending: ['Engine'] });
    expect(cacheState(stale, { events: [] }).conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', reason: 'ChangesPending' }),
    );
  });

  it('tells the last drill as it was measured, and a quarantine with the way out of it', () => {
    const lastDrill = {
      operationId: 'd',
      at: '2026-11-21T07:00:00Z',
      shardId: '0001',
      outcome: 'done',
      reason: 'DrillPassed',
    };
    const textOf = (more: object) => stateText(cacheState(aCache(), { events: [], ...more }));
    expect(textOf({ lastDrill: { ...lastDrill, writeOutageMs: 560 } })).toContain(
      'writes stopped for 0.56 s (DrillPassed)',
    );
    expect(textOf({ lastDrill: { ...lastDrill, writeOutageMs: 'not-over' } })).toContain('writes had not come back');
    expect(textOf({ lastDrill })).toContain('not measured');
    expect(textOf({})).toContain('last drill      none in the ledger');
    const quarantine = {
      operationId: 'd',
      reason: 'DidNotHeal',
      summary: 'It did not heal.',
      since: '2026-11-21T07:00:00Z',
    };
    expect(textOf({ quarantine })).toContain('It did not heal. To clear it: autopilot drill orders --clear');
    expect(textOf({})).not.toContain('quarantine');
    expect(stateTable([cacheState(aCache(), { events: [], mode: 'act', quarantine })])).toContain('act, in quarantine');
  });

  it('never calls an operation without an outcome done', () => {
    const state = cacheState(aCache(), { events: [], lastOperation: anOperation });
    expect(state.lastOperation).toMatchObject({ operationId: 'operation-1', outcome: 'running' });
  });

  it('shows the operation that waits for a person, which has no record yet, before those that ended', () => {
    const question = {
      ...{ operationId: 'operation-2', cacheId: 'orders', workflow: 'delete-cache', startedAt: '2026-11-21T08:00:00Z' },
      ...{ question: 'Shall this be done?', figures: {}, answerBefore: '2026-11-22T08:00:00Z' },
    };
    const lastOperation = { ...anOperation, outcome: 'done', reason: 'Created' };
    const state = cacheState(aCache(), { events: [], lastOperation, question });
    expect(state.lastOperation).toMatchObject({ operationId: 'operation-2', outcome: 'waiting for a person' });
    expect(state.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Progressing',
        status: 'False',
        reason: 'WaitingForPerson',
        message: expect.stringContaining('operation-2'),
      }),
    );
  });

  it('is one line in the table', () => {
    const [, , line] = stateTable([cacheState(aCache(), { events: [], mode: 'act' })]).split('\n');
    expect(line?.split(/ {2,}/)).toEqual([
      'orders',
      'redis 7.1.0',
      'cache.r7g.large',
      '1 shards × 1 nodes',
      'available',
      'True',
      'False',
      'yes',
      'yes',
      'act',
      '–',
      'orders.example.com:6379',
    ]);
  });

  it('says in detail what is not known: who is primary with cluster mode, since when, and the mode', () => {
    const text = stateText(cacheState(aCache(), { events: [] }));
    expect(text).toContain('arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders');
    expect(text).toMatch(/orders-0001-001 +unknown +one\.example\.com:6379/);
    expect(text).toContain('only the engine knows');
    expect(text).toMatch(/Ready +True +Available +not known/);
    expect(text).toMatch(/autopilot +not known/);
    expect(text).toMatch(/last operation +none in the ledger/);
  });

  it('tells roles where ElastiCache does, and has none for Memcached', () => {
    const nodes = [{ id: 'orders-001', role: 'primary' as const }];
    const pair = aCache({ clusterMode: false, shards: [{ id: '0001', slots: '', status: 'available', nodes }] });
    const text = stateText(cacheState(pair, { events: [] }));
    expect(text).toMatch(/orders-001 +primary/);
    expect(text).not.toContain('only the engine knows');
    const cluster = stateText(cacheState({ ...pair, kind: 'cluster' }, { events: [] }));
    expect(cluster).toContain('1 node,');
    expect(cluster).not.toContain('only the engine knows');
  });
});

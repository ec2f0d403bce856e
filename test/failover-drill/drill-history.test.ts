import { describe, expect, it } from 'vitest';
import { drillsOf } from '../../functions/failover-drill/drill-history.ts';
import { evidenceKeys } from '../../functions/failover-drill/evidence-keys.ts';
import { lastMajorChange } from '../../functions/failover-drill/major-change.ts';
import { DrillResult } from '../../functions/failover-drill/schemas.ts';
import type { OperationRecord, RecordedCall } from '../../functions/platform/ledger.ts';
import { aDrillRecord, daysAgo } from '../builders/a-drill.ts';

describe('drillsOf', () => {
  it('tells what became of each drill, in the same order', () => {
    const records = [
      aDrillRecord({
        operationId: 'drill-2',
        startedAt: daysAgo(1),
        figures: { shardId: '0002', writeOutageMs: 'not-over', writeUnavailableMs: 'not-over' },
        outcome: 'failed',
        reason: 'OutageNotOver',
      }),
      aDrillRecord({ operationId: 'drill-1', startedAt: daysAgo(90) }),
    ];
    expect(drillsOf(records).map((drill) => DrillResult.parse(drill))).toEqual([
      {
        operationId: 'drill-2',
        at: daysAgo(1),
        shardId: '0002',
        outcome: 'failed',
        reason: 'OutageNotOver',
        writeOutageMs: 'not-over',
        writeUnavailableMs: 'not-over',
      },
      {
        operationId: 'drill-1',
        at: daysAgo(90),
        shardId: '0001',
        outcome: 'done',
        reason: 'DrillPassed',
        writeOutageMs: 2000,
      },
    ]);
  });

  it('invents no figure: what is missing, or no figure at all, is left out', () => {
    for (const figures of [
      { shardId: '0001' },
      { shardId: '0001', writeOutageMs: 'long' },
      { shardId: '0001', writeOutageMs: null, writeUnavailableMs: 'long' },
    ]) {
      const [drill] = drillsOf([aDrillRecord({ figures })]);
      expect(drill).not.toHaveProperty('writeOutageMs');
      expect(drill).not.toHaveProperty('writeUnavailableMs');
      expect(drill).toMatchObject({ shardId: '0001', reason: 'DrillPassed' });
    }
  });

  it.each<[string, Partial<OperationRecord>]>([
    ['other work', { workflow: 'create-cache' }],
    ['a drill that goes on', { outcome: undefined }],
    ['one that chose no shard', { figures: {} }],
    ['one without figures', { figures: undefined }],
    ['one with an empty shard', { figures: { shardId: '' } }],
  ])('leaves out %s', (_, overrides) => expect(drillsOf([aDrillRecord(overrides)])).toEqual([]));
});

describe('lastMajorChange', () => {
  const changed = (calls: readonly RecordedCall[] | undefined, overrides: Partial<OperationRecord> = {}) =>
    aDrillRecord({
      workflow: 'create-cache',
      closedAt: daysAgo(1),
      decision: { action: 'change', mode: 'act', reason: 'Changed', summary: 'Changed.', calls },
      ...overrides,
    });
  const call = (operation: string, parameters?: object): RecordedCall => ({
    service: 'elasticache',
    operation,
    ...(parameters ? { parameters: { ...parameters } } : {}),
  });

  it.each<[RecordedCall, string]>([
    [call('IncreaseReplicaCount'), 'more replicas'],
    [call('DecreaseReplicaCount'), 'fewer replicas'],
    [call('ModifyReplicationGroupShardConfiguration'), 'another number of shards'],
    [
      call('ModifyReplicationGroup', { CacheNodeType: 'x', EngineVersion: '8.0' }),
      'another node type, another engine version',
    ],
    [
      call('ModifyReplicationGroup', { Engine: 'valkey', EngineVersion: '8.0' }),
      'another engine, another engine version',
    ],
    [
      call('ModifyReplicationGroup', { MultiAZEnabled: true, AutomaticFailoverEnabled: true }),
      'Multi-AZ, automatic failover',
    ],
    [call('ModifyReplicationGroup', { CacheParameterGroupName: 'mine' }), 'another parameter group'],
  ])('counts %j', (made, what) => {
    expect(lastMajorChange([changed([made])])).toEqual({ at: daysAgo(1), what });
  });

  it.each<[string, OperationRecord]>([
    [
      'a small change',
      changed([call('ModifyReplicationGroup', { SnapshotWindow: '03:00-04:00' }), call('AddTagsToResource')]),
    ],
    ['a failover', changed([call('TestFailover')])],
    ['another operation with such parameters', changed([call('CreateReplicationGroup', { CacheNodeType: 'x' })])],
    ['no calls', changed(undefined)],
    ['no decision', changed([], { decision: undefined })],
    ['a change that was not made', changed([call('IncreaseReplicaCount')], { outcome: 'rejected' })],
    ['one that goes on', changed([call('IncreaseReplicaCount')], { outcome: undefined, closedAt: undefined })],
  ])('does not count %s', (_, record) => expect(lastMajorChange([record])).toBeUndefined());

  it('takes the newest, and says each thing once', () => {
    const twice = [call('IncreaseReplicaCount'), call('IncreaseReplicaCount'), call('ModifyReplicationGroup')];
    const older = changed([call('DecreaseReplicaCount')], { closedAt: daysAgo(9) });
    expect(lastMajorChange([aDrillRecord(), changed(twice), older])).toEqual({ at: daysAgo(1), what: 'more replicas' });
  });
});

describe('evidenceKeys', () => {
  it('keeps each drill’s evidence in a folder of its own', () => {
    expect(evidenceKeys({ cacheId: 'orders', operationId: 'drill-1' })).toEqual({
      log: 'drills/orders/drill-1/probe-log.json.gz',
      svg: 'drills/orders/drill-1/timeline.svg',
      png: 'drills/orders/drill-1/timeline.png',
    });
  });
});

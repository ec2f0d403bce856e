import { describe, expect, it } from 'vitest';
import { executionStatusChange } from '../../events/execution-status-change.ts';
import { operationClosed } from '../../events/operation-closed.ts';
import { abandonedOperation } from '../../functions/operations/abandoned-operation.ts';
import { closeOperation } from '../../functions/operations/close-operation.ts';
import { openOperation } from '../../functions/operations/open-operation.ts';
import { CloseInput } from '../../functions/operations/schemas.ts';
import { inMemoryBus } from '../builders/in-memory-bus.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const region = 'us-east-1';
const key = { region, cacheId: 'orders' };
const begin = {
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  requestedBy: 'alice@example.com',
  summary: 'Create orders.',
  startedAt: '2026-11-21T06:40:00Z',
  now: '2026-11-21T07:00:00Z',
  leaseSeconds: 3600,
};
const end = CloseInput.parse({
  operationId: 'operation-1',
  workflow: 'create-cache',
  cacheId: 'orders',
  outcome: 'done',
  reason: 'Created',
  summary: 'Created orders.',
  evidence: { shards: 3 },
  startedAt: '2026-11-21T06:40:00Z',
  now: '2026-11-21T07:12:00Z',
});
const world = () => ({ ledger: inMemoryLedger(), bus: inMemoryBus(), region });

describe('openOperation', () => {
  it('takes the lock and writes who wants what', async () => {
    const { ledger } = world();
    expect(await openOperation(begin, region, ledger)).toEqual({ fencing: 1 });
    expect(await openOperation(begin, region, ledger)).toEqual({ fencing: 1 });
    expect(await ledger.holder(key)).toMatchObject({ leaseUntil: '2026-11-21T08:00:00.000Z' });
    expect(await ledger.record('operation-1')).toMatchObject({ requestedBy: 'alice@example.com', fencing: 1 });
  });

  it('writes nothing for an operation that does not get the lock', async () => {
    const { ledger } = world();
    await openOperation(begin, region, ledger);
    const second = openOperation({ ...begin, operationId: 'operation-2' }, region, ledger);
    await expect(second).rejects.toMatchObject({ name: 'CacheLocked' });
    expect(await ledger.record('operation-2')).toBeUndefined();
  });
});

describe('closeOperation', () => {
  it('writes the outcome, frees the cache, and says so once', async () => {
    const tools = world();
    await openOperation(begin, region, tools.ledger);
    expect(await closeOperation(end, tools)).toEqual({ outcome: 'done', repeated: false });
    expect(await closeOperation(end, tools)).toEqual({ outcome: 'done', repeated: true });
    expect(await tools.ledger.holder(key)).toBeUndefined();
    expect(tools.bus.said).toHaveLength(1);
    expect(operationClosed.schema.shape.detail.parse(tools.bus.said[0]?.detail)).toMatchObject({
      operationId: 'operation-1',
      requestedBy: 'alice@example.com',
      startedAt: '2026-11-21T06:40:00Z',
      closedAt: end.now,
      evidence: { shards: 3 },
    });
  });

  it('keeps and says who answered the question', async () => {
    const tools = world();
    await closeOperation(CloseInput.parse({ ...end, outcome: 'rejected', answeredBy: 'bob@example.com' }), tools);
    expect(await tools.ledger.record('operation-1')).toMatchObject({ answeredBy: 'bob@example.com' });
    expect(operationClosed.schema.shape.detail.parse(tools.bus.said[0]?.detail)).toMatchObject({
      answeredBy: 'bob@example.com',
    });
  });

  it('keeps what the cache was found to be, and the newest of two findings', async () => {
    const { ledger, bus } = world();
    const specification = { spec: { cacheId: 'orders', numNodeGroups: 3 }, at: '2026-11-21T07:11:00Z' };
    await closeOperation({ ...end, specification }, { ledger, bus, region });
    expect(await ledger.specOf(key)).toMatchObject({ spec: { numNodeGroups: 3 }, operationId: 'operation-1' });
    const older = { spec: { cacheId: 'orders', numNodeGroups: 9 }, at: '2026-11-21T06:50:00Z' };
    await closeOperation({ ...end, operationId: 'operation-2', specification: older }, { ledger, bus, region });
    expect(await ledger.specOf(key)).toMatchObject({ spec: { numNodeGroups: 3 } });
    // It is ours to know: the event about the end does not carry it.
    expect(JSON.stringify(bus.said)).not.toContain('numNodeGroups');
  });

  it('keeps the first outcome, whatever comes later', async () => {
    const tools = world();
    await closeOperation(end, tools);
    const later = await closeOperation({ ...end, outcome: 'failed', reason: 'Abandoned' }, tools);
    expect(later).toEqual({ outcome: 'done', repeated: true });
    expect(tools.bus.said).toHaveLength(1);
  });

  it('says it at the next attempt when the bus was deaf, and has freed the cache already', async () => {
    const tools = { ...world(), bus: inMemoryBus({ deafFor: 1 }) };
    await openOperation(begin, region, tools.ledger);
    await expect(closeOperation(end, tools)).rejects.toThrow('The bus does not answer.');
    expect(await tools.ledger.holder(key)).toBeUndefined();
    await closeOperation(end, tools);
    expect(tools.bus.said).toHaveLength(1);
  });

  it('does not take the lock from whoever has it now', async () => {
    const tools = world();
    await openOperation(begin, region, tools.ledger);
    const late = { ...begin, operationId: 'operation-2', now: '2026-11-21T09:00:00Z' };
    await openOperation(late, region, tools.ledger);
    await closeOperation(end, tools);
    expect(await tools.ledger.holder(key)).toMatchObject({ operationId: 'operation-2', fencing: 2 });
  });

  it('reports an operation that was refused before it took a lock', async () => {
    const tools = world();
    await closeOperation({ ...end, outcome: 'refused', reason: 'InvalidSpec', cacheId: '9-prod--' }, tools);
    expect(tools.bus.said[0]?.detail).toMatchObject({ outcome: 'refused', cacheId: '9-prod--', region });
    expect(tools.bus.said[0]?.detail).toMatchObject({ startedAt: end.startedAt, closedAt: end.now });
  });
});

describe('abandonedOperation', () => {
  const event = (detail: object = {}) =>
    executionStatusChange.schema.parse({
      ...executionStatusChange.sample,
      detail: { ...executionStatusChange.sample.detail, name: 'operation-1', ...detail },
    });

  it('frees the cache of an execution that was stopped', async () => {
    const tools = world();
    await openOperation(begin, region, tools.ledger);
    const input = abandonedOperation(event({ status: 'ABORTED' }), await tools.ledger.record('operation-1'));
    expect(await closeOperation(CloseInput.parse(input), tools)).toEqual({ outcome: 'failed', repeated: false });
    expect(await tools.ledger.holder(key)).toBeUndefined();
    expect(tools.bus.said[0]?.detail).toMatchObject({ reason: 'Abandoned', requestedBy: 'alice@example.com' });
  });

  it('changes nothing of an operation that closed itself and then ended as failed', async () => {
    const tools = world();
    await closeOperation({ ...end, outcome: 'undone', reason: 'CreateFailed' }, tools);
    const input = abandonedOperation(event({ status: 'FAILED' }), await tools.ledger.record('operation-1'));
    expect(await closeOperation(input, tools)).toEqual({ outcome: 'undone', repeated: true });
    expect(tools.bus.said).toHaveLength(1);
  });

  it('says whose password it was about, with and without a record, and keeps what was known besides', async () => {
    const given = event({ input: '{"cacheId":"orders","userId":"app"}' });
    expect(abandonedOperation(given, undefined).figures).toEqual({ userId: 'app' });
    for (const input of ['{"cacheId":"orders"}', '{"cacheId":"orders","userId":7}', null]) {
      expect(abandonedOperation(event({ input }), undefined)).not.toHaveProperty('figures');
    }
    const tools = world();
    await openOperation({ ...begin, figures: { nodes: 3 } }, region, tools.ledger);
    const record = await tools.ledger.record('operation-1');
    await closeOperation(CloseInput.parse(abandonedOperation(given, record)), tools);
    expect((await tools.ledger.record('operation-1'))?.figures).toEqual({ nodes: 3, userId: 'app' });
  });

  it('says when an execution began that had no record', () => {
    const given = event({
      startDate: Date.parse('2026-11-21T06:40:00Z'),
      stopDate: Date.parse('2026-11-21T08:00:00Z'),
    });
    expect(abandonedOperation(given, undefined)).toMatchObject({
      startedAt: '2026-11-21T06:40:00.000Z',
      now: '2026-11-21T08:00:00.000Z',
    });
  });

  it.each([
    ['its input', event(), 'orders'],
    ['no input', event({ input: null }), 'unknown'],
    ['an input that is no JSON', event({ input: '{"spec":' }), 'unknown'],
    ['a strange input', event({ input: '{"spec":{"cacheId":7},"requestedBy":[]}' }), 'unknown'],
    ['an input that is no object', event({ input: '"hello"' }), 'unknown'],
  ])('finds the cache of an operation without a record by %s', (_, given, cacheId) => {
    expect(CloseInput.parse(abandonedOperation(given, undefined))).toMatchObject({ cacheId, outcome: 'failed' });
  });
});

describe('what was decided', () => {
  const decision = {
    action: 'create',
    mode: 'act' as const,
    reason: 'NewCache',
    summary: 'Create orders.',
    calls: [{ service: 'elasticache', operation: 'CreateReplicationGroup', parameters: { NumNodeGroups: 3 } }],
  };

  it('is kept from the beginning, whole, and said at the end without its calls', async () => {
    const tools = world();
    await openOperation({ ...begin, decision }, region, tools.ledger);
    await closeOperation(end, tools);
    expect(await tools.ledger.record('operation-1')).toMatchObject({ decision });
    const { calls: _, ...said } = decision;
    expect(tools.bus.said).toMatchObject([{ detail: { decision: said } }]);
    expect(JSON.stringify(tools.bus.said)).not.toContain('NumNodeGroups');
  });

  it('is kept by the end of an operation that never took a lock', async () => {
    const tools = world();
    await closeOperation({ ...end, decision }, tools);
    expect(await tools.ledger.record('operation-1')).toMatchObject({ decision });
  });
});

import { describe, expect, it } from 'vitest';
import { explanation } from '../../cli/explanation.ts';
import type { Followed } from '../../cli/follow.ts';
import { exitCodeOf } from '../../cli/outcome.ts';
import { GRACE, rotationLines, rotationOutcomeOf } from '../../cli/rotation-outcome.ts';
import type { OperationRecord } from '../../functions/platform/ledger.ts';
import type { Held, Tried } from '../../functions/token-rotation/schemas.ts';

const valid: Tried = {
  at: '2026-11-22T07:10:00Z',
  nodes: 9,
  current: 'everywhere',
  pending: 'absent',
  previous: 'nowhere',
  open: false,
  byNode: [],
};
const held = (more: Partial<Held> = {}): Held => ({
  connections: 18,
  lost: 0,
  commands: 234,
  heldSeconds: 312.4,
  losses: [],
  endedBecause: 'told',
  ...more,
});
const record: OperationRecord = {
  operationId: 'rotate-1',
  workflow: 'rotate-token',
  cacheId: 'orders',
  region: 'us-east-1',
  startedAt: '2026-11-21T07:00:00.000Z',
  summary: 'Rotated the AUTH token of orders.',
  outcome: 'done',
  reason: 'Rotated',
  closedAt: '2026-11-22T07:12:00.000Z',
  figures: {
    what: 'the AUTH token of orders',
    nodes: 9,
    graceSince: '2026-11-21T07:05:00Z',
    graceEndsAt: '2026-11-22T07:05:00Z',
    checks: [{ name: 'kind', passed: true, says: 'It speaks TLS and has a token.' }],
  },
  evidence: {
    valid,
    held: { bringIn: held({ connections: 9 }), retire: held() },
    readers: {
      told: true,
      complete: true,
      says: 'One reader fetched the new token.',
      ready: [{ who: 'arn:aws:iam::111122223333:role/orders-worker', at: '2026-11-21T08:00:00Z' }],
      late: [{ who: 'arn:aws:iam::111122223333:role/orders-legacy', at: '2026-11-20T08:00:00Z' }],
    },
    clients: {
      connections: 12,
      olderThanCurrent: 3,
      groups: [{ name: 'orders-web', user: 'default', connections: 12, oldestSeconds: 90_000 }],
    },
  },
};
const ids = { operationId: 'rotate-1', cacheId: 'orders' };
const followed = (more: Partial<Followed> = {}): Followed => ({
  executionArn: 'arn',
  name: 'rotate-1',
  status: 'SUCCEEDED',
  startedAt: new Date(0),
  steps: [],
  ...more,
});
const step = (name: string) => ({ id: 1, name, enteredAt: new Date(0), retries: 0 });

describe('rotationOutcomeOf', () => {
  it('has the outcome of the execution and the evidence of the ledger', () => {
    const output = { outcome: 'done', reason: 'Rotated', cacheId: 'orders', operationId: 'rotate-1', summary: 'Good.' };
    const outcome = rotationOutcomeOf(followed({ output }), record, undefined, ids);
    expect(outcome).toMatchObject({ outcome: 'done', reason: 'Rotated', figures: { nodes: 9 } });
    expect(outcome.evidence?.held?.retire?.connections).toBe(18);
    expect(exitCodeOf(outcome, false)).toBe(0);
  });

  it('says of the grace period until when, and that it goes on by itself', () => {
    const running = followed({ status: 'RUNNING', steps: [step(GRACE)] });
    const outcome = rotationOutcomeOf(running, undefined, '2026-11-22T07:05:00Z', ids);
    expect(outcome).toMatchObject({ outcome: 'waiting', reason: 'GracePeriod', graceEndsAt: '2026-11-22T07:05:00Z' });
    expect(outcome.summary).toContain('2026-11-22T07:05:00Z');
    expect(exitCodeOf(outcome, false)).toBe(4);
  });

  it('waits for a person in both states in which it asks one', () => {
    for (const name of ['Ask a person', 'Ask whether to retire']) {
      const outcome = rotationOutcomeOf(followed({ status: 'RUNNING', steps: [step(name)] }), undefined, 'later', ids);
      expect(outcome).toMatchObject({ outcome: 'waiting', reason: 'WaitingForApproval' });
    }
  });

  it('takes anything that is not a clear answer for a failure', () => {
    for (const status of ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']) {
      for (const output of [undefined, {}, { outcome: 'fine' }, 'done']) {
        const outcome = rotationOutcomeOf(followed({ status, output }), undefined, undefined, ids);
        expect(exitCodeOf(outcome, false), `${status} ${JSON.stringify(output)}`).toBe(3);
      }
    }
  });
});

describe('what a rotation has seen', () => {
  it('names who is ready, who is not, and how the held connections fared', () => {
    const text = rotationLines(record).join('\n');
    expect(text).toMatch(/on 9 nodes.*the current one is accepted everywhere, the one before nowhere/);
    expect(text).toMatch(/the old one was retired\s+18\s+0\s+234\s+312 s/);
    expect(text).toContain('has fetched the new one: arn:aws:iam::111122223333:role/orders-worker');
    expect(text).toContain('has NOT fetched the new one: arn:aws:iam::111122223333:role/orders-legacy');
    expect(text).toContain('12 connections when the old one was retired, 3 of them older');
  });

  it('says of a holder that never answered that nothing is known', () => {
    expect(rotationLines({ evidence: { held: { bringIn: held() } } }).join('\n')).toMatch(/retired\s+not known/);
  });

  it('is told by explain, with the checks before it', () => {
    const sections = explanation(
      { operationId: 'rotate-1', record },
      { now: record.startedAt, runbook: () => undefined, flags: '' },
    );
    const lines = (title: string) => sections.find((section) => section.title === title)?.lines.join('\n');
    expect(lines('Seen')).toContain('It speaks TLS and has a token.');
    expect(lines('Happened')).toContain('orders-legacy');
  });
});

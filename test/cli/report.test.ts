import { describe, expect, it } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import { reportHtml } from '../../cli/report/report.ts';
import { timelineSvg } from '../../cli/report/timeline.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20, 0, 0, seconds));
const anExecution = (more: Partial<Followed> = {}): Followed => ({
  executionArn: 'arn',
  name: 'create-cache-orders-1',
  status: 'SUCCEEDED',
  startedAt: at(0),
  endedAt: at(60),
  steps: [
    { id: 1, name: 'Plan the creation', enteredAt: at(0), leftAt: at(1), retries: 0 },
    { id: 2, name: 'Create <the> cache', enteredAt: at(1), leftAt: at(60), retries: 1, error: 'Throttled' },
  ],
  ...more,
});

describe('timelineSvg', () => {
  it('has a row for each state, named, and marks one that had to be tried again', () => {
    const svg = timelineSvg(anExecution());
    expect(svg).toContain('Plan the creation');
    expect(svg).toContain('Create &lt;the&gt; cache');
    expect(svg).toContain('#2f7d5b');
    expect(svg).toContain('#c98a1b');
  });

  it('shows a state that never ended as failed', () => {
    const steps = [{ id: 1, name: 'Verify', enteredAt: at(0), retries: 0, error: 'VerificationFailed' }];
    expect(timelineSvg(anExecution({ status: 'FAILED', steps }))).toContain('#b3372f');
  });
});

describe('reportHtml', () => {
  it('shows caches, nodes and executions, and escapes what comes from outside', () => {
    const html = reportHtml({
      title: 'A run',
      facts: [['account', '111122223333']],
      caches: [
        {
          id: 'orders<script>',
          engine: 'redis 7.1',
          nodeType: 'cache.r7g.large',
          clusterMode: true,
          tls: true,
          authRequired: true,
          status: 'available',
          endpoint: '127.0.0.1:6379',
          shards: [{ id: '0001', slots: '0-16383', primary: 'orders-0001-001', replicas: ['orders-0001-002'] }],
        },
      ],
      chapters: [{ title: 'Creation', sentences: ['It works.'], executions: [anExecution()] }],
    });
    for (const text of ['111122223333', 'orders-0001-002', 'It works.', 'create-cache-orders-1', 'cluster mode']) {
      expect(html).toContain(text);
    }
    expect(html).not.toContain('orders<script>');
  });
});

import { describe, expect, it } from 'vitest';
import { elastiCacheSns } from '../../events/elasticache-sns.ts';
import { executionStatusChange } from '../../events/execution-status-change.ts';
import { busEvents } from '../../events/index.ts';
import { matchesPattern } from '../../local/services/events/pattern.ts';

describe.each(busEvents)('the event $detailType', ({ detailType, pattern, sample, schema }) => {
  it('has a sample that fits its schema', () => {
    expect(schema.safeParse(sample).error).toBeUndefined();
  });

  it('has a schema that a wrong event does not fit', () => {
    expect(schema.safeParse({ ...sample, detail: undefined }).success).toBe(false);
    expect(schema.safeParse({ ...sample, source: 'somebody.else' }).success).toBe(false);
    expect(schema.safeParse({ ...sample, 'detail-type': 'Something Else' }).success).toBe(false);
    expect(schema.safeParse({ ...sample, id: undefined }).success).toBe(false);
  });

  it('has a pattern that its sample fits and a wrong event does not', () => {
    expect(matchesPattern(pattern, sample)).toBe(true);
    expect(matchesPattern(pattern, { ...sample, source: 'somebody.else' })).toBe(false);
    expect(matchesPattern(pattern, { ...sample, 'detail-type': 'Something Else' })).toBe(false);
    expect(sample['detail-type']).toBe(detailType);
  });

  it('has a pattern that no other event fits', () => {
    const others = busEvents.filter((other) => other.detailType !== detailType);
    expect(others.filter((other) => matchesPattern(pattern, other.sample))).toEqual([]);
  });
});

it('does not hear of executions that ended well', () => {
  const { pattern, sample } = executionStatusChange;
  const ended = (status: string) => matchesPattern(pattern, { ...sample, detail: { ...sample.detail, status } });
  expect(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED', 'RUNNING'].filter(ended)).toEqual([
    'FAILED',
    'TIMED_OUT',
    'ABORTED',
  ]);
});

describe('what we say', () => {
  const said = busEvents.filter(({ sample }) => sample.source === 'autopilot');

  it('names the cache, the Region and a sentence', () => {
    for (const { sample } of said) {
      expect(sample.detail).toMatchObject({
        cacheId: 'orders',
        region: 'us-east-1',
        summary: expect.stringMatching(/^([A-Z]|orders ).*[.?]$/),
      });
    }
  });

  it('has no room for anything else, such as a token', () => {
    for (const { sample, schema } of said) {
      const detail = { ...sample.detail, taskToken: 'the-task-token' };
      expect(schema.safeParse({ ...sample, detail }).success).toBe(false);
    }
  });
});

describe('ElastiCache’s messages by SNS', () => {
  it('have a sample that fits', () => {
    expect(elastiCacheSns.schema.safeParse(elastiCacheSns.sample).error).toBeUndefined();
  });
  it.each([{}, { Records: [] }, { Records: [{ EventSource: 'aws:sqs' }] }])('do not look like %j', (wrong) => {
    expect(elastiCacheSns.schema.safeParse(wrong).success).toBe(false);
  });
});

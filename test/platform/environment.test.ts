import { expect, it } from 'vitest';
import { environment } from '../../functions/platform/environment.ts';

it('reads a variable when it is asked for, and needs no other', () => {
  expect(environment('BUS_NAME', { BUS_NAME: 'autopilot' })).toBe('autopilot');
});

it('names a variable that is missing or wrong, without its value', () => {
  expect(() => environment('LEDGER_TABLE', {})).toThrow(/LEDGER_TABLE/);
  expect(() => environment('CREATE_CACHE_ARN', { CREATE_CACHE_ARN: 'not-an-address' })).toThrow(
    expect.objectContaining({ name: 'FixInput', message: expect.not.stringContaining('not-an-address') }),
  );
});

it('takes nothing but the ARN of a topic for one', () => {
  const read = (arn: string) => environment('NOTIFICATION_TOPIC_ARN', { NOTIFICATION_TOPIC_ARN: arn });
  const topic = 'arn:aws:sns:us-east-1:111122223333:elasticache-events';
  expect(read(topic)).toBe(topic);
  for (const wrong of ['', 'elasticache-events', 'arn:aws:sqs:us-east-1:111122223333:queue', `${topic}:subscription`]) {
    expect(() => read(wrong)).toThrow(/NOTIFICATION_TOPIC_ARN/);
  }
});

it('knows the usual opt-in tag', () => {
  expect(environment('OPT_IN_TAG', {})).toBe('autopilot:managed');
  expect(environment('OPT_IN_TAG', { OPT_IN_TAG: 'team:managed' })).toBe('team:managed');
});

import { expect, it } from 'vitest';
import { elastiCacheSns } from '../../events/elasticache-sns.ts';
import { passOn } from '../../functions/elasticache-events/pass-on.ts';
import { inMemoryBus } from '../builders/in-memory-bus.ts';

const [sample] = elastiCacheSns.sample.Records;
const batch = (...messages: readonly string[]) =>
  elastiCacheSns.schema.parse({
    Records: messages.map((Message, index) => ({
      ...sample,
      Sns: { ...sample?.Sns, Message, MessageId: `message-${index}` },
    })),
  });

it('says each notification once', async () => {
  const bus = inMemoryBus();
  const event = batch(
    '{"ElastiCache:FailoverComplete":"orders"}',
    '{"ElastiCache:SnapshotComplete":"orders-0001-001"}',
  );
  expect(await passOn(event, bus)).toEqual({ said: 2 });
  expect(bus.said.map(({ detail }) => detail.event)).toEqual(['FailoverComplete', 'SnapshotComplete']);
});

it('says what it can read before it complains about the rest', async () => {
  const bus = inMemoryBus();
  const event = batch('Nothing to see.', '{"ElastiCache:FailoverComplete":"orders"}', '{}');
  await expect(passOn(event, bus)).rejects.toMatchObject({
    name: 'FixInput',
    message: expect.stringMatching(/message-0, message-2/),
  });
  expect(bus.said).toHaveLength(1);
});

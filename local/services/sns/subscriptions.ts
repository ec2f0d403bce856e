import { z } from 'zod';
import { ServiceError, type World } from '../../service.ts';

/** Who hears what is published on a topic. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly region: string;
  readonly protocol: 'lambda' | 'sqs';
  /** ARN of a function or a queue. */
  readonly endpoint: string;
  /** For queues: the message alone, without SNS's envelope. */
  readonly raw: boolean;
  /** Queue for what cannot be delivered. */
  readonly deadLetterArn: string | undefined;
}

const RedrivePolicy = z.strictObject({ deadLetterTargetArn: z.string() });

const fromText = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

/** The template's and the API's attributes of a subscription; filter policies are not emulated, so they are refused. */
export const SubscriptionAttributes = z.strictObject({
  RawMessageDelivery: z
    .preprocess((value) => (typeof value === 'string' ? value === 'true' : value), z.boolean())
    .default(false),
  RedrivePolicy: z.preprocess(fromText, RedrivePolicy.optional()),
});

const KNOWN = { lambda: ':lambda:', sqs: ':sqs:' } as const;

/** @throws ServiceError InvalidParameter for a protocol that is not emulated, or an endpoint of another service */
export const protocolOf = (protocol: string, endpoint: string): Subscription['protocol'] => {
  if (protocol !== 'lambda' && protocol !== 'sqs') {
    const message = `Invalid parameter: the local account delivers to lambda and sqs, not to ${protocol}`;
    throw new ServiceError('InvalidParameterException', message);
  }
  if (endpoint.includes(KNOWN[protocol])) return protocol;
  throw new ServiceError('InvalidParameterException', `Invalid parameter: ${endpoint} is no ${protocol} endpoint ARN`);
};

/** As which principal SNS delivers: itself, for this topic. */
export const publisherOf = ({ accountId }: Pick<World, 'accountId'>, topicArn: string) =>
  ({
    kind: 'service',
    service: 'sns.amazonaws.com',
    context: { 'aws:SourceArn': topicArn, 'aws:SourceAccount': accountId },
  }) as const;

import { z } from 'zod';
import { ServiceError, type World } from '../../service.ts';

/** Who hears what is published on a topic. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly region: string;
  readonly protocol: 'lambda' | 'sqs' | 'email';
  /** ARN of a function or a queue, or an address. */
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

const ENDPOINTS = { lambda: /:lambda:/, sqs: /:sqs:/, email: /^[^@\s]+@[^@\s]+$/ } as const;

/** An address has to be confirmed by the person who reads its mail. Nobody can do that here, so it never hears anything. */
export const isPending = ({ protocol }: Pick<Subscription, 'protocol'>): boolean => protocol === 'email';

/** @throws ServiceError InvalidParameter for a protocol that is not emulated, or an endpoint of another service */
export const protocolOf = (protocol: string, endpoint: string): Subscription['protocol'] => {
  if (protocol !== 'lambda' && protocol !== 'sqs' && protocol !== 'email') {
    const message = `Invalid parameter: the local account knows lambda, sqs and email, not ${protocol}`;
    throw new ServiceError('InvalidParameterException', message);
  }
  if (ENDPOINTS[protocol].test(endpoint)) return protocol;
  throw new ServiceError('InvalidParameterException', `Invalid parameter: ${endpoint} is no ${protocol} endpoint`);
};

/** As which principal SNS delivers: itself, for this topic. */
export const publisherOf = ({ accountId }: Pick<World, 'accountId'>, topicArn: string) =>
  ({
    kind: 'service',
    service: 'sns.amazonaws.com',
    context: { 'aws:SourceArn': topicArn, 'aws:SourceAccount': accountId },
  }) as const;

import { randomUUID } from 'node:crypto';
import type * as api from '@aws-sdk/client-sns';
import * as sdk from '@aws-sdk/client-sns';
import { z } from 'zod';
import {
  operation,
  type Permission,
  type PolicyDocument,
  type Service,
  ServiceError,
  type World,
} from '../../service.ts';
import { createDispatch } from './dispatch.ts';
import { isPending, protocolOf, type Subscription, SubscriptionAttributes } from './subscriptions.ts';

export interface SnsService extends Service {
  /** Makes each delivery twice until the answer is called. */
  deliverTwice(): () => void;
}

/** SNS API reference: names, sizes. */
const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const MAX_MESSAGE_BYTES = 262_144;
const MAX_SUBJECT = 99;
/** Attributes of a topic that can be set here; the rest is refused by name. */
const SETTABLE = ['DisplayName', 'KmsMasterKeyId', 'Policy'] as const;

interface Topic {
  readonly arn: string;
  readonly region: string;
  policy: PolicyDocument;
  displayName: string;
  kmsKeyId: string | undefined;
  readonly tags: Map<string, string>;
}

const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);
const TopicProperties = z.strictObject({
  TopicName: z.string().optional(),
  DisplayName: z.string().optional(),
  KmsMasterKeyId: z.string().optional(),
  Tags,
});
const TopicPolicyProperties = z.strictObject({
  Topics: z.array(z.string()).min(1),
  PolicyDocument: z.looseObject({ Statement: z.array(z.record(z.string(), z.unknown())) }),
});
const SubscriptionProperties = SubscriptionAttributes.extend({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
});

/** Amazon SNS, standard topics with functions and queues as subscribers. */
export const createSns = (world: World): SnsService => {
  const topics = new Map<string, Topic>();
  const subscriptions = new Map<string, Subscription>();
  const dispatch = createDispatch(world);

  const arnOf = (region: string, name: string) => `arn:aws:sns:${region}:${world.accountId}:${name}`;
  const get = (region: string, arn = ''): Topic => {
    const topic = topics.get(arn);
    if (topic?.region === region) return topic;
    throw new ServiceError('NotFoundException', `Topic does not exist: ${arn} in ${region}`);
  };
  const add = (region: string, name: string): Topic => {
    if (!NAME.test(name)) throw new ServiceError('InvalidParameterException', `Invalid parameter: Topic Name ${name}`);
    const arn = arnOf(region, name);
    const policy = defaultPolicy(arn, world.accountId);
    const topic = topics.get(arn) ?? { arn, region, policy, displayName: '', kmsKeyId: undefined, tags: new Map() };
    topics.set(arn, topic);
    return topic;
  };
  const subscribersOf = ({ arn }: Topic) => [...subscriptions.values()].filter(({ topicArn }) => topicArn === arn);
  const confirmedOf = (topic: Topic) => subscribersOf(topic).filter((subscription) => !isPending(subscription));

  const subscribe = (
    region: string,
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes: unknown,
  ): Subscription => {
    const topic = get(region, topicArn);
    const known = subscribersOf(topic).find((each) => each.endpoint === endpoint);
    if (known) return known;
    const { RawMessageDelivery: raw, RedrivePolicy } = SubscriptionAttributes.parse(attributes);
    const subscription = {
      arn: `${topic.arn}:${randomUUID()}`,
      topicArn: topic.arn,
      region,
      protocol: protocolOf(protocol, endpoint),
      endpoint,
      raw,
      deadLetterArn: RedrivePolicy?.deadLetterTargetArn,
    };
    subscriptions.set(subscription.arn, subscription);
    return subscription;
  };

  const onTopic =
    (action: string) =>
    ({ TopicArn = '' }: { TopicArn?: string | undefined }): Permission[] => [permission(action, TopicArn)];
  const permission = (action: string, arn: string): Permission => {
    const topic = topics.get(arn);
    const tags = [...(topic?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
    return { action, resource: arn, context: Object.fromEntries(tags), resourcePolicy: topic?.policy };
  };

  return {
    name: 'sns',
    api: {
      signingName: 'sns',
      iamPrefix: 'sns',
      sdk,
      Client: sdk.SNSClient,
      operations: {
        CreateTopic: operation<api.CreateTopicCommandInput, api.CreateTopicCommandOutput>({
          permissions: ({ Name = '' }, { region }) => [permission('sns:CreateTopic', arnOf(region, Name))],
          handle({ Name = '', Attributes = {}, Tags: tags = [] }, { region }) {
            if (Name.endsWith('.fifo')) refuse('the local account has no FIFO topics');
            const topic = add(region, Name);
            for (const [name, value] of Object.entries(Attributes)) setAttribute(topic, name, value);
            for (const { Key = '', Value = '' } of tags) topic.tags.set(Key, Value);
            return { TopicArn: topic.arn };
          },
        }),
        DeleteTopic: operation<api.DeleteTopicCommandInput, api.DeleteTopicCommandOutput>({
          permissions: onTopic('sns:DeleteTopic'),
          handle({ TopicArn = '' }) {
            topics.delete(TopicArn);
            for (const { arn, topicArn } of subscriptions.values())
              if (topicArn === TopicArn) subscriptions.delete(arn);
            return {};
          },
        }),
        ListTopics: operation<api.ListTopicsCommandInput, api.ListTopicsCommandOutput>({
          handle: (_input, { region }) => ({
            Topics: [...topics.values()]
              .filter((topic) => topic.region === region)
              .map(({ arn }) => ({ TopicArn: arn })),
          }),
        }),
        GetTopicAttributes: operation<api.GetTopicAttributesCommandInput, api.GetTopicAttributesCommandOutput>({
          permissions: onTopic('sns:GetTopicAttributes'),
          handle({ TopicArn }, { region }) {
            const topic = get(region, TopicArn);
            return {
              Attributes: {
                TopicArn: topic.arn,
                Owner: world.accountId,
                Policy: JSON.stringify(topic.policy),
                DisplayName: topic.displayName,
                SubscriptionsConfirmed: String(confirmedOf(topic).length),
                SubscriptionsPending: String(subscribersOf(topic).filter(isPending).length),
                SubscriptionsDeleted: '0',
                ...(topic.kmsKeyId ? { KmsMasterKeyId: topic.kmsKeyId } : {}),
              },
            };
          },
        }),
        SetTopicAttributes: operation<api.SetTopicAttributesCommandInput, api.SetTopicAttributesCommandOutput>({
          permissions: onTopic('sns:SetTopicAttributes'),
          handle({ TopicArn, AttributeName = '', AttributeValue = '' }, { region }) {
            setAttribute(get(region, TopicArn), AttributeName, AttributeValue);
            return {};
          },
        }),
        Subscribe: operation<api.SubscribeCommandInput, api.SubscribeCommandOutput>({
          permissions: onTopic('sns:Subscribe'),
          handle({ TopicArn = '', Protocol = '', Endpoint = '', Attributes = {} }, { region }) {
            const unknown = Object.keys(Attributes).find((name) => !(name in SubscriptionAttributes.shape));
            if (unknown) refuse(`the local account does not emulate a subscription's ${unknown}`);
            return { SubscriptionArn: subscribe(region, TopicArn, Protocol, Endpoint, Attributes).arn };
          },
        }),
        Unsubscribe: operation<api.UnsubscribeCommandInput, api.UnsubscribeCommandOutput>({
          permissions: ({ SubscriptionArn = '' }) => [
            permission('sns:Unsubscribe', SubscriptionArn.split(':').slice(0, -1).join(':')),
          ],
          handle({ SubscriptionArn = '' }) {
            subscriptions.delete(SubscriptionArn);
            return {};
          },
        }),
        ListSubscriptionsByTopic: operation<
          api.ListSubscriptionsByTopicCommandInput,
          api.ListSubscriptionsByTopicCommandOutput
        >({
          permissions: onTopic('sns:ListSubscriptionsByTopic'),
          handle: ({ TopicArn }, { region }) => ({
            Subscriptions: subscribersOf(get(region, TopicArn)).map((subscription) => ({
              SubscriptionArn: isPending(subscription) ? 'PendingConfirmation' : subscription.arn,
              TopicArn: subscription.topicArn,
              Protocol: subscription.protocol,
              Endpoint: subscription.endpoint,
              Owner: world.accountId,
            })),
          }),
        }),
        Publish: operation<api.PublishCommandInput, api.PublishCommandOutput>({
          permissions: ({ TopicArn, TargetArn }) => [permission('sns:Publish', TopicArn ?? TargetArn ?? '')],
          handle(input, { region, principal }) {
            const { TopicArn, TargetArn, Subject: subject, Message: message = '', MessageAttributes = {} } = input;
            if (!TopicArn && !TargetArn) refuse('TopicArn or TargetArn Reason: no value for required parameter');
            if (input.MessageStructure) refuse('the local account does not emulate MessageStructure');
            const topic = get(region, TopicArn ?? TargetArn);
            refuseBadMessage(message, subject);
            // A service has no grant on a key of AWS's own: it cannot publish to a topic that such a key encrypts.
            if (topic.kmsKeyId && principal.kind === 'service') {
              throw new ServiceError('KMSAccessDeniedException', `${principal.service} may not use the topic's key`);
            }
            const id = randomUUID();
            const notification = {
              id,
              topicArn: topic.arn,
              subject,
              message,
              attributes: MessageAttributes,
              time: world.clock.iso(),
            };
            dispatch.send(notification, confirmedOf(topic));
            return { MessageId: id };
          },
        }),
      },
    },
    resources: {
      'AWS::SNS::Topic': {
        create(resource) {
          const properties = TopicProperties.parse(resource.properties);
          const topic = add(resource.region, properties.TopicName ?? resource.generatedName(256));
          topic.displayName = properties.DisplayName ?? '';
          topic.kmsKeyId = properties.KmsMasterKeyId;
          for (const { Key, Value } of properties.Tags) topic.tags.set(Key, Value);
          return { ref: topic.arn, attributes: { TopicArn: topic.arn, TopicName: topic.arn.split(':').pop() } };
        },
      },
      'AWS::SNS::TopicPolicy': {
        create(resource) {
          const { Topics, PolicyDocument: policy } = TopicPolicyProperties.parse(resource.properties);
          for (const arn of Topics) get(resource.region, arn).policy = policy as PolicyDocument;
          return { ref: resource.generatedName() };
        },
      },
      'AWS::SNS::Subscription': {
        create(resource) {
          const { TopicArn, Protocol, Endpoint, ...attributes } = SubscriptionProperties.parse(resource.properties);
          const { arn } = subscribe(resource.region, TopicArn, Protocol, Endpoint, attributes);
          return { ref: arn, attributes: { Arn: arn } };
        },
      },
    },
    stop: () => dispatch.stop(),
    deliverTwice: () => dispatch.deliverTwice(),
  };
};

const refuse = (what: string): never => {
  throw new ServiceError('InvalidParameterException', `Invalid parameter: ${what}`);
};

const setAttribute = (topic: Topic, name: string, value: string) => {
  if (!(SETTABLE as readonly string[]).includes(name)) refuse(`the local account does not emulate a topic's ${name}`);
  if (name === 'DisplayName') topic.displayName = value;
  if (name === 'KmsMasterKeyId') topic.kmsKeyId = value || undefined;
  if (name === 'Policy') topic.policy = JSON.parse(value);
};

const refuseBadMessage = (message: string, subject: string | undefined) => {
  if (message === '') refuse('Empty message');
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) refuse('Message too long');
  if (subject !== undefined && (subject === '' || subject.length > MAX_SUBJECT || /[\n\r]/.test(subject)))
    refuse('Subject');
};

/** The policy of a topic that was given none: everybody of the owner's account (SNS guide, access control). */
const defaultPolicy = (arn: string, accountId: string): PolicyDocument => ({
  Version: '2008-10-17',
  Statement: [
    {
      Sid: '__default_statement_ID',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: [
        'SNS:GetTopicAttributes',
        'SNS:SetTopicAttributes',
        'SNS:AddPermission',
        'SNS:RemovePermission',
        'SNS:DeleteTopic',
        'SNS:Subscribe',
        'SNS:ListSubscriptionsByTopic',
        'SNS:Publish',
      ],
      Resource: arn,
      Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
    },
  ],
});

import type * as api from '@aws-sdk/client-sqs';
import * as sdk from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { queueUrl } from '../../delivery.ts';
import {
  type Call,
  operation,
  type Permission,
  type PolicyDocument,
  type Service,
  ServiceError,
  type World,
} from '../../service.ts';
import { attributesMd5, md5 } from './message-digest.ts';
import { MOST_AT_ONCE, refuseBadBatch, refuseBadContent, refuseOutside } from './message-rules.ts';
import { asReceived, senderOf } from './message-view.ts';
import { createQueue, type Queue } from './queue.ts';
import { QueueSettings, readSettings, settingsAsText } from './queue-settings.ts';

/** SQS API reference and quotas. */
const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const LONGEST_POLL_SECONDS = 20;
const LONGEST_DELAY_SECONDS = 900;
const LONGEST_HIDING_SECONDS = 43_200;
/** How often a waiting receiver looks, in account time. */
const LOOK_AGAIN_MS = 500;
/** CloudWatch reads a queue that was used in the last six hours (SQS developer guide, "Monitoring"). */
const METRICS_FOR_MS = 6 * 3_600_000;

const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);
const QueueProperties = QueueSettings.extend({ QueueName: z.string().optional(), Tags });
const QueuePolicyProperties = z.strictObject({
  Queues: z.array(z.string()).min(1),
  PolicyDocument: z.looseObject({ Statement: z.array(z.record(z.string(), z.unknown())) }),
});

/** Amazon SQS, standard queues: visibility, long polling, dead-letter queues, queue policies. */
export const createSqs = (world: World): Service => {
  const queues = new Map<string, Queue>();
  const ended = new AbortController();
  const arnOf = (region: string, name: string) => `arn:aws:sqs:${region}:${world.accountId}:${name}`;
  const urlOf = ({ arn }: Queue) => queueUrl(world, arn);
  const nameIn = (url: string) => url.split('/').pop() ?? '';

  const find = (region: string, url = '') => queues.get(arnOf(region, nameIn(url)));
  const get = (region: string, url = ''): Queue => {
    const queue = find(region, url);
    if (queue) return queue;
    throw new ServiceError('QueueDoesNotExist', `The specified queue does not exist: ${nameIn(url)} in ${region}.`);
  };

  const add = (region: string, name: string, settings: QueueSettings): Queue => {
    if (name.endsWith('.fifo'))
      throw new ServiceError('InvalidParameterValue', 'The local account has no FIFO queues.');
    if (!NAME.test(name)) {
      const message = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length';
      throw new ServiceError('InvalidParameterValue', message);
    }
    refuseMissingHeir(settings);
    const arn = arnOf(region, name);
    const queue = createQueue({
      name,
      arn,
      region,
      settings,
      now: world.clock.now,
      deadLetters: (to) => queues.get(to),
    });
    queues.set(arn, queue);
    return queue;
  };
  const refuseMissingHeir = ({ RedrivePolicy: redrive }: QueueSettings) => {
    if (!redrive || queues.has(redrive.deadLetterTargetArn)) return;
    const message = `Value ${JSON.stringify(redrive)} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`;
    throw new ServiceError('InvalidParameterValue', message);
  };

  const on =
    (action: string) =>
    ({ QueueUrl = '' }: { QueueUrl?: string | undefined }, { region }: Call): Permission[] => [
      permission(action, region, nameIn(QueueUrl)),
    ];
  const permission = (action: string, region: string, name: string): Permission => {
    const queue = queues.get(arnOf(region, name));
    const context = Object.fromEntries(
      [...(queue?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
    );
    return { action, resource: arnOf(region, name), context, resourcePolicy: queue?.policy };
  };

  const accept = (queue: Queue, entry: api.SendMessageBatchRequestEntry, { principal }: Pick<Call, 'principal'>) => {
    const { MessageBody: body = '', MessageAttributes: attributes = {}, DelaySeconds } = entry;
    if (entry.MessageGroupId || entry.MessageDeduplicationId) {
      throw new ServiceError('InvalidParameterValue', 'The local account has no FIFO queues and no fair queues.');
    }
    refuseBadContent(queue.settings, body, attributes);
    refuseOutside('DelaySeconds', DelaySeconds, 0, LONGEST_DELAY_SECONDS);
    const message = queue.send({ body, attributes, senderId: senderOf(principal) }, DelaySeconds);
    return {
      MessageId: message.id,
      MD5OfMessageBody: md5(body),
      ...(Object.keys(attributes).length > 0 ? { MD5OfMessageAttributes: attributesMd5(attributes) } : {}),
    };
  };

  const receive = async (input: api.ReceiveMessageCommandInput, { region }: Call): Promise<api.Message[]> => {
    const queue = get(region, input.QueueUrl);
    const { MaxNumberOfMessages: most = 1, VisibilityTimeout } = input;
    const { WaitTimeSeconds: patience = queue.settings.ReceiveMessageWaitTimeSeconds } = input;
    refuseOutside('MaxNumberOfMessages', most, 1, MOST_AT_ONCE);
    refuseOutside('WaitTimeSeconds', patience, 0, LONGEST_POLL_SECONDS);
    refuseOutside('VisibilityTimeout', VisibilityTimeout, 0, LONGEST_HIDING_SECONDS);
    const until = world.clock.now() + patience * 1000;
    for (;;) {
      const received = queue.receive(most, VisibilityTimeout);
      const left = until - world.clock.now();
      if (received.length > 0 || left <= 0) return received.map((each) => asReceived(each, input));
      // A message can come, or come back into sight.
      await world.clock.sleep(Math.min(left, LOOK_AGAIN_MS), ended.signal);
    }
  };

  const publishCounts = () => {
    for (const queue of queues.values()) {
      if (world.clock.now() - queue.lastActiveAt() > METRICS_FOR_MS) continue;
      const { visible, inFlight, delayed } = queue.counts();
      const values = {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateNumberOfMessagesNotVisible: inFlight,
        ApproximateNumberOfMessagesDelayed: delayed,
      };
      for (const [name, value] of Object.entries(values)) {
        const dimensions = { QueueName: queue.name };
        world.metrics.record({ region: queue.region, namespace: 'AWS/SQS', name, dimensions, value, unit: 'Count' });
      }
    }
  };

  const batched = <E extends { readonly Id?: string | undefined }, R extends object>(
    entries: readonly E[] = [],
    each: (entry: E) => R,
  ) => {
    refuseBadBatch(entries);
    const Successful: (R & { Id: string })[] = [];
    const Failed: api.BatchResultErrorEntry[] = [];
    for (const entry of entries) {
      const Id = entry.Id ?? '';
      try {
        Successful.push({ ...each(entry), Id });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: error.status < 500 });
      }
    }
    return { Successful: Successful as never, Failed };
  };

  return {
    name: 'sqs',
    api: {
      signingName: 'sqs',
      iamPrefix: 'sqs',
      sdk,
      Client: sdk.SQSClient,
      operations: {
        CreateQueue: operation<api.CreateQueueCommandInput, api.CreateQueueCommandOutput>({
          permissions: ({ QueueName = '' }, { region }) => [permission('sqs:CreateQueue', region, QueueName)],
          handle({ QueueName = '', Attributes = {}, tags = {} }, { region }) {
            const { Policy, ...given } = Attributes;
            const known = queues.get(arnOf(region, QueueName));
            const settings = readSettings(given, known?.settings);
            if (known && JSON.stringify(settings) !== JSON.stringify(known.settings)) {
              const message = 'A queue already exists with the same name and a different value for an attribute.';
              throw new ServiceError('QueueNameExists', message);
            }
            const queue = known ?? add(region, QueueName, settings);
            if (Policy) queue.policy = readPolicy(Policy);
            for (const [key, value] of Object.entries(tags)) queue.tags.set(key, value);
            return { QueueUrl: urlOf(queue) };
          },
        }),
        DeleteQueue: operation<api.DeleteQueueCommandInput, api.DeleteQueueCommandOutput>({
          permissions: on('sqs:DeleteQueue'),
          handle({ QueueUrl }, { region }) {
            queues.delete(get(region, QueueUrl).arn);
            return {};
          },
        }),
        GetQueueUrl: operation<api.GetQueueUrlCommandInput, api.GetQueueUrlCommandOutput>({
          permissions: ({ QueueName = '' }, { region }) => [permission('sqs:GetQueueUrl', region, QueueName)],
          handle: ({ QueueName }, { region }) => ({ QueueUrl: urlOf(get(region, QueueName)) }),
        }),
        ListQueues: operation<api.ListQueuesCommandInput, api.ListQueuesCommandOutput>({
          handle: ({ QueueNamePrefix = '' }, { region }) => ({
            QueueUrls: [...queues.values()]
              .filter((queue) => queue.region === region && queue.name.startsWith(QueueNamePrefix))
              .map(urlOf),
          }),
        }),
        GetQueueAttributes: operation<api.GetQueueAttributesCommandInput, api.GetQueueAttributesCommandOutput>({
          permissions: on('sqs:GetQueueAttributes'),
          handle({ QueueUrl, AttributeNames = [] }, { region }) {
            const all = attributesOf(get(region, QueueUrl));
            if (AttributeNames.includes('All')) return { Attributes: all };
            return {
              Attributes: Object.fromEntries(
                Object.entries(all).filter(([name]) => AttributeNames.includes(name as never)),
              ),
            };
          },
        }),
        SetQueueAttributes: operation<api.SetQueueAttributesCommandInput, api.SetQueueAttributesCommandOutput>({
          permissions: on('sqs:SetQueueAttributes'),
          handle({ QueueUrl, Attributes = {} }, { region }) {
            const queue = get(region, QueueUrl);
            const { Policy, ...given } = Attributes;
            const settings = readSettings(given, queue.settings);
            refuseMissingHeir(settings);
            queue.settings = settings;
            if (Policy !== undefined) queue.policy = Policy === '' ? undefined : readPolicy(Policy);
            queue.modifiedAt = world.clock.now();
            return {};
          },
        }),
        SendMessage: operation<api.SendMessageCommandInput, api.SendMessageCommandOutput>({
          permissions: on('sqs:SendMessage'),
          handle: ({ QueueUrl, ...entry }, call) =>
            accept(get(call.region, QueueUrl), { Id: undefined, ...entry }, call),
        }),
        SendMessageBatch: operation<api.SendMessageBatchCommandInput, api.SendMessageBatchCommandOutput>({
          permissions: on('sqs:SendMessage'),
          handle({ QueueUrl, Entries }, call) {
            const queue = get(call.region, QueueUrl);
            const bytes = (Entries ?? []).reduce(
              (sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody),
              0,
            );
            if (bytes > 1_048_576) {
              const message = `Batch requests cannot be longer than 1048576 bytes. You have sent ${bytes} bytes.`;
              throw new ServiceError('BatchRequestTooLong', message);
            }
            return batched(Entries, (entry) => accept(queue, entry, call));
          },
        }),
        ReceiveMessage: operation<api.ReceiveMessageCommandInput, api.ReceiveMessageCommandOutput>({
          permissions: on('sqs:ReceiveMessage'),
          async handle(input, call) {
            const Messages = await receive(input, call);
            return Messages.length > 0 ? { Messages } : {};
          },
        }),
        DeleteMessage: operation<api.DeleteMessageCommandInput, api.DeleteMessageCommandOutput>({
          permissions: on('sqs:DeleteMessage'),
          handle({ QueueUrl, ReceiptHandle = '' }, { region }) {
            get(region, QueueUrl).delete(ReceiptHandle);
            return {};
          },
        }),
        DeleteMessageBatch: operation<api.DeleteMessageBatchCommandInput, api.DeleteMessageBatchCommandOutput>({
          permissions: on('sqs:DeleteMessage'),
          handle({ QueueUrl, Entries }, { region }) {
            const queue = get(region, QueueUrl);
            return batched(Entries, ({ ReceiptHandle = '' }) => {
              queue.delete(ReceiptHandle);
              return {};
            });
          },
        }),
        ChangeMessageVisibility: operation<
          api.ChangeMessageVisibilityCommandInput,
          api.ChangeMessageVisibilityCommandOutput
        >({
          permissions: on('sqs:ChangeMessageVisibility'),
          handle({ QueueUrl, ReceiptHandle = '', VisibilityTimeout = 0 }, { region }) {
            refuseOutside('VisibilityTimeout', VisibilityTimeout, 0, LONGEST_HIDING_SECONDS);
            get(region, QueueUrl).changeVisibility(ReceiptHandle, VisibilityTimeout);
            return {};
          },
        }),
        PurgeQueue: operation<api.PurgeQueueCommandInput, api.PurgeQueueCommandOutput>({
          permissions: on('sqs:PurgeQueue'),
          handle({ QueueUrl }, { region }) {
            get(region, QueueUrl).purge();
            return {};
          },
        }),
      },
    },
    resources: {
      'AWS::SQS::Queue': {
        create(resource) {
          const { QueueName, Tags: tags, ...settings } = QueueProperties.parse(resource.properties);
          const queue = add(resource.region, QueueName ?? resource.generatedName(80), settings);
          for (const { Key, Value } of tags) queue.tags.set(Key, Value);
          const url = urlOf(queue);
          return { ref: url, attributes: { Arn: queue.arn, QueueName: queue.name, QueueUrl: url } };
        },
      },
      'AWS::SQS::QueuePolicy': {
        create(resource) {
          const { Queues, PolicyDocument: policy } = QueuePolicyProperties.parse(resource.properties);
          for (const url of Queues) get(resource.region, url).policy = policy as PolicyDocument;
          return { ref: resource.generatedName() };
        },
      },
    },
    start() {
      const everyMinute = async () => {
        for (;;) {
          await world.clock.sleep(60_000, ended.signal);
          publishCounts();
        }
      };
      everyMinute().catch((error: unknown) => {
        if (!ended.signal.aborted) world.log('sqs', `queues are no longer measured: ${error}`);
      });
    },
    stop: () => ended.abort(new Error('The local account is ending')),
  };
};

const attributesOf = (queue: Queue): Record<string, string> => {
  const { visible, inFlight, delayed } = queue.counts();
  const inSeconds = (ms: number) => String(Math.floor(ms / 1000));
  return {
    ...settingsAsText(queue.settings),
    ...(queue.policy ? { Policy: JSON.stringify(queue.policy) } : {}),
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: inSeconds(queue.createdAt),
    LastModifiedTimestamp: inSeconds(queue.modifiedAt),
  };
};

const readPolicy = (text: string): PolicyDocument => {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
  }
};

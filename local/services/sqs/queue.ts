import { randomUUID } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { type PolicyDocument, ServiceError } from '../../service.ts';
import type { QueueSettings } from './queue-settings.ts';

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly senderId: string;
  /** Account time, milliseconds; a move to the dead-letter queue does not change it. */
  readonly sentAt: number;
  /** From when on it can be received. */
  visibleAt: number;
  firstReceivedAt?: number;
  receiveCount: number;
  /** Handles by which it can be deleted; the last one also changes its visibility. */
  readonly handles: string[];
}

/** What `GetQueueAttributes` and CloudWatch count. */
export interface Counts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** A standard queue: at least once, in about the order of arrival. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  modifiedAt: number;
  settings: QueueSettings;
  policy: PolicyDocument | undefined;
  readonly tags: Map<string, string>;
  send(message: Pick<Message, 'body' | 'attributes' | 'senderId'>, delaySeconds?: number): Message;
  /** Takes over a message that another queue gave up. */
  adopt(message: Message): void;
  /** Up to `most` messages, invisible to others for a while. */
  receive(most: number, visibilitySeconds?: number): { readonly message: Message; readonly handle: string }[];
  /** Deleting twice is not an error, as on AWS. @throws ServiceError ReceiptHandleIsInvalid */
  delete(handle: string): void;
  /** @throws ServiceError ReceiptHandleIsInvalid, MessageNotInflight */
  changeVisibility(handle: string, seconds: number): void;
  purge(): void;
  counts(): Counts;
  /** Account time of the last call that touched a message, milliseconds. */
  lastActiveAt(): number;
}

/** SQS quotas: messages in flight of a standard queue. */
const MAX_IN_FLIGHT = 120_000;

export interface QueueOptions {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly settings: QueueSettings;
  readonly now: () => number;
  /** Where a message goes that was received too often. */
  readonly deadLetters: (arn: string) => Queue | undefined;
}

export const createQueue = ({ name, arn, region, settings, now, deadLetters }: QueueOptions): Queue => {
  const messages = new Map<string, Message>();
  const issued = new Map<string, string>();
  let activeAt = now();

  const forget = (message: Message) => {
    messages.delete(message.id);
  };
  const present = (): Message[] => {
    const oldest = now() - queue.settings.MessageRetentionPeriod * 1000;
    for (const message of messages.values()) if (message.sentAt < oldest) forget(message);
    return [...messages.values()];
  };
  const add = (message: Message) => {
    messages.set(message.id, message);
    activeAt = now();
  };

  /** Gives a message up when it was received as often as the redrive policy allows. */
  const givenUp = (message: Message): boolean => {
    const { RedrivePolicy: redrive } = queue.settings;
    if (!redrive || message.receiveCount < redrive.maxReceiveCount) return false;
    const heir = deadLetters(redrive.deadLetterTargetArn);
    if (!heir) return false;
    forget(message);
    heir.adopt(message);
    return true;
  };

  const byHandle = (handle: string): Message | undefined => {
    const id = issued.get(handle);
    if (!id) throw new ServiceError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not valid.`);
    return messages.get(id);
  };

  const queue: Queue = {
    name,
    arn,
    region,
    createdAt: now(),
    modifiedAt: now(),
    settings,
    policy: undefined,
    tags: new Map(),
    send(content, delaySeconds = queue.settings.DelaySeconds) {
      const sentAt = now();
      const visibleAt = sentAt + delaySeconds * 1000;
      const message = { ...content, id: randomUUID(), sentAt, visibleAt, receiveCount: 0, handles: [] };
      add(message);
      return message;
    },
    adopt(message) {
      add({ ...message, visibleAt: now(), handles: [] });
    },
    receive(most, visibilitySeconds = queue.settings.VisibilityTimeout) {
      activeAt = now();
      const due = present().filter(({ visibleAt }) => visibleAt <= now());
      if (queue.counts().inFlight >= MAX_IN_FLIGHT && due.length > 0) {
        throw new ServiceError('OverLimit', 'The maximum number of in flight messages is reached.', 403);
      }
      const received = [];
      for (const message of due) {
        if (received.length >= most) break;
        if (givenUp(message)) continue;
        const handle = Buffer.from(`${randomUUID()} ${message.id}`).toString('base64');
        issued.set(handle, message.id);
        message.handles.push(handle);
        message.receiveCount += 1;
        message.firstReceivedAt ??= now();
        message.visibleAt = now() + visibilitySeconds * 1000;
        received.push({ message, handle });
      }
      return received;
    },
    delete(handle) {
      const message = byHandle(handle);
      activeAt = now();
      if (message) forget(message);
    },
    changeVisibility(handle, seconds) {
      const message = byHandle(handle);
      if (!message || message.visibleAt <= now() || message.handles.at(-1) !== handle) {
        throw new ServiceError(
          'MessageNotInflight',
          `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
        );
      }
      message.visibleAt = now() + seconds * 1000;
    },
    purge: () => messages.clear(),
    counts() {
      const all = present();
      const hidden = all.filter(({ visibleAt }) => visibleAt > now());
      const inFlight = hidden.filter(({ handles }) => handles.length > 0).length;
      return { visible: all.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
    },
    lastActiveAt: () => activeAt,
  };
  return queue;
};

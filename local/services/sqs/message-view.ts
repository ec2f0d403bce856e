import type * as api from '@aws-sdk/client-sqs';
import type { Principal } from '../../service.ts';
import { attributesMd5, md5 } from './message-digest.ts';
import type { Message } from './queue.ts';

/** A message as `ReceiveMessage` answers it, with the attributes that were asked for. */
export const asReceived = (
  { message, handle }: { readonly message: Message; readonly handle: string },
  { AttributeNames, MessageSystemAttributeNames, MessageAttributeNames = [] }: api.ReceiveMessageCommandInput,
): api.Message => {
  const system: Record<string, string> = {
    SenderId: message.senderId,
    SentTimestamp: String(Math.floor(message.sentAt)),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(Math.floor(message.firstReceivedAt ?? 0)),
  };
  const asked: readonly string[] = MessageSystemAttributeNames ?? AttributeNames ?? [];
  const Attributes = Object.fromEntries(
    Object.entries(system).filter(([name]) => asked.includes('All') || asked.includes(name)),
  );
  const wanted = (name: string) =>
    MessageAttributeNames.some(
      (each) => ['All', '.*', name].includes(each) || (each.endsWith('.*') && name.startsWith(each.slice(0, -2))),
    );
  const attributes = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => wanted(name)));
  return {
    MessageId: message.id,
    ReceiptHandle: handle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
    ...(Object.keys(attributes).length > 0
      ? { MessageAttributes: attributes, MD5OfMessageAttributes: attributesMd5(attributes) }
      : {}),
  };
};

/** SQS names a sender by its IAM id; the name of a role session tells more here. */
export const senderOf = (principal: Principal): string => {
  if (principal.kind === 'service') return principal.service;
  return principal.kind === 'user' ? principal.arn : `${principal.arn.split('/').pop()}:${principal.session}`;
};

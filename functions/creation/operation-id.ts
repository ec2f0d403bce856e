import { createHash } from 'node:crypto';

/**
 * The operation's id for an event: the same event twice is the same operation. EventBridge's own ids are UUIDs; a replayed
 * or hand-made event may have any text, which is hashed, so that the id always fits the name of an execution.
 */
export const operationIdOf = (eventId: string): string =>
  /^[A-Za-z0-9-]{1,64}$/.test(eventId)
    ? `request-${eventId}`
    : `request-${createHash('sha256').update(eventId).digest('hex').slice(0, 40)}`;

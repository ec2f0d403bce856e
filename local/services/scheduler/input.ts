import { randomUUID } from 'node:crypto';
import type { Schedule } from './schedule.ts';

/** One attempt to call a schedule's target. */
export interface Attempt {
  /** ISO 8601, UTC, in whole seconds. */
  readonly scheduledTime: string;
  /** Unique for each attempt, also of the same invocation. */
  readonly executionId: string;
  /** From 1 up. */
  readonly number: number;
}

/**
 * What a target is sent: the schedule's Input with its context attributes filled in (guide, "Adding context
 * attributes"), or a notification in place of an Input.
 */
export const inputFor = (
  { arn, region, settings }: Schedule,
  { scheduledTime, executionId, number }: Attempt,
): string => {
  const { Input } = settings.Target;
  if (Input === undefined) return notification(arn, region, scheduledTime);
  const attributes: Readonly<Record<string, string>> = {
    'schedule-arn': arn,
    'scheduled-time': scheduledTime,
    'execution-id': executionId,
    'attempt-number': `${number}`,
  };
  // Text is put into text, also within JSON; a keyword that Scheduler does not know stays as it is.
  return Input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) => attributes[name] ?? keyword);
};

const notification = (arn: string, region: string, time: string) => {
  const [, , , , account] = arn.split(':');
  const source = 'aws.scheduler';
  const about = { account, time, region, resources: [arn] };
  // The detail is text, unlike that of other events.
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source,
    ...about,
    detail: '{}',
  });
};

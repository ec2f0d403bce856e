import { z } from 'zod';
import { ServiceError } from '../../service.ts';

const seconds = (least: number, most: number, standard: number) =>
  z.coerce.number().int().min(least).max(most).default(standard);

const RedrivePolicy = z.strictObject({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int().min(1).max(1000),
});

const parsedJson = (value: unknown) => {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** SQS API reference, "SetQueueAttributes": ranges and defaults. The template and the API spell them alike. */
export const QueueSettings = z.strictObject({
  DelaySeconds: seconds(0, 900, 0),
  MaximumMessageSize: z.coerce.number().int().min(1024).max(1_048_576).default(1_048_576),
  MessageRetentionPeriod: seconds(60, 1_209_600, 345_600),
  ReceiveMessageWaitTimeSeconds: seconds(0, 20, 0),
  VisibilityTimeout: seconds(0, 43_200, 30),
  RedrivePolicy: z.preprocess(parsedJson, RedrivePolicy.optional()),
  SqsManagedSseEnabled: z
    .preprocess((value) => (typeof value === 'string' ? value === 'true' : value), z.boolean())
    .default(true),
});
export type QueueSettings = z.infer<typeof QueueSettings>;

/** Settings as `GetQueueAttributes` answers them: everything is text. */
export const settingsAsText = ({ RedrivePolicy: redrive, ...settings }: QueueSettings): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
  ...(redrive ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
});

/**
 * Settings as a caller of the API gives them, on top of what is already set.
 *
 * @throws ServiceError InvalidAttributeName, InvalidAttributeValue
 */
export const readSettings = (given: Readonly<Record<string, unknown>>, present?: QueueSettings): QueueSettings => {
  const result = QueueSettings.safeParse({ ...present, ...given });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${issue.keys[0]}.`);
  }
  const name = String(issue?.path[0]);
  throw new ServiceError(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}. Reason: ${issue?.message}.`,
  );
};

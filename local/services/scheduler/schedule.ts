import { z } from 'zod';
import { ServiceError } from '../../service.ts';
import type { Timing } from './expression.ts';

export const DEFAULT_GROUP = 'default';

/** Scheduler API reference, CreateSchedule: letters, digits, `-`, `_` and `.`, up to 64. */
export const ScheduleName = z.string().regex(/^[0-9a-zA-Z-_.]{1,64}$/, 'is 1 to 64 letters, digits, -, _ and .');

/** Scheduler API reference, RetryPolicy: 0–185 attempts within 60–86,400 s; its defaults are the greatest. */
const RetryPolicy = z.strictObject({
  MaximumRetryAttempts: z.int().min(0).max(185).default(185),
  MaximumEventAgeInSeconds: z.int().min(60).max(86_400).default(86_400),
});

/** Scheduler API reference, Target: the pattern of RoleArn. */
const RoleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'is the ARN of a role');

/** The parameters of other kinds of target (ECS, Kinesis, SageMaker) are refused by name. */
const Target = z.strictObject({
  Arn: z.string(),
  RoleArn,
  Input: z.string().optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  RetryPolicy: RetryPolicy.prefault({}),
  EventBridgeParameters: z
    .strictObject({ DetailType: z.string().min(1).max(128), Source: z.string().min(1).max(256) })
    .optional(),
  /** Empty, as the CDK writes it: a MessageGroupId is for FIFO queues, which the local account does not have. */
  SqsParameters: z.strictObject({}).optional(),
});

const FlexibleTimeWindow = z.discriminatedUnion('Mode', [
  z.strictObject({ Mode: z.literal('OFF') }),
  z.strictObject({ Mode: z.literal('FLEXIBLE'), MaximumWindowInMinutes: z.int().min(1).max(1440) }),
]);

/** A date of the API, or of a template, where dates are text. */
const When = z.union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))]);

/** What somebody wants of a schedule, as CreateSchedule, UpdateSchedule and templates spell it. */
export const ScheduleSettings = z.strictObject({
  Name: ScheduleName,
  GroupName: ScheduleName.default(DEFAULT_GROUP),
  Description: z.string().max(512).optional(),
  ScheduleExpression: z.string().min(1).max(256),
  ScheduleExpressionTimezone: z.string().min(1).max(50).default('UTC'),
  StartDate: When.optional(),
  EndDate: When.optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  FlexibleTimeWindow,
  Target,
  ActionAfterCompletion: z.enum(['NONE', 'DELETE']).default('NONE'),
});
export type ScheduleSettings = z.infer<typeof ScheduleSettings>;

/** @throws ServiceError ValidationException naming each member that is wrong, or not emulated */
export const readSettings = (input: unknown): ScheduleSettings => {
  const { data, error } = ScheduleSettings.safeParse(input);
  if (data) return data;
  throw validationError(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
};

/** @throws ServiceError ValidationException */
export const refuseOtherThanRole = (arn: string): void => {
  const { error } = RoleArn.safeParse(arn);
  if (error) throw validationError(error.issues.map(({ message }) => `Target.RoleArn: ${message}`));
};

const validationError = (problems: readonly string[]) =>
  new ServiceError(
    'ValidationException',
    `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected: ${problems.join('; ')}`,
  );

/** Scheduler's one word for whatever is wrong with a request for a page. */
export const BAD_PAGE = { size: 'ValidationException', token: 'ValidationException' } as const;

export interface Schedule {
  readonly arn: string;
  readonly region: string;
  readonly settings: ScheduleSettings;
  readonly timing: Timing;
  /** Milliseconds since the epoch, as the next. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Of the request that made it; the same request again is answered as the first. */
  readonly clientToken: string | undefined;
}

export const groupArn = (accountId: string, region: string, group: string): string =>
  `arn:aws:scheduler:${region}:${accountId}:schedule-group/${group}`;

export const scheduleArn = (accountId: string, region: string, group: string, name: string): string =>
  `arn:aws:scheduler:${region}:${accountId}:schedule/${group}/${name}`;

/**
 * The next moment after another at which a schedule is due, within its dates; undefined when there is none any more.
 * One-time schedules have no dates (API reference, CreateSchedule: "ignores").
 */
export const nextDue = ({ settings, timing, modifiedAt }: Schedule, afterMs: number): number | undefined => {
  if (timing.kind === 'at') return timing.nextAfter(afterMs, modifiedAt);
  // A rate without a start date begins at once (guide, "Rate-based schedules").
  const beginsAt = settings.StartDate?.getTime() ?? modifiedAt;
  const due = timing.nextAfter(Math.max(afterMs, beginsAt - 1), beginsAt);
  const endsAt = settings.EndDate?.getTime() ?? Number.POSITIVE_INFINITY;
  return due !== undefined && due < endsAt ? due : undefined;
};

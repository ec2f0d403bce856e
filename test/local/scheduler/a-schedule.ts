import type { CreateScheduleCommandInput, Target } from '@aws-sdk/client-scheduler';
import type { Role } from '../../../local/service.ts';
import { readExpression } from '../../../local/services/scheduler/expression.ts';
import { type Schedule, ScheduleSettings } from '../../../local/services/scheduler/schedule.ts';
import { ACCOUNT_ID } from '../../builders/a-world.ts';

export const ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/schedules`;

/** A role that Scheduler may assume, under the conditions given. */
export const aScheduleRole = (arn = ROLE_ARN, Condition: Record<string, unknown> = {}): Role => {
  const Principal = { Service: 'scheduler.amazonaws.com' };
  const trust = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, Condition }] };
  return { arn, name: arn.split('/').pop() ?? '', trust, policies: new Map() };
};

type Wanted = Omit<Partial<CreateScheduleCommandInput>, 'Target'> & { readonly Target?: Partial<Target> };

/** What CreateSchedule takes. */
export const aScheduleInput = ({ Target, ...wanted }: Wanted = {}): CreateScheduleCommandInput => ({
  Name: 'daily',
  ScheduleExpression: 'rate(1 day)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ...wanted,
  Target: { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:queue`, RoleArn: ROLE_ARN, ...Target },
});

/** A schedule of us-east-1, made at a moment (ISO 8601). */
export const aSchedule = (wanted: Wanted, madeAt: string): Schedule => {
  const settings = ScheduleSettings.parse(aScheduleInput(wanted));
  const made = Date.parse(madeAt);
  return {
    arn: `arn:aws:scheduler:us-east-1:${ACCOUNT_ID}:schedule/${settings.GroupName}/${settings.Name}`,
    region: 'us-east-1',
    settings,
    timing: readExpression(settings.ScheduleExpression, settings.ScheduleExpressionTimezone),
    createdAt: made,
    modifiedAt: made,
    clientToken: undefined,
  };
};

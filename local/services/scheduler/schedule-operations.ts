import type * as api from '@aws-sdk/client-scheduler';
import { type Call, operation, type Permission, type World } from '../../service.ts';
import { pageOf } from '../paging.ts';
import { SCHEDULER } from './check-schedule.ts';
import { BAD_PAGE, DEFAULT_GROUP, refuseOtherThanRole, type Schedule, scheduleArn } from './schedule.ts';
import type { Schedules } from './schedules.ts';

interface Named {
  readonly Name?: string | undefined;
  readonly GroupName?: string | undefined;
}

interface WithRole extends Named {
  readonly Target?: { readonly RoleArn?: string | undefined } | undefined;
}

const summaryOf = ({ arn, settings, createdAt, modifiedAt }: Schedule) => ({
  Arn: arn,
  Name: settings.Name,
  GroupName: settings.GroupName,
  State: settings.State,
  CreationDate: new Date(createdAt),
  LastModificationDate: new Date(modifiedAt),
});

export const scheduleOperations = (world: World, schedules: Schedules) => {
  const on = (action: string, { Name = '', GroupName = DEFAULT_GROUP }: Named, { region }: Call): Permission => ({
    action: `scheduler:${action}`,
    resource: scheduleArn(world.accountId, region, GroupName, Name),
  });
  /**
   * Whoever hands a role to Scheduler has to be allowed to (guide, "Identity-based policies"). Its ARN is read before IAM
   * is asked: what is no role cannot be passed.
   */
  const withRole = (action: string, input: WithRole, call: Call): Permission[] => {
    const { RoleArn = '' } = input.Target ?? {};
    if (RoleArn) refuseOtherThanRole(RoleArn);
    const context = { 'iam:PassedToService': SCHEDULER };
    return [on(action, input, call), { action: 'iam:PassRole', resource: RoleArn, context }];
  };

  return {
    CreateSchedule: operation<api.CreateScheduleCommandInput, api.CreateScheduleCommandOutput>({
      permissions: (input, call) => withRole('CreateSchedule', input, call),
      async handle({ ClientToken, ...input }, { region }) {
        const { arn } = await schedules.create(region, input, ClientToken);
        return { ScheduleArn: arn };
      },
    }),

    UpdateSchedule: operation<api.UpdateScheduleCommandInput, api.UpdateScheduleCommandOutput>({
      permissions: (input, call) => withRole('UpdateSchedule', input, call),
      async handle({ ClientToken: _token, ...input }, { region }) {
        const { arn } = await schedules.update(region, input);
        return { ScheduleArn: arn };
      },
    }),

    GetSchedule: operation<api.GetScheduleCommandInput, api.GetScheduleCommandOutput>({
      permissions: (input, call) => [on('GetSchedule', input, call)],
      handle({ Name = '', GroupName }, { region }) {
        const schedule = schedules.get(region, GroupName, Name);
        return { ...schedule.settings, ...summaryOf(schedule) };
      },
    }),

    DeleteSchedule: operation<api.DeleteScheduleCommandInput, api.DeleteScheduleCommandOutput>({
      permissions: (input, call) => [on('DeleteSchedule', input, call)],
      handle({ Name = '', GroupName }, { region }) {
        schedules.remove(schedules.get(region, GroupName, Name).arn);
        return {};
      },
    }),

    ListSchedules: operation<api.ListSchedulesCommandInput, api.ListSchedulesCommandOutput>({
      handle({ GroupName, NamePrefix = '', State, ...request }, { region }) {
        const wanted = schedules
          .list(region)
          .filter(({ settings }) => GroupName === undefined || settings.GroupName === GroupName)
          .filter(({ settings }) => State === undefined || settings.State === State)
          .filter(({ settings }) => settings.Name.startsWith(NamePrefix));
        const { items, ...page } = pageOf(wanted, ({ arn }) => arn, request, BAD_PAGE);
        const summaries = items.map((each) => ({ ...summaryOf(each), Target: { Arn: each.settings.Target.Arn } }));
        return { Schedules: summaries, ...page };
      },
    }),
  };
};

import * as sdk from '@aws-sdk/client-scheduler';
import type { Service, World } from '../../service.ts';
import { createGroups, GroupProperties, groupOperations } from './groups.ts';
import { createInvocations, type Outcome } from './invocations.ts';
import type { Schedule } from './schedule.ts';
import { scheduleOperations } from './schedule-operations.ts';
import { createSchedules, settingsOf } from './schedules.ts';
import { createTimetable } from './timetable.ts';

/** Where a schedule is, for names that several have. */
export interface Place {
  readonly region?: string;
  readonly group?: string;
}

export interface SchedulerService extends Service {
  /**
   * Invokes a schedule now, as if it were due, besides its own times: so that nobody has to wait for a day. Ends when
   * its target took it, or nothing more will be tried.
   *
   * @throws Error when no schedule of this name is there, when several are, or when it is disabled
   */
  invoke(name: string, place?: Place): Promise<Outcome>;
  /** Invokes each schedule twice whenever it is due, as at-least-once allows; the answer ends that. */
  invokeTwice(): () => void;
}

export interface SchedulerOptions {
  /** From 0 up to 1: how far into its minute, or its flexible window, an invocation comes. */
  readonly random?: () => number;
}

/** EventBridge Scheduler: schedules and their groups, invoked at least once on the account's clock. */
export const createScheduler = (world: World, { random = Math.random }: SchedulerOptions = {}): SchedulerService => {
  const groups = createGroups(world);
  const invocations = createInvocations(world);
  let copies = 1;
  let isStopped = false;

  const invoke = async (schedule: Schedule, dueAt: number) => {
    const each = Array.from({ length: copies }, () => invocations.invoke(schedule, dueAt));
    for (const end of await Promise.allSettled(each)) {
      if (end.status === 'fulfilled' || isStopped) continue;
      world.log('scheduler', `${schedule.settings.Name} lost an invocation: ${end.reason}`);
    }
  };
  const completed = ({ arn, settings }: Schedule) => {
    if (settings.ActionAfterCompletion === 'DELETE') schedules.remove(arn);
  };
  const timetable = createTimetable({ clock: world.clock, random, invoke, completed });
  const schedules = createSchedules(world, groups, timetable);

  return {
    name: 'scheduler',
    api: {
      signingName: 'scheduler',
      iamPrefix: 'scheduler',
      sdk,
      Client: sdk.SchedulerClient,
      operations: { ...scheduleOperations(world, schedules), ...groupOperations(world, groups) },
    },
    resources: {
      'AWS::Scheduler::ScheduleGroup': {
        create(resource) {
          const { Name = resource.generatedName(64) } = GroupProperties.parse(resource.properties);
          const { arn, createdAt } = groups.add(resource.region, Name);
          const madeAt = new Date(createdAt).toISOString();
          const dates = { CreationDate: madeAt, LastModificationDate: madeAt };
          return { ref: Name, attributes: { Arn: arn, State: 'ACTIVE', ...dates } };
        },
      },
      'AWS::Scheduler::Schedule': {
        async create(resource) {
          const { arn, settings } = await schedules.create(resource.region, settingsOf(resource));
          return { ref: settings.Name, attributes: { Arn: arn } };
        },
      },
    },
    start: () => timetable.open(),
    stop() {
      isStopped = true;
      timetable.stop();
      invocations.stop();
    },
    async invoke(name, { region, group } = {}) {
      const named = schedules
        .list(region)
        .filter(({ settings }) => settings.Name === name && (group ?? settings.GroupName) === settings.GroupName);
      const [schedule, ...others] = named;
      if (!schedule) throw new Error(`There is no schedule ${name} to invoke.`);
      if (others.length > 0) {
        throw new Error(`Say which schedule ${name} to invoke: there are ${named.map(({ arn }) => arn).join(', ')}.`);
      }
      if (schedule.settings.State !== 'ENABLED') throw new Error(`Schedule ${name} is disabled; enable it first.`);
      return invocations.invoke(schedule, world.clock.now());
    },
    invokeTwice() {
      copies = 2;
      return () => {
        copies = 1;
      };
    },
  };
};

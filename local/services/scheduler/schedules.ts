import { ServiceError, type TemplateResource, type World } from '../../service.ts';
import { checkSchedule } from './check-schedule.ts';
import type { Groups } from './groups.ts';
import { readSettings, type Schedule, ScheduleName, ScheduleSettings, scheduleArn } from './schedule.ts';
import type { Timetable } from './timetable.ts';

/** The account's schedules. What changes one also changes the timetable. */
export interface Schedules {
  /** @throws ServiceError ValidationException, ConflictException, ResourceNotFoundException (of its group) */
  create(region: string, input: unknown, clientToken?: string): Promise<Schedule>;
  /** Replaces the whole schedule: what the input leaves out returns to its default. @throws as `create` and `get` */
  update(region: string, input: unknown): Promise<Schedule>;
  /** @throws ServiceError ResourceNotFoundException */
  get(region: string, group: string | undefined, name: string): Schedule;
  /** Of one Region, or of all. */
  list(region?: string): readonly Schedule[];
  remove(arn: string): void;
}

/** CloudFormation has no ActionAfterCompletion, and makes up a name. */
const ScheduleProperties = ScheduleSettings.omit({ ActionAfterCompletion: true }).extend({
  Name: ScheduleName.optional(),
});

/** What a template wants. @throws ZodError naming each property that is wrong, or not emulated */
export const settingsOf = (resource: TemplateResource): unknown => {
  const properties = ScheduleProperties.parse(resource.properties);
  return { ...properties, Name: properties.Name ?? resource.generatedName(64) };
};

export const createSchedules = (world: World, groups: Groups, timetable: Timetable): Schedules => {
  const schedules = new Map<string, Schedule>();
  const arnOf = (region: string, group: string, name: string) => scheduleArn(world.accountId, region, group, name);

  const put = (schedule: Schedule): Schedule => {
    schedules.set(schedule.arn, schedule);
    timetable.enter(schedule);
    return schedule;
  };

  const get: Schedules['get'] = (region, group, name) => {
    const { name: groupName } = groups.get(region, group ?? 'default');
    const schedule = schedules.get(arnOf(region, groupName, name));
    if (schedule) return schedule;
    throw new ServiceError('ResourceNotFoundException', `Schedule ${name} does not exist.`);
  };

  return {
    async create(region, input, clientToken) {
      const settings = readSettings(input);
      const { name: group } = groups.get(region, settings.GroupName);
      const timing = await checkSchedule(world, region, settings);
      // Only from here to the end nothing else can come in between.
      const arn = arnOf(region, group, settings.Name);
      const known = schedules.get(arn);
      if (known && clientToken !== undefined && known.clientToken === clientToken) return known;
      if (known) throw new ServiceError('ConflictException', `Schedule ${settings.Name} already exists.`);
      const now = world.clock.now();
      return put({ arn, region, settings, timing, createdAt: now, modifiedAt: now, clientToken });
    },
    async update(region, input) {
      const settings = readSettings(input);
      get(region, settings.GroupName, settings.Name);
      const timing = await checkSchedule(world, region, settings);
      // Somebody may have deleted it meanwhile.
      const known = get(region, settings.GroupName, settings.Name);
      return put({ ...known, settings, timing, modifiedAt: world.clock.now() });
    },
    get,
    list: (region) => [...schedules.values()].filter((schedule) => region === undefined || schedule.region === region),
    remove(arn) {
      schedules.delete(arn);
      timetable.remove(arn);
    },
  };
};

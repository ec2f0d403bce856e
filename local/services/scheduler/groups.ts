import type * as api from '@aws-sdk/client-scheduler';
import { z } from 'zod';
import { operation, ServiceError, type World } from '../../service.ts';
import { pageOf } from '../paging.ts';
import { BAD_PAGE, DEFAULT_GROUP, groupArn, ScheduleName } from './schedule.ts';

export interface Group {
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface Groups {
  /** @throws Error when the Region has a group of that name */
  add(region: string, name: string): Group;
  /** Every Region has the group `default`. @throws ServiceError ResourceNotFoundException */
  get(region: string, name: string): Group;
  list(region: string): readonly Group[];
}

export const GroupProperties = z.strictObject({
  Name: ScheduleName.optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

export const createGroups = (world: World): Groups => {
  const groups = new Map<string, Group>();
  const madeAt = world.clock.now();
  const make = (region: string, name: string, createdAt: number): Group => ({
    name,
    arn: groupArn(world.accountId, region, name),
    createdAt,
  });
  const defaultOf = (region: string) => make(region, DEFAULT_GROUP, madeAt);
  const own = (region: string) => [...groups.values()].filter(({ arn }) => arn.split(':')[3] === region);

  return {
    add(region, name) {
      const group = make(region, name, world.clock.now());
      if (name === DEFAULT_GROUP || groups.has(group.arn)) throw new Error(`Schedule group ${name} already exists.`);
      groups.set(group.arn, group);
      return group;
    },
    get(region, name) {
      const group = name === DEFAULT_GROUP ? defaultOf(region) : groups.get(groupArn(world.accountId, region, name));
      if (group) return group;
      throw new ServiceError('ResourceNotFoundException', `Schedule group ${name} does not exist.`);
    },
    list: (region) => [defaultOf(region), ...own(region)],
  };
};

const described = ({ arn, name, createdAt }: Group) => ({
  Arn: arn,
  Name: name,
  State: 'ACTIVE' as const,
  CreationDate: new Date(createdAt),
  LastModificationDate: new Date(createdAt),
});

/** Groups are made by templates only; what would make or delete one by the API is answered 501. */
export const groupOperations = (world: World, groups: Groups) => ({
  GetScheduleGroup: operation<api.GetScheduleGroupCommandInput, api.GetScheduleGroupCommandOutput>({
    permissions: ({ Name = '' }, { region }) => [
      { action: 'scheduler:GetScheduleGroup', resource: groupArn(world.accountId, region, Name) },
    ],
    handle: ({ Name = '' }, { region }) => described(groups.get(region, Name)),
  }),

  ListScheduleGroups: operation<api.ListScheduleGroupsCommandInput, api.ListScheduleGroupsCommandOutput>({
    handle({ NamePrefix = '', ...request }, { region }) {
      const named = groups.list(region).filter(({ name }) => name.startsWith(NamePrefix));
      const { items, ...page } = pageOf(named, ({ name }) => name, request, BAD_PAGE);
      return { ScheduleGroups: items.map(described), ...page };
    },
  }),
});

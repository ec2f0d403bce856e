import {
  DeleteCacheParameterGroupCommand,
  DescribeCacheParameterGroupsCommand,
  DescribeCacheParametersCommand,
  type ElastiCacheClient,
  type Parameter,
  paginateDescribeCacheClusters,
  paginateDescribeCacheParameterGroups,
} from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';
import { tagsOfResource } from './elasticache-caches.ts';

export interface ParameterGroupSeen {
  readonly name: string;
  readonly family: string;
  readonly arn: string;
}

/** One parameter in a parameter group. */
export interface ParameterInGroup {
  readonly name: string;
  readonly value?: string | undefined;
  readonly modifiable: boolean;
  readonly allowedValues?: string | undefined;
  readonly dataType?: string | undefined;
  /** `immediate`, or `requires-reboot`. */
  readonly changeType?: string | undefined;
}

/** ElastiCache's parameter groups, as far as we need them. The state machine makes and fills them without our help. */
export interface ParameterGroups {
  find(name: string): Promise<ParameterGroupSeen | undefined>;
  /** @param source `user`: only those that were set in the group; left out: all */
  parametersOf(name: string, source?: 'user'): Promise<readonly ParameterInGroup[]>;
  tagsOf(arn: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Every group whose name begins so. */
  beginningWith(prefix: string): Promise<readonly ParameterGroupSeen[]>;
  /** The ids of the clusters that use a group and are not about to go. */
  usersOf(name: string): Promise<readonly string[]>;
  /** One that is not there is fine. @throws WaitUntilAvailable while a cache uses it (by `operatorActionFor`) */
  delete(name: string): Promise<void>;
}

export const elastiCacheParameterGroups = (client: ElastiCacheClient): ParameterGroups => ({
  async find(name) {
    try {
      const { CacheParameterGroups = [] } = await client.send(
        new DescribeCacheParameterGroupsCommand({ CacheParameterGroupName: name }),
      );
      const [group] = CacheParameterGroups;
      return group && { name, family: group.CacheParameterGroupFamily ?? '', arn: group.ARN ?? '' };
    } catch (error) {
      // A name that cannot exist is answered as a wrong value.
      if (isNamed(error, 'CacheParameterGroupNotFoundFault', 'InvalidParameterValueException')) return undefined;
      throw error;
    }
  },

  async parametersOf(name, source) {
    const found: ParameterInGroup[] = [];
    let Marker: string | undefined;
    try {
      do {
        const page = await client.send(
          new DescribeCacheParametersCommand({
            CacheParameterGroupName: name,
            ...(source ? { Source: source } : {}),
            ...(Marker ? { Marker } : {}),
          }),
        );
        found.push(...(page.Parameters ?? []).map(parameterInGroup));
        Marker = page.Marker;
      } while (Marker);
    } catch (error) {
      if (!isNamed(error, 'CacheParameterGroupNotFoundFault')) throw error;
    }
    return found;
  },

  tagsOf: (arn) => tagsOfResource(client, arn),

  async beginningWith(prefix) {
    const found: ParameterGroupSeen[] = [];
    for await (const { CacheParameterGroups = [] } of paginateDescribeCacheParameterGroups({ client }, {})) {
      found.push(
        ...CacheParameterGroups.map((group) => ({
          name: group.CacheParameterGroupName ?? '',
          family: group.CacheParameterGroupFamily ?? '',
          arn: group.ARN ?? '',
        })).filter(({ name }) => name.startsWith(prefix)),
      );
    }
    return found;
  },

  async usersOf(name) {
    const users: string[] = [];
    for await (const { CacheClusters = [] } of paginateDescribeCacheClusters({ client }, {})) {
      users.push(
        ...CacheClusters.filter(
          ({ CacheClusterStatus, CacheParameterGroup }) =>
            CacheClusterStatus !== 'deleting' && CacheParameterGroup?.CacheParameterGroupName === name,
        ).flatMap(({ CacheClusterId }) => CacheClusterId ?? []),
      );
    }
    return users;
  },

  async delete(name) {
    try {
      await client.send(new DeleteCacheParameterGroupCommand({ CacheParameterGroupName: name }));
    } catch (error) {
      if (!isNamed(error, 'CacheParameterGroupNotFoundFault')) throw error;
    }
  },
});

const parameterInGroup = (parameter: Parameter): ParameterInGroup => ({
  name: parameter.ParameterName ?? '',
  value: parameter.ParameterValue,
  modifiable: parameter.IsModifiable ?? false,
  allowedValues: parameter.AllowedValues,
  dataType: parameter.DataType,
  changeType: parameter.ChangeType,
});

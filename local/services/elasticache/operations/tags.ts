import type {
  AddTagsToResourceCommandInput,
  AddTagsToResourceCommandOutput,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
  RemoveTagsFromResourceCommandInput,
  RemoveTagsFromResourceCommandOutput,
  Tag,
} from '@aws-sdk/client-elasticache';
import { operation, type Permission, ServiceError } from '../../../service.ts';
import { type ArnType, parseArn } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { findCluster, findGroup, findParameterGroup, findSubnetGroup, findUser, findUserGroup } from '../lookups.ts';
import { findMemcached } from '../memcached/state.ts';
import { permissionOn, requestTags, tagKeys } from '../permissions.ts';
import type { Cache } from '../state/cache.ts';
import { notEmulated } from '../validation/faults.ts';
import { checkTagCount, checkTags } from '../validation/tags.ts';
import { findSnapshot } from './snapshots.ts';

const view = (tags: ReadonlyMap<string, string>): Tag[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

/** @throws ServiceError InvalidARN, and the not-found or state faults of what the ARN names */
const tagsOfArn = (plane: ControlPlane, arn: string | undefined): Map<string, string> => {
  const parsed = parseArn(arn ?? '');
  if (parsed?.region !== plane.region || parsed.accountId !== plane.accountId) {
    const message = `${arn} is no ARN of an ElastiCache resource of account ${plane.accountId} in ${plane.region}.`;
    throw new ServiceError('InvalidARNFault', message);
  }
  switch (parsed.type as ArnType) {
    case 'replicationgroup':
      return ofAvailable(findGroup(plane, parsed.id));
    case 'cluster':
      // A member's tags are those of its group: they are copied to every node.
      return ofAvailable(findMemcached(plane, parsed.id) ?? findCluster(plane, parsed.id).cache);
    case 'parametergroup':
      return findParameterGroup(plane, parsed.id).tags;
    case 'subnetgroup':
      return findSubnetGroup(plane, parsed.id).tags;
    case 'user':
      return findUser(plane, parsed.id).tags;
    case 'usergroup':
      return findUserGroup(plane, parsed.id).tags;
    case 'snapshot':
      return findSnapshot(plane, parsed.id).tags;
    default:
      throw notEmulated(`tags of ${parsed.type}`);
  }
};

type Taggable = Pick<Cache, 'kind' | 'tags'> & { readonly status: string };

/** Even listing tags is refused while a cache is not available (guide, tagging). */
const ofAvailable = ({ kind, status, tags }: Taggable): Map<string, string> => {
  if (status === 'available') return tags;
  const code = kind === 'replication-group' ? 'InvalidReplicationGroupStateFault' : 'InvalidCacheClusterStateFault';
  throw new ServiceError(code, 'Cluster not in available state to perform tagging operations.');
};

const TAGGABLE: readonly string[] = [
  'replicationgroup',
  'cluster',
  'parametergroup',
  'subnetgroup',
  'user',
  'usergroup',
  'snapshot',
];

const permission = (
  plane: ControlPlane,
  call: { operation: string },
  arn: string | undefined,
  context: Permission['context'] = {},
): Permission[] => {
  const parsed = parseArn(arn ?? '');
  // What is no ARN of this service is refused afterwards; until then it counts as any resource.
  if (!parsed || !TAGGABLE.includes(parsed.type)) {
    return [permissionOn(plane, call, 'replicationgroup', undefined, { ...context })];
  }
  const own = permissionOn(plane, call, parsed.type as ArnType, parsed.id, { ...context });
  return [{ ...own, resource: arn ?? own.resource }];
};

export const addTagsToResource = (planeOf: PlaneOf) =>
  operation<AddTagsToResourceCommandInput, AddTagsToResourceCommandOutput>({
    permissions: (input, call) => permission(planeOf(call), call, input.ResourceName, requestTags(input.Tags)),
    handle(input, call) {
      const plane = planeOf(call);
      const { tagsPerResource } = plane.quotas;
      const tags = tagsOfArn(plane, input.ResourceName);
      const added = checkTags(input.Tags, tagsPerResource);
      checkTagCount(new Map([...tags, ...added]), tagsPerResource);
      for (const [key, value] of added) tags.set(key, value);
      return { TagList: view(tags) };
    },
  });

export const listTagsForResource = (planeOf: PlaneOf) =>
  operation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput>({
    permissions: (input, call) => permission(planeOf(call), call, input.ResourceName),
    handle: (input, call) => ({ TagList: view(tagsOfArn(planeOf(call), input.ResourceName)) }),
  });

export const removeTagsFromResource = (planeOf: PlaneOf) =>
  operation<RemoveTagsFromResourceCommandInput, RemoveTagsFromResourceCommandOutput>({
    permissions: (input, call) => permission(planeOf(call), call, input.ResourceName, tagKeys(input.TagKeys)),
    handle(input, call) {
      const tags = tagsOfArn(planeOf(call), input.ResourceName);
      const keys = input.TagKeys ?? [];
      const absent = keys.find((key) => !tags.has(key));
      if (absent !== undefined) throw new ServiceError('TagNotFoundFault', `The tag ${absent} is not there.`);
      for (const key of keys) tags.delete(key);
      return { TagList: view(tags) };
    },
  });

import {
  type DescribeServiceUpdatesCommandInput,
  type DescribeServiceUpdatesCommandOutput,
  type DescribeUpdateActionsCommandInput,
  type DescribeUpdateActionsCommandOutput,
  ServiceUpdateStatus,
  type UpdateAction,
  UpdateActionStatus,
} from '@aws-sdk/client-elasticache';
import { operation, type Permission, ServiceError } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { pageOf } from '../paging.ts';
import { permissionOn } from '../permissions.ts';
import type { RegionState } from '../state/region-state.ts';
import type { ServiceUpdate } from '../state/service-update.ts';
import { invalidValue, refuseParameters } from '../validation/faults.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Days to apply an update in, by its severity (ElastiCache guide, self-service updates). */
const DAYS_TO_APPLY: Readonly<Record<string, number>> = { critical: 14, important: 30, medium: 60, low: 90 };

/** Most ids in one request (API reference, DescribeUpdateActions). */
const MOST_IDS = 20;

/** Of all updates those that are for a cache that is still there. */
const present = ({ groups, clusters, memcached, serviceUpdates }: RegionState): readonly ServiceUpdate[] =>
  serviceUpdates.filter(({ cacheId, isGroup }) =>
    isGroup ? groups.has(cacheId) : clusters.has(cacheId) || memcached.has(cacheId),
  );

const checkWords = (name: string, words: readonly string[] | undefined, known: readonly string[]) => {
  const unknown = words?.find((word) => !known.includes(word));
  if (unknown !== undefined) throw invalidValue(`${name} must be among ${known.join(', ')}, not ${unknown}.`);
};

const commonOf = ({ name, severity, releasedAt, engine }: ServiceUpdate) => ({
  ServiceUpdateName: name,
  ServiceUpdateReleaseDate: new Date(releasedAt),
  ServiceUpdateSeverity: severity,
  ServiceUpdateStatus: 'available' as const,
  ServiceUpdateRecommendedApplyByDate: new Date(releasedAt + (DAYS_TO_APPLY[severity] ?? 0) * DAY_MS),
  ServiceUpdateType: 'security-update' as const,
  EstimatedUpdateTime: '30 minutes per node',
  Engine: engine,
});

/** Updates without regard to the caches that they are for. */
export const describeServiceUpdates = (planeOf: PlaneOf) =>
  operation<DescribeServiceUpdatesCommandInput, DescribeServiceUpdatesCommandOutput>({
    handle(input, call) {
      checkWords('ServiceUpdateStatus', input.ServiceUpdateStatus, Object.values(ServiceUpdateStatus));
      const { ServiceUpdateName: name, ServiceUpdateStatus: statuses } = input;
      const byName = new Map(present(planeOf(call).state).map((update) => [update.name, update]));
      if (name !== undefined && !byName.has(name)) {
        throw new ServiceError('ServiceUpdateNotFoundFault', `Service update ${name} not found.`);
      }
      const found = [...byName.values()]
        .filter((update) => name === undefined || update.name === name)
        .filter(() => !statuses?.length || statuses.includes('available'))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const { items, Marker } = pageOf(found, (update) => update.name, input);
      return {
        ServiceUpdates: items.map((update) => ({
          ...commonOf(update),
          ServiceUpdateDescription: `Update ${update.name}`,
          EngineVersion: update.engineVersion,
          AutoUpdateAfterRecommendedApplyByDate: false,
        })),
        Marker,
      };
    },
  });

export const describeUpdateActions = (planeOf: PlaneOf) =>
  operation<DescribeUpdateActionsCommandInput, DescribeUpdateActionsCommandOutput>({
    permissions(input, call): readonly Permission[] {
      const plane = planeOf(call);
      const { ReplicationGroupIds: groups = [], CacheClusterIds: clusters = [] } = input;
      // A request that names nothing has no resource that a policy could be about.
      if (groups.length + clusters.length === 0)
        return [{ action: 'elasticache:DescribeUpdateActions', resource: '*' }];
      return [
        ...groups.map((id) => permissionOn(plane, call, 'replicationgroup', id)),
        ...clusters.map((id) => permissionOn(plane, call, 'cluster', id)),
      ];
    },
    handle(input, call) {
      checkActionsRequest(input);
      const found = present(planeOf(call).state)
        .filter((update) => isAskedFor(update, input))
        .sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
      const { items, Marker } = pageOf(found, keyOf, input);
      return { UpdateActions: items.map(viewAction), Marker };
    },
  });

const keyOf = ({ cacheId, name }: ServiceUpdate) => `${cacheId} ${name}`;

const checkActionsRequest = (input: DescribeUpdateActionsCommandInput) => {
  if (input.ShowNodeLevelUpdateStatus) refuseParameters('DescribeUpdateActions', input, ['ShowNodeLevelUpdateStatus']);
  checkWords('ServiceUpdateStatus', input.ServiceUpdateStatus, Object.values(ServiceUpdateStatus));
  checkWords('UpdateActionStatus', input.UpdateActionStatus, Object.values(UpdateActionStatus));
  for (const name of ['ReplicationGroupIds', 'CacheClusterIds'] as const) {
    if ((input[name]?.length ?? 0) > MOST_IDS) throw invalidValue(`${name} can name ${MOST_IDS} at most.`);
  }
};

const isAskedFor = (update: ServiceUpdate, input: DescribeUpdateActionsCommandInput): boolean => {
  const { ReplicationGroupIds: groups = [], CacheClusterIds: clusters = [], ServiceUpdateTimeRange: range } = input;
  const named = (update.isGroup ? groups : clusters).map((id) => id.toLowerCase());
  const { UpdateActionStatus: actions, ServiceUpdateStatus: statuses, Engine: engine } = input;
  return (
    (groups.length + clusters.length === 0 || named.includes(update.cacheId)) &&
    (input.ServiceUpdateName === undefined || input.ServiceUpdateName === update.name) &&
    (!actions?.length || actions.includes(update.status)) &&
    (!statuses?.length || statuses.includes('available')) &&
    (engine === undefined || engine.toLowerCase() === update.engine) &&
    (range?.StartTime === undefined || range.StartTime.getTime() <= update.releasedAt) &&
    (range?.EndTime === undefined || range.EndTime.getTime() >= update.releasedAt)
  );
};

const viewAction = (update: ServiceUpdate): UpdateAction => ({
  ...commonOf(update),
  ...(update.isGroup ? { ReplicationGroupId: update.cacheId } : { CacheClusterId: update.cacheId }),
  UpdateActionAvailableDate: new Date(update.releasedAt),
  UpdateActionStatus: update.status,
  UpdateActionStatusModifiedDate: new Date(update.releasedAt),
  NodesUpdated: `${update.status === 'complete' ? update.nodeCount : 0}/${update.nodeCount}`,
  SlaMet: update.status === 'complete' ? 'yes' : 'n/a',
});

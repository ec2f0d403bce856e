import type {
  DescribeCacheEngineVersionsCommandInput,
  DescribeCacheEngineVersionsCommandOutput,
  DescribeServiceUpdatesCommandInput,
  DescribeServiceUpdatesCommandOutput,
  DescribeUpdateActionsCommandInput,
  DescribeUpdateActionsCommandOutput,
  ListAllowedNodeTypeModificationsCommandInput,
  ListAllowedNodeTypeModificationsCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { ENGINE_VERSIONS } from '../engine-versions.ts';
import { findCluster, findGroup } from '../lookups.ts';
import { allowedNodeTypes } from '../node-types.ts';
import { pageOf } from '../paging.ts';
import { permissionOn } from '../permissions.ts';
import { invalidCombination } from '../validation/faults.ts';

const DESCRIPTIONS = { redis: 'Redis', valkey: 'Valkey' } as const;

/** What can be created here. AWS also lists memcached, which the local account does not have yet. */
export const describeCacheEngineVersions = () =>
  operation<DescribeCacheEngineVersionsCommandInput, DescribeCacheEngineVersionsCommandOutput>({
    handle(input) {
      const fitting = ENGINE_VERSIONS.filter(({ engine }) => !input.Engine || engine === input.Engine.toLowerCase())
        .filter(({ version, full }) => !input.EngineVersion || [version, full].includes(input.EngineVersion))
        .filter(({ family }) => !input.CacheParameterGroupFamily || family === input.CacheParameterGroupFamily);
      // The newest of a family is its default.
      const listed = input.DefaultOnly
        ? fitting.filter(({ family }, index) => fitting.findLastIndex((other) => other.family === family) === index)
        : fitting;
      const { items, Marker } = pageOf(listed, ({ engine, version }) => `${engine} ${version}`, input);
      return {
        CacheEngineVersions: items.map(({ engine, version, full, family }) => ({
          Engine: engine,
          EngineVersion: version,
          CacheParameterGroupFamily: family,
          CacheEngineDescription: DESCRIPTIONS[engine],
          CacheEngineVersionDescription: `${engine} version ${full}`,
        })),
        Marker,
      };
    },
  });

export const listAllowedNodeTypeModifications = (planeOf: PlaneOf) =>
  operation<ListAllowedNodeTypeModificationsCommandInput, ListAllowedNodeTypeModificationsCommandOutput>({
    permissions: (input, call) => {
      const plane = planeOf(call);
      const { CacheClusterId: cluster, ReplicationGroupId: group } = input;
      return [
        ...(cluster === undefined ? [] : [permissionOn(plane, call, 'cluster', cluster)]),
        // Also when the request names neither: it is refused afterwards.
        ...(group === undefined && cluster !== undefined ? [] : [permissionOn(plane, call, 'replicationgroup', group)]),
      ];
    },
    handle(input, call) {
      const plane = planeOf(call);
      const { CacheClusterId: cluster, ReplicationGroupId: group } = input;
      if ((cluster === undefined) === (group === undefined)) {
        throw invalidCombination('Give exactly one of CacheClusterId and ReplicationGroupId.');
      }
      const cache = group === undefined ? findCluster(plane, cluster).cache : findGroup(plane, group);
      const { scaleUp, scaleDown } = allowedNodeTypes(cache.nodeType);
      return { ScaleUpModifications: [...scaleUp], ScaleDownModifications: [...scaleDown] };
    },
  });

/** AWS publishes no service updates for the local account. */
export const describeServiceUpdates = () =>
  operation<DescribeServiceUpdatesCommandInput, DescribeServiceUpdatesCommandOutput>({
    handle: (input) => ({ ServiceUpdates: [...pageOf<never>([], () => '', input).items] }),
  });

export const describeUpdateActions = () =>
  operation<DescribeUpdateActionsCommandInput, DescribeUpdateActionsCommandOutput>({
    handle: (input) => ({ UpdateActions: [...pageOf<never>([], () => '', input).items] }),
  });

import type {
  DescribeCacheEngineVersionsCommandInput,
  DescribeCacheEngineVersionsCommandOutput,
  DescribeReservedCacheNodesOfferingsCommandInput,
  DescribeReservedCacheNodesOfferingsCommandOutput,
  ListAllowedNodeTypeModificationsCommandInput,
  ListAllowedNodeTypeModificationsCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { ENGINE_VERSIONS } from '../engine-versions.ts';
import { findCluster, findGroup } from '../lookups.ts';
import { findMemcached } from '../memcached/state.ts';
import { allowedNodeTypes, NODE_TYPES } from '../node-types.ts';
import { pageOf } from '../paging.ts';
import { permissionOn } from '../permissions.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';

const DESCRIPTIONS = { memcached: 'memcached', redis: 'Redis', valkey: 'Valkey' } as const;

/** What can be created here. */
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

/** AWS offers reservations for one year and for three, in seconds; any other word or number is no duration. */
const DURATIONS: Readonly<Record<string, number>> = {
  1: 31_536_000,
  31536000: 31_536_000,
  3: 94_608_000,
  94608000: 94_608_000,
};

/** What nodes could be reserved here: every type that there is, for one year and for three. Prices and ids are not known. */
export const describeReservedCacheNodesOfferings = () =>
  operation<DescribeReservedCacheNodesOfferingsCommandInput, DescribeReservedCacheNodesOfferingsCommandOutput>({
    handle(input) {
      const { CacheNodeType: nodeType, Duration: duration, ProductDescription: product, OfferingType: type } = input;
      if (input.ReservedCacheNodesOfferingId !== undefined) {
        throw new ServiceError(
          'ReservedCacheNodesOfferingNotFoundFault',
          `Requested offering does not exist: ${input.ReservedCacheNodesOfferingId}.`,
        );
      }
      if (duration !== undefined && DURATIONS[duration] === undefined) {
        throw invalidValue(`Duration is 1 or 3 years, not ${duration}.`);
      }
      const offerings = NODE_TYPES.filter((each) => nodeType === undefined || each === nodeType)
        .flatMap((CacheNodeType) => [31_536_000, 94_608_000].map((Duration) => ({ CacheNodeType, Duration })))
        .filter(({ Duration }) => duration === undefined || Duration === DURATIONS[duration])
        .flatMap((offering) =>
          Object.keys(DESCRIPTIONS).map((ProductDescription) => ({
            ...offering,
            ProductDescription,
            OfferingType: 'No Upfront',
          })),
        )
        .filter(({ ProductDescription }) => product === undefined || ProductDescription === product)
        .filter(({ OfferingType }) => type === undefined || OfferingType === type);
      const { items, Marker } = pageOf(
        offerings,
        ({ CacheNodeType, Duration, ProductDescription }) => `${CacheNodeType} ${Duration} ${ProductDescription}`,
        input,
      );
      return { ReservedCacheNodesOfferings: [...items], Marker };
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
      if (findMemcached(plane, cluster)) {
        throw invalidCombination(`The node type of ${cluster} cannot be changed, as it runs memcached.`);
      }
      const cache = group === undefined ? findCluster(plane, cluster).cache : findGroup(plane, group);
      const { scaleUp, scaleDown } = allowedNodeTypes(cache.nodeType);
      return { ScaleUpModifications: [...scaleUp], ScaleDownModifications: [...scaleDown] };
    },
  });

import { type Cache, type NodeChange, nodesOf } from '../state/cache.ts';
import { invalidCombination } from '../validation/faults.ts';
import { checkMultiAz } from '../validation/topology.ts';

/** What a request says about how a cache survives the loss of a primary. */
export interface AvailabilityRequest {
  readonly AutomaticFailoverEnabled?: boolean | undefined;
  readonly MultiAZEnabled?: boolean | undefined;
}

export type AvailabilityChange = Pick<NodeChange, 'automaticFailover' | 'multiAz'>;

/**
 * The change of automatic failover and Multi-AZ that a request asks for, judged together with what is pending already.
 * A present value is a change only where it calls off a pending one.
 *
 * @throws ServiceError InvalidParameterCombination
 */
export const planAvailability = (cache: Cache, request: AvailabilityRequest): AvailabilityChange => {
  const { AutomaticFailoverEnabled: askedFailover, MultiAZEnabled: askedMultiAz } = request;
  if (askedFailover === undefined && askedMultiAz === undefined) return {};
  if (cache.clusterMode && askedFailover === false) {
    throw invalidCombination(
      'Turning off automatic failover for replication group with cluster mode enabled is not supported.',
    );
  }
  const { pending } = cache;
  const present = { failover: cache.automaticFailover === 'enabled', multiAz: cache.multiAz };
  const planned = {
    failover: pending.automaticFailover ? pending.automaticFailover === 'enabled' : present.failover,
    multiAz: pending.multiAz ?? present.multiAz,
  };
  const wanted = { failover: askedFailover ?? planned.failover, multiAz: askedMultiAz ?? planned.multiAz };
  checkWanted(cache, wanted, askedMultiAz);
  return {
    ...(wanted.failover === planned.failover ? {} : { automaticFailover: wanted.failover ? 'enabled' : 'disabled' }),
    ...(wanted.multiAz === planned.multiAz ? {} : { multiAz: wanted.multiAz }),
  };
};

const checkWanted = (
  cache: Cache,
  { failover, multiAz }: { readonly failover: boolean; readonly multiAz: boolean },
  askedMultiAz: boolean | undefined,
) => {
  if (failover && !cache.clusterMode && nodesOf(cache).length < 2) {
    throw invalidCombination('Automatic failover needs at least 2 cache clusters: a primary and a replica.');
  }
  if (multiAz && !failover && !askedMultiAz) {
    throw invalidCombination(
      'Automatic failover cannot be turned off while Multi-AZ is on. Turn off both in one call.',
    );
  }
  if (!multiAz) return;
  checkMultiAz(
    failover,
    cache.shards.map(({ id, nodes }) => ({ id, zones: nodes.map(({ availabilityZone }) => availabilityZone) })),
  );
};

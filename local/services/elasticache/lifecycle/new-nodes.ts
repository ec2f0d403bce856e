import { arnOf } from '../arns.ts';
import type { ControlPlane } from '../control-plane.ts';
import { rebootValues } from '../engine-shape.ts';
import type { Cache, Node, Shard } from '../state/cache.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';

/** Nodes to come: their ids and where each is placed. */
export interface PlannedNode {
  readonly id: string;
  readonly availabilityZone: string;
}

export interface PlannedShardNodes {
  readonly shardId: string;
  readonly nodes: readonly PlannedNode[];
}

const numberOf = ({ id }: Pick<Node, 'id'>) => Number(id.split('-').at(-1));

/** Ids go on from the highest that the shard has: what an alarm or a client knew of a removed node stays unknown. */
export const nextNodeIds = (cache: Cache, shardId: string, present: readonly Node[], count: number) => {
  const highest = Math.max(0, ...present.map(numberOf));
  return Array.from({ length: count }, (_, index) => {
    const number = String(highest + 1 + index).padStart(3, '0');
    return [cache.id, ...(cache.clusterMode ? [shardId] : []), number].join('-');
  });
};

/**
 * Zones for more nodes of a shard: as at creation in turn from the shard's own place in the row, so that primaries are
 * spread too, and always where the shard has fewest.
 *
 * @param used zones of the nodes that the shard has
 * @param zones of the subnet group, in its order
 */
export const chooseZones = (
  used: readonly string[],
  count: number,
  zones: readonly string[],
  shardIndex: number,
): readonly string[] => {
  const row = zones.map((_, index) => zones[(shardIndex + index) % zones.length] ?? '');
  const taken = [...used];
  const chosen: string[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const counts = row.map((zone) => taken.filter((other) => other === zone).length);
    const zone = row[counts.indexOf(Math.min(...counts))] ?? '';
    taken.push(zone);
    chosen.push(zone);
  }
  return chosen;
};

/**
 * The zones that a request prefers for the nodes to come: its list names one for every node of the shard, those it has
 * among them (API reference, PreferredAvailabilityZones).
 *
 * @throws ServiceError InvalidParameterValue, InvalidParameterCombination
 */
export const preferredZones = (
  preferred: readonly string[],
  used: readonly string[],
  count: number,
  zones: readonly string[],
): readonly string[] => {
  if (preferred.length !== used.length + count) {
    throw invalidCombination(
      `${preferred.length} PreferredAvailabilityZones are given for ${used.length + count} nodes; give one for each, the primary's included.`,
    );
  }
  const unknown = preferred.find((zone) => !zones.includes(zone));
  if (unknown !== undefined) {
    throw invalidValue(`Availability zone ${unknown} is not in the subnet group, which has ${zones.join(', ')}.`);
  }
  const left = [...preferred];
  for (const zone of used) {
    const index = left.indexOf(zone);
    if (index < 0) {
      throw invalidCombination(`A node is in ${zone}, which PreferredAvailabilityZones leave out. Nodes do not move.`);
    }
    left.splice(index, 1);
  }
  return left;
};

/** Writes nodes down as `creating`, in the shards they belong to; a shard that is not there yet is made. */
export const writeDown = (plane: ControlPlane, cache: Cache, shards: readonly PlannedShardNodes[]): void => {
  for (const { shardId, nodes } of shards) {
    const shard = cache.shards.find(({ id }) => id === shardId) ?? addShard(cache, shardId);
    for (const { id, availabilityZone } of nodes) {
      shard.nodes.push({
        id,
        arn: arnOf(plane.region, plane.accountId, 'cluster', id),
        availabilityZone,
        status: 'creating',
        topicStatus: 'active',
        bootParameters: rebootValues(plane.state, cache),
      });
    }
  }
};

const addShard = (cache: Cache, id: string): Shard => {
  const shard: Shard = { id, status: 'creating', slots: [], nodes: [] };
  cache.shards.push(shard);
  return shard;
};

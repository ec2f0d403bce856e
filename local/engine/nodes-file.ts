import { busPortOf } from './ports.ts';

/** A node as the cluster knows it. */
export interface ClusterMember {
  /** Forty hex digits, the engine's own name of a node. */
  readonly name: string;
  readonly port: number;
}

export interface ClusterShard {
  /** First is the primary. */
  readonly members: readonly ClusterMember[];
  /** Inclusive ranges. */
  readonly slots: readonly (readonly [number, number])[];
}

const slotText = ([first, last]: readonly [number, number]) => (first === last ? ` ${first}` : ` ${first}-${last}`);

/**
 * The cluster's topology as `self` would have saved it (nodes.conf). Written before the first start, it spares the
 * nodes all meeting, voting and handing out of slots: they wake up as members of a cluster.
 */
export const nodesFile = (shards: readonly ClusterShard[], self: ClusterMember): string => {
  const lines = shards.flatMap(({ members, slots }, index) =>
    members.map((member, place) => {
      const [primary = member] = members;
      const flags = `${member.name === self.name ? 'myself,' : ''}${place === 0 ? 'master -' : `slave ${primary.name}`}`;
      const address = `127.0.0.1:${member.port}@${busPortOf(member.port)}`;
      // A configuration epoch of its own for each shard: with equal ones the nodes would first have to settle them. A
      // node that comes alone and owns nothing has claimed nothing yet.
      const epoch = slots.length === 0 ? 0 : index + 1;
      return `${member.name} ${address} ${flags} 0 0 ${epoch} connected${place === 0 ? slots.map(slotText).join('') : ''}`;
    }),
  );
  return `${[...lines, `vars currentEpoch ${shards.length} lastVoteEpoch 0`].join('\n')}\n`;
};

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createInternalUsers, type InternalUser } from './access.ts';
import type { Certificates } from './certificates.ts';
import { type Node, NodeDidNotStart, startNode } from './node.ts';
import { type ClusterMember, nodesFile } from './nodes-file.ts';
import type { Ports } from './ports.ts';
import type { CacheShape, EngineBinary, NodeShape, ShardShape } from './types.ts';

/** What the nodes of one cache have in common. */
export interface StarterOptions {
  readonly shape: Pick<CacheShape, 'id' | 'clusterMode'>;
  /** Whether a node that starts now speaks TLS. */
  readonly usesTls: () => boolean;
  /** The cache's folder is `folder/name`. */
  readonly name: string;
  readonly folder: string;
  readonly logFolder: string;
  readonly binary: EngineBinary;
  readonly certificates: Certificates;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Called with every node that runs; it ends by itself. */
  readonly onStart: (node: Node) => void;
}

/** A node that is to be started: its engine name and its port are its own from now on. */
export interface Place extends ClusterMember {
  readonly id: string;
}

/** A shard whose nodes are to be started; the first is its primary. */
export interface PlannedShard {
  readonly slots: ShardShape['slots'];
  readonly members: readonly Place[];
}

/** What a new node is told besides its place. */
export type NodeSettings = Pick<CacheShape, 'maxmemoryBytes' | 'parameters'>;

/** A node to start: its place, who it follows from the start, and the cluster that it wakes up in. */
export interface Member {
  readonly place: Place;
  readonly settings: NodeSettings;
  /** Data port of its primary, without cluster mode. */
  readonly primaryPort?: number | undefined;
  /** The cluster's shards, with cluster mode. */
  readonly shards?: readonly PlannedShard[] | undefined;
  /** It does not know how to log in to its primary. */
  readonly cannotFollow?: boolean;
}

/** Starts the nodes of one cache, at its creation and later. */
export interface MemberStarter {
  /** The service's own user on every node of the cache. */
  readonly admin: InternalUser;
  /** Places for nodes: ports that nobody has, names that nobody had. */
  takePlaces(nodes: readonly NodeShape[]): Promise<readonly Place[]>;
  /** Starts all of them at once. @throws when one fails; by then none of them is left */
  start(members: readonly Member[]): Promise<readonly Node[]>;
  /** Leaves nothing in the folder of a node that has ended: its host is another one now. */
  empty(place: Place): void;
  /** Gives back ports and folders of nodes that have ended. */
  release(places: readonly Place[]): void;
}

/** Ports are looked at before the engine binds them; who comes in between twice running is not met by chance. */
const ATTEMPTS = 4;

/** Starts again, with other ports, what failed only because somebody else took a port in between. */
export const withFreshPorts = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NodeDidNotStart && error.portTaken) || attempts === ATTEMPTS) throw error;
    }
  }
};

export const createMemberStarter = (options: StarterOptions): MemberStarter & { readonly folder: string } => {
  const { shape, name, binary, ports, signal } = options;
  const users = createInternalUsers();
  const folder = path.join(options.folder, name);
  const folderOf = ({ id }: Place) => path.join(folder, id);

  const startOne = async ({ place, settings, primaryPort, shards, cannotFollow = false }: Member): Promise<Node> => {
    const node = await startNode({
      id: place.id,
      name: place.name,
      binary,
      // A second cache of the same id has a longer name, and its nodes' logs have it too.
      logFile: path.join(options.logFolder, `${place.id}${name.slice(shape.id.length)}.log`),
      signal,
      nodesFile: shards && nodesFile(shards, place),
      config: {
        port: place.port,
        folder: folderOf(place),
        clusterMode: shape.clusterMode,
        certificates: options.usesTls() ? options.certificates : undefined,
        maxmemoryBytes: settings.maxmemoryBytes,
        parameters: settings.parameters,
        users,
        primaryPort,
        primaryPassword: cannotFollow ? randomBytes(32).toString('hex') : undefined,
      },
    });
    options.onStart(node);
    return node;
  };

  return {
    folder,
    admin: users.admin,
    async takePlaces(nodes) {
      const places: Place[] = [];
      for (const { id } of nodes) {
        places.push({ id, name: randomBytes(20).toString('hex'), port: await ports.take() });
      }
      return places;
    },
    async start(members) {
      const outcomes = await Promise.allSettled(members.map(startOne));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      const nodes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      if (!failed) return nodes;
      await Promise.all(nodes.map((node) => node.kill()));
      throw failed.reason;
    },
    empty(place) {
      rmSync(folderOf(place), { recursive: true, force: true });
    },
    release(places) {
      for (const place of places) {
        ports.giveBack(place.port);
        rmSync(folderOf(place), { recursive: true, force: true });
      }
    },
  };
};

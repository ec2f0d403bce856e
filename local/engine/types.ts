/** The engine binary that plays the nodes. */
export interface EngineBinary {
  readonly engine: 'redis' | 'valkey';
  readonly version: string;
  readonly path: string;
  /** Environment the binary needs, e.g. LD_LIBRARY_PATH when it was fetched. */
  readonly env: Readonly<Record<string, string>>;
}

/** One user of the engine's ACL. Passwords are kept as SHA-256, the way the engine stores them. */
export interface EngineUser {
  readonly name: string;
  /** Lower-case hex SHA-256 of each valid password; none and `open` false: nobody gets in. */
  readonly passwordHashes: readonly string[];
  /** Lets in whoever comes, without a password (`nopass`), besides those with one. */
  readonly open: boolean;
  /** The access string, e.g. `~* &* +@all`. The commands that ElastiCache forbids are always taken away. */
  readonly access: string;
}

/** How a change of users goes wrong, on demand. */
export interface UserFaults {
  /** The node that does not learn of it. */
  readonly forgets?: string;
  /** Whoever is connected as one of the users is cut off. */
  readonly dropsConnections?: boolean;
}

export interface NodeShape {
  /** Member cluster id: `orders-0001-001` or `sessions-001`. */
  readonly id: string;
}

export interface ShardShape {
  /** Node group id, `0001`. */
  readonly id: string;
  /** First node is the primary. */
  readonly nodes: readonly NodeShape[];
  /** Inclusive slot ranges; empty without cluster mode. */
  readonly slots: readonly (readonly [number, number])[];
}

/** What a cache is made of. */
export interface CacheShape {
  /** Unique in the account and Region; also the folder's name. */
  readonly id: string;
  readonly clusterMode: boolean;
  readonly tls: boolean;
  readonly shards: readonly ShardShape[];
  readonly maxmemoryBytes: number;
  /** Engine parameters that reach redis.conf: `maxmemory-policy`, `maxmemory-samples`, `lazyfree-lazy-eviction`, ... */
  readonly parameters: Readonly<Record<string, string>>;
  readonly users: readonly EngineUser[];
}

/** Whether clients come with TLS: never, as they like, always. */
export type TransitMode = 'off' | 'preferred' | 'required';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Nodes that come to a cache: replicas of a shard it has, or the primary and replicas of a new one. */
export interface ShardNodes {
  readonly shardId: string;
  readonly nodes: readonly NodeShape[];
}

/** A cache made of real processes. Each method returns when the engine itself confirms the new state. */
export interface RunningCache {
  /** What the cache is made of now. */
  readonly shape: CacheShape;
  /** Where clients connect. `configuration` with cluster mode; `primary` and `reader` without. Stable for life. */
  readonly endpoints: { readonly configuration?: Address; readonly primary?: Address; readonly reader?: Address };
  /** Each node's own address. */
  nodeAddress(nodeId: string): Address;
  /** Who is primary of each shard now, asked of the engine: node id by shard id. */
  primaries(): Promise<ReadonlyMap<string, string>>;
  /**
   * Replaces the ACL users on every node, one node after the other. Open connections stay, except those of users who are
   * not named any more.
   */
  setUsers(users: readonly EngineUser[], faults?: UserFaults): Promise<void>;
  /** Changes engine parameters on every node at run time. */
  setParameters(parameters: Readonly<Record<string, string>>): Promise<void>;
  setMaxmemory(bytes: number): Promise<void>;
  /**
   * Lets in clients with TLS, without it, or both, on the ports that all nodes have. No data is lost; who is no longer
   * let in is cut off. Safe to repeat.
   *
   * @throws Error for a step from `off` to `required` or back, which needs `preferred` in between
   */
  setTransit(mode: TransitMode): Promise<void>;
  /**
   * Starts nodes and brings them in while the cache serves. Replicas are in step with their primary; a new shard, which
   * only a cluster can get, owns no slot until `moveSlots` gives it some.
   *
   * @param parameters what the new nodes start with; left out: what the cache has now
   * @throws Error when one does not come up; by then none of the new nodes is left
   */
  addNodes(shards: readonly ShardNodes[], parameters?: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Ends nodes and makes the others forget them: replicas, or whole shards of a cluster that own no slot.
   *
   * @throws Error for a primary whose shard stays, before anything has changed
   */
  removeNodes(nodeIds: readonly string[]): Promise<void>;
  /**
   * Gives each of these shards the slots named here, with their keys, while the cluster serves: no key and no
   * acknowledged write is lost to a client that follows redirections. `shape` tells the slots as they move.
   *
   * @param onProgress told the share of slots that have moved, 0–1, with each slot
   * @param signal     ends it after the slots that are on their way
   * @throws Error naming the slot that cannot be moved; what has moved stays where it is, and a later call goes on
   */
  moveSlots(
    layout: ReadonlyMap<string, ShardShape['slots']>,
    onProgress?: (movedFraction: number) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Starts a node's process anew, on the same port, for parameters that only a start brings in. Whoever was connected is
   * cut off; replicas follow what their primary comes back with.
   *
   * @param parameters the engine parameters that it starts with, all of them
   * @param keepsData  whether it comes back with its data, or empty
   * @throws Error when it does not come back; with cluster mode, whose nodes have nothing that waits for a start
   */
  restart(nodeId: string, parameters: Readonly<Record<string, string>>, keepsData: boolean): Promise<void>;
  /**
   * Lets the primary of a shard die (SIGKILL) and makes the replica with the least lag its successor. Whatever else
   * changes nodes or slots waits meanwhile. What the successor did not have yet is lost; the dead node stays down.
   *
   * @param untilPromotion how long the shard is without a primary; it has to end when the signal aborts
   * @returns the ids of the nodes: who died, and who is primary now, as every node that runs says
   * @throws Error before anything has happened when there is no primary or no replica; later when no replica is fit
   */
  failOver(
    shardId: string,
    untilPromotion: (signal: AbortSignal) => Promise<void>,
  ): Promise<{ readonly from: string; readonly to: string }>;
  /**
   * Gives a node another host: it is started anew, empty, on its port, as a replica of its shard's primary, with the
   * users, parameters and encryption of now. Resolves when it is in step.
   *
   * @param how `parameters`: what it starts with, left out: what the cache has now. `cannotFollow`: it runs without ever
   *            getting into step, and nobody is led to it
   * @throws Error when it does not come back, and then it is down; for a primary; when its shard has no primary
   */
  recover(
    nodeId: string,
    how?: { readonly parameters?: Readonly<Record<string, string>>; readonly cannotFollow?: boolean },
  ): Promise<void>;
  /** Whether a node's process runs. */
  isRunning(nodeId: string): boolean;
  /** INFO of one node as key → value. @throws when the node does not answer within a second */
  info(nodeId: string): Promise<Readonly<Record<string, string>>>;
  /** A command as the service's own administrator, for the control plane and for tests' ground truth. */
  command(nodeId: string, ...args: readonly string[]): Promise<unknown>;
  /** The file that a node writes its log to, and wrote it to in former lives. */
  logFile(nodeId: string): string;
  /** Writes a node's data to a file, as the engine itself saves it. @returns its size, bytes */
  saveTo(nodeId: string, file: string): Promise<number>;
  /** Ends a node's process at once (SIGKILL), as a host that dies. */
  kill(nodeId: string): Promise<void>;
  /**
   * Tells when a node's process ended by anything but `stop`: killed, crashed, out of memory. Nothing restarts it.
   * The answer unsubscribes.
   */
  onExit(listener: (nodeId: string) => void): () => void;
  /** Asks who is primary now and points the endpoints accordingly: to be called after a promotion. */
  followPrimaries(): Promise<void>;
  /** Ends all nodes and endpoints. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts and keeps the processes of one account. */
export interface Engine {
  readonly binary: EngineBinary;
  /**
   * Resolves when every node answers, replicas are attached and, in cluster mode, every node knows all the others and
   * all slots are covered.
   *
   * @throws Error naming the node, with the last lines of its log, when one does not start; by then none of the
   *         cache's processes is left
   */
  start(shape: CacheShape): Promise<RunningCache>;
  /** Resident memory of all processes, bytes. */
  residentBytes(): number;
  stop(): Promise<void>;
}

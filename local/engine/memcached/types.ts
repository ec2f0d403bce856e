import type { Address } from '../types.ts';

/** How the nodes of one memcached cluster are started. All nodes of a cluster have the same. */
export interface MemcachedSettings {
  /** Memory for items, whole MiB; memcached itself asks for at least 2. */
  readonly memoryMegabytes: number;
  readonly largestItemBytes: number;
  /** Least space for key, value and flags of an item, bytes. */
  readonly chunkBytes: number;
  /** Each slab class is this much larger than the one before; above 1. */
  readonly growthFactor: number;
  readonly hasCas: boolean;
  /** False: a full node refuses new items instead of dropping old ones. */
  readonly evicts: boolean;
  readonly mayFlush: boolean;
  /** Seconds after which an idle connection ends; 0 is never. */
  readonly idleSeconds: number;
}

export interface MemcachedShape {
  /** Unique in the account and Region; also the folder's name. */
  readonly id: string;
  /** Node ids, `0001`. */
  readonly nodeIds: readonly string[];
  readonly settings: MemcachedSettings;
}

/** A memcached cluster made of real processes. Each method returns when memcached itself answers. */
export interface RunningMemcached {
  /** Where clients discover the nodes. Stable for life. */
  readonly configurationEndpoint: Address;
  readonly nodeIds: readonly string[];
  /** A node's own address; it stays when the node is restarted. */
  nodeAddress(nodeId: string): Address;
  /**
   * Adds empty nodes, which discovery then tells of.
   *
   * @throws Error naming the node that did not start; by then none of the new ones is left
   */
  add(nodeIds: readonly string[], settings: MemcachedSettings): Promise<void>;
  /** Ends nodes and what they held. Clients that look again are not told of them any more. */
  remove(nodeIds: readonly string[]): Promise<void>;
  /** Ends a node's process and starts it anew: empty, at the same address. Its clients are cut off. */
  restart(nodeId: string, settings: MemcachedSettings): Promise<void>;
  /** What memcached says of itself (`stats`). @throws when the node does not answer within a second */
  stats(nodeId: string): Promise<Readonly<Record<string, string>>>;
  /** How often the node was asked for the cluster's configuration, since the cluster began. */
  configurationGets(nodeId: string): number;
  /** Ends all nodes and endpoints. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts and keeps the memcached processes of one account. */
export interface Memcached {
  /**
   * Finds the program, and fetches it when this machine has none. Nothing of this happens before somebody asks.
   *
   * @throws Error with one sentence that says what to install
   */
  ready(): Promise<void>;
  /** @throws Error naming the node that did not start; by then none of the cluster's processes is left */
  start(shape: MemcachedShape): Promise<RunningMemcached>;
  stop(): Promise<void>;
}

import { OPERATION_TAG } from './names.ts';

/** One cache as ElastiCache describes it, in our words. */
export interface CacheSeen {
  readonly cacheId: string;
  /** What it is to ElastiCache: a replication group unless it says `cluster`, as Memcached's caches do. */
  readonly kind?: 'replication-group' | 'cluster' | undefined;
  readonly arn: string;
  /** creating, available, modifying, deleting, create-failed, snapshotting. */
  readonly status: string;
  readonly description: string;
  /** When it was made; undefined where ElastiCache does not tell. */
  readonly createdAt?: string | undefined;
  readonly engine?: string | undefined;
  /** As the member clusters say it, e.g. `7.1.0`; ElastiCache does not know it of the group. */
  readonly engineVersion?: string | undefined;
  readonly nodeType?: string | undefined;
  readonly clusterMode: boolean;
  readonly shards: readonly ShardSeen[];
  /** On, or about to be. */
  readonly automaticFailover: boolean;
  /** Whether it is just being turned on or off. */
  readonly failoverChanging?: boolean | undefined;
  readonly multiAZ: boolean;
  readonly tls: boolean;
  readonly atRestEncryption: boolean;
  readonly authToken: boolean;
  /** When the AUTH token was last changed; undefined without one, or where ElastiCache does not tell. */
  readonly tokenChangedAt?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly snapshotRetentionDays?: number | undefined;
  readonly snapshotWindow?: string | undefined;
  readonly maintenanceWindow?: string | undefined;
  readonly parameterGroup?: string | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroupIds: readonly string[];
  readonly port?: number | undefined;
  readonly autoMinorVersionUpgrade?: boolean | undefined;
  /** Whether clients without TLS are let in too (`preferred`); undefined without TLS. */
  readonly tlsMode?: 'preferred' | 'required' | undefined;
  readonly userGroupIds?: readonly string[] | undefined;
  readonly logDelivery?: readonly LogDelivery[] | undefined;
  readonly dataTiering?: boolean | undefined;
  /** The global datastore to which it belongs, if it does. */
  readonly globalDatastoreId?: string | undefined;
  /** Where ElastiCache tells what happens to it; empty when nowhere. */
  readonly notificationTopicArn?: string | undefined;
  /** Whether it tells nothing there: somebody turned that off, or ElastiCache could not publish. */
  readonly notificationTopicInactive?: boolean | undefined;
  /** Ordered and not applied yet, by its name in PendingModifiedValues, of the group or of a member. */
  readonly pending?: readonly string[] | undefined;
  /** Its nodes; all of them without cluster mode, and one that speaks for them with it. */
  readonly members?: readonly MemberSeen[] | undefined;
  /** Of how many nodes ElastiCache does not tell now what only they say, such as their version; 0 when everything is known. */
  readonly untoldMembers?: number | undefined;
  readonly endpoints: Endpoints;
  /** Undefined when ElastiCache does not tell: it refuses to, unless the cache is `available`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Where one kind of log goes. */
export interface LogDelivery {
  readonly logType: string;
  readonly destinationType: string;
  readonly destination: string;
  readonly logFormat: string;
  /** Why the log does not arrive, in ElastiCache's words; left out while it does. */
  readonly problem?: string | undefined;
}

export interface MemberSeen {
  /** `orders-001`. */
  readonly id: string;
  /** `in-sync`, `applying`, or `pending-reboot`: then it has to be restarted for its parameters. */
  readonly parameterStatus: string;
  /** The numbers of its nodes, `0001` and so on: one each, but with Memcached, whose cluster is one member with many. */
  readonly nodeIds?: readonly string[] | undefined;
  /** Known without cluster mode only. */
  readonly role?: 'primary' | 'replica' | undefined;
}

export interface ShardSeen {
  /** `0001`. */
  readonly id: string;
  readonly status: string;
  /** Primary and replicas; with Memcached, whose one shard stands for the cache, all its nodes. */
  readonly nodeCount: number;
  /** With cluster mode, as ElastiCache writes them: `0-5460,6000-7000`. */
  readonly slots?: string | undefined;
  /** Its nodes, as far as ElastiCache names them. */
  readonly nodes?: readonly NodeSeen[] | undefined;
}

export interface NodeSeen {
  /** `orders-0001-001`. */
  readonly id: string;
  /** Its Availability Zone. */
  readonly zone?: string | undefined;
  /** Known without cluster mode only, as is its own endpoint. */
  readonly role?: 'primary' | 'replica' | undefined;
  readonly endpoint?: Endpoint | undefined;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where clients connect: `configuration` with cluster mode and with Memcached, `primary` and `reader` without. */
export interface Endpoints {
  readonly configuration?: Endpoint | undefined;
  readonly primary?: Endpoint | undefined;
  readonly reader?: Endpoint | undefined;
}

/** What our steps need from ElastiCache, and no more. Its in-memory twin is in test/. */
export interface Caches {
  /** @param details also asks for tags and for a member cluster, which knows version and parameter group */
  find(cacheId: string, details?: 'with details'): Promise<CacheSeen | undefined>;
  /** Every cache of the account and Region, page by page, without details. */
  all(): AsyncIterable<CacheSeen>;
  tagsOf(arn: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** @throws CacheExists, RaiseShardQuota, RaiseNodeQuota, ChooseOtherNodeType, FixInput (by `operatorActionFor`) */
  create(request: Readonly<Record<string, unknown>>, authToken?: string): Promise<{ arn: string; status: string }>;
  /**
   * Deletes it. One that is not there is fine.
   *
   * @param finalSnapshot the name of the snapshot that is taken first; left out: none is
   * @throws WaitUntilAvailable
   */
  delete(cache: Pick<CacheSeen, 'cacheId' | 'kind'>, finalSnapshot?: string): Promise<void>;
}

/** The signature that marks a cache as made by one operation, readable in every status, unlike its tags. */
export const signed = (description: string, operationId: string): string =>
  `${description} (autopilot:operation=${operationId})`;

/** The description without its signature, and the operation that signed it. */
export const readSignature = (text: string): { description: string; operationId?: string } => {
  const [, description, operationId] = /^([\s\S]*) \(autopilot:operation=([A-Za-z0-9_-]{1,80})\)$/.exec(text) ?? [];
  return description !== undefined && operationId !== undefined ? { description, operationId } : { description: text };
};

/** Who made a cache, as far as can be told now. */
export type Maker = { readonly known: true; readonly operationId: string | undefined } | { readonly known: false };

/**
 * Of a replication group the signature tells in every status. A cluster has no description: its tag tells, which ElastiCache
 * shows only of what is `available`, and until then nobody knows.
 */
export const makerOf = ({ kind, description, tags }: CacheSeen): Maker => {
  if (kind !== 'cluster') return { known: true, operationId: readSignature(description).operationId };
  return tags === undefined ? { known: false } : { known: true, operationId: tags[OPERATION_TAG] };
};

/** Whether this operation made the cache. */
export const wasMadeBy = (cache: CacheSeen, operationId: string): boolean => {
  const maker = makerOf(cache);
  return maker.known && maker.operationId === operationId;
};

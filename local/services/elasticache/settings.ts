/** Limits that AWS sets per account and Region, each as its documented default (ElastiCache guide, quotas). */
export interface Quotas {
  nodesPerRegion: number;
  /** Nodes of one cache with cluster mode. */
  nodesPerCluster: number;
  shardsPerCluster: number;
  /** The API reference and the quota page of the guide disagree (40 and 60): the smaller one. */
  nodesPerMemcachedCluster: number;
  parameterGroups: number;
  subnetGroups: number;
  subnetsPerGroup: number;
  /** The quota page and the RBAC page of the guide disagree (2000 and 1000): the smaller one. */
  users: number;
  /** As with `users`: 200 and 100. */
  userGroups: number;
  usersPerGroup: number;
  tagsPerResource: number;
  /** Manual ones, of each node, in any 24 hours. */
  manualSnapshotsPerNodeAndDay: number;
  /** TestFailover, in any 24 hours. */
  failoverTestsPerDay: number;
}

export const DEFAULT_QUOTAS: Quotas = {
  nodesPerRegion: 300,
  nodesPerCluster: 90,
  shardsPerCluster: 90,
  nodesPerMemcachedCluster: 40,
  parameterGroups: 300,
  subnetGroups: 300,
  subnetsPerGroup: 20,
  users: 1000,
  userGroups: 100,
  usersPerGroup: 100,
  tagsPerResource: 50,
  manualSnapshotsPerNodeAndDay: 20,
  failoverTestsPerDay: 15,
};

/** How long the service takes, in seconds of the account's clock. */
export interface Delays {
  readonly creationSeconds: number;
  readonly changeSeconds: number;
  readonly deletionSeconds: number;
  readonly snapshotSeconds: number;
  /** Users, user groups and parameter values. */
  readonly accessSeconds: number;
  /** From the death of a primary until a replica is promoted: seconds (ElastiCache guide, minimizing downtime). */
  readonly promotionSeconds: number;
  /** From the promotion until the dead node's new host starts; what it takes then is the engine's own. */
  readonly recoverySeconds: number;
  /** For this long a Describe does not show what a call has just done. */
  readonly readAfterWriteLagSeconds: number;
}

export const DEFAULT_DELAYS: Delays = {
  creationSeconds: 60,
  changeSeconds: 30,
  deletionSeconds: 30,
  snapshotSeconds: 30,
  accessSeconds: 10,
  promotionSeconds: 15,
  recoverySeconds: 120,
  readAfterWriteLagSeconds: 1,
};

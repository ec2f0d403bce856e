import { Cluster } from 'ioredis';
import type { NodeAddress } from './connection.ts';
import { type Connection, type Credentials, nodeOptions, unlessAborted } from './connection.ts';

/** A node that does not answer CLUSTER SLOTS within this is passed over. */
const TOPOLOGY_MS = 1000;

/**
 * A client that follows the topology, as one connection: it learns the slots from the first node and goes where MOVED
 * leads. What may have been executed is never sent again, so that no number is written twice: a broken connection fails
 * its commands, and it is for the caller to open another client, which learns the topology anew.
 */
export const openCluster = async (
  { host, port, tls }: NodeAddress,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Connection> => {
  // Whether a node is tried again is for the cluster's own settings.
  const { retryStrategy: _, ...redisOptions } = nodeOptions(tls, credentials);
  const cluster = new Cluster([{ host, port }], {
    lazyConnect: true,
    // Commands wait for the connection to a node that MOVED has just led to, each with its own deadline at the caller.
    enableOfflineQueue: true,
    enableReadyCheck: false,
    scaleReads: 'master',
    // A redirection was not executed, so that it is safe to follow; a second one is for a node whose view is old.
    maxRedirections: 2,
    retryDelayOnMoved: 0,
    // 0 turns these repetitions off.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: TOPOLOGY_MS,
    clusterRetryStrategy: () => null,
    // A certificate is for the node's name, which must not become an address before the handshake.
    dnsLookup: (name, done) => done(null, name),
    redisOptions,
  });
  let lastError: Error | undefined;
  cluster.on('error', (error: Error) => {
    lastError = error;
  });
  // What a single node says is more to the point than that "all nodes failed".
  cluster.on('node error', (error: Error) => {
    lastError = error;
  });
  const close = () => {
    const nodes = cluster.nodes();
    cluster.disconnect();
    for (const node of nodes) node.stream?.destroy();
  };
  try {
    await unlessAborted(signal, cluster.connect());
  } catch (error) {
    close();
    throw lastError ?? error;
  }
  return {
    call: (name, ...args) => cluster.call(name, ...args),
    onBroken(listener) {
      cluster.once('end', listener);
    },
    close,
  };
};

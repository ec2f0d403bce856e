import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { asLoginError, type CacheAddress, type Credentials, KEPT_SECONDS, keyOf, type OpenLink } from './link.ts';

/**
 * ioredis, as its documentation recommends it for ElastiCache, except that a command is tried once: a retry behind our
 * back would hide the failure that we count.
 */
export const openIoredis: OpenLink = async (address, credentials, { name, reconnects, onLost }) => {
  let closing = false;
  let lastError: unknown;
  const lost = () => {
    if (!closing) onLost();
  };
  const options = nodeOptions(address, credentials, name);
  const client = address.clusterMode
    ? new Cluster([{ host: address.host, port: address.port }], clusterOptions(options, reconnects))
    : new Redis({
        ...options,
        host: address.host,
        port: address.port,
        lazyConnect: true,
        enableOfflineQueue: false,
        ...(reconnects ? {} : { retryStrategy: () => null }),
      });
  client.on('error', (error: Error) => {
    // That all nodes failed says nothing: the last of them says why.
    lastError = 'lastNodeError' in error && error.lastNodeError ? error.lastNodeError : error;
  });
  if (client instanceof Cluster) {
    client.on('+node', (node: Redis) => {
      // The library closes connections of its own, e.g. that to the configuration endpoint; those it has forgotten by then.
      node.on('close', () => client.nodes('all').includes(node) && lost());
    });
  }

  const close = () => {
    closing = true;
    client.disconnect();
  };
  try {
    await client.connect();
  } catch (error) {
    close();
    throw asLoginError(lastError ?? error);
  }
  if (client instanceof Redis) client.on('close', lost);
  return {
    async write(index, value) {
      await client.set(keyOf(name, index), value, 'EX', KEPT_SECONDS);
    },
    read: (index) => client.get(keyOf(name, index)),
    isOver: () => client.status === 'end',
    close,
  };
};

/** For one node, alone or of a cluster. */
const nodeOptions = ({ authority }: CacheAddress, { username, password }: Credentials, name: string) =>
  ({
    password,
    ...(username ? { username } : {}),
    tls: authority ? { ca: authority } : {},
    connectionName: name,
    connectTimeout: 5000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The ready check and the library’s own introduction are commands that nobody counts.
    enableReadyCheck: false,
    disableClientInfo: true,
  }) satisfies RedisOptions;

const clusterOptions = (redisOptions: ReturnType<typeof nodeOptions>, reconnects: boolean) =>
  ({
    redisOptions,
    // The nodes announce names that their certificates know; an address would not pass.
    dnsLookup: (host, callback) => callback(null, host),
    lazyConnect: true,
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    ...(reconnects ? {} : { clusterRetryStrategy: () => null }),
  }) satisfies ClusterOptions;

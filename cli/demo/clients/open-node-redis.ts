import { createClient, createCluster } from '@redis/client';
import { asLoginError, type CacheAddress, type Credentials, KEPT_SECONDS, keyOf, type OpenLink } from './link.ts';

/** node-redis with its defaults, except that a command for a connection that is down fails at once instead of waiting. */
export const openNodeRedis: OpenLink = (address, credentials, options) =>
  address.clusterMode ? openCluster(address, credentials, options) : openOne(address, credentials, options);

const openOne: OpenLink = async (address, credentials, { name, reconnects, onLost }) => {
  const client = createClient(clientOptions(address, credentials, name, reconnects));
  const watch = watchFor(onLost);
  client.on('ready', () => watch.up(name));
  client.on('error', () => watch.down(name));
  const close = () => {
    watch.stop();
    if (client.isOpen) client.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    close();
    throw asLoginError(error);
  }
  return {
    async write(index, value) {
      await client.set(keyOf(name, index), value, { expiration: { type: 'EX', value: KEPT_SECONDS } });
    },
    read: (index) => client.get(keyOf(name, index)),
    isOver: () => !client.isOpen,
    close,
  };
};

const openCluster: OpenLink = async (address, credentials, { name, reconnects, onLost }) => {
  const { socket, ...defaults } = clientOptions(address, credentials, name, reconnects);
  const { host, port, ...shared } = socket;
  const client = createCluster({
    rootNodes: [{ socket: { ...shared, host, port } }],
    defaults: { ...defaults, socket: shared },
  });
  const watch = watchFor(onLost);
  client.on('node-ready', ({ host: node, port: at }) => watch.up(`${node}:${at}`));
  client.on('node-error', (_error, { host: node, port: at }) => watch.down(`${node}:${at}`));
  // That no node could be reached is what connecting says; why, is told here.
  let lastError: unknown;
  client.on('error', (error) => {
    lastError = error;
  });
  const close = () => {
    watch.stop();
    if (client.isOpen) client.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    close();
    throw asLoginError(lastError ?? error);
  }
  return {
    async write(index, value) {
      await client.set(keyOf(name, index), value, { expiration: { type: 'EX', value: KEPT_SECONDS } });
    },
    read: (index) => client.get(keyOf(name, index)),
    isOver: () => !client.isOpen,
    close,
  };
};

/** A connection that is lost is told by several errors, each attempt to get it back included: it is lost once. */
const watchFor = (onLost: () => void) => {
  const connected = new Set<string>();
  return {
    up: (node: string) => void connected.add(node),
    down(node: string) {
      if (connected.delete(node)) onLost();
    },
    stop: () => connected.clear(),
  };
};

const clientOptions = (
  { host, port, authority }: CacheAddress,
  { username, password }: Credentials,
  name: string,
  reconnects: boolean,
) => ({
  name,
  password,
  ...(username ? { username } : {}),
  disableOfflineQueue: true,
  disableClientInfo: true,
  // Messages of Redis’s own cloud; ElastiCache has none of them.
  maintNotifications: 'disabled' as const,
  socket: {
    host,
    port,
    tls: true as const,
    ...(authority ? { ca: authority } : {}),
    connectTimeout: 5000,
    ...(reconnects ? {} : { reconnectStrategy: false as const }),
  },
});

import { keyIn } from '../../../functions/platform/key-slot.ts';
import { asLoginError, type CacheAddress, type Credentials, KEPT_SECONDS, KEYS, keyOf, type OpenLink } from './link.ts';
import { type RespConnection, RespError, respConnection } from './resp-connection.ts';

type SlotRange = readonly [number, number];

/**
 * The protocol itself on one socket: nothing connects again, nothing is repeated. On a cluster it talks to the primary of
 * the first shard and uses keys of its slots.
 */
export const openRaw: OpenLink = async (address, credentials, { name, onLost }) => {
  const first = await logIn(address, credentials, name);
  const { connection, slots } = address.clusterMode
    ? await moveHome(first, address, credentials, name)
    : { connection: first, slots: undefined };
  connection.onLost(onLost);
  const keys = Array.from({ length: KEYS }, (_, index) =>
    slots ? keyIn(keyOf(name, index), slots) : keyOf(name, index),
  );
  const key = (index: number) => keys[index] ?? keyOf(name, index);
  return {
    async write(index, value) {
      await connection.call('SET', key(index), value, 'EX', String(KEPT_SECONDS));
    },
    async read(index) {
      const value = await connection.call('GET', key(index));
      return typeof value === 'string' ? value : null;
    },
    isOver: connection.isOver,
    close: connection.close,
  };
};

const logIn = async (address: CacheAddress, credentials: Credentials, name: string): Promise<RespConnection> => {
  const connection = await respConnection(address);
  const { username, password } = credentials;
  try {
    await connection.call('AUTH', ...(username ? [username] : []), password);
    await connection.call('CLIENT', 'SETNAME', name);
    return connection;
  } catch (error) {
    connection.close();
    throw asLoginError(error);
  }
};

/** From whatever node the configuration endpoint led to, to the primary of the first shard. */
const moveHome = async (first: RespConnection, address: CacheAddress, credentials: Credentials, name: string) => {
  try {
    const shards = (await first.call('CLUSTER', 'SLOTS')) as readonly [number, number, [string, number]][];
    const [found] = [...shards].sort(([a], [b]) => a - b);
    if (!found) throw new RespError('The cluster has no slots.');
    const [from, to, [host, port]] = found;
    const connection = await logIn({ ...address, host: host || address.host, port }, credentials, name);
    const slots: readonly SlotRange[] = [[from, to]];
    return { connection, slots };
  } finally {
    first.close();
  }
};

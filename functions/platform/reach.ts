import type { Endpoint } from './caches.ts';
import type { Credentials } from './credentials.ts';
import type { Connect, EngineConnection } from './engine-client.ts';
import { reachable } from './reachable.ts';

/** Connects to a node, does the work, and closes the connection. @throws NotReady, VerificationFailed as `reachable` does */
export type Reach = <T>(to: Endpoint, work: (connection: EngineConnection) => Promise<T>) => Promise<T>;

/** How to reach the nodes of one cache: each time by a connection of its own. */
export const reachWith =
  (cacheId: string, connect: Connect, { tls, ...credentials }: { readonly tls: boolean } & Credentials): Reach =>
  (to, work) =>
    reachable(cacheId, async () => {
      const connection = await connect({ ...to, tls, ...credentials });
      try {
        return await work(connection);
      } finally {
        connection.close();
      }
    });

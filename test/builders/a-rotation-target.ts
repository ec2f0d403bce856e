import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { Versions } from '../../functions/token-rotation/schemas.ts';
import { aShard } from './a-drill.ts';
import type { RotatingNode, RotatingTraits } from './a-rotating-engine.ts';
import { aCache } from './an-observation.ts';
import { type InMemorySecrets, inMemorySecrets } from './in-memory-secrets.ts';

export const SECRET = 'autopilot/orders/auth-token';
const PORT = 6379;
const at = (host: string) => ({ host, port: PORT });

/** The tokens of the three versions; long enough to be found wherever one gets out. */
export const TOKENS = {
  current: 'CurrentToken'.padEnd(32, 'c'),
  pending: 'PendingToken'.padEnd(32, 'p'),
  previous: 'PreviousToken'.padEnd(32, 'v'),
};
export const VERSIONS: Versions = {
  current: 'version-current',
  pending: 'version-pending',
  previous: 'version-previous',
};

/** A secret whose versions hold these tokens; one that is left out has no value. */
export const aSecretWith = (
  tokens: Partial<Record<keyof typeof TOKENS, string>> = TOKENS,
  text: (token: string) => string = (token) =>
    JSON.stringify({ username: 'default', password: token, authToken: token }),
): InMemorySecrets => {
  const secrets = inMemorySecrets();
  const { current, ...others } = tokens;
  secrets.kept.set(SECRET, {
    value: current === undefined ? undefined : text(current),
    versionId: VERSIONS.current,
    deleted: false,
    pendingVersionId: VERSIONS.pending,
    previousVersionId: VERSIONS.previous,
    others: Object.fromEntries(Object.entries(others).map(([label, token]) => [`version-${label}`, text(token)])),
  });
  return secrets;
};

/** A cache of three nodes without cluster mode, or of so many with it, and how it is reached. */
export const aCacheToRotate = (
  clusterMode: boolean,
  hosts: readonly string[] = ['one', 'two', 'three'],
): { readonly cache: CacheSeen; readonly engine: Omit<RotatingTraits, 'nodes'> } => {
  const [first = 'one', ...others] = hosts;
  if (!clusterMode) {
    const nodes = hosts.map((host) => ({ id: `orders-${host}`, endpoint: at(host) }));
    return {
      cache: aCache({
        clusterMode,
        shards: [aShard('0001', { nodeCount: hosts.length, nodes, slots: undefined })],
        endpoints: { primary: at('orders'), reader: at('orders-ro') },
      }),
      engine: { endpoints: { orders: first, 'orders-ro': others[0] ?? first } },
    };
  }
  return {
    cache: aCache({
      clusterMode,
      shards: [aShard('0001', { nodeCount: hosts.length, slots: '0-16383' })],
      endpoints: { configuration: at('orders.example.com') },
    }),
    engine: { endpoints: { 'orders.example.com': first }, slots: [[0, 16_383, first, ...others]] },
  };
};

/** Three nodes that all let in who has the current token. */
export const threeNodes = (
  changes: Readonly<Record<string, Partial<RotatingNode>>> = {},
): Record<string, RotatingNode> =>
  Object.fromEntries(['one', 'two', 'three'].map((host) => [host, { accepts: [TOKENS.current], ...changes[host] }]));

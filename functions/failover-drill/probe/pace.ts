/** Within this of a recovery a new connection is attempted, while the outage is short. */
const SHORTEST_MS = 25;
const LONGEST_MS = 500;
const SHARE = 0.01;

/**
 * How long to wait between two attempts to connect, by how long there has been none: 1 % of it, so that the moment of
 * recovery is known to 1 %, and yet few connections are made. A client makes 100 attempts in the first 2.5 s, 100 more
 * each time the outage has grown 2.7-fold (at 1 % of the time, ln(t / 2.5 s) × 100), and 2 a second from 50 s on: 280 in
 * an outage of 15 s, 420 in one of 60 s; the three clients together 840 and 1,260. Nearly all of them are refused or
 * never arrive, which does not count as NewConnections of any node, and the nodes that live are asked for the topology
 * over a connection that stays open (`scout.ts`). An alarm that allows a node 25 new connections a second for a minute,
 * less than a single busy application without a pool makes, stays silent even if the node accepts every one of them.
 */
export const reconnectAfterMs = (downMs: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, downMs * SHARE));

import type { Label, Logins } from './logins.ts';
import type { Acceptance, Tried } from './schemas.ts';

/** Who came to a node: with the token of a version, or as somebody who has none. */
export type Visitor = Label | 'nobody';

/** What one node said. */
export interface NodeTried {
  /** host:port */
  readonly node: string;
  readonly accepts: readonly Visitor[];
}

/** More nodes than these are not all told one by one. */
const NODES_TOLD = 20;

/** Where each token is accepted, from what each node said. Pure. */
export const acceptanceOf = (
  nodes: readonly NodeTried[],
  logins: Logins,
): Pick<Tried, 'nodes' | Label | 'open' | 'byNode'> => {
  const of = (label: Label): Acceptance => {
    const login = logins.get(label) ?? 'absent';
    if (typeof login === 'string') return login;
    const accepting = nodes.filter(({ accepts }) => accepts.includes(label)).length;
    if (accepting === 0) return 'nowhere';
    return accepting === nodes.length ? 'everywhere' : 'somewhere';
  };
  const told = nodes.length <= NODES_TOLD ? nodes : unlikeMost(nodes);
  return {
    nodes: nodes.length,
    current: of('current'),
    pending: of('pending'),
    previous: of('previous'),
    open: nodes.some(({ accepts }) => accepts.includes('nobody')),
    byNode: told.slice(0, NODES_TOLD).map(({ node, accepts }) => ({ node, accepts: [...accepts] })),
  };
};

/** The nodes that do not accept what the most of them accept. */
const unlikeMost = (nodes: readonly NodeTried[]): readonly NodeTried[] => {
  const alike = Map.groupBy(nodes, ({ accepts }) => accepts.join());
  const [, ...others] = [...alike.values()].sort((one, other) => other.length - one.length);
  return others.flat();
};

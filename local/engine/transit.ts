import type { Certificates } from './certificates.ts';
import { type Front, openFront } from './front.ts';
import type { Node } from './node.ts';
import { tlsFiles } from './node-config.ts';
import { onEach } from './on-each.ts';
import { busPortOf, type Ports } from './ports.ts';
import type { TransitMode } from './types.ts';

/** Who may come to the nodes of one cache, with TLS and without; it changes while they serve. */
export interface Transit {
  /** Whether the nodes speak TLS among themselves: a new one has to from its start. */
  usesTlsInside(): boolean;
  /**
   * Safe to repeat. Each node keeps its port and its data; who is no longer admitted is cut off.
   *
   * @throws Error for `off` from `required` and back: clients need `preferred` in between
   */
  moveTo(mode: TransitMode, nodes: readonly Node[]): Promise<void>;
  /** Treats nodes that have just come as all others. */
  include(nodes: readonly Node[]): Promise<void>;
  /** Gives a node's port back to the node, which is about to start anew. */
  release(node: Node): Promise<void>;
  close(): Promise<void>;
}

export interface TransitOptions {
  readonly tls: boolean;
  readonly clusterMode: boolean;
  readonly certificates: Certificates;
  readonly ports: Ports;
}

const DEADLINE_MS = 5_000;

/**
 * A node listens on one port of its own until its cache takes clients of both kinds. Then it moves to two others, one for
 * each kind, and a front takes its place; the node goes on telling everybody the first port.
 */
export const createTransit = ({ tls, clusterMode, certificates, ports }: TransitOptions): Transit => {
  const fronts = new Map<Node, Front>();
  let mode: TransitMode = tls ? 'required' : 'off';
  let usesTlsInside = tls;
  let hasFronts = false;

  const set = (node: Node, settings: Readonly<Record<string, string | number>>) =>
    node.call(DEADLINE_MS, 'CONFIG', 'SET', ...Object.entries(settings).flat().map(String));

  const announced = ({ port }: Node) => ({
    'replica-announce-port': port,
    ...(clusterMode
      ? {
          'cluster-announce-port': port,
          'cluster-announce-tls-port': port,
          'cluster-announce-bus-port': busPortOf(port),
        }
      : {}),
  });

  const raise = async (node: Node, admitted: TransitMode) => {
    const behind = { plain: await ports.take(), tls: await ports.take() };
    const giveBack = () => {
      for (const port of Object.values(behind)) ports.giveBack(port);
    };
    let front: Front;
    try {
      await set(node, {
        ...tlsFiles(certificates),
        ...announced(node),
        port: behind.plain,
        'tls-port': behind.tls,
      });
      front = await openFront(node.port, behind, admitted);
    } catch (error) {
      const [plain, secure] = usesTlsInside ? [0, node.port] : [node.port, 0];
      await set(node, { port: plain, 'tls-port': secure }).catch(() => undefined);
      giveBack();
      throw error;
    }
    fronts.set(node, front);
    hasFronts = true;
    void node.ended.then(async () => {
      fronts.delete(node);
      await front.close();
      giveBack();
    });
  };

  const admit = (nodes: readonly Node[], admitted: TransitMode) =>
    onEach(nodes, async (node) => {
      const front = fronts.get(node);
      if (front) front.admit(admitted);
      else if (admitted === 'preferred') await raise(node, admitted);
    });

  const speakInside = async (nodes: readonly Node[], on: boolean) => {
    const answer = on ? 'yes' : 'no';
    const settings = { 'tls-replication': answer, ...(clusterMode ? { 'tls-cluster': answer } : {}) };
    await onEach(nodes, async (node) => {
      await set(node, settings);
      node.connectWith(on ? certificates.caFile : undefined);
    });
    usesTlsInside = on;
  };

  return {
    usesTlsInside: () => usesTlsInside,
    async moveTo(next, nodes) {
      if (mode !== next && mode !== 'preferred' && next !== 'preferred') {
        throw new Error(`Encryption in transit cannot go from ${mode} to ${next} without preferred in between.`);
      }
      if (next !== 'preferred' && mode === 'preferred') await speakInside(nodes, next === 'required');
      await admit(nodes, next);
      mode = next;
    },
    async include(nodes) {
      if (!hasFronts) return;
      await onEach(nodes, (node) => raise(node, mode));
    },
    async release(node) {
      await fronts.get(node)?.close();
      fronts.delete(node);
    },
    async close() {
      await Promise.all([...fronts.values()].map((front) => front.close()));
    },
  };
};

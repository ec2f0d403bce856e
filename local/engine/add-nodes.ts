import { setTimeout as sleep } from 'node:timers/promises';
import { applyUsers } from './apply-users.ts';
import { parseClusterNodes } from './cluster-view.ts';
import { type MemberStarter, type NodeSettings, type Place, withFreshPorts } from './member-starter.ts';
import type { Node } from './node.ts';
import { busPortOf } from './ports.ts';
import { settleCluster, settlePair } from './settle.ts';
import type { EngineUser, NodeShape } from './types.ts';

/** The cache that nodes come to, as it is now. */
export interface Host {
  readonly clusterMode: boolean;
  readonly starter: MemberStarter;
  readonly settings: NodeSettings;
  readonly users: readonly EngineUser[];
  /** All its nodes that run. */
  readonly nodes: readonly Node[];
  readonly signal: AbortSignal;
}

/** New nodes of one shard. */
export interface Newcomers {
  readonly nodes: readonly NodeShape[];
  /** Whom they follow; none: the first of them is the primary of a new shard. */
  readonly primary: Node | undefined;
}

const CALL_DEADLINE_MS = 5_000;
const MEETING_DEADLINE_MS = 30_000;
/** A handshake that was not answered in a second is given up by the engine. */
const MEET_AGAIN_MS = 2_000;
const ASK_AGAIN_MS = 15;

/**
 * Starts nodes and brings them into a cache that goes on serving: replicas are in step with their primaries, and in a
 * cluster every node knows them. Primaries of new shards own no slot yet, but all functions.
 *
 * @returns the nodes of each shard, in the order given
 * @throws Error when one of them does not come up; by then all of them are gone again
 */
export const addNodes = async (host: Host, shards: readonly Newcomers[]): Promise<readonly (readonly Node[])[]> =>
  await withFreshPorts(async () => {
    const places: (readonly Place[])[] = [];
    let nodes: readonly Node[] = [];
    try {
      for (const shard of shards) places.push(await host.starter.takePlaces(shard.nodes));
      nodes = await host.starter.start(
        shards.flatMap(({ primary }, index) =>
          (places[index] ?? []).map((place) => ({
            place,
            settings: host.settings,
            ...(host.clusterMode ? { shards: [{ slots: [], members: [place] }] } : { primaryPort: primary?.port }),
          })),
        ),
      );
      await applyUsers(nodes, host.users);
      const teams = shards.map(({ primary }, index) => ({
        primary,
        nodes: nodes.filter((node) => places[index]?.some(({ name }) => name === node.name)),
      }));
      await (host.clusterMode ? joinCluster(host, teams) : joinPairs(host, teams));
      return teams.map((team) => team.nodes);
    } catch (error) {
      await Promise.all(nodes.map((node) => node.kill()));
      if (host.clusterMode) await forget(host.nodes, nodes).catch(() => undefined);
      host.starter.release(places.flat());
      throw error;
    }
  });

/** Makes the nodes that stay forget those that go, before the latter could be asked for anything more. */
export const forget = async (staying: readonly Node[], leaving: readonly Pick<Node, 'name'>[]): Promise<void> => {
  const forgetOne = async (node: Node, name: string) => {
    await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'FORGET', name).catch((error: Error) => {
      if (!/Unknown node/i.test(error.message)) throw error;
    });
  };
  await Promise.all(staying.map((node) => Promise.all(leaving.map(({ name }) => forgetOne(node, name)))));
};

interface Team {
  readonly primary: Node | undefined;
  readonly nodes: readonly Node[];
}

const joinPairs = async (host: Host, teams: readonly Team[]) => {
  for (const { primary, nodes } of teams) {
    const replicas = host.nodes.filter((node) => node !== primary);
    if (primary) await settlePair([primary, ...replicas, ...nodes], host.signal);
  }
};

const joinCluster = async (host: Host, teams: readonly Team[]) => {
  const newcomers = teams.flatMap(({ nodes }) => nodes);
  const all = [...host.nodes, ...newcomers];
  await introduce(newcomers, all, host.signal);
  for (const { primary, nodes } of teams) {
    const [first, ...rest] = nodes;
    const leader = primary ?? first;
    for (const node of primary ? nodes : rest) {
      await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'REPLICATE', leader?.name ?? '');
    }
    if (!primary && first) await copyFunctions(host.nodes, first);
  }
  await settleCluster(all, host.signal, newcomers);
};

/** A new shard has all libraries of functions, as every other has them (ElastiCache guide, online resizing). */
const copyFunctions = async ([source]: readonly Node[], target: Node) => {
  const libraries = await source?.callBinary(CALL_DEADLINE_MS, 'FUNCTION', 'DUMP');
  if (Buffer.isBuffer(libraries)) {
    await target.callBinary(CALL_DEADLINE_MS, 'FUNCTION', 'RESTORE', libraries, 'REPLACE');
  }
};

/** Resolves when every newcomer knows all the others, and they it. */
export const introduce = async (
  newcomers: readonly Node[],
  all: readonly Node[],
  signal: AbortSignal,
): Promise<void> => {
  const deadline = Date.now() + MEETING_DEADLINE_MS;
  for (let meetAgainAt = 0; ; ) {
    signal.throwIfAborted();
    const strangers = await strangersAmong(newcomers, all);
    if (strangers.length === 0) return;
    if (Date.now() > deadline) {
      const names = strangers.map(([one, other]) => `${one.id} and ${other.id}`).join(', ');
      throw new Error(`After ${MEETING_DEADLINE_MS} ms these nodes still do not know each other: ${names}.`);
    }
    if (Date.now() >= meetAgainAt) {
      await Promise.all(strangers.map(([one, other]) => meet(one, other)));
      meetAgainAt = Date.now() + MEET_AGAIN_MS;
    }
    await sleep(ASK_AGAIN_MS);
  }
};

const strangersAmong = async (newcomers: readonly Node[], all: readonly Node[]) => {
  const known = new Map(
    await Promise.all(
      all.map(async (node) => {
        const seen = parseClusterNodes(await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'NODES'));
        const friends = seen.filter(({ flags }) => !flags.has('handshake'));
        return [node, new Set(friends.map(({ name }) => name))] as const;
      }),
    ),
  );
  const know = (one: Node, other: Node) => known.get(one)?.has(other.name) && known.get(other)?.has(one.name);
  return newcomers.flatMap((newcomer) =>
    all
      .filter((other) => other !== newcomer && !know(newcomer, other))
      .map((other): readonly [Node, Node] => [newcomer, other]),
  );
};

const meet = async (newcomer: Node, { port }: Node) =>
  await newcomer.call(CALL_DEADLINE_MS, 'CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPortOf(port)));

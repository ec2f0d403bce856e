// The other end of a-scripted-endpoint.ts: in a thread of its own, so that it changes its state on time whatever the
// test's thread is busy with.
import { createServer, type Server, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { slotOf } from '../../functions/platform/key-slot.ts';
import type { DownTime, EndpointSetup, NodeState, Order, Step, Truth } from './a-scripted-endpoint.ts';

const SLOT_COUNT = 16_384;
const setup = workerData as EndpointSetup;
const lists = new Map<string, string[]>();
const expiries = new Map<string, number>();
/** How many writes of each key are still acknowledged and not kept, and how many reads answered with an old value. */
const toForget = new Map<string, number>();
const toAnswerOld = new Map<string, number>();
let forgetEach = 0;
let answerOldEach = 0;
const BEAT_MS = 5;
let heldUpMs = 0;
const forgotten: Record<string, number[]> = {};
const answeredOld: Record<string, number> = {};

interface ScriptedNode {
  readonly index: number;
  readonly shard: number;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  /** Sockets whose other end is gone for ever, as a host's that died. */
  readonly dead: Set<Socket>;
  port: number;
  state: NodeState;
  accepted: number;
}

const primaries = setup.shards.map((nodes) => nodes[0] ?? 0);
const nodes: ScriptedNode[] = [];
const rangeOf = (shard: number): readonly [number, number] => {
  const edge = (index: number) => Math.ceil((index * SLOT_COUNT) / setup.shards.length);
  return [edge(shard), edge(shard + 1) - 1];
};

const bulk = (text: string | undefined) =>
  text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const array = (parts: readonly string[]) => `*${parts.length}\r\n${parts.join('')}`;
const address = (node: number) => array([bulk(setup.host), `:${nodes[node]?.port}\r\n`, bulk(`id-${node}`)]);
const WRITES = new Set(['RPUSH', 'EXPIRE', 'DEL']);
const KEYED = new Set([...WRITES, 'LINDEX', 'LRANGE', 'EXISTS', 'TTL']);

const takeOne = (counts: Map<string, number>, each: number, key: string): boolean => {
  const left = counts.get(key) ?? each;
  counts.set(key, Math.max(0, left - 1));
  return left > 0;
};

const answer = (node: ScriptedNode, [name = '', ...args]: readonly string[]): string => {
  const [key = '', ...rest] = args;
  if (KEYED.has(name)) {
    if (node.state === 'loading') return '-LOADING Redis is loading the dataset in memory\r\n';
    if (node.state === 'clusterdown') return '-CLUSTERDOWN The cluster is down\r\n';
    if (setup.clusterMode) {
      const slot = slotOf(key);
      const owner = primaries[setup.shards.findIndex((_, shard) => slot <= rangeOf(shard)[1])] ?? 0;
      if (owner !== node.index) return `-MOVED ${slot} ${setup.host}:${nodes[owner]?.port}\r\n`;
    }
    if (node.state === 'readonly' && WRITES.has(name))
      return "-READONLY You can't write against a read only replica.\r\n";
  }
  const list = lists.get(key) ?? [];
  switch (name) {
    case 'RPUSH': {
      const kept = !takeOne(toForget, forgetEach, key);
      if (kept) lists.set(key, list);
      if (kept) list.push(...rest);
      else forgotten[key] = [...(forgotten[key] ?? []), ...rest.map(Number)];
      return `:${list.length + (kept ? 0 : rest.length)}\r\n`;
    }
    case 'LINDEX': {
      if (list.length < 2 || !takeOne(toAnswerOld, answerOldEach, key)) return bulk(list.at(-1));
      answeredOld[key] = (answeredOld[key] ?? 0) + 1;
      return bulk(list[0]);
    }
    case 'LRANGE':
      return array(list.map(bulk));
    case 'EXPIRE':
      if (lists.has(key)) expiries.set(key, Number(rest[0]));
      return lists.has(key) ? ':1\r\n' : ':0\r\n';
    case 'DEL':
      expiries.delete(key);
      return lists.delete(key) ? ':1\r\n' : ':0\r\n';
    case 'EXISTS':
      return lists.has(key) ? ':1\r\n' : ':0\r\n';
    case 'WAIT':
      return `:${setup.replicasInStep}\r\n`;
    case 'PING':
      return '+PONG\r\n';
    case 'INFO':
      return bulk(info(node));
    case 'CLUSTER':
      if (!setup.clusterMode) return '-ERR This instance has cluster support disabled\r\n';
      if (args[0]?.toUpperCase() === 'INFO') return bulk('cluster_state:ok\r\n');
      return array(
        setup.shards.map((members, shard) => {
          const primary = primaries[shard] ?? 0;
          const [first, last] = rangeOf(shard);
          const inOrder = [primary, ...members.filter((member) => member !== primary)];
          return array([`:${first}\r\n`, `:${last}\r\n`, ...inOrder.map(address)]);
        }),
      );
    case 'SELECT':
    case 'CLIENT':
    case 'READONLY':
    case 'READWRITE':
      return '+OK\r\n';
    default:
      return `-ERR unknown command '${name}'\r\n`;
  }
};

/** The only section that anybody asks for. */
const info = (node: ScriptedNode): string => {
  const replicas = Array.from(
    { length: setup.replicas },
    (_, index) => `slave${index}:ip=10.0.0.${index + 1},port=6379,state=online,offset=${100 - index},lag=${index}`,
  );
  const isPrimary = primaries.includes(node.index) && node.state !== 'readonly';
  const role = isPrimary ? 'master' : 'slave';
  return ['# Replication', `role:${role}`, 'master_repl_offset:100', ...(isPrimary ? replicas : []), ''].join('\r\n');
};

/** Takes whole commands off the front of what has arrived. */
const takeCommands = (data: Buffer): { readonly commands: string[][]; readonly rest: Buffer } => {
  const commands: string[][] = [];
  let at = 0;
  for (;;) {
    let next = at;
    const line = () => {
      const end = data.indexOf('\r\n', next);
      if (end < 0) return undefined;
      const text = data.toString('latin1', next + 1, end);
      next = end + 2;
      return Number(text);
    };
    const count = line();
    if (count === undefined) break;
    const words: string[] = [];
    for (let word = 0; word < count; word += 1) {
      const length = line();
      if (length === undefined || data.length < next + length + 2) break;
      words.push(data.toString('utf8', next, next + length));
      next += length + 2;
    }
    if (words.length < count) break;
    commands.push(words);
    at = next;
  }
  return { commands, rest: data.subarray(at) };
};

const accept = (node: ScriptedNode, socket: Socket) => {
  node.accepted += 1;
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  if (node.state === 'resetting') {
    socket.resetAndDestroy();
    return;
  }
  node.sockets.add(socket);
  if (node.state === 'silent') node.dead.add(socket);
  if (node.state === 'hung') socket.pause();
  socket.once('close', () => {
    node.sockets.delete(socket);
    node.dead.delete(socket);
  });
  let unread: Buffer = Buffer.alloc(0);
  let letIn = setup.token === undefined;
  socket.on('data', (data) => {
    if (node.dead.has(socket)) return;
    const { commands, rest } = takeCommands(Buffer.concat([unread, data]));
    unread = rest;
    const replies = commands.map(([first = '', ...args]) => {
      const name = first.toUpperCase();
      if (name === 'AUTH') {
        letIn = args.at(-1) === setup.token;
        return letIn ? '+OK\r\n' : '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
      }
      return letIn ? answer(node, [name, ...args]) : '-NOAUTH Authentication required.\r\n';
    });
    socket.write(replies.join(''));
  });
};

const listen = (node: ScriptedNode, port: number) =>
  new Promise<void>((resolve, reject) => {
    node.server.once('error', reject);
    node.server.listen({ host: setup.host, port }, () => {
      node.server.off('error', reject);
      resolve();
    });
  });

const change = async (node: ScriptedNode, state: NodeState): Promise<void> => {
  const before = node.state;
  node.state = state;
  if (before === 'refusing' && state !== 'refusing') await listen(node, node.port);
  if (before === 'hung') for (const socket of node.sockets) socket.resume();
  if (state === 'hung') for (const socket of node.sockets) socket.pause();
  if (state === 'silent') for (const socket of node.sockets) node.dead.add(socket);
  if (state === 'refusing') node.server.close();
  if (state === 'refusing' || state === 'resetting') for (const socket of node.sockets) socket.resetAndDestroy();
};

/** When the first shard is not served. */
const createTruth = () => {
  const side = (served: (state: NodeState) => boolean) => {
    const seen: DownTime[] = [];
    return {
      look() {
        const isServed = served(nodes[primaries[0] ?? 0]?.state ?? 'silent');
        const last = seen.at(-1);
        const isDown = last?.toMs === Number.POSITIVE_INFINITY;
        if (isServed && isDown) seen[seen.length - 1] = { ...last, toMs: performance.now() };
        if (!isServed && !isDown) seen.push({ fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY });
      },
      seen,
    };
  };
  const write = side((state) => state === 'healthy');
  const read = side((state) => state === 'healthy' || state === 'readonly');
  return {
    look() {
      write.look();
      read.look();
    },
    result: (): Truth => ({ writes: write.seen, reads: read.seen }),
  };
};

const play = async (steps: readonly Step[]): Promise<Truth> => {
  const truth = createTruth();
  for (const step of steps) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(step.afterMs)));
    const node = nodes[step.node ?? 0];
    if (step.promote !== undefined) primaries[node?.shard ?? 0] = step.promote;
    if (step.forgetWrites !== undefined) {
      forgetEach = step.forgetWrites;
      toForget.clear();
    }
    if (step.answerOld !== undefined) {
      answerOldEach = step.answerOld;
      toAnswerOld.clear();
    }
    if (step.loseAll) lists.clear();
    if (step.state !== undefined && node) await change(node, step.state);
    truth.look();
  }
  return truth.result();
};

const stop = () => {
  for (const { server, sockets } of nodes) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
};

const obey = async ({ order }: Order): Promise<unknown> => {
  if (order.do === 'play') return await play(order.steps);
  if (order.do === 'look') {
    return {
      keys: [...lists.keys()],
      keysWithoutExpiry: [...lists.keys()].filter((key) => !expiries.has(key)),
      connections: nodes.reduce((sum, { sockets }) => sum + sockets.size, 0),
      accepted: nodes.reduce((sum, { accepted }) => sum + accepted, 0),
      forgotten,
      answeredOld,
      heldUpMs,
    };
  }
  return stop();
};

for (const [shard, members] of setup.shards.entries()) {
  for (const index of members) {
    const server = createServer({ noDelay: true }, (socket) => accept(node, socket));
    const node: ScriptedNode = {
      index,
      shard,
      server,
      sockets: new Set(),
      dead: new Set(),
      port: setup.ports[index] ?? 0,
      state: 'healthy',
      accepted: 0,
    };
    nodes[index] = node;
    await listen(node, node.port);
  }
}
let lastBeatMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  heldUpMs = Math.max(heldUpMs, nowMs - lastBeatMs - BEAT_MS);
  lastBeatMs = nowMs;
}, BEAT_MS).unref();

parentPort?.on('message', async (order: Order) => {
  try {
    parentPort?.postMessage({ id: order.id, answer: await obey(order) });
  } catch (error) {
    parentPort?.postMessage({ id: order.id, error: String(error) });
  }
  if (order.order.do === 'stop') parentPort?.close();
});
parentPort?.postMessage({ id: 0, answer: 'ready' });

import { Worker } from 'node:worker_threads';
import type { Target } from '../../functions/failover-drill/probe/target.ts';
import { createPorts } from '../../local/engine/ports.ts';

/**
 * How a node behaves.
 *
 * - `refusing` listens no more and has cut everybody off; `resetting` accepts and resets.
 * - `silent` accepts and never answers, like a host that died and whose address lives: who was connected then is never
 *   answered again, also when it is healthy.
 * - `hung` is stopped in the middle and answers everything later, in order.
 * - `readonly` refuses writes, `loading` and `clusterdown` all that needs data.
 */
export type NodeState =
  | 'healthy'
  | 'refusing'
  | 'resetting'
  | 'silent'
  | 'hung'
  | 'readonly'
  | 'clusterdown'
  | 'loading';

/** One change, by the clock of the endpoint's own thread. */
export interface Step {
  /** After the step before it, or the beginning. */
  readonly afterMs: number;
  /** Which node; the first one when left out. */
  readonly node?: number;
  readonly state?: NodeState;
  /** The node that is primary of that node's shard from now on. */
  readonly promote?: number;
  /** So many of the next writes of each key are acknowledged and not kept. */
  readonly forgetWrites?: number;
  /** So many of the next reads of each key are answered with the first value it had. */
  readonly answerOld?: number;
  /** Everything is gone. */
  readonly loseAll?: true;
}

/** When the first shard was really not served, in milliseconds of the endpoint's own clock; empty when it always was. */
export interface Truth {
  readonly writes: readonly DownTime[];
  readonly reads: readonly DownTime[];
}

/** `toMs` is infinite of one that had not ended with the script. */
export interface DownTime {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface EndpointSeen {
  readonly keys: readonly string[];
  readonly keysWithoutExpiry: readonly string[];
  /** Open now. */
  readonly connections: number;
  /** Since the beginning. */
  readonly accepted: number;
  /** By key: numbers that were acknowledged and not kept, and how many reads were answered with an old value. */
  readonly forgotten: Readonly<Record<string, readonly number[]>>;
  readonly answeredOld: Readonly<Record<string, number>>;
  /** The longest time for which the endpoint's own thread got no CPU. */
  readonly heldUpMs: number;
}

export interface EndpointSetup {
  readonly host: string;
  readonly clusterMode: boolean;
  /** Nodes of each shard, the first primary first. */
  readonly shards: readonly (readonly number[])[];
  readonly ports: readonly number[];
  /** Replicas that the primary calls online, and how many of them confirm what is written. */
  readonly replicas: number;
  readonly replicasInStep: number;
  readonly token?: string | undefined;
}

export interface Order {
  readonly id: number;
  readonly order: { readonly do: 'play'; readonly steps: readonly Step[] } | { readonly do: 'look' | 'stop' };
}

export interface ScriptedEndpoint {
  readonly target: Target;
  /** Resolves when the script is over, with what really happened meanwhile. */
  play(steps: readonly Step[]): Promise<Truth>;
  look(): Promise<EndpointSeen>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const ports = createPorts();

/**
 * A cache that is scripted instead of real: it speaks enough of Redis's protocol, and fails exactly when it is told to.
 * With cluster mode it has a shard of two nodes (0 and 1) and another one (2); the configuration endpoint is node 2.
 */
export const aScriptedEndpoint = async (
  traits: { clusterMode?: boolean; token?: string; replicas?: number; replicasInStep?: number } = {},
): Promise<ScriptedEndpoint> => {
  const { clusterMode = false, token, replicas = 1, replicasInStep = replicas } = traits;
  const shards = clusterMode ? [[0, 1], [2]] : [[0]];
  const taken = await Promise.all(shards.flat().map(() => ports.take()));
  const setup: EndpointSetup = { host: HOST, clusterMode, shards, ports: taken, replicas, replicasInStep, token };
  const worker = new Worker(new URL('./scripted-endpoint-worker.ts', import.meta.url), { workerData: setup });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  worker.on('message', ({ id, answer, error }: { id: number; answer?: unknown; error?: string }) => {
    if (error === undefined) waiting.get(id)?.resolve(answer);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  worker.on('error', (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  const answered = (id: number) => new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
  const give = (order: Order['order']) => {
    lastId += 1;
    worker.postMessage({ id: lastId, order } satisfies Order);
    return answered(lastId);
  };
  await answered(0);

  const endpoint = { host: HOST, port: taken.at(-1) ?? 0 };
  return {
    target: clusterMode
      ? {
          clusterMode,
          endpoint,
          tls: false,
          shards: [
            { id: '0001', slots: [[0, 8191]] },
            { id: '0002', slots: [[8192, 16_383]] },
          ],
        }
      : { clusterMode, endpoint, tls: false },
    play: async (steps) => (await give({ do: 'play', steps })) as Truth,
    look: async () => (await give({ do: 'look' })) as EndpointSeen,
    async stop() {
      await give({ do: 'stop' });
      await worker.terminate();
      for (const port of taken) ports.giveBack(port);
    },
  };
};

import { Worker } from 'node:worker_threads';
import type { HandlerError, InvokeMessage, SandboxData, SandboxMessage } from './sandbox-messages.ts';

/** How one invocation ended. */
export type Invoked =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: HandlerError }
  /** The function was out of time; its sandbox is gone. */
  | { readonly kind: 'timed out' }
  /** The sandbox died in the middle. */
  | { readonly kind: 'died' };

export interface SandboxOptions {
  readonly data: SandboxData;
  /** The whole environment of the function: nothing of ours is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the function prints, by line. */
  readonly onLine: (line: string) => void;
}

/** One execution environment of a function: a thread that handles one invocation at a time. */
export interface Sandbox {
  readonly alive: boolean;
  invoke(message: InvokeMessage, timeoutMs: number): Promise<Invoked>;
  /** Ends it at once, also in the middle of an invocation. */
  kill(): Promise<void>;
}

const linesOf = (stream: NodeJS.ReadableStream, onLine: (line: string) => void) => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest) onLine(rest);
  });
};

export const startSandbox = ({ data, environment, onLine }: SandboxOptions): Sandbox => {
  const worker = new Worker(new URL('./runtime.ts', import.meta.url), {
    workerData: data,
    env: { ...environment },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  linesOf(worker.stdout, onLine);
  linesOf(worker.stderr, onLine);
  // A sandbox that waits for work does not keep the account alive.
  worker.unref();

  let alive = true;
  let settle: ((outcome: Invoked) => void) | undefined;
  let isReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const died = (reason?: Error) => {
    if (reason) onLine(`Runtime exited with error: ${reason.stack ?? reason.message}`);
    alive = false;
    isReady();
    settle?.({ kind: 'died' });
  };
  worker.on('error', died);
  worker.on('exit', () => died());
  worker.on('message', (message: SandboxMessage) => {
    if (message.kind === 'ready') isReady();
    else if (message.kind === 'answer') settle?.({ kind: 'answer', payload: message.payload });
    else settle?.({ kind: 'error', error: message.error });
  });

  const kill = async () => {
    alive = false;
    await worker.terminate();
  };

  return {
    get alive() {
      return alive;
    },
    kill,
    async invoke(message, timeoutMs) {
      await ready;
      if (!alive) return { kind: 'died' };
      worker.ref();
      let timer: NodeJS.Timeout | undefined;
      try {
        const ended = new Promise<Invoked>((resolve) => {
          settle = resolve;
        });
        const late = new Promise<Invoked>((resolve) => {
          timer = setTimeout(() => resolve({ kind: 'timed out' }), timeoutMs);
        });
        worker.postMessage({ ...message, deadline: Date.now() + timeoutMs } satisfies InvokeMessage);
        const outcome = await Promise.race([ended, late]);
        if (outcome.kind === 'timed out') await kill();
        return outcome;
      } finally {
        clearTimeout(timer);
        settle = undefined;
        worker.unref();
      }
    },
  };
};

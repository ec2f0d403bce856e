/**
 * Runs inside a sandbox (a worker thread): the part of Lambda's Node.js runtime that loads a handler and calls it.
 * The code of the function is loaded unchanged. What AWS's machine would give it besides is set up here first: a trust
 * store that knows the certificate authority of the caches, and the account's time.
 */
import tls from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import type { HandlerError, InvokeMessage, SandboxData, SandboxMessage } from './sandbox-messages.ts';

const { module, handler, authorityPem, clock } = workerData as SandboxData;

/** Makes `Date` show the account's time; timers stay real, because real work takes real time. */
const setClock = () => {
  const RealDate = Date;
  const now = () => clock.origin + (RealDate.now() - clock.realOrigin) * clock.speed;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  return RealDate;
};

if (authorityPem) tls.setDefaultCACertificates([...tls.getCACertificates('default'), authorityPem]);
const RealDate = setClock();

const send = (message: SandboxMessage) => parentPort?.postMessage(message);

const describe = (thrown: unknown): HandlerError => {
  if (thrown instanceof Error) {
    const trace = (thrown.stack ?? '').split('\n');
    return { errorType: thrown.name, errorMessage: thrown.message, trace };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
};

type Handler = (event: unknown, context: object) => unknown;

const load = async (): Promise<Handler> => {
  const loaded = (await import(module)) as Record<string, unknown> & { default?: Record<string, unknown> };
  const found = loaded[handler] ?? loaded.default?.[handler];
  if (typeof found === 'function') return found as Handler;
  throw Object.assign(new Error(`${handler} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
};

const contextOf = ({ requestId, functionName, functionArn, memoryMb, deadline }: InvokeMessage) => ({
  awsRequestId: requestId,
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: functionArn,
  memoryLimitInMB: String(memoryMb),
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => deadline - RealDate.now(),
});

// As on Lambda, a handler that cannot be loaded fails each call, not the sandbox alone.
const loading = load();
loading.then(
  () => send({ kind: 'ready' }),
  () => send({ kind: 'ready' }),
);

parentPort?.on('message', async (message: InvokeMessage) => {
  const { requestId } = message;
  process.env._X_AMZN_TRACE_ID = message.traceId;
  try {
    const call = await loading;
    const answer = await call(JSON.parse(message.payload), contextOf(message));
    send({ kind: 'answer', requestId, payload: JSON.stringify(answer) ?? 'null' });
  } catch (thrown) {
    send({ kind: 'error', requestId, error: describe(thrown) });
  }
});

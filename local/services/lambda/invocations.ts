import { randomBytes, randomUUID } from 'node:crypto';
import { mayAssume } from '../../authorization/trust.ts';
import { type Invoked, type Sandbox, startSandbox } from '../../lambda/sandbox.ts';
import { ServiceError, type World } from '../../service.ts';
import { embeddedMetrics } from '../monitoring/embedded-metrics.ts';
import type { LambdaFunction } from './functions.ts';

/** An invocation's end as its caller sees it. */
export interface Answer {
  /** JSON text: the handler's answer, or the error's description. */
  readonly payload: string;
  readonly error: boolean;
}

export interface Invocations {
  /** Calls a function and waits for its end. Never throws for what the function does. */
  invoke(fn: LambdaFunction, payload: string, requestId?: string): Promise<Answer>;
  /** Ends every running invocation of a function in the middle, as a host that dies. */
  kill(name: string): Promise<void>;
  /** Ends all sandboxes. */
  stop(): Promise<void>;
}

interface Pool {
  readonly idle: Set<Sandbox>;
  readonly busy: Set<Sandbox>;
}

/** Real time after which an idle sandbox is given up: it costs some 30 MB. */
const IDLE_MS = 60_000;

/** What a function may answer, by Lambda's own count (Lambda guide, quotas: 6 MB). */
const ANSWER_BYTES = 6_291_556;

/** What a handler prints besides: never the payload, which is the function's own business. */
const reportLine = (requestId: string, durationMs: number, memoryMb: number) =>
  `REPORT RequestId: ${requestId} Duration: ${durationMs.toFixed(2)} ms Memory Size: ${memoryMb} MB`;

export const createInvocations = (world: World, xrayAddress: () => string): Invocations => {
  const pools = new Map<string, Pool>();
  const timers = new Map<Sandbox, NodeJS.Timeout>();
  const poolOf = (arn: string): Pool => {
    const pool = pools.get(arn) ?? { idle: new Set(), busy: new Set() };
    pools.set(arn, pool);
    return pool;
  };

  const start = (fn: LambdaFunction): Sandbox => {
    const logStream = `${world.clock.iso().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
    const principal = { kind: 'role', arn: fn.roleArn, session: fn.name } as const;
    return startSandbox({
      data: {
        module: fn.module,
        handler: fn.handler.split('.')[1] ?? 'handler',
        authorityPem: world.certificateAuthority.certPem,
        clock: { origin: world.clock.origin, realOrigin: world.clock.realOrigin, speed: world.clock.speed },
      },
      // Lambda guide, "Defined runtime environment variables"; the endpoint is the one thing that AWS has not.
      environment: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        LANG: 'en_US.UTF-8',
        TZ: ':UTC',
        AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: fn.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
        AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroup,
        AWS_LAMBDA_LOG_STREAM_NAME: logStream,
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
        AWS_XRAY_DAEMON_ADDRESS: xrayAddress(),
        _HANDLER: fn.handler,
        LAMBDA_TASK_ROOT: '/var/task',
        ...world.environmentFor(principal, fn.region),
        ...fn.environment,
      },
      onLine(line) {
        world.log(`lambda/${fn.name}`, line);
        for (const datum of embeddedMetrics(line, fn.region)) world.metrics.record(datum);
      },
    });
  };

  const take = (fn: LambdaFunction): Sandbox => {
    const pool = poolOf(fn.arn);
    const [warm] = [...pool.idle].filter((sandbox) => sandbox.alive);
    const sandbox = warm ?? start(fn);
    clearTimeout(timers.get(sandbox));
    pool.idle.delete(sandbox);
    pool.busy.add(sandbox);
    return sandbox;
  };

  const giveBack = (fn: LambdaFunction, sandbox: Sandbox) => {
    const pool = poolOf(fn.arn);
    pool.busy.delete(sandbox);
    if (!sandbox.alive) return;
    pool.idle.add(sandbox);
    const timer = setTimeout(() => {
      pool.idle.delete(sandbox);
      timers.delete(sandbox);
      void sandbox.kill();
    }, IDLE_MS);
    timer.unref();
    timers.set(sandbox, timer);
  };

  const trust = async (fn: LambdaFunction) => {
    const context = { 'aws:SourceArn': fn.arn, 'aws:SourceAccount': world.accountId };
    if (!(await mayAssume(world.roles.get(fn.roleArn), ['lambda.amazonaws.com'], context))) {
      const message = `The role defined for the function cannot be assumed by Lambda: ${fn.roleArn}`;
      throw new ServiceError('InvalidParameterValueException', message, 400);
    }
  };

  const measure = (fn: LambdaFunction, values: Readonly<Record<string, number>>, unit: string) => {
    for (const [name, value] of Object.entries(values)) {
      const dimensions = { FunctionName: fn.name };
      world.metrics.record({ region: fn.region, namespace: 'AWS/Lambda', name, dimensions, value, unit });
    }
  };

  return {
    async invoke(fn, payload, requestId = randomUUID()) {
      await trust(fn);
      const log = (line: string) => world.log(`lambda/${fn.name}`, line);
      const sandbox = take(fn);
      const began = performance.now();
      log(`START RequestId: ${requestId} Version: $LATEST`);
      try {
        const message = {
          requestId,
          payload,
          functionName: fn.name,
          functionArn: fn.arn,
          memoryMb: fn.memoryMb,
          deadline: 0,
          traceId: `Root=1-${Math.floor(world.clock.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=1`,
        };
        const answer = answerOf(await sandbox.invoke(message, fn.timeoutSeconds * 1000), requestId, fn, log);
        measure(fn, { Errors: answer.error ? 1 : 0 }, 'Count');
        return answer;
      } finally {
        const durationMs = performance.now() - began;
        // There is always a sandbox more: nothing is throttled here, which Lambda reports as 0 with each invocation.
        measure(fn, { Invocations: 1, Throttles: 0 }, 'Count');
        measure(fn, { Duration: durationMs }, 'Milliseconds');
        log(`END RequestId: ${requestId}`);
        log(reportLine(requestId, durationMs, fn.memoryMb));
        giveBack(fn, sandbox);
      }
    },
    async kill(name) {
      for (const [arn, { busy }] of pools) {
        if (arn.endsWith(`:${name}`)) await Promise.all([...busy].map((sandbox) => sandbox.kill()));
      }
    },
    async stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      const sandboxes = [...pools.values()].flatMap(({ idle, busy }) => [...idle, ...busy]);
      await Promise.all(sandboxes.map((sandbox) => sandbox.kill()));
    },
  };
};

const failed = (errorType: string, errorMessage: string): Answer => ({
  payload: JSON.stringify({ errorType, errorMessage }),
  error: true,
});

/** The words are Lambda's own, as its callers and log readers know them. */
const answerOf = (
  outcome: Invoked,
  requestId: string,
  { timeoutSeconds }: LambdaFunction,
  log: (line: string) => void,
): Answer => {
  switch (outcome.kind) {
    case 'answer':
      if (Buffer.byteLength(outcome.payload) > ANSWER_BYTES) {
        const sentence = `Response payload size exceeded maximum allowed payload size (${ANSWER_BYTES} bytes).`;
        log(`${requestId} ${sentence}`);
        return failed('Function.ResponseSizeTooLarge', sentence);
      }
      return { payload: outcome.payload, error: false };
    case 'error':
      log(`ERROR Invoke Error ${JSON.stringify(outcome.error)}`);
      return { payload: JSON.stringify(outcome.error), error: true };
    case 'timed out': {
      const sentence = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      log(`${requestId} ${sentence}`);
      return failed('Sandbox.Timedout', `RequestId: ${requestId} Error: ${sentence}`);
    }
    case 'died':
      log(`RequestId: ${requestId} Error: Runtime exited with error: signal: killed`);
      return failed('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`);
  }
};

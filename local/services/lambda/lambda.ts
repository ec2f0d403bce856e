import dgram from 'node:dgram';
import type {
  FunctionConfiguration,
  GetFunctionCommandInput,
  GetFunctionCommandOutput,
  GetFunctionConfigurationCommandInput,
  GetFunctionConfigurationCommandOutput,
  GetPolicyCommandInput,
  GetPolicyCommandOutput,
  InvokeCommandInput,
  InvokeCommandOutput,
  ListFunctionsCommandInput,
  ListFunctionsCommandOutput,
} from '@aws-sdk/client-lambda';
import * as sdk from '@aws-sdk/client-lambda';
import { type Call, operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { createAsyncInvocations } from './async-invocations.ts';
import {
  createFunctions,
  type LambdaFunction,
  policyOf,
  readEventInvokeConfig,
  readFunction,
  readPermission,
} from './functions.ts';
import { createInvocations } from './invocations.ts';
import { checkNetworkPermissions } from './network-permissions.ts';

/** When a function is to die. */
export type KillPoint =
  /** So many real milliseconds after its next call began. */
  | { readonly afterMs: number }
  /** As soon as the service has carried out this call (`elasticache:CreateReplicationGroup`), before it hears of it. */
  | { readonly afterApiCall: string };

export interface LambdaService extends Service {
  /** Ends every running invocation of a function in the middle. */
  kill(functionName: string): Promise<void>;
  /** Takes the network away from an idle function in a VPC: calls fail until it is back, so many milliseconds of account time. */
  fallAsleep(functionName: string, wakesAfterMs: number): void;
  /** Lets a function die once, at a chosen point. */
  killOnNextCall(functionName: string, point: KillPoint): void;
}

/** Lambda guide, quotas: 6 MB for a call that waits, 1 MB for an event. */
const PAYLOAD_BYTES = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024 } as const;

const configurationOf = (fn: LambdaFunction): FunctionConfiguration => ({
  FunctionName: fn.name,
  FunctionArn: fn.arn,
  Description: fn.description,
  Runtime: fn.runtime as FunctionConfiguration['Runtime'],
  Role: fn.roleArn,
  Handler: fn.handler,
  Timeout: fn.timeoutSeconds,
  MemorySize: fn.memoryMb,
  Version: '$LATEST',
  Environment: { Variables: { ...fn.environment } },
  Architectures: [fn.architecture as 'arm64' | 'x86_64'],
  TracingConfig: { Mode: fn.tracing },
  LoggingConfig: { LogFormat: 'JSON', LogGroup: fn.logGroup },
  State: 'Active',
  LastUpdateStatus: 'Successful',
  ...(fn.vpc
    ? { VpcConfig: { SubnetIds: [...fn.vpc.subnetIds], SecurityGroupIds: [...fn.vpc.securityGroupIds] } }
    : {}),
  ...(fn.deadLetterArn ? { DeadLetterConfig: { TargetArn: fn.deadLetterArn } } : {}),
});

/** AWS Lambda: each function in threads of its own, its code unchanged, its calls authorized as its role. */
export const createLambda = (world: World): LambdaService => {
  const functions = createFunctions(world.accountId);
  const xray = dgram.createSocket('udp4');
  const invocations = createInvocations(world, () => `127.0.0.1:${xray.address().port}`);
  const doomed = new Map<string, number>();
  /** Every invocation, with its death if it is to die. */
  const invoke: typeof invocations.invoke = (fn, ...call) => {
    const afterMs = doomed.get(fn.name);
    doomed.delete(fn.name);
    const answering = invocations.invoke(fn, ...call);
    if (afterMs !== undefined) setTimeout(() => void invocations.kill(fn.name), afterMs);
    return answering;
  };
  const events = createAsyncInvocations(world, { invoke });
  /** Until when a function in a VPC has no network, account time. */
  const asleep = new Map<string, number>();
  const refuseAsleep = ({ name }: LambdaFunction) => {
    if ((asleep.get(name) ?? 0) <= world.clock.now()) return;
    const message =
      'The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to reestablish and try again.';
    throw new ServiceError('ResourceNotReadyException', message, 502);
  };

  const on =
    (action: string) =>
    ({ FunctionName = '' }: { FunctionName?: string | undefined }, { region }: Call): Permission[] => {
      const fn = functions.find(FunctionName, region);
      const resource =
        fn?.arn ?? `arn:aws:lambda:${region}:${world.accountId}:function:${FunctionName.split(':').pop()}`;
      return [{ action, resource, resourcePolicy: fn && policyOf(fn) }];
    };

  const Invoke = operation<InvokeCommandInput, InvokeCommandOutput>({
    permissions: on('lambda:InvokeFunction'),
    async handle({ FunctionName = '', InvocationType = 'RequestResponse', Payload }, { region }) {
      const fn = functions.get(FunctionName, region);
      const body = Buffer.from((Payload ?? []) as Uint8Array).toString();
      const payload = body === '' ? '{}' : body;
      refuseBadPayload(payload, InvocationType);
      if (InvocationType === 'DryRun') return { StatusCode: 204 };
      refuseAsleep(fn);
      if (InvocationType === 'Event') {
        events.accept(fn, payload);
        return { StatusCode: 202 };
      }
      const { payload: answer, error } = await invoke(fn, payload);
      return {
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        Payload: Buffer.from(answer) as never,
        ...(error ? { FunctionError: 'Unhandled' } : {}),
      };
    },
  });

  return {
    name: 'lambda',
    api: {
      signingName: 'lambda',
      iamPrefix: 'lambda',
      sdk,
      Client: sdk.LambdaClient,
      operations: {
        Invoke,
        GetFunction: operation<GetFunctionCommandInput, GetFunctionCommandOutput>({
          permissions: on('lambda:GetFunction'),
          handle: ({ FunctionName = '' }, { region }) => ({
            Configuration: configurationOf(functions.get(FunctionName, region)),
          }),
        }),
        GetFunctionConfiguration: operation<
          GetFunctionConfigurationCommandInput,
          GetFunctionConfigurationCommandOutput
        >({
          permissions: on('lambda:GetFunctionConfiguration'),
          handle: ({ FunctionName = '' }, { region }) => configurationOf(functions.get(FunctionName, region)),
        }),
        ListFunctions: operation<ListFunctionsCommandInput, ListFunctionsCommandOutput>({
          handle: (_input, { region }) => ({ Functions: functions.list(region).map(configurationOf) }),
        }),
        GetPolicy: operation<GetPolicyCommandInput, GetPolicyCommandOutput>({
          permissions: on('lambda:GetPolicy'),
          handle({ FunctionName = '' }, { region }) {
            const policy = policyOf(functions.get(FunctionName, region));
            if (policy) return { Policy: JSON.stringify(policy) };
            throw new ServiceError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
          },
        }),
      },
    },
    resources: {
      'AWS::Lambda::Function': {
        async create(resource) {
          const fn = readFunction(world, resource);
          await checkNetworkPermissions(world, fn);
          functions.put(fn);
          return { ref: fn.name, attributes: { Arn: fn.arn } };
        },
      },
      'AWS::Lambda::Permission': {
        create(resource) {
          const fn = functions.get(String(resource.properties.FunctionName), resource.region);
          fn.statements.push(readPermission(resource, fn));
          return { ref: resource.logicalId };
        },
      },
      'AWS::Lambda::EventInvokeConfig': {
        create(resource) {
          const { functionName, settings } = readEventInvokeConfig(resource);
          functions.get(functionName, resource.region).asynchronous = settings;
          return { ref: resource.generatedName() };
        },
      },
    },
    /** Traces end in a file, as those of a daemon end in X-Ray. */
    start: () =>
      new Promise((resolve) => {
        xray.on('message', (segment) => world.log('xray', segment.toString().replaceAll('\n', ' ')));
        xray.bind(0, '127.0.0.1', resolve);
        xray.unref();
      }),
    async stop() {
      events.stop();
      await invocations.stop();
      await new Promise<void>((resolve) => xray.close(() => resolve()));
    },
    kill: (name) => invocations.kill(name),
    fallAsleep: (name, wakesAfterMs) => void asleep.set(name, world.clock.now() + wakesAfterMs),
    killOnNextCall(name, point) {
      if ('afterMs' in point) {
        doomed.set(name, point.afterMs);
        return;
      }
      const [service = '', apiOperation = ''] = point.afterApiCall.split(':');
      const afterwards = () => invocations.kill(name);
      world.faults.add({ service, operation: apiOperation, times: 1, loseAnswer: true, afterwards });
    },
  };
};

const refuseBadPayload = (payload: string, type: string) => {
  const limit = type === 'Event' ? PAYLOAD_BYTES.Event : PAYLOAD_BYTES.RequestResponse;
  if (Buffer.byteLength(payload) > limit) {
    const message = `${Buffer.byteLength(payload)} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`;
    throw new ServiceError('RequestTooLargeException', message, 413);
  }
  try {
    JSON.parse(payload);
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json', 400);
  }
};

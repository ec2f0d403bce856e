import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Identities } from '../authorization/identities.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import {
  type AnsweredCall,
  type Call,
  type Permission,
  type Principal,
  type Service,
  ServiceError,
} from '../service.ts';
import { type ApiModel, missingMembers, type OperationModel, readApiModel } from './api-model.ts';
import { rpcV2Cbor } from './cbor.ts';
import { findRoute } from './http-bindings.ts';
import { awsJson1_0, awsJson1_1 } from './json.ts';
import { awsQuery, ec2Query } from './query.ts';
import { restJson1 } from './rest-json.ts';
import { restXml } from './rest-xml.ts';
import type { WireError, WireProtocol, WireRequest, WireResponse } from './wire.ts';

const PROTOCOLS: Readonly<Record<ApiModel['wire'], WireProtocol>> = {
  awsQuery,
  ec2Query,
  awsJson1_0,
  awsJson1_1,
  restJson1,
  restXml,
};

export interface ServerOptions {
  readonly identities: Identities;
  readonly faults: Faults;
  readonly clock: Pick<Clock, 'now'>;
  /** @throws ServiceError AccessDenied */
  authorize(principal: Principal, permission: Permission, region: string): Promise<void>;
  /** One line a call: who, what, which answer. Never inputs or outputs: they can carry secrets. */
  log(line: string): void;
  /** Told of each call before its answer leaves. */
  answered(call: AnsweredCall): void;
}

export interface ApiServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Adds a service's API. */
  serve(service: Service): void;
  close(): Promise<void>;
}

/** Where a request says it belongs: the SigV4 credential scope. */
interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signingName: string;
}

const SCOPE = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

const readScope = (authorization: string | undefined): Scope | undefined => {
  const [, accessKeyId, region, signingName] = SCOPE.exec(authorization ?? '') ?? [];
  return accessKeyId && region && signingName ? { accessKeyId, region, signingName } : undefined;
};

/** Starts the HTTP server that answers for every AWS service of the account, on a free port of the loopback. */
export const startApiServer = async (options: ServerOptions): Promise<ApiServer> => {
  const models = new Map<string, ApiModel>();

  const server = http.createServer((incoming, outgoing) => {
    void readBody(incoming)
      .then((body) => respond(toWireRequest(incoming, body), models, options, incoming.socket.remoteAddress))
      .then((answer) => {
        if (answer === 'lose') return outgoing.destroy();
        outgoing.writeHead(answer.status ?? 200, {
          // As AWS does, each answer tells the account's time.
          date: new Date(options.clock.now()).toUTCString(),
          'content-type': answer.contentType,
          ...answer.headers,
        });
        outgoing.end(answer.body);
      })
      .catch((error: unknown) => {
        options.log(`500 the server itself failed: ${error instanceof Error ? error.stack : String(error)}`);
        outgoing.writeHead(500).end();
      });
  });
  // The SDK keeps connections alive and may reuse one just as the default 5 s end it.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(service) {
      if (service.api) models.set(service.api.signingName, readApiModel(service.name, service.api));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readBody = async (incoming: http.IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
};

/** SDKs compress large requests of some operations, PutMetricData among them. To S3, it is the object that is compressed. */
const decompressed = (request: WireRequest, { wire }: ApiModel): WireRequest => {
  const isCompressed = request.headers['content-encoding'] === 'gzip' && wire !== 'restXml';
  return isCompressed ? { ...request, body: new Uint8Array(gunzipSync(request.body)) } : request;
};

const toWireRequest = (incoming: http.IncomingMessage, body: Uint8Array): WireRequest => {
  // Not by `URL`, which would make `/bucket/a/../b` another object.
  const [path = '/', search = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  return { method: incoming.method ?? 'GET', path, query: new URLSearchParams(search), headers, body };
};

/** Which protocol the client speaks (it may differ from the service's first one), and which operation it asks for. */
const understand = (
  model: ApiModel,
  request: WireRequest,
): { protocol: WireProtocol; operation: OperationModel | undefined; asked: string } => {
  const cborPath = /\/service\/[^/]+\/operation\/(\w+)$/.exec(request.path);
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor' && cborPath) {
    return { protocol: rpcV2Cbor, ...named(model, cborPath[1]) };
  }
  if (model.wire === 'restJson1' || model.wire === 'restXml') {
    const operation = findRoute(model, request)?.operation;
    return {
      protocol: PROTOCOLS[model.wire],
      operation,
      asked: operation?.name ?? `${request.method} ${request.path}`,
    };
  }
  const target = request.headers['x-amz-target'];
  if (target) return { protocol: PROTOCOLS[model.wire], ...named(model, target.split('.').pop()) };
  // Older clients of services that now speak JSON (CloudWatch) still send forms.
  const action = new URLSearchParams(Buffer.from(request.body).toString()).get('Action') ?? '';
  return { protocol: model.wire === 'ec2Query' ? ec2Query : awsQuery, ...named(model, action) };
};

const named = (model: ApiModel, name = '') => ({ operation: model.operations.get(name), asked: name });

const respond = async (
  sent: WireRequest,
  models: ReadonlyMap<string, ApiModel>,
  { identities, faults, clock, authorize, log, answered }: ServerOptions,
  sourceAddress = '',
): Promise<WireResponse | 'lose'> => {
  const requestId = randomUUID();
  const at = clock.now();
  const scope = readScope(sent.headers.authorization);
  const model = scope && models.get(scope.signingName);
  if (!scope || !model) {
    log(`404 ${scope?.signingName ?? 'unsigned request'} ${sent.method} ${sent.path}`);
    const message = scope ? `The local account has no service ${scope.signingName}` : 'The request is not signed';
    return { status: scope ? 404 : 403, contentType: 'text/plain', body: message };
  }

  const request = decompressed(sent, model);
  const { protocol, operation, asked } = understand(model, request);
  const service = model.serviceName;
  const principal = identities.principalOf(scope.accessKeyId);
  let call: Call | undefined;
  let input: unknown;
  const tell = (outcome: AnsweredCall['outcome']) => {
    const userAgent = sent.headers['user-agent'] ?? '';
    const { accessKeyId } = scope;
    if (call) answered({ service, call, accessKeyId, sourceAddress, userAgent, at, input, outcome });
    // Once: what goes wrong with the answer on its way out does not undo the call.
    call = undefined;
  };
  try {
    if (!principal) throw new ServiceError(...unknownKey(model));
    if (!operation) throw new ServiceError(...unknownOperation(model, asked));
    call = { region: scope.region, principal, requestId, operation: operation.name };
    const fault = await faults.meet(service, operation.name);
    input = await decode(protocol, model, operation, request);
    if (!operation.behaviour) {
      const message = `The local account does not emulate ${service}:${operation.name}`;
      throw new ServiceError('NotImplemented', message, 501);
    }
    const permissions = operation.behaviour.permissions?.(input, call) ?? [
      { action: `${model.api.iamPrefix}:${operation.name}`, resource: '*' },
    ];
    for (const permission of permissions) await authorize(principal, permission, scope.region);
    const output = await operation.behaviour.handle(input, call);
    log(`200 ${describe(principal)} ${service}:${operation.name} ${scope.region}`);
    tell({ output });
    await fault.afterwards();
    if (fault.loseAnswer) return 'lose';
    const answer = protocol.encode(model, operation, output, requestId);
    return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } };
  } catch (thrown) {
    const error = toWireError(model, thrown);
    const who = principal ? describe(principal) : scope.accessKeyId;
    const detail = thrown instanceof ServiceError ? error.message : ((thrown as Error).stack ?? String(thrown));
    log(`${error.status} ${who} ${service}:${asked} ${scope.region} ${error.wireCode}: ${detail}`);
    tell({ error: { code: error.wireCode, message: error.message } });
    const answer = protocol.encodeError(model, error, requestId);
    return { status: error.status, ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } };
  }
};

const decode = async (
  protocol: WireProtocol,
  model: ApiModel,
  operation: OperationModel,
  request: WireRequest,
): Promise<unknown> => {
  const isQuery = model.wire === 'awsQuery' || model.wire === 'ec2Query';
  let input: unknown;
  try {
    input = await protocol.decode(model, operation, request);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    const code = isQuery ? 'MalformedQueryString' : 'SerializationException';
    throw new ServiceError(code, `The request's body could not be read: ${(cause as Error).message}`, 400);
  }
  const missing = missingMembers(operation.input, input);
  if (missing.length === 0) return input;
  if (isQuery) throw new ServiceError('MissingParameter', `The request must contain the parameter ${missing[0]}`, 400);
  if (model.wire === 'restXml') {
    throw new ServiceError('MalformedXML', `The XML you provided was not well-formed: it lacks ${missing[0]}`, 400);
  }
  const faultsFound = missing.map(
    (path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  );
  const count = `${missing.length} validation error${missing.length > 1 ? 's' : ''} detected`;
  throw new ServiceError('ValidationException', `${count}: ${faultsFound.join('; ')}`, 400);
};

const unknownOperation = (
  { wire, serviceName }: ApiModel,
  asked: string,
): [code: string, message: string, status: number] =>
  wire === 'restXml'
    ? ['MethodNotAllowed', `The specified method is not allowed against this resource: ${asked}`, 405]
    : ['InvalidAction', `${serviceName} has no operation ${asked}`, 400];

/** AWS names an unknown access key differently by protocol family. */
const unknownKey = ({ wire }: ApiModel): [code: string, message: string, status: number] => {
  if (wire === 'restXml') {
    return ['InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403];
  }
  return wire === 'awsQuery' || wire === 'ec2Query'
    ? ['InvalidClientTokenId', 'The security token included in the request is invalid.', 403]
    : ['UnrecognizedClientException', 'The security token included in the request is invalid.', 400];
};

const toWireError = (model: ApiModel, thrown: unknown): WireError => {
  if (!(thrown instanceof ServiceError)) {
    const message = 'The local account failed to answer; logs/api.log tells why.';
    const code = model.wire === 'restXml' ? 'InternalError' : 'InternalFailure';
    return { shapeName: code, wireCode: code, status: 500, message, fields: {} };
  }
  if (thrown.code === DENIAL) return denialAs(model, thrown.message);
  const known = model.errors.get(thrown.code);
  return {
    shapeName: known?.name ?? thrown.code,
    wireCode: known?.wireCode ?? thrown.code,
    status: known?.status ?? thrown.status,
    message: thrown.message,
    fields: thrown.fields,
  };
};

/** What the authorizer throws. */
const DENIAL = 'AccessDeniedException';
/** Services spell a denial each in their family's way (common errors of each API reference). */
const DENIALS: Readonly<Record<ApiModel['wire'], readonly [code: string, status: number]>> = {
  awsQuery: ['AccessDenied', 403],
  ec2Query: ['UnauthorizedOperation', 403],
  awsJson1_0: [DENIAL, 400],
  awsJson1_1: [DENIAL, 400],
  restJson1: [DENIAL, 403],
  restXml: ['AccessDenied', 403],
};

const denialAs = (model: ApiModel, message: string): WireError => {
  const [code, status] = model.api.signingName === 'sns' ? ['AuthorizationError', 403] : DENIALS[model.wire];
  const known = model.errors.get(code);
  return { shapeName: known?.name ?? code, wireCode: known?.wireCode ?? code, status, message, fields: {} };
};

/** Who called, as a log line names them. */
const describe = (principal: Principal): string => {
  if (principal.kind === 'service') return principal.service;
  if (principal.kind === 'user') return principal.arn;
  return `${principal.arn.split('/').pop()}/${principal.session}`;
};

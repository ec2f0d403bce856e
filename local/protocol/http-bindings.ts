import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { toUtf8 } from '@smithy/core/serde';
import type { ApiModel, Bound, OperationModel, Route } from './api-model.ts';
import { DATE_TIME, serdeContext, type WireRequest } from './wire.ts';

const bindings = { httpBindings: true, timestampFormat: { useTrait: true, default: DATE_TIME } } as const;
const fromString = new FromStringShapeDeserializer(bindings);
fromString.setSerdeContext(serdeContext);

const readText = (schema: NormalizedSchema, text: string): unknown => {
  if (schema.isBooleanSchema()) return text === 'true';
  if (schema.isNumericSchema()) return Number(text);
  return fromString.read(schema as never, text);
};

const writeText = (schema: NormalizedSchema, value: unknown): string => {
  const serializer = new ToStringShapeSerializer(bindings);
  serializer.setSerdeContext(serdeContext);
  serializer.write(schema as never, value);
  return serializer.flush();
};

/** The operation that a method, a path, a query and headers mean, with the labels in the path as they are encoded there. */
export const findRoute = (
  model: ApiModel,
  { method, path, query, headers }: Omit<WireRequest, 'body'>,
): { operation: OperationModel; labels: Readonly<Record<string, string>> } | undefined => {
  const fits = (route: Route) =>
    route.method === method &&
    route.path.test(path) &&
    route.query.every(([name, value]) => query.has(name) && (value === undefined || query.get(name) === value)) &&
    route.headers.every((name) => headers[name] !== undefined);
  const route = model.routes.find(fits);
  if (!route) return undefined;
  const values = route.path.exec(path)?.slice(1) ?? [];
  return {
    operation: route.operation,
    labels: Object.fromEntries(route.labels.map((label, index) => [label, values[index] ?? ''])),
  };
};

const withPrefix = (headers: WireRequest['headers'], prefix: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, text]) =>
      text !== undefined && name.startsWith(prefix) ? [[name.slice(prefix.length), text]] : [],
    ),
  );

/** What of an input is written outside of the body, and what the body is for. */
export interface Bindings {
  readonly found: Record<string, unknown>;
  /** The one member that is the whole body. */
  readonly payload?: readonly [name: string, member: NormalizedSchema];
  /** Whether the body holds members of the input itself. */
  readonly bodyMembers: boolean;
}

/** Reads path, query and headers into an operation's input. @throws for what is not encoded as it should be */
export const readBindings = (model: ApiModel, operation: OperationModel, request: WireRequest): Bindings => {
  const labels = findRoute(model, request)?.labels ?? {};
  const found: Record<string, unknown> = {};
  let payload: Bindings['payload'];
  let bodyMembers = false;

  for (const [name, member] of NormalizedSchema.of(operation.input).structIterator()) {
    const bound = member.getMergedTraits() as Bound;
    if (bound.httpLabel) {
      const text = labels[name];
      if (text !== undefined) found[name] = readText(member, decodeURIComponent(text));
    } else if (bound.httpQuery) {
      const texts = request.query.getAll(bound.httpQuery);
      if (texts.length === 0) continue;
      found[name] = member.isListSchema()
        ? texts.map((text) => readText(member.getValueSchema(), text))
        : readText(member, texts[0] ?? '');
    } else if (bound.httpHeader) {
      const text = request.headers[bound.httpHeader.toLowerCase()];
      if (text === undefined) continue;
      found[name] = member.isListSchema()
        ? text.split(',').map((item) => readText(member.getValueSchema(), item.trim()))
        : readText(member, text);
    } else if (bound.httpPrefixHeaders) {
      found[name] = withPrefix(request.headers, bound.httpPrefixHeaders.toLowerCase());
    } else if (bound.httpPayload) {
      payload = [name, member];
    } else {
      bodyMembers = true;
    }
  }
  return { found, bodyMembers, ...(payload ? { payload } : {}) };
};

/** What an unstructured payload is; undefined for one that the protocol's own codec has to read. */
export const readRawPayload = (member: NormalizedSchema, body: Uint8Array): unknown => {
  if (member.isBlobSchema()) return body;
  return member.isStringSchema() ? toUtf8(body) : undefined;
};

/** An answer, taken apart into what each part of the HTTP message carries. */
export interface Unbound {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: readonly [member: NormalizedSchema, value: unknown];
  readonly inBody: Readonly<Record<string, unknown>>;
}

/** Takes an operation's output apart. */
export const writeBindings = (operation: OperationModel, output: unknown): Unbound => {
  const [, , modelledStatus = 200] = (operation.traits.http ?? []) as [string?, string?, number?];
  const values = (output ?? {}) as Record<string, unknown>;
  const headers: Record<string, string> = {};
  const inBody: Record<string, unknown> = {};
  let status = modelledStatus;
  let payload: Unbound['payload'];

  for (const [name, member] of NormalizedSchema.of(operation.output).structIterator()) {
    const bound = member.getMergedTraits() as Bound;
    const value = values[name];
    if (value === undefined || value === null) continue;
    if (bound.httpHeader) headers[bound.httpHeader.toLowerCase()] = writeText(member, value);
    else if (bound.httpPrefixHeaders) {
      for (const [key, text] of Object.entries(value)) headers[bound.httpPrefixHeaders.toLowerCase() + key] = text;
    } else if (bound.httpResponseCode) status = Number(value);
    else if (bound.httpPayload) payload = [member, value];
    else inBody[name] = value;
  }
  return { status, headers, inBody, ...(payload ? { payload } : {}) };
};

import { JsonCodec } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { toUtf8 } from '@smithy/core/serde';
import type { ApiModel, OperationModel, Route } from './api-model.ts';
import { DATE_TIME, EPOCH_SECONDS, serdeContext, type WireProtocol, type WireRequest } from './wire.ts';

const codec = new JsonCodec({
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: true,
  httpBindings: false,
} as ConstructorParameters<typeof JsonCodec>[0]);
codec.setSerdeContext(serdeContext);

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

/** The operation that a method, a path and a query mean, with the labels read from the path. */
export const findRoute = (
  model: ApiModel,
  { method, path, query }: Pick<WireRequest, 'method' | 'path' | 'query'>,
): { operation: OperationModel; labels: Readonly<Record<string, string>> } | undefined => {
  const fits = (route: Route) =>
    route.method === method &&
    route.path.test(path) &&
    route.query.every(([name, value]) => query.has(name) && (value === undefined || query.get(name) === value));
  const route = model.routes.find(fits);
  if (!route) return undefined;
  const values = route.path.exec(path)?.slice(1) ?? [];
  const labels = Object.fromEntries(
    route.labels.map((label, index) => [label, decodeURIComponent(values[index] ?? '')]),
  );
  return { operation: route.operation, labels };
};

type Bound = {
  httpLabel?: unknown;
  httpQuery?: string;
  httpHeader?: string;
  httpPayload?: unknown;
  httpResponseCode?: unknown;
};

/** REST with JSON bodies: Lambda, EventBridge Scheduler. */
export const restJson1: WireProtocol = {
  decode: async (model, operation, request) => {
    const input = NormalizedSchema.of(operation.input);
    if (input.isUnitSchema()) return {};
    const labels = findRoute(model, request)?.labels ?? {};
    const found: Record<string, unknown> = {};
    let bodyMembers = false;

    for (const [name, member] of input.structIterator()) {
      const bound = member.getMergedTraits() as Bound;
      if (bound.httpLabel) {
        const text = labels[name];
        if (text !== undefined) found[name] = readText(member, text);
      } else if (bound.httpQuery) {
        const texts = request.query.getAll(bound.httpQuery);
        if (texts.length === 0) continue;
        found[name] = member.isListSchema()
          ? texts.map((text) => readText(member.getValueSchema(), text))
          : readText(member, texts[0] ?? '');
      } else if (bound.httpHeader) {
        const text = request.headers[bound.httpHeader.toLowerCase()];
        if (text !== undefined) found[name] = readText(member, text);
      } else if (bound.httpPayload) {
        if (request.body.length === 0) continue;
        if (member.isBlobSchema()) found[name] = request.body;
        else if (member.isStringSchema()) found[name] = toUtf8(request.body);
        else found[name] = await codec.createDeserializer().read(member as never, request.body);
      } else {
        bodyMembers = true;
      }
    }
    if (!bodyMembers || request.body.length === 0) return found;
    const body = (await codec.createDeserializer().read(operation.input as never, request.body)) as object;
    return { ...body, ...found };
  },

  encode: (_model, operation, output) => {
    const shape = NormalizedSchema.of(operation.output);
    const [, , modelledStatus = 200] = (operation.traits.http ?? []) as [string?, string?, number?];
    if (shape.isUnitSchema()) return { status: modelledStatus, contentType: 'application/json', body: '' };
    const values = (output ?? {}) as Record<string, unknown>;
    const headers: Record<string, string> = {};
    const inBody: Record<string, unknown> = {};
    let status = modelledStatus;
    let payload: string | Uint8Array | undefined;

    for (const [name, member] of shape.structIterator()) {
      const bound = member.getMergedTraits() as Bound;
      const value = values[name];
      if (value === undefined || value === null) continue;
      if (bound.httpHeader) headers[bound.httpHeader.toLowerCase()] = writeText(member, value);
      else if (bound.httpResponseCode) status = Number(value);
      else if (bound.httpPayload) payload = value as string | Uint8Array;
      else inBody[name] = value;
    }
    if (payload !== undefined) return { status, contentType: 'application/octet-stream', body: payload, headers };
    const serializer = codec.createSerializer();
    serializer.write(operation.output as never, inBody);
    return { status, contentType: 'application/json', body: serializer.flush(), headers };
  },

  encodeError: (_model, error) => ({
    contentType: 'application/json',
    body: JSON.stringify({ message: error.message, Message: error.message, ...error.fields }),
    headers: { 'x-amzn-errortype': error.shapeName },
  }),
};

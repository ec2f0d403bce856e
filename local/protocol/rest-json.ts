import { JsonCodec } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { readBindings, readRawPayload, writeBindings } from './http-bindings.ts';
import { EPOCH_SECONDS, serdeContext, type WireProtocol } from './wire.ts';

const codec = new JsonCodec({
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: true,
  httpBindings: false,
} as ConstructorParameters<typeof JsonCodec>[0]);
codec.setSerdeContext(serdeContext);

/** REST with JSON bodies: Lambda, EventBridge Scheduler. */
export const restJson1: WireProtocol = {
  decode: async (model, operation, request) => {
    if (NormalizedSchema.of(operation.input).isUnitSchema()) return {};
    const { found, payload, bodyMembers } = readBindings(model, operation, request);
    if (request.body.length === 0) return found;
    if (payload) {
      const [name, member] = payload;
      const read = () => codec.createDeserializer().read(member as never, request.body);
      found[name] = readRawPayload(member, request.body) ?? (await read());
    }
    if (!bodyMembers) return found;
    const body = (await codec.createDeserializer().read(operation.input as never, request.body)) as object;
    return { ...body, ...found };
  },

  encode: (_model, operation, output) => {
    if (NormalizedSchema.of(operation.output).isUnitSchema()) {
      const [, , status = 200] = (operation.traits.http ?? []) as [string?, string?, number?];
      return { status, contentType: 'application/json', body: '' };
    }
    const { status, headers, payload, inBody } = writeBindings(operation, output);
    if (payload) {
      const [, body] = payload;
      return { status, contentType: 'application/octet-stream', body: body as string | Uint8Array, headers };
    }
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

import { CborCodec } from '@smithy/core/cbor';
import { NormalizedSchema } from '@smithy/core/schema';
import { serdeContext, type WireProtocol } from './wire.ts';

const codec = new CborCodec();
codec.setSerdeContext(serdeContext);
const contentType = 'application/cbor';
const headers = { 'smithy-protocol': 'rpc-v2-cbor' };
const EMPTY_MAP = new Uint8Array([0xa0]);
/** Smithy's number for a schema-less document. */
const DOCUMENT = 15;

/** Smithy RPC v2 with CBOR: newer clients of CloudWatch choose it whatever the service's first protocol is. */
export const rpcV2Cbor: WireProtocol = {
  decode: async (_model, operation, request) => {
    if (NormalizedSchema.of(operation.input).isUnitSchema() || request.body.length === 0) return {};
    return await codec.createDeserializer().read(operation.input as never, request.body);
  },
  encode: (_model, operation, output) => {
    if (NormalizedSchema.of(operation.output).isUnitSchema()) return { contentType, body: EMPTY_MAP, headers };
    const serializer = codec.createSerializer();
    serializer.write(operation.output as never, output ?? {});
    return { contentType, body: serializer.flush(), headers };
  },
  encodeError: (model, error) => {
    const serializer = codec.createSerializer();
    serializer.write(DOCUMENT as never, {
      __type: `${model.namespace}#${error.shapeName}`,
      message: error.message,
      ...error.fields,
    });
    const query = `${error.wireCode};${error.status < 500 ? 'Sender' : 'Receiver'}`;
    return { contentType, body: serializer.flush(), headers: { ...headers, 'x-amzn-query-error': query } };
  },
};

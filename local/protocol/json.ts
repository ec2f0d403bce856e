import { JsonCodec } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { EPOCH_SECONDS, serdeContext, type WireProtocol } from './wire.ts';

const codec = new JsonCodec({
  timestampFormat: { useTrait: true, default: EPOCH_SECONDS },
  jsonName: false,
  httpBindings: false,
} as ConstructorParameters<typeof JsonCodec>[0]);
codec.setSerdeContext(serdeContext);

/** AWS JSON 1.0 or 1.1: the operation is in the `X-Amz-Target` header, the input in the body. */
const awsJson = (version: '1.0' | '1.1'): WireProtocol => {
  const contentType = `application/x-amz-json-${version}`;
  return {
    decode: async (_model, operation, request) => {
      if (NormalizedSchema.of(operation.input).isUnitSchema()) return {};
      const body = request.body.length > 0 ? request.body : new TextEncoder().encode('{}');
      return await codec.createDeserializer().read(operation.input as never, body);
    },
    encode: (_model, operation, output) => {
      if (NormalizedSchema.of(operation.output).isUnitSchema()) return { contentType, body: '{}' };
      const serializer = codec.createSerializer();
      serializer.write(operation.output as never, output ?? {});
      return { contentType, body: serializer.flush() };
    },
    encodeError: (model, error) => ({
      contentType,
      body: JSON.stringify({
        __type: `${model.namespace}#${error.shapeName}`,
        message: error.message,
        Message: error.message,
        ...error.fields,
      }),
      headers: {
        'x-amzn-errortype': error.shapeName,
        'x-amzn-query-error': `${error.wireCode};${error.status < 500 ? 'Sender' : 'Receiver'}`,
      },
    }),
  };
};

export const awsJson1_0 = awsJson('1.0');
export const awsJson1_1 = awsJson('1.1');

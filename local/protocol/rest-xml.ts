import { XmlShapeDeserializer, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { ServiceError } from '../service.ts';
import type { ApiModel, Bound, OperationModel } from './api-model.ts';
import { unchunked } from './aws-chunked.ts';
import { checkBody } from './body-checksums.ts';
import { type Bindings, readBindings, readRawPayload, writeBindings } from './http-bindings.ts';
import { DATE_TIME, escapeXml, serdeContext, type WireProtocol, type WireRequest } from './wire.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const contentType = 'application/xml';

const settings = {
  httpBindings: true,
  timestampFormat: { useTrait: true, default: DATE_TIME },
} as const;
type Settings = ConstructorParameters<typeof XmlShapeDeserializer>[0];

const readXml = (schema: NormalizedSchema, body: Uint8Array): unknown => {
  const deserializer = new XmlShapeDeserializer(settings as unknown as Settings);
  deserializer.setSerdeContext(serdeContext);
  try {
    return deserializer.read(schema as never, body);
  } catch (cause) {
    const message = `The XML you provided was not well-formed or did not validate against our published schema: ${cause}`;
    throw new ServiceError('MalformedXML', message);
  }
};

const writeXml = ({ xmlNamespace, namespace }: ApiModel, schema: unknown, value: unknown): string => {
  const all = { ...settings, xmlNamespace, serviceNamespace: namespace };
  const serializer = new XmlShapeSerializer(all as unknown as ConstructorParameters<typeof XmlShapeSerializer>[0]);
  serializer.setSerdeContext(serdeContext);
  serializer.write(schema as never, value);
  return DECLARATION + serializer.flush().toString();
};

/** Whether the answer has a document of its own, beside what its headers say. */
const hasDocument = ({ output }: OperationModel): boolean =>
  [...NormalizedSchema.of(output).structIterator()].some(([, member]) => {
    const bound = member.getMergedTraits() as Bound;
    return !(bound.httpHeader || bound.httpPrefixHeaders || bound.httpPayload || bound.httpResponseCode);
  });

const bindingsOf = (model: ApiModel, operation: OperationModel, request: WireRequest): Bindings => {
  try {
    return readBindings(model, operation, request);
  } catch (cause) {
    throw cause instanceof URIError ? new ServiceError('InvalidURI', "Couldn't parse the specified URI.") : cause;
  }
};

const elements = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');

/** REST with XML bodies, as S3 speaks it: checksums of bodies, errors without a namespace or an element around them. */
export const restXml: WireProtocol = {
  decode(model, operation, sent) {
    const request = unchunked(sent);
    const { found, payload } = bindingsOf(model, operation, request);
    const isDocument = payload !== undefined && !(payload[1].getMergedTraits() as Bound).streaming;
    checkBody(request, isDocument && operation.traits.httpChecksum !== undefined);
    if (!payload || request.body.length === 0) return found;
    const [name, member] = payload;
    return { ...found, [name]: readRawPayload(member, request.body) ?? readXml(member, request.body) };
  },

  encode(model, operation, output, requestId) {
    const ids = { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId };
    if (NormalizedSchema.of(operation.output).isUnitSchema()) {
      const [, , status = 200] = (operation.traits.http ?? []) as [string?, string?, number?];
      return { status, contentType, body: '', headers: ids };
    }
    const { status: modelled, headers: bound, payload, inBody } = writeBindings(operation, output);
    const headers = { ...bound, ...ids };
    // The model has one status for all of an object and for a part of it.
    const status = 'content-range' in headers ? 206 : modelled;
    if (payload) {
      const [member, value] = payload;
      const isRaw = member.isBlobSchema() || member.isStringSchema();
      const body = isRaw ? (value as string | Uint8Array) : writeXml(model, member, value);
      return { status, contentType: isRaw ? 'binary/octet-stream' : contentType, body, headers };
    }
    const body = hasDocument(operation) ? writeXml(model, operation.output, inBody) : '';
    return { status, contentType, body, headers };
  },

  encodeError(_model, { wireCode, message, fields }, requestId) {
    // A redirection tells the Region in a header, which SDKs read also where there is no body.
    const { Region, ...told } = fields;
    const inside = elements({ Code: wireCode, Message: message, ...told, RequestId: requestId, HostId: requestId });
    return {
      contentType,
      body: `${DECLARATION}<Error>${inside}</Error>`,
      headers: {
        'x-amz-request-id': requestId,
        'x-amz-id-2': requestId,
        ...(typeof Region === 'string' ? { 'x-amz-bucket-region': Region } : {}),
      },
    };
  },
};

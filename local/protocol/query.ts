import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { fromBase64 } from '@smithy/core/serde';
import type { ApiModel, OperationModel, Schema } from './api-model.ts';
import { DATE_TIME, escapeXml, serdeContext, type WireProtocol } from './wire.ts';

/** The two dialects differ in how lists and names are spelt: see `memberKey` and `listKeys`. */
type Dialect = 'aws' | 'ec2';

const timestamps = { timestampFormat: { useTrait: true, default: DATE_TIME } } as const;
const strings = new FromStringShapeDeserializer({ httpBindings: false, ...timestamps });
strings.setSerdeContext(serdeContext);

const capitalised = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

const memberKey = (member: NormalizedSchema, name: string, dialect: Dialect): string => {
  const { xmlName, ec2QueryName } = member.getMergedTraits() as { xmlName?: string; ec2QueryName?: string };
  return dialect === 'ec2' ? (ec2QueryName ?? capitalised(xmlName ?? name)) : (xmlName ?? name);
};

/** Key prefixes under which a client may have written a list's items; ec2 always flattens. */
const listKeys = (list: NormalizedSchema, prefix: string, dialect: Dialect): string[] => {
  if (dialect === 'ec2' || list.getMergedTraits().xmlFlattened) return [prefix];
  const itemName = list.getValueSchema().getMergedTraits().xmlName ?? 'member';
  // The guide's raw examples and older clients write `member` whatever the item's own name is.
  return [`${prefix}.${itemName}`, `${prefix}.member`];
};

const indicesUnder = (form: URLSearchParams, prefix: string): number[] => {
  const indices = new Set<number>();
  for (const key of form.keys()) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const index = Number(key.slice(prefix.length + 1).split('.')[0]);
    if (Number.isInteger(index)) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
};

const isThere = (form: URLSearchParams, prefix: string) => {
  for (const key of form.keys()) if (key === prefix || key.startsWith(`${prefix}.`)) return true;
  return false;
};

/** Reads a form-encoded request into the shape that the schema describes. */
export const readQuery = (schema: Schema, form: URLSearchParams, prefix = '', dialect: Dialect = 'aws'): unknown => {
  const normalized = NormalizedSchema.of(schema);
  if (normalized.isStructSchema()) {
    const found: Record<string, unknown> = {};
    for (const [name, member] of normalized.structIterator()) {
      const key = (prefix ? `${prefix}.` : '') + memberKey(member, name, dialect);
      if (isThere(form, key)) found[name] = readQuery(member as unknown as Schema, form, key, dialect);
    }
    return found;
  }
  if (normalized.isListSchema()) {
    const item = normalized.getValueSchema() as unknown as Schema;
    for (const key of listKeys(normalized, prefix, dialect)) {
      const indices = indicesUnder(form, key);
      if (indices.length) return indices.map((index) => readQuery(item, form, `${key}.${index}`, dialect));
    }
    return [];
  }
  if (normalized.isMapSchema()) {
    const base = normalized.getMergedTraits().xmlFlattened ? prefix : `${prefix}.entry`;
    const [keys, values] = [normalized.getKeySchema(), normalized.getValueSchema()];
    const keyName = keys.getMergedTraits().xmlName ?? 'key';
    const valueName = values.getMergedTraits().xmlName ?? 'value';
    return Object.fromEntries(
      indicesUnder(form, base).map((index) => [
        form.get(`${base}.${index}.${keyName}`) ?? '',
        readQuery(values as unknown as Schema, form, `${base}.${index}.${valueName}`, dialect),
      ]),
    );
  }
  const text = form.get(prefix) ?? '';
  if (normalized.isBooleanSchema()) return text.toLowerCase() === 'true';
  if (normalized.isNumericSchema()) return Number(text);
  if (normalized.isBlobSchema()) return fromBase64(text);
  return strings.read(normalized as never, text);
};

/** The members of an output as XML, without the shape's own element. */
const innerXml = (model: ApiModel, operation: OperationModel, output: unknown): string => {
  if (NormalizedSchema.of(operation.output).isUnitSchema()) return '';
  const serializer = new XmlShapeSerializer({
    xmlNamespace: undefined,
    serviceNamespace: model.namespace,
    httpBindings: false,
    ...timestamps,
  } as unknown as ConstructorParameters<typeof XmlShapeSerializer>[0]);
  serializer.setSerdeContext(serdeContext);
  serializer.write(operation.output as never, output ?? {});
  const xml = serializer.flush().toString();
  return /^<[^>]*\/>$/.test(xml) ? '' : xml.replace(/^<[^>]+>/, '').replace(/<\/[^>]+>$/, '');
};

const form = (body: Uint8Array) => new URLSearchParams(Buffer.from(body).toString());
const faultType = (status: number) => (status < 500 ? 'Sender' : 'Receiver');

/** AWS Query: ElastiCache, SNS, IAM, STS, CloudFormation. */
export const awsQuery: WireProtocol = {
  decode: (_model, operation, request) => readQuery(operation.input, form(request.body)),
  encode: (model, operation, output, requestId) => {
    const hasResult = !NormalizedSchema.of(operation.output).isUnitSchema();
    const result = hasResult
      ? `<${operation.name}Result>${innerXml(model, operation, output)}</${operation.name}Result>`
      : '';
    return {
      contentType: 'text/xml',
      body: `<${operation.name}Response xmlns="${model.xmlNamespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation.name}Response>`,
    };
  },
  encodeError: (model, error, requestId) => ({
    contentType: 'text/xml',
    body: `<ErrorResponse xmlns="${model.xmlNamespace}"><Error><Type>${faultType(error.status)}</Type><Code>${escapeXml(error.wireCode)}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  }),
};

/** EC2's own dialect of AWS Query. */
export const ec2Query: WireProtocol = {
  decode: (_model, operation, request) => readQuery(operation.input, form(request.body), '', 'ec2'),
  encode: (model, operation, output, requestId) => ({
    contentType: 'text/xml',
    body: `<${operation.name}Response xmlns="${model.xmlNamespace}"><requestId>${requestId}</requestId>${innerXml(model, operation, output)}</${operation.name}Response>`,
  }),
  encodeError: (_model, error, requestId) => ({
    contentType: 'text/xml',
    body: `<Response><Errors><Error><Code>${escapeXml(error.wireCode)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`,
  }),
};

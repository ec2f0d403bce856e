import { NormalizedSchema } from '@smithy/core/schema';
import type { Json, JsonObject } from '../../../states/json.ts';
import { isJsonObject } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';
import { memberName } from './java-names.ts';

/** A schema as the SDK clients export it. */
export type Schema = Parameters<typeof NormalizedSchema.of>[0];

const unfit = (path: string, wanted: string) =>
  new StatesError('States.Runtime', `The parameter ${path || 'Arguments'} has to be ${wanted}.`);

/**
 * Turns a task's arguments into the SDK's input.
 *
 * @throws StatesError States.Runtime for a member that does not exist or a value of the wrong kind
 */
export const toSdkInput = (schema: Schema, value: Json, path = ''): unknown => {
  const normalized = NormalizedSchema.of(schema);
  if (value === null || normalized.isDocumentSchema()) return value ?? undefined;
  if (normalized.isStructSchema()) return toStruct(normalized, value, path);
  if (normalized.isListSchema()) {
    if (!Array.isArray(value)) throw unfit(path, 'an array');
    const items: readonly Json[] = value;
    return items.map((item, index) => toSdkInput(normalized.getValueSchema(), item, `${path}[${index}]`));
  }
  if (normalized.isMapSchema()) {
    if (!isJsonObject(value)) throw unfit(path, 'an object');
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        toSdkInput(normalized.getValueSchema(), item, `${path}.${key}`),
      ]),
    );
  }
  if (normalized.isTimestampSchema()) {
    const date = new Date(typeof value === 'string' ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) throw unfit(path, 'a time in ISO 8601');
    return date;
  }
  // Blobs are text to a state machine; a JSON value stands for its text.
  if (normalized.isBlobSchema()) return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  if (normalized.isBooleanSchema() && typeof value !== 'boolean') throw unfit(path, 'true or false');
  if (normalized.isNumericSchema() && typeof value !== 'number') throw unfit(path, 'a number');
  if (normalized.isStringSchema() && typeof value !== 'string') throw unfit(path, 'a string');
  return value;
};

const toStruct = (normalized: NormalizedSchema, value: Json, path: string): Record<string, unknown> => {
  if (!isJsonObject(value)) throw unfit(path, 'an object');
  const members = membersOf(normalized);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const member = members.get(name);
      if (!member) throw new StatesError('States.Runtime', `The field "${name}" is not supported by Step Functions.`);
      return [member.sdkName, toSdkInput(member.schema, item, path ? `${path}.${name}` : name)];
    }),
  );
};

/** Members by the name that Step Functions gives them. */
const membersOf = (normalized: NormalizedSchema) =>
  new Map([...normalized.structIterator()].map(([sdkName, schema]) => [memberName(sdkName), { sdkName, schema }]));

/** Fields that an object written in a definition has, but the operation has not. Expressions are left alone. */
export const unknownFields = (schema: Schema, value: Json): string[] => {
  const normalized = NormalizedSchema.of(schema);
  if (normalized.isListSchema() && Array.isArray(value)) {
    const items: readonly Json[] = value;
    return items.flatMap((item) => unknownFields(normalized.getValueSchema(), item));
  }
  if (!isJsonObject(value)) return [];
  if (normalized.isMapSchema()) {
    return Object.values(value).flatMap((item) => unknownFields(normalized.getValueSchema(), item));
  }
  if (!normalized.isStructSchema()) return [];
  const members = membersOf(normalized);
  return Object.entries(value).flatMap(([name, item]) => {
    const member = members.get(name);
    return member ? unknownFields(member.schema, item) : [name];
  });
};

/** Turns the SDK's answer into state data: PascalCase, times as ISO 8601, no metadata. */
export const fromSdkOutput = (schema: Schema, value: unknown): Json => {
  const normalized = NormalizedSchema.of(schema);
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map((item) => fromSdkOutput(normalized.getValueSchema(), item));
  if (typeof value === 'object') return fromObject(normalized, value);
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
};

const fromObject = (normalized: NormalizedSchema, value: object): JsonObject => {
  const isStruct = normalized.isStructSchema();
  const there = Object.entries(value).filter(([, item]) => item !== undefined);
  if (normalized.isDocumentSchema()) return JSON.parse(JSON.stringify(value));
  return Object.fromEntries(
    there
      .filter(([name]) => name !== '$metadata')
      .map(([name, item]) =>
        isStruct
          ? [memberName(name), fromSdkOutput(normalized.getMemberSchema(name), item)]
          : [name, fromSdkOutput(normalized.getValueSchema(), item)],
      ),
  );
};

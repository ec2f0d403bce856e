import { NormalizedSchema } from '@smithy/core/schema';
import type { Api, Operation } from '../service.ts';

/** A schema as the SDK clients export it; only `NormalizedSchema` looks inside. */
export type Schema = Parameters<typeof NormalizedSchema.of>[0];

/** Smithy traits of an operation, an error or a member, as far as the wire protocols need them. */
export type Traits = Readonly<Record<string, unknown>>;

export interface OperationModel {
  readonly name: string;
  readonly traits: Traits;
  readonly input: Schema;
  readonly output: Schema;
  readonly behaviour: Operation<unknown, unknown> | undefined;
}

export interface ErrorModel {
  readonly name: string;
  /** The code on the wire, where it differs from the shape's name (`ReplicationGroupAlreadyExists`). */
  readonly wireCode: string;
  readonly status: number;
}

/** A REST route: which operation a method and path mean, and the path's labels. */
export interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  /** Query parameters that must be there, e.g. `Operations` of `?Operations=true`. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  /** Headers that must be there, in small letters. */
  readonly headers: readonly string[];
}

export type WireName = 'awsQuery' | 'ec2Query' | 'awsJson1_0' | 'awsJson1_1' | 'restJson1' | 'restXml';

/** One service's API, read from what its SDK client exports: this is the only description of it in this repository. */
export interface ApiModel {
  readonly serviceName: string;
  readonly api: Api;
  readonly namespace: string;
  readonly xmlNamespace: string;
  readonly version: string;
  readonly wire: WireName;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By shape name and by wire code. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
  readonly routes: readonly Route[];
}

/** Static schemas are arrays that begin with their kind (`@smithy/core` 3.41; pinned, and the fuzz test would notice). */
const OPERATION_KIND = 9;
const ERROR_KIND = -3;
const SPOKEN: readonly string[] = ['awsQuery', 'ec2Query', 'awsJson1_0', 'awsJson1_1', 'restJson1', 'restXml'];

const record = (value: unknown): Traits => (typeof value === 'object' && value !== null ? (value as Traits) : {});
const unwrap = (schema: unknown): Schema => (typeof schema === 'function' ? schema() : schema) as Schema;

/** Reads a service's API. @throws when the service speaks a protocol that this server does not */
export const readApiModel = (serviceName: string, api: Api): ApiModel => {
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const { config } = new api.Client({ region: 'us-east-1', credentials } as never);
  const { protocol, protocolSettings } = config as {
    protocol: { getShapeId(): string };
    protocolSettings?: unknown;
  };
  const settings = record(protocolSettings);
  const wire = protocol.getShapeId().replace('aws.protocols#', '');
  if (!SPOKEN.includes(wire)) throw new Error(`The local account does not speak ${wire}, which ${serviceName} needs`);

  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const schema of Object.values(api.sdk)) {
    if (!Array.isArray(schema)) continue;
    const [kind, , name, traits, input, output] = schema;
    if (kind === OPERATION_KIND) {
      operations.set(name, {
        name,
        traits: record(traits),
        input: unwrap(input),
        output: unwrap(output),
        behaviour: api.operations[name] as Operation<unknown, unknown> | undefined,
      });
    } else if (kind === ERROR_KIND) {
      const { awsQueryError, httpError, error } = record(traits);
      const [wireCode, queryStatus] = Array.isArray(awsQueryError) ? awsQueryError : [name, undefined];
      const status = Number(queryStatus ?? httpError ?? (error === 'server' ? 500 : 400));
      const model = { name, wireCode, status };
      errors.set(name, model);
      if (!errors.has(wireCode)) errors.set(wireCode, model);
    }
  }
  for (const name of Object.keys(api.operations)) {
    if (!operations.has(name)) throw new Error(`${serviceName} has no operation ${name}`);
  }

  return {
    serviceName,
    api,
    namespace: String(settings.defaultNamespace),
    xmlNamespace: String(settings.xmlNamespace ?? ''),
    version: String(settings.version ?? ''),
    wire: wire as WireName,
    operations,
    errors,
    routes: wire.startsWith('rest') ? routesOf([...operations.values()], wire as WireName) : [],
  };
};

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Members that a structure cannot do without; they come first in its schema. */
const requiredCountOf = (shape: NormalizedSchema): number => {
  const raw = shape.getSchema();
  return Array.isArray(raw) ? Number(raw[6] ?? 0) : 0;
};

/** The smithy traits that bind a member to a part of an HTTP message. */
export interface Bound {
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
  readonly streaming?: unknown;
}

/** Where a request has to carry what the operation cannot do without. */
const placesOfRequired = ({ input }: OperationModel): Bound[] => {
  const shape = NormalizedSchema.of(input);
  if (!shape.isStructSchema()) return [];
  return [...shape.structIterator()]
    .slice(0, requiredCountOf(shape))
    .map(([, member]) => member.getMergedTraits() as Bound);
};

/**
 * S3 is modelled with the bucket in the host's name (`/{Key+}`), and is asked here with the bucket in the path, as at any
 * endpoint that is an IP address.
 */
const withBucket = (operation: OperationModel, path: string): string => {
  const shape = NormalizedSchema.of(operation.input);
  const hasBucket = shape.isStructSchema() && (shape.getMemberSchemas().Bucket?.getMergedTraits() as Bound)?.httpLabel;
  return hasBucket && !path.includes('{Bucket}') ? `/{Bucket}${path}`.replace(/\/$/, '') : path;
};

const routesOf = (operations: readonly OperationModel[], wire: WireName): Route[] =>
  operations
    .filter((operation) => Array.isArray(operation.traits.http))
    .map((operation) => {
      const [method, uri] = operation.traits.http as [string, string, number];
      const [modelled = '/', search = ''] = uri.split('?');
      const path = withBucket(operation, modelled);
      const labels: string[] = [];
      const pattern = path
        .split(/(\{\w+\+?\})/)
        .map((part) => {
          const label = /^\{(\w+)(\+?)\}$/.exec(part);
          if (!label) return escapeRegExp(part);
          labels.push(label[1] ?? '');
          return label[2] ? '(.+)' : '([^/]+)';
        })
        .join('');
      const query = search
        .split('&')
        .filter(Boolean)
        .map((pair) => pair.split('='))
        // S3's `x-id` repeats the operation's name for whoever reads logs; not every SDK sends it.
        .filter(([name]) => name !== 'x-id')
        .map(([name = '', value]) => [name, value] as const);
      // S3's operations on one path are told apart by what they cannot do without: copying an object by its source.
      const required = wire === 'restXml' ? placesOfRequired(operation) : [];
      const queries = [
        ...query,
        ...required.flatMap(({ httpQuery }) => (httpQuery ? [[httpQuery, undefined] as const] : [])),
      ];
      const headers = required.flatMap(({ httpHeader }) => (httpHeader ? [httpHeader.toLowerCase()] : []));
      // More literal text means a more specific route, and so does more that has to be there.
      const literal = path.replace(/\{[^}]+\}/g, '').length;
      const route = { operation, method, path: new RegExp(`^${pattern}/?$`), labels, query: queries, headers };
      return { route, literal, needs: queries.length + headers.length };
    })
    .sort((a, b) => b.literal - a.literal || b.needs - a.needs)
    .map(({ route }) => route);

/** Paths of required members that a decoded input lacks, in nested structures and lists too. */
export const missingMembers = (schema: Schema, value: unknown, path = ''): string[] => {
  const normalized = NormalizedSchema.of(schema);
  if (value === undefined || value === null) return [];
  if (normalized.isListSchema()) {
    return (value as unknown[]).flatMap((item, index) =>
      missingMembers(normalized.getValueSchema(), item, `${path}.${index + 1}`),
    );
  }
  if (!normalized.isStructSchema() || normalized.isUnionSchema()) return [];
  const requiredCount = requiredCountOf(normalized);
  const members = record(value);
  return [...normalized.structIterator()].flatMap(([name, member], index) => {
    const here = path ? `${path}.${name}` : name;
    if (members[name] === undefined || members[name] === null) return index < requiredCount ? [here] : [];
    return missingMembers(member, members[name], here);
  });
};

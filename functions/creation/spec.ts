import * as z from 'zod';
import { closestTo } from './closest.ts';
import type { Fault } from './schemas.ts';

/** What each field of a specification may be at all; what makes sense together is judged in `rules/`. */
const FIELDS = {
  cacheId: z.string().describe('the id of the cache: of its replication group, or with Memcached of its cluster'),
  description: z.string().describe('one line for people'),
  engine: z.enum(['redis', 'valkey', 'memcached']).describe('redis, valkey or memcached'),
  engineVersion: z.string().describe('the engine’s version in quotes, such as "7.1"'),
  cacheNodeType: z.string().describe('the node type, such as cache.r7g.large'),
  numNodeGroups: z.int().describe('shards; given, the cache has cluster mode enabled'),
  replicasPerNodeGroup: z.int().describe('replicas of each shard'),
  numCacheClusters: z.int().describe('primary and replicas of a cache without cluster mode'),
  numCacheNodes: z.int().describe('1 for a single node of Redis or Valkey; 1 to 40 nodes of Memcached'),
  automaticFailoverEnabled: z.boolean().describe('whether a replica takes over from a lost primary'),
  multiAZEnabled: z.boolean().describe('whether replicas live in other zones than their primary'),
  transitEncryptionEnabled: z.boolean().describe('whether clients have to come with TLS'),
  transitEncryptionMode: z
    .enum(['preferred', 'required'])
    .describe('with TLS: whether clients without it are let in too; left out: required'),
  atRestEncryptionEnabled: z.boolean().describe('whether what is written to disk is encrypted'),
  kmsKeyId: z.string().min(1).describe('the key for encryption at rest: an ARN, an id or alias/<name>'),
  authToken: z
    .strictObject({ generate: z.literal(true) })
    .describe('`generate: true`, where the cache shall have an AUTH token'),
  userGroupIds: z.array(z.string().min(1)).min(1).max(1).describe('an existing user group (RBAC), instead of a token'),
  userSecretName: z
    .string()
    .regex(/^autopilot\/.+/, 'begins with autopilot/')
    .describe('with a user group: the secret with {username, password} of one of its users, who verifies the cache'),
  parameters: z.record(z.string(), z.string()).describe('engine parameters, each value in quotes'),
  cacheParameterGroupName: z.string().min(1).describe('an existing parameter group, instead of `parameters`'),
  cacheSubnetGroupName: z.string().min(1).describe('an existing subnet group; left out: `default`'),
  securityGroupIds: z.array(z.string()).min(1).describe('existing security groups'),
  port: z.int().describe('left out: 6379, with Memcached 11211'),
  snapshotRetentionLimit: z.int().describe('days for which automatic snapshots are kept; 0: none are taken'),
  snapshotWindow: z.string().describe('daily, hh:mm-hh:mm, UTC'),
  preferredMaintenanceWindow: z.string().describe('weekly, ddd:hh:mm-ddd:hh:mm, UTC'),
  autoMinorVersionUpgrade: z.boolean().describe('whether ElastiCache may upgrade minor versions by itself'),
  dataTieringEnabled: z.boolean().describe('whether values that are rarely used move to the node’s disk'),
  logDeliveryConfigurations: z
    .array(
      z.strictObject({
        logType: z.enum(['slow-log', 'engine-log']),
        destinationType: z.enum(['cloudwatch-logs', 'kinesis-firehose']),
        destination: z.string().min(1),
        logFormat: z.enum(['json', 'text']),
      }),
    )
    .max(2)
    .describe('where the engine’s logs go: {logType, destinationType, destination, logFormat} for each'),
  notificationTopicArn: z
    .string()
    .startsWith('arn:')
    .describe(
      'where ElastiCache tells what happens: only the autopilot’s own SNS topic, which feeds its bus, or left out',
    ),
  tags: z.record(z.string(), z.string()).describe('tags, each value in quotes'),
  deletionPolicy: z
    .enum(['Delete', 'Orphan', 'Retain'])
    .describe('what shall become of the cache when its specification is removed'),
} as const;

const REQUIRED = ['cacheId', 'engine', 'engineVersion', 'cacheNodeType'] as const;

/** A cache's specification, with the names of ElastiCache's API in camelCase. Strict: an unknown field is a fault. */
export const CacheSpec = z
  .strictObject(FIELDS)
  .partial()
  .required(Object.fromEntries(REQUIRED.map((field) => [field, true])) as Record<(typeof REQUIRED)[number], true>);
export type CacheSpec = z.infer<typeof CacheSpec>;

/** The fields that could be read, and of a record its readable entries. The rules judge these, so that one fault does not hide the others. */
export type ReadableSpec = { readonly [Field in keyof typeof FIELDS]?: z.infer<(typeof FIELDS)[Field]> | undefined } & {
  /** The fields that were given and could not be read: neither there nor absent. Left out when there are none. */
  readonly unreadable?: readonly string[];
};

/** Whether we know of all these fields what they say, if anything. A rule about a field's absence has to ask. */
export const isKnown = ({ unreadable = [] }: ReadableSpec, ...fields: readonly (keyof typeof FIELDS)[]): boolean =>
  !fields.some((field) => unreadable.includes(field));

/** Whether a field stands in the specification, readable or not. */
export const isWritten = (spec: ReadableSpec, field: keyof typeof FIELDS): boolean =>
  spec[field] !== undefined || !isKnown(spec, field);

export interface SpecRead {
  readonly spec: ReadableSpec;
  readonly faults: readonly Fault[];
}

/** Reads a specification field by field. Never throws: whatever it is given, the faults say what was wrong with it. */
export const readSpec = (given: unknown): SpecRead => {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    const rule = 'A specification is an object of named fields.';
    return { spec: {}, faults: [{ path: 'spec', value: given, rule, remedy: 'Write at least cacheId and engine.' }] };
  }
  const spec: Record<string, unknown> = {};
  const faults: Fault[] = [];
  const unreadable: string[] = [];
  for (const [field, value] of Object.entries(given)) {
    const schema: z.ZodType | undefined = Object.hasOwn(FIELDS, field)
      ? FIELDS[field as keyof typeof FIELDS]
      : undefined;
    if (!schema) {
      faults.push(unknownField(field));
      continue;
    }
    const read = schema.safeParse(value);
    if (read.success) spec[field] = read.data;
    else {
      unreadable.push(field);
      // Of names with values, each is judged by itself: one that cannot be read hides no fault of the others.
      if (schema instanceof z.ZodRecord && value !== null && typeof value === 'object' && !Array.isArray(value)) {
        const readable = Object.entries(value).filter(([name, each]) => schema.safeParse({ [name]: each }).success);
        if (readable.length > 0) spec[field] = Object.fromEntries(readable);
      }
      faults.push(...read.error.issues.map((issue) => badValue(field, value, issue)));
    }
  }
  for (const field of REQUIRED) {
    if (Object.hasOwn(given, field)) continue;
    const rule = `${field} is needed: ${FIELDS[field].description}.`;
    faults.push({ path: field, value: undefined, rule, remedy: `Add ${field}.` });
  }
  return { spec: unreadable.length > 0 ? { ...spec, unreadable } : spec, faults };
};

/** What ElastiCache has and we do not: a field that asks for it is no slip of the pen. */
const NOT_YET: readonly { readonly field: RegExp; readonly what: string; readonly instead: string }[] = [
  {
    field: /^(serverless|cacheUsageLimits$|dailySnapshotTime$|majorEngineVersion$)/i,
    what: 'ElastiCache Serverless',
    instead: 'Describe a cache of nodes with cacheNodeType, or create the serverless cache by other means.',
  },
  {
    field: /^(globalReplicationGroup|globalDatastore|primaryReplicationGroupId$)/i,
    what: 'Global Datastores',
    instead: 'Describe the cache of one Region, or create the Global Datastore by other means.',
  },
];

/** Without its value: of a field that nobody knows, nobody knows either whether it holds a secret. */
const unknownField = (field: string): Fault => {
  const notYet = NOT_YET.find((known) => known.field.test(field));
  if (notYet) {
    const rule = `The autopilot does not create ${notYet.what} yet, for which ${field} is.`;
    return { path: field, rule, remedy: notYet.instead };
  }
  const guess = closestTo(field, Object.keys(FIELDS));
  return {
    path: field,
    rule: `There is no field ${field} in a cache specification.`,
    remedy: guess ? `Did you mean ${guess}?` : 'Remove it; cache-spec.schema.json lists the fields.',
  };
};

/** What a value has to be, in words, by zod's name for it. */
const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a whole number',
  object: 'fields with their values',
  record: 'names with their values',
  string: 'a text, in quotes where it looks like a number',
};

const badValue = (field: string, value: unknown, issue: z.core.$ZodIssue): Fault => {
  const path = [field, ...issue.path.map(String)].join('.');
  const meaning = FIELDS[field as keyof typeof FIELDS].description;
  const found = issue.path.reduce<unknown>(inside, value);
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String);
    const guess = typeof found === 'string' ? closestTo(found, choices) : undefined;
    const remedy = guess ? `Did you mean ${guess}?` : `Choose ${choices.join(' or ')}.`;
    return { path, value: found, rule: `${path} is one of ${choices.join(', ')}.`, remedy };
  }
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  const rule = kind ? `${path} is ${kind}.` : `${path} cannot be read: ${issue.message}.`;
  return { path, value: found, rule, remedy: `Write ${kind ?? 'another value'} (${meaning}).` };
};

const inside = (value: unknown, key: PropertyKey): unknown =>
  value !== null && typeof value === 'object' ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;

import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { TemplateResource } from '../../service.ts';

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })).min(1);
const Projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
});
const Recovery = z.strictObject({
  PointInTimeRecoveryEnabled: z.boolean(),
  /** 35 unless said otherwise, and never more (DynamoDB guide, point-in-time recovery). */
  RecoveryPeriodInDays: z.int().min(1).max(35).default(35),
});
const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);

const shared = {
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema,
  GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: z.string(), KeySchema, Projection })).optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
};

/** The form that CDK's `Table` synthesizes. Only on-demand tables: nothing here is ever throttled by its capacity. */
const TableProperties = z.strictObject({
  ...shared,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  SSESpecification: z.strictObject({ SSEEnabled: z.boolean() }).optional(),
  PointInTimeRecoverySpecification: Recovery.optional(),
  DeletionProtectionEnabled: z.boolean().default(false),
  Tags,
});

/** The form that CDK's `TableV2` synthesizes. Data does not travel between Regions here, so one replica is all. */
const GlobalTableProperties = z.strictObject({
  ...shared,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  SSESpecification: z.strictObject({ SSEEnabled: z.boolean(), SSEType: z.literal('KMS').optional() }).optional(),
  Replicas: z.tuple(
    [
      z.strictObject({
        Region: z.string(),
        PointInTimeRecoverySpecification: Recovery.optional(),
        DeletionProtectionEnabled: z.boolean().default(false),
        TableClass: z.literal('STANDARD').optional(),
        Tags,
      }),
    ],
    'the local account keeps a table in one Region: give exactly one replica',
  ),
});

type Shared = Pick<z.infer<typeof TableProperties>, keyof typeof shared>;

/** A table as a template asks for it. */
export interface TableWanted {
  readonly input: CreateTableCommandInput & { readonly TableName: string };
  readonly expiresBy: string | undefined;
  readonly recoveryDays: number | undefined;
}

const wanted = (
  resource: TemplateResource,
  { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, TimeToLiveSpecification }: Shared,
  rest: {
    readonly encrypted: boolean;
    readonly recovery: z.infer<typeof Recovery> | undefined;
    readonly deletionProtected: boolean;
    readonly tags: z.infer<typeof Tags>;
  },
): TableWanted => {
  if (TimeToLiveSpecification?.Enabled && !TimeToLiveSpecification.AttributeName) {
    throw new Error('TimeToLiveSpecification is enabled without an AttributeName: name the attribute that expires');
  }
  return {
    input: {
      TableName: TableName ?? resource.generatedName(255),
      AttributeDefinitions,
      KeySchema,
      BillingMode: 'PAY_PER_REQUEST',
      ...(GlobalSecondaryIndexes ? { GlobalSecondaryIndexes } : {}),
      SSESpecification: { Enabled: rest.encrypted },
      DeletionProtectionEnabled: rest.deletionProtected,
      Tags: rest.tags,
    },
    expiresBy: TimeToLiveSpecification?.Enabled ? TimeToLiveSpecification.AttributeName : undefined,
    recoveryDays: rest.recovery?.PointInTimeRecoveryEnabled ? rest.recovery.RecoveryPeriodInDays : undefined,
  };
};

/** Reads an `AWS::DynamoDB::Table`. @throws ZodError naming each property that is not emulated */
export const readTable = (resource: TemplateResource): TableWanted => {
  const table = TableProperties.parse(resource.properties);
  return wanted(resource, table, {
    encrypted: table.SSESpecification?.SSEEnabled ?? false,
    recovery: table.PointInTimeRecoverySpecification,
    deletionProtected: table.DeletionProtectionEnabled,
    tags: table.Tags,
  });
};

/** Reads an `AWS::DynamoDB::GlobalTable`. @throws Error for a replica elsewhere, ZodError as above */
export const readGlobalTable = (resource: TemplateResource): TableWanted => {
  const table = GlobalTableProperties.parse(resource.properties);
  const [replica] = table.Replicas;
  if (replica.Region !== resource.region) {
    throw new Error(`The replica is in ${replica.Region}, but the stack in ${resource.region}: put both in one Region`);
  }
  return wanted(resource, table, {
    encrypted: table.SSESpecification?.SSEEnabled ?? false,
    recovery: replica.PointInTimeRecoverySpecification,
    deletionProtected: replica.DeletionProtectionEnabled,
    tags: replica.Tags,
  });
};

import { z } from 'zod';
import type { TemplateResource } from '../../service.ts';

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })).min(1);
const Projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
});

/** What the local account can do for a table. Encryption, recovery points and expiry are promises of the service. */
const TableProperties = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: z.string(), KeySchema, Projection })).optional(),
  SSESpecification: z.strictObject({ SSEEnabled: z.boolean() }).optional(),
  PointInTimeRecoverySpecification: z.strictObject({ PointInTimeRecoveryEnabled: z.boolean() }).optional(),
  // Expired items stay readable here: on AWS they are deleted only within days, so nobody may rely on their absence.
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  DeletionProtectionEnabled: z.boolean().default(false),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

export const readTable = (resource: TemplateResource) => {
  const { TableName, AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes, DeletionProtectionEnabled } =
    TableProperties.parse(resource.properties);
  return {
    input: {
      TableName: TableName ?? resource.generatedName(255),
      AttributeDefinitions,
      KeySchema,
      BillingMode,
      ...(GlobalSecondaryIndexes ? { GlobalSecondaryIndexes } : {}),
    },
    deletionProtection: DeletionProtectionEnabled,
  };
};

import { z } from 'zod';
import type { PolicyDocument } from '../../service.ts';
import { LifecycleRule } from './lifecycle.ts';

const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);

const PublicAccessBlock = z.strictObject({
  BlockPublicAcls: z.boolean().default(false),
  BlockPublicPolicy: z.boolean().default(false),
  IgnorePublicAcls: z.boolean().default(false),
  RestrictPublicBuckets: z.boolean().default(false),
});

/** S3 encrypts everything with keys of its own. Keys of KMS are not emulated. */
const Encryption = z.strictObject({
  ServerSideEncryptionConfiguration: z
    .array(
      z.strictObject({
        ServerSideEncryptionByDefault: z.strictObject({
          SSEAlgorithm: z.literal('AES256', 'the local account encrypts buckets with AES256 only, without KMS'),
        }),
        BucketKeyEnabled: z.literal(false).optional(),
      }),
    )
    .length(1),
});

/** What the local account can do for a bucket; anything else in a template (versioning, replication) is refused by name. */
export const BucketProperties = z.strictObject({
  BucketName: z.string().optional(),
  BucketEncryption: Encryption.optional(),
  LifecycleConfiguration: z.strictObject({ Rules: z.array(LifecycleRule).min(1) }).default({ Rules: [] }),
  OwnershipControls: z
    .strictObject({
      Rules: z
        .array(
          z.strictObject({
            ObjectOwnership: z.literal('BucketOwnerEnforced', 'the local account has no access control lists'),
          }),
        )
        .length(1),
    })
    .optional(),
  // A new bucket blocks everything public, unless it is told otherwise (since April 2023).
  PublicAccessBlockConfiguration: PublicAccessBlock.default({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  }),
  Tags,
});

export const BucketPolicyProperties = z.strictObject({
  Bucket: z.string(),
  PolicyDocument: z.looseObject({ Statement: z.array(z.record(z.string(), z.unknown())) }),
});

/** Condition keys that can make a statement for everybody one for few (S3 guide, "The meaning of public"). */
const NARROWING =
  /^(aws:(SourceIp|SourceArn|SourceVpc|SourceVpce|SourceOwner|SourceAccount|PrincipalOrgID|userid)|s3:DataAccessPoint(Arn|Account))$/i;

/** Whether a policy lets in everybody, which a bucket that blocks public policies does not take. */
export const isPublic = ({ Statement }: PolicyDocument): boolean =>
  Statement.some(({ Effect, Principal, Condition = {} }) => {
    const everybody = JSON.stringify(Principal ?? '').includes('"*"');
    const keys = Object.values(Condition as Record<string, object>).flatMap(Object.keys);
    return Effect === 'Allow' && everybody && !keys.some((key) => NARROWING.test(key));
  });

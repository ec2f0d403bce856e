import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { once } from './once.ts';

// Marked pure, so that a bundle holds only the clients that its function imports.
export const elastiCacheClient = /* @__PURE__ */ once(() => new ElastiCacheClient({}));
export const ec2Client = /* @__PURE__ */ once(() => new EC2Client({}));
export const secretsClient = /* @__PURE__ */ once(() => new SecretsManagerClient({}));
export const ssmClient = /* @__PURE__ */ once(() => new SSMClient({}));
export const eventBridgeClient = /* @__PURE__ */ once(() => new EventBridgeClient({}));
export const sfnClient = /* @__PURE__ */ once(() => new SFNClient({}));
export const serviceQuotasClient = /* @__PURE__ */ once(() => new ServiceQuotasClient({}));
export const kmsClient = /* @__PURE__ */ once(() => new KMSClient({}));
export const cloudTrailClient = /* @__PURE__ */ once(() => new CloudTrailClient({}));
export const logsClient = /* @__PURE__ */ once(() => new CloudWatchLogsClient({}));
export const cloudWatchClient = /* @__PURE__ */ once(() => new CloudWatchClient({}));
/** For orders that must not be repeated by the client itself: each attempt is ours to decide. */
export const elastiCacheClientWithoutRetries = /* @__PURE__ */ once(() => new ElastiCacheClient({ maxAttempts: 1 }));
export const s3Client = /* @__PURE__ */ once(() => new S3Client({}));

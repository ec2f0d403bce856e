import type { ClientClass } from '../../../service.ts';

/** An AWS service that a state machine can call. */
export interface SdkService {
  /** What its errors begin with: `ElastiCache.ReplicationGroupNotFoundException`. */
  readonly prefix: string;
  readonly load: () => Promise<Readonly<Record<string, unknown>>>;
  /** The client's class in its package. */
  readonly client: string;
}

/**
 * By the name in `arn:aws:states:::aws-sdk:<name>:<action>`. Names and prefixes: Step Functions guide, "Learning to use
 * AWS service SDK integrations". A package is loaded when the first definition that names it is made.
 */
export const SDK_SERVICES: Readonly<Record<string, SdkService>> = {
  cloudformation: {
    prefix: 'CloudFormation',
    load: () => import('@aws-sdk/client-cloudformation'),
    client: 'CloudFormationClient',
  },
  cloudwatch: { prefix: 'CloudWatch', load: () => import('@aws-sdk/client-cloudwatch'), client: 'CloudWatchClient' },
  cloudwatchlogs: {
    prefix: 'CloudWatchLogs',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
    client: 'CloudWatchLogsClient',
  },
  dynamodb: { prefix: 'DynamoDb', load: () => import('@aws-sdk/client-dynamodb'), client: 'DynamoDBClient' },
  ec2: { prefix: 'Ec2', load: () => import('@aws-sdk/client-ec2'), client: 'EC2Client' },
  elasticache: {
    prefix: 'ElastiCache',
    load: () => import('@aws-sdk/client-elasticache'),
    client: 'ElastiCacheClient',
  },
  eventbridge: {
    prefix: 'EventBridge',
    load: () => import('@aws-sdk/client-eventbridge'),
    client: 'EventBridgeClient',
  },
  iam: { prefix: 'Iam', load: () => import('@aws-sdk/client-iam'), client: 'IAMClient' },
  kms: { prefix: 'Kms', load: () => import('@aws-sdk/client-kms'), client: 'KMSClient' },
  lambda: { prefix: 'Lambda', load: () => import('@aws-sdk/client-lambda'), client: 'LambdaClient' },
  s3: { prefix: 'S3', load: () => import('@aws-sdk/client-s3'), client: 'S3Client' },
  scheduler: { prefix: 'Scheduler', load: () => import('@aws-sdk/client-scheduler'), client: 'SchedulerClient' },
  secretsmanager: {
    prefix: 'SecretsManager',
    load: () => import('@aws-sdk/client-secrets-manager'),
    client: 'SecretsManagerClient',
  },
  sfn: { prefix: 'Sfn', load: () => import('@aws-sdk/client-sfn'), client: 'SFNClient' },
  sns: { prefix: 'Sns', load: () => import('@aws-sdk/client-sns'), client: 'SNSClient' },
  sqs: { prefix: 'Sqs', load: () => import('@aws-sdk/client-sqs'), client: 'SQSClient' },
  ssm: { prefix: 'Ssm', load: () => import('@aws-sdk/client-ssm'), client: 'SSMClient' },
  sts: { prefix: 'Sts', load: () => import('@aws-sdk/client-sts'), client: 'STSClient' },
};

/** A loaded client package, as far as an integration uses it. */
export interface SdkPackage {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly Client: ClientClass<SdkClient>;
}

export interface SdkClient {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<Readonly<Record<string, unknown>>>;
}

const loaded = new Map<string, SdkPackage>();

/** Loads a service's client once. @param name a key of SDK_SERVICES */
export const loadSdk = async (name: string): Promise<SdkPackage> => {
  const known = loaded.get(name);
  if (known) return known;
  const service = SDK_SERVICES[name];
  if (!service) throw new Error(`The local account has no SDK client for ${name}`);
  const exports = await service.load();
  const made = { exports, Client: exports[service.client] as ClientClass<SdkClient> };
  loaded.set(name, made);
  return made;
};

/** The package when it has been loaded already. */
export const loadedSdk = (name: string): SdkPackage | undefined => loaded.get(name);

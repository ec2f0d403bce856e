import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type PolicyDocument, ServiceError, type TemplateResource, type World } from '../../service.ts';

/** How Lambda handles events for a function that nobody waits for. */
export interface AsynchronousSettings {
  /** How often an event is tried again when the function failed. */
  readonly maximumRetries: number;
  /** An event older than this is not tried again. */
  readonly maximumAgeSeconds: number;
}

/** A function as it was deployed. */
export interface LambdaFunction {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly description: string;
  readonly roleArn: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly handler: string;
  /** The bundle, as a file URL. */
  readonly module: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly logGroup: string;
  readonly deadLetterArn: string | undefined;
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | undefined;
  readonly tracing: 'Active' | 'PassThrough';
  /** Who else may invoke it: statements that AWS::Lambda::Permission added. */
  readonly statements: Record<string, unknown>[];
  /** What AWS::Lambda::EventInvokeConfig says, or what goes without it. */
  asynchronous: AsynchronousSettings;
}

export const policyOf = ({ statements }: LambdaFunction): PolicyDocument | undefined =>
  statements.length > 0 ? { Version: '2012-10-17', Statement: statements } : undefined;

const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);

/** What the local account can do for a function; anything else in a template is refused by name. */
const FunctionProperties = z.strictObject({
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Runtime: z.literal('nodejs24.x'),
  Handler: z.string(),
  Role: z.string(),
  FunctionName: z.string().max(64).optional(),
  Description: z.string().default(''),
  Architectures: z.array(z.enum(['arm64', 'x86_64'])).default(['x86_64']),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).default({ Variables: {} }),
  /** Lambda guide, quotas: 1–900 s, 128–10,240 MB. */
  Timeout: z.int().min(1).max(900).default(3),
  MemorySize: z.int().min(128).max(10_240).default(128),
  LoggingConfig: z
    .strictObject({ LogFormat: z.enum(['JSON', 'Text']).default('Text'), LogGroup: z.string().optional() })
    .default({ LogFormat: 'Text' }),
  TracingConfig: z.strictObject({ Mode: z.enum(['Active', 'PassThrough']) }).default({ Mode: 'PassThrough' }),
  DeadLetterConfig: z
    .strictObject({ TargetArn: z.string().startsWith('arn:aws:sqs:', 'dead letters go to queues only here') })
    .optional(),
  VpcConfig: z.strictObject({ SubnetIds: z.array(z.string()), SecurityGroupIds: z.array(z.string()) }).optional(),
  Tags,
});

/** Lambda guide, "Configuring error handling settings for asynchronous invocations": two more attempts, within six hours. */
const UNTOLD: AsynchronousSettings = { maximumRetries: 2, maximumAgeSeconds: 21_600 };

const EventInvokeConfigProperties = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST', 'the local account has no versions and aliases of functions'),
  MaximumRetryAttempts: z.int().min(0).max(2).default(UNTOLD.maximumRetries),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600).default(UNTOLD.maximumAgeSeconds),
});

/** Whose asynchronous events AWS::Lambda::EventInvokeConfig is about, and how they are handled. */
export const readEventInvokeConfig = ({ properties }: TemplateResource) => {
  const { FunctionName, MaximumRetryAttempts, MaximumEventAgeInSeconds } =
    EventInvokeConfigProperties.parse(properties);
  const settings = { maximumRetries: MaximumRetryAttempts, maximumAgeSeconds: MaximumEventAgeInSeconds };
  return { functionName: FunctionName, settings };
};

/** Names that Lambda keeps for itself (Lambda guide, "Defined runtime environment variables"). */
const RESERVED =
  /^(AWS_REGION|AWS_DEFAULT_REGION|AWS_ACCESS_KEY.*|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_LAMBDA_.*|_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_.*)$/;
/** All variables together (Lambda guide, quotas). */
const ENVIRONMENT_BYTES = 4096;

/** Reads a function from a template. @throws with a sentence for what Lambda, or this account, would refuse */
export const readFunction = (world: World, resource: TemplateResource): LambdaFunction => {
  const properties = FunctionProperties.parse(resource.properties);
  const name = properties.FunctionName ?? resource.generatedName(64);
  const variables = properties.Environment.Variables;
  for (const variable of Object.keys(variables)) {
    if (RESERVED.test(variable)) throw new Error(`Lambda keeps the environment variable ${variable} for itself`);
  }
  if (JSON.stringify(variables).length > ENVIRONMENT_BYTES) throw new Error('The environment is larger than 4 KB');

  const [file = '', handler] = properties.Handler.split('.');
  const folder = resource.assetFolder(properties.Code.S3Key);
  const bundle = ['.js', '.mjs', '.cjs'].map((ending) => path.join(folder, file + ending)).find(existsSync);
  if (!bundle || !handler) throw new Error(`There is no ${properties.Handler} in its code`);

  return {
    arn: `arn:aws:lambda:${resource.region}:${world.accountId}:function:${name}`,
    name,
    region: resource.region,
    description: properties.Description,
    roleArn: properties.Role,
    runtime: properties.Runtime,
    architecture: properties.Architectures[0] ?? 'x86_64',
    handler: properties.Handler,
    module: pathToFileURL(bundle).href,
    environment: variables,
    timeoutSeconds: properties.Timeout,
    memoryMb: properties.MemorySize,
    logGroup: properties.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`,
    deadLetterArn: properties.DeadLetterConfig?.TargetArn,
    vpc: properties.VpcConfig && {
      subnetIds: properties.VpcConfig.SubnetIds,
      securityGroupIds: properties.VpcConfig.SecurityGroupIds,
    },
    tracing: properties.TracingConfig.Mode,
    statements: [],
    asynchronous: UNTOLD,
  };
};

/** The functions of an account, by Region and name. */
export interface Functions {
  put(fn: LambdaFunction): void;
  /** Finds by name, ARN, or `account:function:name`. @throws ResourceNotFoundException */
  get(nameOrArn: string, region: string): LambdaFunction;
  /** As `get`, or undefined. */
  find(nameOrArn: string, region: string): LambdaFunction | undefined;
  list(region: string): readonly LambdaFunction[];
}

export const createFunctions = (accountId: string): Functions => {
  const byArn = new Map<string, LambdaFunction>();
  const arnOf = (nameOrArn: string, region: string) => {
    if (nameOrArn.startsWith('arn:')) return nameOrArn.split(':').slice(0, 7).join(':');
    return `arn:aws:lambda:${region}:${accountId}:function:${nameOrArn.split(':').pop()}`;
  };
  const find: Functions['find'] = (nameOrArn, region) => byArn.get(arnOf(nameOrArn, region));
  return {
    put: (fn) => void byArn.set(fn.arn, fn),
    find,
    get(nameOrArn, region) {
      const found = find(nameOrArn, region);
      if (found) return found;
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${arnOf(nameOrArn, region)}`, 404);
    },
    list: (region) => [...byArn.values()].filter((fn) => fn.region === region),
  };
};

const PermissionProperties = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

/** The policy statement that AWS::Lambda::Permission stands for. */
export const readPermission = ({ logicalId, properties }: TemplateResource, { arn }: { readonly arn: string }) => {
  const { Action, Principal, SourceArn, SourceAccount } = PermissionProperties.parse(properties);
  const conditions = {
    ...(SourceArn ? { ArnLike: { 'aws:SourceArn': SourceArn } } : {}),
    ...(SourceAccount ? { StringEquals: { 'aws:SourceAccount': SourceAccount } } : {}),
  };
  return {
    Sid: logicalId.replace(/[^A-Za-z0-9]/g, ''),
    Effect: 'Allow',
    Principal: Principal.endsWith('.amazonaws.com') ? { Service: Principal } : { AWS: Principal },
    Action,
    Resource: arn,
    ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
  };
};

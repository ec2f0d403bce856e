import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { MetricStore } from './services/monitoring/metric-store.ts';

/**
 * One emulated AWS service: the API it answers, the CloudFormation resources it can make, and how it stops.
 * A folder `services/<name>/` exports one function `(world: World) => Service`, listed in `services/index.ts`:
 * that is all a new service needs.
 */
export interface Service {
  /** The service's name as ARNs spell it (`elasticache`, `states`, `sqs`). */
  readonly name: string;
  readonly api?: Api;
  /** Builders by CloudFormation type, e.g. `AWS::SNS::Topic`. A type that no service lists is refused at the start. */
  readonly resources?: Readonly<Record<string, ResourceBuilder>>;
  /** Called once all stacks of the assembly are made: begin schedules and sweeps here. */
  start?(): Promise<void> | void;
  /** Ends every process, timer and socket of the service. Called once, also when the start failed. */
  stop?(): Promise<void> | void;
}

/** The class of an SDK client; each has its own configuration type. */
export type ClientClass<C> = new (config: never) => C;

/** The wire API of a service, described by the schemas that its JavaScript SDK client exports. */
export interface Api {
  /** Name in the SigV4 credential scope (`monitoring` for CloudWatch). */
  readonly signingName: string;
  /** Prefix of its IAM actions (`cloudwatch`). */
  readonly iamPrefix: string;
  /** The module namespace of the SDK client package: `import * as sdk from '@aws-sdk/client-sqs'`. */
  readonly sdk: Readonly<Record<string, unknown>>;
  readonly Client: ClientClass<{ readonly config: object }>;
  /** Behaviour by operation name. An operation of the SDK that is not here answers 501 `NotImplemented`, by name. */
  readonly operations: Readonly<Record<string, Operation<never, unknown>>>;
}

/** One API operation. Throw `ServiceError` to answer with an error of the service. */
export interface Operation<Input, Output> {
  /** What IAM has to allow. Left out: the action `<iamPrefix>:<OperationName>` on `*`. */
  permissions?(input: Input, call: Call): readonly Permission[];
  handle(input: Input, call: Call): Promise<Output> | Output;
}

/** Gives an operation its types; the SDK's `XCommandInput` and `XCommandOutput` without `$metadata`. */
export const operation = <Input, Output>(
  definition: Operation<Input, Omit<Output, '$metadata'>>,
): Operation<Input, Omit<Output, '$metadata'>> => definition;

/** Who calls, from where. */
export interface Call {
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly operation: string;
}

/**
 * A call as it was answered, for whoever keeps a record of calls. Inputs and outputs can hold secrets: of those only what
 * is known to be none may be kept.
 */
export interface AnsweredCall {
  /** As `Service.name`. */
  readonly service: string;
  readonly call: Call;
  readonly accessKeyId: string;
  readonly sourceAddress: string;
  readonly userAgent: string;
  /** Account time at which it came, milliseconds since the epoch. */
  readonly at: number;
  /** Undefined when it could not be read. */
  readonly input: unknown;
  readonly outcome:
    | { readonly output: unknown }
    | { readonly error: { readonly code: string; readonly message: string } };
}

/** One thing that must be allowed: an action on a resource, with the condition keys that the service fills in. */
export interface Permission {
  /** e.g. `elasticache:CreateReplicationGroup`. */
  readonly action: string;
  /** A full ARN, or `*` for actions without resource types. */
  readonly resource: string;
  /** Service and tag condition keys, e.g. `aws:ResourceTag/autopilot:managed`. Absent keys are absent. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** The policy on the resource itself (queue, topic, function, bus), where the service has one. */
  readonly resourcePolicy?: PolicyDocument | undefined;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly Record<string, unknown>[];
}

/** Whose credentials signed a request. */
export type Principal =
  /** The person at the keyboard: an administrator of the local account. */
  | { readonly kind: 'user'; readonly arn: string }
  /** A role assumed by a function, a state machine, a rule. `session` tells who: the function's or execution's name. */
  | { readonly kind: 'role'; readonly arn: string; readonly session: string }
  /**
   * An AWS service acting by itself (EventBridge calling a queue, ElastiCache publishing to a topic). Only resource
   * policies can allow it. `context` holds what the service says of itself: `aws:SourceArn`, `aws:SourceAccount`, ...
   */
  | { readonly kind: 'service'; readonly service: string; readonly context: Readonly<Record<string, string>> };

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An error as the service would answer it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  /** Members of the error shape besides the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /**
   * @param code   the error's shape name in the SDK (`ReplicationGroupNotFoundFault`) or its wire code
   *               (`Throttling`); the protocol finds the other spelling and the modelled HTTP status.
   * @param status used only for codes that the service does not model
   */
  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** The account as one service sees it. */
export interface World {
  /** Twelve digits. */
  readonly accountId: string;
  readonly clock: Clock;
  readonly faults: Faults;
  /** The run's folder; a service keeps its files in `folder/<service name>/`. */
  readonly folder: string;
  /** The folder of all logs: `logs/<name>.log`, one line an entry. */
  log(name: string, line: string): void;
  /** Base URL of the API server, known before any resource is made. */
  readonly endpoint: string;
  /** Environment that makes any AWS SDK or CLI talk to this account as `principal`. */
  environmentFor(principal: Principal, region: string): Readonly<Record<string, string>>;
  /** A client of another service, acting as `principal`, over the wire like anybody else: IAM applies. */
  client<C>(Client: ClientClass<C>, principal: Principal, region: string): C;
  /** The trust bundle (PEM) of the account's own certificate authority: what Amazon's root CAs are on AWS. */
  readonly certificateAuthority: { readonly certPem: string; readonly certFile: string };
  /**
   * Asks IAM, for what a service has to find out besides the call that it answers.
   *
   * @throws ServiceError AccessDenied
   */
  authorize(principal: Principal, permission: Permission, region: string): Promise<void>;
  /** Tells of every call of a known caller to a known operation, once it was carried out or refused. */
  observeCalls(observer: (answered: AnsweredCall) => void): void;
  /** What was measured: by services of themselves here, by everybody else through CloudWatch's API. */
  readonly metrics: MetricStore;
  /** The inline and attached policies of a role, for the authorizer; filled in by the IAM service. */
  readonly roles: RoleStore;
}

export interface RoleStore {
  put(role: Role): void;
  get(roleArn: string): Role | undefined;
}

export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly trust: PolicyDocument;
  /** By policy name; IAM policies made after the role are added here. */
  readonly policies: Map<string, PolicyDocument>;
}

/** Makes one resource of a template. Throw an Error with a sentence for what cannot be emulated. */
export interface ResourceBuilder {
  create(resource: TemplateResource): Promise<Created> | Created;
}

/** A resource with every intrinsic resolved. */
export interface TemplateResource {
  readonly stackName: string;
  readonly region: string;
  readonly logicalId: string;
  readonly type: string;
  /** Parse this with a strict zod schema: a property that is not emulated must be refused by name, never ignored. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** The name CloudFormation would make up when the template gives none: `<stack>-<logicalId>-<random>`. */
  generatedName(maxLength?: number): string;
  /** The folder of an asset, by the S3 key that the template names (`<hash>.zip`). */
  assetFolder(s3Key: string): string;
}

export interface Created {
  /** What `Ref` answers. */
  readonly ref: string;
  /** What `Fn::GetAtt` answers, by attribute name. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import type { VpcConfiguration } from './configuration.ts';
import type { DeadLetters } from './dead-letters.ts';
import { acknowledgePatterns, allow, deny, type Terms } from './permissions.ts';

export interface WorkflowFunctionProps {
  readonly account: Account;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default 30: every step answers within seconds, and what takes longer waits in the state machine. */
  readonly timeoutSeconds?: number;
  /** Default 512: Lambda gives CPU in proportion, and the cold start is mostly CPU. */
  readonly memoryMb?: number;
  /** The VPC in which the function runs, for the few that talk to a cache itself. Its id becomes part of the name. */
  readonly vpc?: VpcConfiguration;
  /** Where events go that the function could not handle. Needed when something invokes it asynchronously. */
  readonly deadLetters?: DeadLetters;
  /**
   * How often Lambda tries an event again by itself when the function failed; default 2, after one minute and after two.
   * 0 for what must not be done a second time behind the back of the workflow that asked for it.
   */
  readonly asynchronousRetries?: 0 | 1 | 2;
  /** How old an event may be when the function begins with it, for Lambda may hold it back; default 21600, six hours. */
  readonly asynchronousMaxAgeSeconds?: number;
}

/** One step: a function on Node 24 with its own role, its own log group and nothing that it does not need. */
export class WorkflowFunction extends Construct {
  readonly function: LambdaFunction;
  readonly arn: string;
  readonly #role: Role;

  /** @param entry the file below functions/, without `.ts`: `creation/plan` */
  constructor(scope: Construct, id: string, entry: string, props: WorkflowFunctionProps) {
    super(scope, id);
    const {
      account,
      vpc,
      deadLetters,
      asynchronousRetries,
      asynchronousMaxAgeSeconds,
      environment = {},
      timeoutSeconds = 30,
      memoryMb = 512,
    } = props;
    const [capability = entry] = entry.split('/');
    const functionName = ['autopilot', ...entry.split('/'), ...(vpc ? [vpc.vpcId] : [])].join('-');

    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What functions/${entry}.ts may do`,
    });
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: account.configuration.logRetentionDays,
      // The record of what was done is the ledger; logs expire anyway, and a left-over group would block the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    logGroup.grantWrite(this.#role);

    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description: `functions/${entry}.ts of elasticache-autopilot`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: account.functionCode(entry),
      role: this.#role,
      timeout: Duration.seconds(timeoutSeconds),
      memorySize: memoryMb,
      tracing: Tracing.ACTIVE,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        POWERTOOLS_SERVICE_NAME: capability,
        POWERTOOLS_METRICS_NAMESPACE: 'ElastiCacheAutopilot',
        ...environment,
      },
      ...(deadLetters ? { deadLetterQueue: deadLetters } : {}),
      ...(asynchronousRetries === undefined ? {} : { retryAttempts: asynchronousRetries }),
      ...(asynchronousMaxAgeSeconds === undefined ? {} : { maxEventAge: Duration.seconds(asynchronousMaxAgeSeconds) }),
    });
    this.arn = this.function.functionArn;
    if (vpc) this.#joinNetwork(vpc, functionName);
    acknowledgePatterns(
      this.#role,
      ['*'],
      'X-Ray takes segments from anybody in the account: it has no resource to name.',
    );
  }

  /** Adds a permission to the function's role. */
  may(actions: readonly string[], resources: readonly string[], terms: Terms = {}): this {
    allow(this.#role, actions, resources, terms);
    return this;
  }

  /** Sets one more environment variable. */
  knows(name: string, value: string): this {
    this.function.addEnvironment(name, value);
    return this;
  }

  /** Lambda makes the network interfaces with the function's own role (Lambda guide, "VPC permissions"). */
  #joinNetwork({ subnetIds, securityGroupId }: VpcConfiguration, functionName: string): void {
    const resource = this.function.node.defaultChild;
    if (!(resource instanceof CfnFunction)) throw new Error('CDK made a function that is no AWS::Lambda::Function');
    // Directly: CDK's own way imports the VPC and wants its zones and route tables, on which nothing here depends.
    resource.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [securityGroupId] };
    const actions = [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ];
    const because = 'Lambda checks its network-interface permissions on every resource, so that narrowing them fails.';
    allow(this.#role, actions, ['*'], { because });
    // ... but they are for the Lambda service: the code of the function itself must not use them (same page).
    const self = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    deny(this.#role, actions, ['*'], { ArnEquals: { 'lambda:SourceFunctionArn': self } });
  }
}

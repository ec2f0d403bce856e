import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { Configuration, RegionConfiguration } from './configuration.ts';
import { Evidence } from './evidence.ts';
import type { FunctionCode } from './function-code.ts';
import type { WorkflowFunction } from './workflow-function.ts';

export interface AccountProps {
  readonly configuration: Configuration;
  /** The part of the configuration that is this stack's Region. */
  readonly region: RegionConfiguration;
  readonly functionCode: FunctionCode;
}

/** What all capabilities of one Region share: bus, ledger, evidence, the policy document, and the alarms on ourselves. */
export class Account extends Construct {
  readonly configuration: Configuration;
  readonly region: RegionConfiguration;
  readonly functionCode: FunctionCode;
  readonly alarms: Alarms;
  readonly bus: EventBus;
  readonly #evidence: Evidence;
  readonly #ledger: Table;
  readonly #policy: StringParameter;

  constructor(scope: Construct, id: string, { configuration, region, functionCode }: AccountProps) {
    super(scope, id);
    this.configuration = configuration;
    this.region = region;
    this.functionCode = functionCode;
    this.alarms = new Alarms(this, 'Alarms', { email: configuration.alarmEmail });

    this.bus = new EventBus(this, 'Bus', {
      eventBusName: 'autopilot',
      description: 'What elasticache-autopilot is asked, and what it says',
    });

    this.#ledger = new Table(this, 'Ledger', {
      tableName: 'autopilot-ledger',
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      // The only memory of who changed what, and why: it outlives the stack.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#ledger.addGlobalSecondaryIndex({
      indexName: 'by-cache',
      partitionKey: { name: 'cache', type: AttributeType.STRING },
      sortKey: { name: 'startedAt', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    this.#ledger.addGlobalSecondaryIndex({
      indexName: 'by-kind',
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'startedAt', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });

    this.#evidence = new Evidence(this, 'Evidence');

    this.#policy = new StringParameter(this, 'Policy', {
      parameterName: '/autopilot/policy',
      description: 'What the autopilot may do by itself in this account; made from autopilot.yaml',
      stringValue: JSON.stringify(configuration.policy),
    });
  }

  /** Lets the function read and write records of the ledger. Nobody deletes one of an operation: records expire. */
  mayKeepTheLedger(fn: WorkflowFunction): void {
    fn.may(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [this.#ledger.tableArn]).knows(
      'LEDGER_TABLE',
      this.#ledger.tableName,
    );
  }

  /** Lets the function look who has a lock, and no more. */
  mayReadTheLedger(fn: WorkflowFunction): void {
    fn.may(['dynamodb:GetItem'], [this.#ledger.tableArn]).knows('LEDGER_TABLE', this.#ledger.tableName);
  }

  /** Lets the function forget what a cache was to be, and nothing of any operation. */
  mayForgetCaches(fn: WorkflowFunction): void {
    fn.may(['dynamodb:DeleteItem'], [this.#ledger.tableArn], {
      when: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'CACHE#*' },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    });
  }

  /** Lets the function list what the ledger holds of one kind. */
  mayListTheLedger(fn: WorkflowFunction, index: 'by-kind' | 'by-cache'): void {
    fn.may(['dynamodb:Query'], [`${this.#ledger.tableArn}/index/${index}`]).knows(
      'LEDGER_TABLE',
      this.#ledger.tableName,
    );
  }

  /** Lets the function put evidence below a prefix of the bucket (`drills/`), and read none. */
  mayKeepEvidence(fn: WorkflowFunction, prefix: string): void {
    this.#evidence.mayKeep(fn, prefix);
  }

  /** Lets the function read what is below a prefix of the evidence (`drills/`), and hear what is not there. */
  mayReadEvidence(fn: WorkflowFunction, prefix: string): void {
    this.#evidence.mayRead(fn, prefix);
  }

  /** Lets the function publish in our name on our bus, in nobody else's and nowhere else. */
  maySay(fn: WorkflowFunction): void {
    fn.may(['events:PutEvents'], [this.bus.eventBusArn], {
      // A call can hold several entries, so the key has several values: each must be ours, and there must be one.
      when: {
        'ForAllValues:StringEquals': { 'events:source': 'autopilot' },
        Null: { 'events:source': 'false' },
      },
    }).knows('BUS_NAME', this.bus.eventBusName);
  }

  /** Lets the function read the account's policy document. */
  mayReadThePolicy(fn: WorkflowFunction): void {
    fn.may(['ssm:GetParameter'], [this.#policy.parameterArn]).knows('POLICY_PARAMETER', this.#policy.parameterName);
  }
}

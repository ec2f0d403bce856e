import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { cacheRequested } from '../events/cache-requested.ts';
import type { Account } from './account.ts';
import { CheckDrift } from './check-drift.ts';
import { Deletion } from './deletion.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import type { ElastiCacheEvents } from './elasticache-events.ts';
import { jsonataObject } from './jsonata-object.ts';
import { mayPlanCaches } from './may-plan-caches.ts';
import type { Operations } from './operations.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import { ifTagged, ifTagging } from './permissions.ts';
import type { Settle } from './settle.ts';
import { startOnRequest } from './start-on-request.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface CreationProps {
  readonly account: Account;
  readonly operations: Operations;
  readonly settle: Settle;
  readonly elastiCacheEvents: ElastiCacheEvents;
}

const ANY_CACHE = 'The caches are named in requests, at run time; what changes them is narrowed by their tags besides.';
const OWN_GROUPS = 'One parameter group for each cache that the autopilot makes, and for each family it has had.';

/** Creates caches from their specifications: the workflow `create-cache`, its steps, and the event that asks for it. */
export class Creation extends Construct {
  readonly createCache: Workflow;
  readonly #account: Account;

  constructor(scope: Construct, id: string, { account, operations, settle, elastiCacheEvents }: CreationProps) {
    super(scope, id);
    this.#account = account;
    const verifyByVpc = new Map(
      account.region.vpcs.map((vpc) => {
        const entry = 'creation/verify';
        const verify = new WorkflowFunction(this, `Verify-${vpc.vpcId}`, entry, { account, vpc, timeoutSeconds: 60 });
        return [vpc.vpcId, this.#mayVerify(verify)] as const;
      }),
    );

    this.createCache = new Workflow(this, 'create-cache', {
      functions: {
        plan: mayPlanCaches(this.#step('Plan', 'creation/plan'), account, elastiCacheEvents),
        askApproval: operations.askApproval,
        open: operations.open,
        makeToken: this.#makeToken(),
        create: this.#create(),
        completeSecret: this.#completeSecret(),
        change: this.#change(),
        diagnose: this.#diagnose(),
        listLeft: this.#listLeft(),
        undo: this.#undo(),
        close: operations.close,
      },
      alsoInvokes: [...verifyByVpc.values()],
      substitutions: {
        SettleArn: settle.workflow.arn,
        VerifyFunctionByVpc: jsonataObject(verifyByVpc),
      },
    }).mayRun(settle.workflow);
    this.#mayMakeParameterGroups(this.createCache);
    account.alarms.onFailure(this.createCache.stateMachine, 'create-cache');
    operations.closeWhenAbandoned(this.createCache);
    startOnRequest(this, {
      account,
      pattern: cacheRequested.pattern,
      ruleName: 'autopilot-cache-requested',
      description: 'Somebody asks for a cache',
      entry: 'creation/request',
      workflow: this.createCache,
      knownAs: 'CREATE_CACHE_ARN',
    });
    new Deletion(this, 'Deletion', { account, operations, settle });
    new CheckDrift(this, 'Drift', { account, elastiCacheEvents, createCache: this.createCache });
  }

  #makeToken(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const makeToken = this.#step('MakeToken', 'creation/make-token')
      .may(['secretsmanager:GetRandomPassword'], ['*'], {
        because: 'It makes up a password and stores nothing: IAM knows no resource for it.',
      })
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .may(['secretsmanager:CreateSecret', 'secretsmanager:TagResource'], [ownSecrets(this)], {
        because: OWN_SECRETS,
        when: ifTagging(optInTag),
      })
      .may(['secretsmanager:RestoreSecret'], [ownSecrets(this)], { because: OWN_SECRETS, when: ifTagged(optInTag) });
    this.#account.mayReadTheLedger(makeToken);
    return makeToken;
  }

  /** It changes secrets that are there, and only those that are opted in. */
  #completeSecret(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    const completeSecret = this.#step('CompleteSecret', 'creation/complete-secret')
      .may(
        ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
        [arns.replicationGroups, arns.clusters],
        {
          because: ANY_CACHE,
        },
      )
      .may(['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], [ownSecrets(this)], {
        because: OWN_SECRETS,
        when: ifTagged(this.#account.configuration.optInTag),
      });
    this.#account.mayReadTheLedger(completeSecret);
    return completeSecret;
  }

  #create(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const arns = elastiCacheArns(this);
    const { region } = Stack.of(this);
    const create = this.#step('Create', 'creation/create')
      .may(
        ['elasticache:CreateReplicationGroup', 'elasticache:CreateCacheCluster', 'elasticache:AddTagsToResource'],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE, when: ifTagging(optInTag) },
      )
      .may(
        // The new cache's parameters, subnets and users have to be allowed too; they exist already and are not changed.
        ['elasticache:CreateReplicationGroup', 'elasticache:CreateCacheCluster'],
        [arns.parameterGroups, arns.subnetGroups, arns.userGroups],
        { because: 'The specification names them, at run time.' },
      )
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(['secretsmanager:GetSecretValue'], [ownSecrets(this)], { because: OWN_SECRETS, when: ifTagged(optInTag) })
      .may(['kms:CreateGrant', 'kms:DescribeKey'], [this.#arn('kms', 'key/*')], {
        because: 'The specification may name a key; ElastiCache, and nobody else, gets its grant through us.',
        when: { StringEquals: { 'kms:ViaService': `elasticache.${region}.amazonaws.com` } },
      })
      // The first cache of an account makes ElastiCache's own role (ElastiCache guide, service-linked roles).
      .may(
        ['iam:CreateServiceLinkedRole'],
        [serviceLinkedRole(this, 'elasticache.amazonaws.com', 'AWSServiceRoleForElastiCache')],
        { when: { StringEquals: { 'iam:AWSServiceName': 'elasticache.amazonaws.com' } } },
      );
    this.#account.mayReadTheLedger(create);
    return mayDeliverLogs(create);
  }

  /** Everything that may happen to a cache which exists, and only to one that is opted in. */
  #change(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const arns = elastiCacheArns(this);
    const own = { because: ANY_CACHE, when: ifTagged(optInTag) };
    const change = this.#step('Change', 'creation/change')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(
        [
          'elasticache:ModifyReplicationGroup',
          'elasticache:ModifyReplicationGroupShardConfiguration',
          'elasticache:IncreaseReplicaCount',
          'elasticache:DecreaseReplicaCount',
          'elasticache:ModifyCacheCluster',
          'elasticache:AddTagsToResource',
          'elasticache:RemoveTagsFromResource',
        ],
        [arns.replicationGroups, arns.clusters],
        own,
      )
      // The group that a cache gets has to be allowed too; it is not changed by that.
      .may(
        ['elasticache:ModifyReplicationGroup', 'elasticache:ModifyCacheCluster'],
        [arns.parameterGroups, arns.userGroups],
        { because: 'The specification names them, at run time.' },
      )
      .may(['elasticache:RebootCacheCluster'], [arns.clusters], own)
      .may(['elasticache:CreateSnapshot'], [arns.replicationGroups, arns.clusters], own)
      .may(['elasticache:CreateSnapshot', 'elasticache:AddTagsToResource'], [arns.snapshots], {
        because: 'A snapshot before a risky step is named after its cache, which is named at run time.',
        when: ifTagging(optInTag),
      })
      .may(['elasticache:DescribeSnapshots'], [arns.snapshots], { because: ANY_CACHE })
      .may(['elasticache:CreateCacheParameterGroup', 'elasticache:AddTagsToResource'], [arns.ownParameterGroups], {
        because: OWN_GROUPS,
        when: ifTagging(optInTag),
      })
      .may(
        ['elasticache:ModifyCacheParameterGroup', 'elasticache:ResetCacheParameterGroup'],
        [arns.ownParameterGroups],
        { because: OWN_GROUPS, when: ifTagged(optInTag) },
      )
      .may(['secretsmanager:GetSecretValue'], [ownSecrets(this)], { because: OWN_SECRETS, when: ifTagged(optInTag) });
    this.#account.mayReadTheLedger(change);
    return mayDeliverLogs(change);
  }

  #mayVerify(verify: WorkflowFunction): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return verify
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(['secretsmanager:GetSecretValue'], [ownSecrets(this)], {
        because: OWN_SECRETS,
        when: ifTagged(this.#account.configuration.optInTag),
      });
  }

  /** Reads what may explain a failed creation; a part that it may not read is missing from the diagnosis, and named there. */
  #diagnose(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return this.#step('Diagnose', 'creation/diagnose')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeCacheSubnetGroups',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters, arns.subnetGroups],
        { because: ANY_CACHE },
      )
      .may(
        [
          'elasticache:DescribeEvents',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'servicequotas:GetAWSDefaultServiceQuota',
          'servicequotas:GetServiceQuota',
        ],
        ['*'],
        { because: 'These calls only read, and IAM knows no resource for them.' },
      )
      .may(['kms:DescribeKey'], [this.#arn('kms', 'key/*')], {
        because: 'The specification may name a key; only its state is read.',
      });
  }

  /** It may not remove anything: that is why it is not a way of `undo`. */
  #listLeft(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return this.#step('ListLeft', 'creation/list-left')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeCacheParameterGroups',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters, arns.parameterGroups],
        { because: ANY_CACHE },
      )
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS });
  }

  #undo(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const arns = elastiCacheArns(this);
    const undo = this.#step('Undo', 'creation/undo')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeCacheParameterGroups',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters, arns.parameterGroups],
        { because: ANY_CACHE },
      )
      .may(
        ['elasticache:DeleteReplicationGroup', 'elasticache:DeleteCacheCluster'],
        [arns.replicationGroups, arns.clusters],
        {
          because: ANY_CACHE,
          when: ifTagged(optInTag),
        },
      )
      .may(['elasticache:DeleteCacheParameterGroup'], [arns.ownParameterGroups], {
        because: OWN_GROUPS,
        when: ifTagged(optInTag),
      })
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .may(['secretsmanager:DeleteSecret'], [ownSecrets(this)], { because: OWN_SECRETS, when: ifTagged(optInTag) });
    this.#account.mayReadTheLedger(undo);
    return undo;
  }

  /** A step that makes things, or judges whose they are, knows the opt-in tag. */
  #step(id: string, entry: string): WorkflowFunction {
    const environment = { OPT_IN_TAG: this.#account.configuration.optInTag };
    return new WorkflowFunction(this, id, entry, { account: this.#account, environment });
  }

  #mayMakeParameterGroups(workflow: Workflow): void {
    const { optInTag } = this.#account.configuration;
    const { ownParameterGroups } = elastiCacheArns(this);
    const because = OWN_GROUPS;
    workflow
      .may(['elasticache:CreateCacheParameterGroup', 'elasticache:AddTagsToResource'], [ownParameterGroups], {
        because,
        when: ifTagging(optInTag),
      })
      .may(['elasticache:ModifyCacheParameterGroup'], [ownParameterGroups], { because, when: ifTagged(optInTag) });
  }

  #arn(service: string, resource: string): string {
    return Stack.of(this).formatArn({ service, resource });
  }
}

/**
 * Whoever sets where a cache's logs go makes their delivery in his own name, and lets it write to the log groups
 * (ElastiCache guide, "Log delivery", permissions). To Firehose it is CloudWatch Logs' own role that writes, to streams with a
 * tag (CloudWatch Logs guide, "Logs sent to Firehose"): the first delivery of an account makes that role, each tags its stream.
 */
const mayDeliverLogs = (fn: WorkflowFunction): WorkflowFunction =>
  fn
    .may(
      [
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:PutResourcePolicy',
      ],
      ['*'],
      {
        because:
          'ElastiCache calls these in our name where a specification delivers logs; IAM knows no resource for them.',
      },
    )
    .may(
      ['firehose:TagDeliveryStream'],
      [Stack.of(fn).formatArn({ service: 'firehose', resource: 'deliverystream/*' })],
      { because: 'The specification names the stream to which logs go, at run time.' },
    )
    .may(
      ['iam:CreateServiceLinkedRole'],
      [serviceLinkedRole(fn, 'delivery.logs.amazonaws.com', 'AWSServiceRoleForLogDelivery')],
      { when: { StringEquals: { 'iam:AWSServiceName': 'delivery.logs.amazonaws.com' } } },
    );

const serviceLinkedRole = (scope: Construct, service: string, name: string): string =>
  Stack.of(scope).formatArn({ service: 'iam', region: '', resource: `role/aws-service-role/${service}/${name}` });

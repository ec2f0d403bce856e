import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import { inEachVpc } from './in-each-vpc.ts';
import { jsonataObject } from './jsonata-object.ts';
import type { Operations } from './operations.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import { ifTagged } from './permissions.ts';
import { RotateWhenDue } from './rotate-when-due.ts';
import type { Settle } from './settle.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction, type WorkflowFunctionProps } from './workflow-function.ts';

export interface TokenRotationProps {
  readonly account: Account;
  readonly operations: Operations;
  readonly settle: Settle;
}

const ANY_CACHE = 'The caches are named in requests, at run time; what changes them is narrowed by their tags besides.';
const ANY_USER = 'The users are named in requests, at run time; what changes them is narrowed by their tags besides.';
const ONLY_READS = 'These calls only read, and IAM knows no resource for them.';
const ANY_TOKEN =
  'IAM knows no resource for answers to task tokens: whoever has the token may answer, and nobody can guess one.';
/** Where the evidence of rotations is kept in the bucket. */
const ROTATIONS = 'rotations/';

/**
 * Rotates AUTH tokens and passwords of users: the workflow `rotate-token`, its steps, those that log in in each VPC, the rotation
 * function for Secrets Manager, and the schedule that asks for it.
 */
export class TokenRotation extends Construct {
  readonly workflow: Workflow;
  readonly #account: Account;

  constructor(scope: Construct, id: string, { account, operations, settle }: TokenRotationProps) {
    super(scope, id);
    this.#account = account;
    const lookers = inEachVpc(this, 'LookAtNodes', 'token-rotation/look-at-nodes', {
      account,
      timeoutSeconds: 90,
      memoryMb: 1024,
    });
    const deadLetters = new DeadLetters(this, 'HoldDeadLetters', 'token-rotation-hold-connections');
    const holders = inEachVpc(this, 'HoldConnections', 'token-rotation/hold-connections', {
      account,
      // As long as Lambda lets a function run. Started anew, or late, it would hold connections that saw nothing of the change.
      timeoutSeconds: 900,
      memoryMb: 1024,
      deadLetters,
      asynchronousRetries: 0,
      asynchronousMaxAgeSeconds: 900,
    });
    account.alarms.onDeadLetters(deadLetters, 'token-rotation-hold-connections');
    for (const fn of [...lookers.values(), ...holders.values()]) this.#mayLogIn(fn);
    for (const holder of holders.values()) {
      holder.may(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'], { because: ANY_TOKEN });
      account.mayReadTheLedger(holder);
      account.mayKeepEvidence(holder, ROTATIONS);
    }

    this.workflow = new Workflow(this, 'rotate-token', {
      functions: {
        plan: this.#plan(),
        askApproval: operations.askApproval,
        open: operations.open,
        makePending: this.#makePending(),
        order: this.#order(),
        letGo: this.#letGo(),
        waitForFinish: this.#waitForFinish(),
        promote: this.#moveLabels('Promote', 'token-rotation/promote'),
        beginGrace: this.#beginGrace(),
        lookAtGrace: this.#lookAtGrace(),
        listReaders: this.#listReaders(),
        forgetPending: this.#moveLabels('ForgetPending', 'token-rotation/forget-pending'),
        raiseIncident: operations.raiseIncident,
        close: operations.close,
      },
      alsoInvokes: [...lookers.values(), ...holders.values()],
      substitutions: {
        LookAtNodesFunctionByVpc: jsonataObject(lookers),
        HoldConnectionsFunctionByVpc: jsonataObject(holders),
        SettleArn: settle.workflow.arn,
      },
    }).mayRun(settle.workflow);
    account.alarms.onFailure(this.workflow.stateMachine, 'rotate-token');
    operations.closeWhenAbandoned(this.workflow);
    this.#rotateSecret();
    new RotateWhenDue(this, 'WhenDue', { account, rotateToken: this.workflow });
  }

  #plan(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    const plan = this.#step('Plan', 'token-rotation/plan')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeCacheSubnetGroups',
        ],
        [arns.replicationGroups, arns.clusters, arns.subnetGroups],
        { because: ANY_CACHE },
      )
      .may(['elasticache:ListTagsForResource'], [arns.replicationGroups, arns.clusters, arns.users], {
        because: ANY_CACHE,
      })
      .may(['elasticache:DescribeEvents'], ['*'], { because: ONLY_READS })
      .may(['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'], [ownSecrets(this)], {
        because: OWN_SECRETS,
      })
      .knows('PROBED_VPCS', this.#account.region.vpcs.map(({ vpcId }) => vpcId).join(','))
      .knows('OPT_IN_TAG', this.#account.configuration.optInTag);
    this.#maySeeUsers(plan);
    this.#account.mayReadThePolicy(plan);
    this.#account.mayReadTheLedger(plan);
    this.#account.mayListTheLedger(plan, 'by-cache');
    this.#account.mayListTheLedger(plan, 'by-kind');
    return plan;
  }

  #maySeeUsers(fn: WorkflowFunction): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return fn.may(['elasticache:DescribeUsers', 'elasticache:DescribeUserGroups'], [arns.users, arns.userGroups], {
      because: ANY_USER,
    });
  }

  #mayReadSecrets(fn: WorkflowFunction): WorkflowFunction {
    return fn
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .may(['secretsmanager:GetSecretValue'], [ownSecrets(this)], this.#oursOnly(OWN_SECRETS));
  }

  #oursOnly(because: string) {
    return { because, when: ifTagged(this.#account.configuration.optInTag) };
  }

  /** Comes into a cache as any client does. What is no replication group any more is looked for among the clusters. */
  #mayLogIn(fn: WorkflowFunction): void {
    const arns = elastiCacheArns(this);
    this.#maySeeUsers(
      this.#mayReadSecrets(fn).may(
        ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      ),
    );
  }

  #makePending(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    const make = this.#step('MakePending', 'token-rotation/make-pending')
      .may(
        ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(['secretsmanager:PutSecretValue'], [ownSecrets(this)], this.#oursOnly(OWN_SECRETS))
      .may(['secretsmanager:GetRandomPassword'], ['*'], { because: ONLY_READS });
    this.#maySeeUsers(this.#mayReadSecrets(make));
    this.#account.mayReadTheLedger(make);
    return make;
  }

  #order(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    // Less than the 30 s after which the workflow looks at the nodes: one that it has not heard of must not order later still, since
    // a token that is rotated in twice may drop the one that clients use.
    const order = this.#mayReadSecrets(this.#step('Order', 'token-rotation/order', { timeoutSeconds: 25 }))
      .may(['elasticache:ModifyReplicationGroup'], [arns.replicationGroups], this.#oursOnly(ANY_CACHE))
      .may(['elasticache:ModifyUser'], [arns.users], this.#oursOnly(ANY_USER));
    this.#account.mayReadTheLedger(order);
    return order;
  }

  #moveLabels(id: string, entry: string): WorkflowFunction {
    const move = this.#step(id, entry)
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .may(['secretsmanager:UpdateSecretVersionStage'], [ownSecrets(this)], this.#oursOnly(OWN_SECRETS));
    this.#account.mayReadTheLedger(move);
    return move;
  }

  #letGo(): WorkflowFunction {
    const letGo = this.#step('LetGo', 'token-rotation/let-go').may(['states:SendTaskSuccess'], ['*'], {
      because: ANY_TOKEN,
    });
    this.#account.mayKeepTheLedger(letGo);
    this.#account.mayReadEvidence(letGo, ROTATIONS);
    return letGo;
  }

  #waitForFinish(): WorkflowFunction {
    const wait = this.#step('WaitForFinish', 'token-rotation/wait-for-finish');
    this.#account.mayKeepTheLedger(wait);
    return wait;
  }

  #beginGrace(): WorkflowFunction {
    const begin = this.#step('BeginGrace', 'token-rotation/begin-grace');
    this.#account.mayKeepTheLedger(begin);
    this.#account.maySay(begin);
    return begin;
  }

  #lookAtGrace(): WorkflowFunction {
    const look = this.#step('LookAtGrace', 'token-rotation/look-at-grace');
    this.#account.mayReadTheLedger(look);
    return look;
  }

  #listReaders(): WorkflowFunction {
    return this.#step('ListReaders', 'token-rotation/list-readers', { timeoutSeconds: 60 })
      .may(['cloudtrail:LookupEvents'], ['*'], { because: ONLY_READS })
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .knows('STACK_NAME', Stack.of(this).stackName);
  }

  /**
   * Secrets Manager calls it for the secrets for which somebody has turned its rotation on, and for no others of this account. Its
   * errors raise no alarm: that it is not ready yet is one, by which Secrets Manager asks again. What goes wrong is the workflow's.
   */
  #rotateSecret(): void {
    const { workflow } = this;
    const rotate = this.#mayReadSecrets(
      this.#step('RotateSecret', 'token-rotation/rotate-secret', { timeoutSeconds: 900 }),
    )
      .may(['states:StartExecution'], [workflow.arn])
      .may(
        ['states:DescribeExecution'],
        [Stack.of(this).formatArn({ service: 'states', resource: `execution:${workflow.node.id}:*` })],
        { because: 'The executions get their names when they start.' },
      )
      .may(['states:SendTaskSuccess'], ['*'], { because: ANY_TOKEN })
      .knows('ROTATE_TOKEN_ARN', workflow.arn);
    this.#account.mayReadTheLedger(rotate);
    rotate.function.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
  }

  #step(id: string, entry: string, props: Omit<WorkflowFunctionProps, 'account'> = {}): WorkflowFunction {
    return new WorkflowFunction(this, id, entry, { ...props, account: this.#account });
  }
}

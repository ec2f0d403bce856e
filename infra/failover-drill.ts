import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import { DrillWhenDue } from './drill-when-due.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import { inEachVpc } from './in-each-vpc.ts';
import { jsonataObject } from './jsonata-object.ts';
import type { Operations } from './operations.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import { ifTagged } from './permissions.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction, type WorkflowFunctionProps } from './workflow-function.ts';

export interface FailoverDrillProps {
  readonly account: Account;
  readonly operations: Operations;
}

const ANY_CACHE = 'The caches are named in requests, at run time; what changes them is narrowed by their tags besides.';
const ONLY_READS = 'These calls only read, and IAM knows no resource for them.';
/** Where the evidence of drills is kept in the bucket. */
const DRILLS = 'drills/';

/** Rehearses failovers: the workflow `failover-drill`, its steps, its prober in each VPC, and the schedule that asks for it. */
export class FailoverDrill extends Construct {
  readonly workflow: Workflow;
  readonly #account: Account;

  constructor(scope: Construct, id: string, { account, operations }: FailoverDrillProps) {
    super(scope, id);
    this.#account = account;
    const deadLetters = new DeadLetters(this, 'ProbeDeadLetters', 'failover-drill-probe');
    const probers = inEachVpc(this, 'Probe', 'failover-drill/probe', {
      account,
      // As long as Lambda lets a function run; a whole virtual CPU (Lambda guide, "Memory"), so that it measures the cache
      // and not itself. Started anew, or after the workflow has ceased to wait for it, it would measure something else.
      timeoutSeconds: 900,
      memoryMb: 1769,
      deadLetters,
      // Names are looked up on libuv's threads, four by default: when some of them wait for a name server, the clients of a
      // prober would wait for a thread and not for the cache.
      environment: { UV_THREADPOOL_SIZE: '32' },
      asynchronousRetries: 0,
      asynchronousMaxAgeSeconds: 900,
    });
    account.alarms.onDeadLetters(deadLetters, 'failover-drill-probe');
    for (const prober of probers.values()) this.#mayProbe(prober);
    const verifiers = inEachVpc(this, 'Verify', 'failover-drill/verify', { account, timeoutSeconds: 60 });
    for (const verifier of verifiers.values()) {
      this.#mayConnect(verifier);
      // It ends the quarantine that was there since before the order.
      this.#account.mayKeepTheLedger(verifier);
    }

    const plan = this.#plan();
    this.workflow = new Workflow(this, 'failover-drill', {
      functions: {
        plan,
        askApproval: operations.askApproval,
        open: operations.open,
        failOver: this.#failOver(),
        follow: this.#follow(),
        endProbe: this.#endProbe(),
        raiseIncident: this.#raiseIncident(),
        judge: this.#judge(),
        close: operations.close,
      },
      alsoInvokes: [...probers.values(), ...verifiers.values()],
      substitutions: {
        ProbeFunctionByVpc: jsonataObject(probers),
        VerifyFunctionByVpc: jsonataObject(verifiers),
      },
    });
    account.alarms.onFailure(this.workflow.stateMachine, 'failover-drill');
    operations.closeWhenAbandoned(this.workflow);
    new DrillWhenDue(this, 'WhenDue', { account, plan, failoverDrill: this.workflow });
  }

  #plan(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    const plan = this.#step('Plan', 'failover-drill/plan')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeCacheSubnetGroups',
          'elasticache:DescribeSnapshots',
          'elasticache:DescribeUpdateActions',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters, arns.subnetGroups, arns.snapshots],
        { because: ANY_CACHE },
      )
      .may(['elasticache:DescribeEvents', 'cloudwatch:GetMetricData'], ['*'], { because: ONLY_READS })
      .may(['cloudwatch:DescribeAlarms'], ['*'], { because: ANY_ALARM })
      .may(['secretsmanager:DescribeSecret'], [ownSecrets(this)], { because: OWN_SECRETS })
      .knows('PROBED_VPCS', this.#account.region.vpcs.map(({ vpcId }) => vpcId).join(','))
      .knows('OPT_IN_TAG', this.#account.configuration.optInTag);
    this.#account.mayReadThePolicy(plan);
    this.#account.mayReadTheLedger(plan);
    this.#account.mayListTheLedger(plan, 'by-cache');
    this.#account.mayListTheLedger(plan, 'by-kind');
    return plan;
  }

  /** Comes into a cache as any client does. What is no replication group any more is looked for among the clusters. */
  #mayConnect(fn: WorkflowFunction): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return fn
      .may(
        ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(['secretsmanager:GetSecretValue'], [ownSecrets(this)], {
        because: OWN_SECRETS,
        when: ifTagged(this.#account.configuration.optInTag),
      });
  }

  #mayProbe(prober: WorkflowFunction): void {
    this.#mayConnect(prober).may(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*'], {
      because: ANY_TOKEN,
    });
    this.#account.mayReadTheLedger(prober);
    this.#account.mayKeepEvidence(prober, DRILLS);
  }

  #failOver(): WorkflowFunction {
    const failOver = this.#step('FailOver', 'failover-drill/fail-over').may(
      ['elasticache:TestFailover'],
      [elastiCacheArns(this).replicationGroups],
      { because: ANY_CACHE, when: ifTagged(this.#account.configuration.optInTag) },
    );
    this.#account.mayKeepTheLedger(failOver);
    return failOver;
  }

  #follow(): WorkflowFunction {
    const follow = this.#step('Follow', 'failover-drill/follow')
      .may(['elasticache:DescribeEvents'], ['*'], { because: ONLY_READS })
      .may(['cloudwatch:DescribeAlarms'], ['*'], { because: ANY_ALARM });
    this.#account.mayReadThePolicy(follow);
    return follow;
  }

  #endProbe(): WorkflowFunction {
    const endProbe = this.#step('EndProbe', 'failover-drill/end-probe').may(['states:SendTaskSuccess'], ['*'], {
      because: ANY_TOKEN,
    });
    this.#account.mayKeepTheLedger(endProbe);
    this.#account.mayReadEvidence(endProbe, DRILLS);
    return endProbe;
  }

  #raiseIncident(): WorkflowFunction {
    const arns = elastiCacheArns(this);
    const raise = this.#step('RaiseIncident', 'failover-drill/raise-incident')
      .may(
        ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
        [arns.replicationGroups, arns.clusters],
        { because: ANY_CACHE },
      )
      .may(['elasticache:DescribeEvents'], ['*'], { because: ONLY_READS })
      .may(['cloudwatch:DescribeAlarms'], ['*'], { because: ANY_ALARM });
    this.#account.mayKeepTheLedger(raise);
    this.#account.maySay(raise);
    return raise;
  }

  #judge(): WorkflowFunction {
    const judge = this.#step('Judge', 'failover-drill/judge', { timeoutSeconds: 60, memoryMb: 1769 });
    this.#account.mayReadEvidence(judge, DRILLS);
    this.#account.mayKeepEvidence(judge, DRILLS);
    this.#account.mayListTheLedger(judge, 'by-cache');
    return judge;
  }

  #step(id: string, entry: string, props: Omit<WorkflowFunctionProps, 'account'> = {}): WorkflowFunction {
    return new WorkflowFunction(this, id, entry, { ...props, account: this.#account });
  }
}

const ANY_ALARM =
  'Which alarms concern a cache is known by their dimensions only; and CloudWatch tells of composite ones to nobody whose permission is narrower.';
const ANY_TOKEN =
  'IAM knows no resource for answers to task tokens: whoever has the token may answer, and nobody can guess one.';

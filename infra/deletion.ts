import { Construct } from 'constructs';
import { cacheRemovalRequested } from '../events/cache-removal-requested.ts';
import type { Account } from './account.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import type { Operations } from './operations.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import { ifTagged, ifTagging } from './permissions.ts';
import type { Settle } from './settle.ts';
import { startOnRequest } from './start-on-request.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface DeletionProps {
  readonly account: Account;
  readonly operations: Operations;
  readonly settle: Settle;
}

const ANY_CACHE = 'The caches are named in requests, at run time; what changes them is narrowed by their tags besides.';
const OWN_GROUPS = 'One parameter group for each cache that the autopilot makes, and for each family it has had.';

/** Deletes caches, or lets go of them: the workflow `delete-cache`, its steps, and the event that asks for it. */
export class Deletion extends Construct {
  readonly deleteCache: Workflow;
  readonly #account: Account;

  constructor(scope: Construct, id: string, { account, operations, settle }: DeletionProps) {
    super(scope, id);
    this.#account = account;
    this.deleteCache = new Workflow(this, 'delete-cache', {
      functions: {
        decideDeletion: this.#decide(),
        askApproval: operations.askApproval,
        open: operations.open,
        delete: this.#delete(),
        confirmSnapshot: this.#confirmSnapshot(),
        cleanUp: this.#cleanUp(),
        letGo: this.#letGo(),
        close: operations.close,
      },
      substitutions: { SettleArn: settle.workflow.arn },
    }).mayRun(settle.workflow);
    account.alarms.onFailure(this.deleteCache.stateMachine, 'delete-cache');
    operations.closeWhenAbandoned(this.deleteCache);
    startOnRequest(this, {
      account,
      pattern: cacheRemovalRequested.pattern,
      ruleName: 'autopilot-cache-removal-requested',
      description: 'Somebody wants a cache to be gone',
      entry: 'creation/request-removal',
      workflow: this.deleteCache,
      knownAs: 'DELETE_CACHE_ARN',
    });
  }

  #decide(): WorkflowFunction {
    const decide = this.#maySeeAllOfIt(this.#step('Decide', 'creation/decide-deletion'));
    this.#account.mayReadThePolicy(decide);
    this.#account.mayReadTheLedger(decide);
    return decide;
  }

  #delete(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const arns = elastiCacheArns(this);
    const caches = [arns.replicationGroups, arns.clusters];
    const step = this.#step('Delete', 'creation/delete')
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:ListTagsForResource',
        ],
        caches,
        { because: ANY_CACHE },
      )
      .may(['elasticache:DescribeSnapshots'], [arns.snapshots], { because: ANY_CACHE })
      .may(
        ['elasticache:DeleteReplicationGroup', 'elasticache:DeleteCacheCluster', 'elasticache:CreateSnapshot'],
        caches,
        { because: ANY_CACHE, when: ifTagged(optInTag) },
      )
      // Whoever deletes with a final snapshot has to be allowed to take it, and cannot put a tag on it.
      .may(['elasticache:DeleteReplicationGroup', 'elasticache:CreateSnapshot'], [arns.finalSnapshots], {
        because: 'A final snapshot is named <cacheId>-final-<time>, and the cache is named at run time.',
      })
      // A cache that was not created here, and is named twice, is opted in before it is deleted.
      .may(['elasticache:AddTagsToResource'], caches, { because: ANY_CACHE, when: ifTagging(optInTag) });
    this.#account.mayReadTheLedger(step);
    return step;
  }

  #confirmSnapshot(): WorkflowFunction {
    return this.#step('ConfirmSnapshot', 'creation/confirm-snapshot').may(
      ['elasticache:DescribeSnapshots'],
      [elastiCacheArns(this).snapshots],
      { because: ANY_CACHE },
    );
  }

  #cleanUp(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const step = this.#maySeeAllOfIt(this.#step('CleanUp', 'creation/clean-up'))
      .may(['elasticache:DeleteCacheParameterGroup'], [elastiCacheArns(this).ownParameterGroups], {
        because: OWN_GROUPS,
        when: ifTagged(optInTag),
      })
      .may(['secretsmanager:DeleteSecret'], [ownSecrets(this)], { because: OWN_SECRETS, when: ifTagged(optInTag) });
    this.#account.mayReadTheLedger(step);
    this.#account.mayForgetCaches(step);
    return step;
  }

  #letGo(): WorkflowFunction {
    const { optInTag } = this.#account.configuration;
    const arns = elastiCacheArns(this);
    const step = this.#maySeeAllOfIt(this.#step('LetGo', 'creation/let-go')).may(
      ['elasticache:RemoveTagsFromResource'],
      [arns.replicationGroups, arns.clusters],
      { because: ANY_CACHE, when: ifTagged(optInTag) },
    );
    this.#account.mayReadTheLedger(step);
    this.#account.mayForgetCaches(step);
    return step;
  }

  /** The cache and what the autopilot made around it. */
  #maySeeAllOfIt(step: WorkflowFunction): WorkflowFunction {
    const arns = elastiCacheArns(this);
    return step
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

  #step(id: string, entry: string): WorkflowFunction {
    const environment = { OPT_IN_TAG: this.#account.configuration.optInTag };
    return new WorkflowFunction(this, id, entry, { account: this.#account, environment });
  }
}

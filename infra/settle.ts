import { Construct } from 'constructs';
import { elastiCacheArns } from './elasticache-arns.ts';
import { Workflow } from './workflow.ts';

/**
 * Waits until ElastiCache has finished with a cache; the other workflows start it and wait for it.
 * It has no alarm of its own: whoever started it fails with its reason, and one fault should ring once.
 */
export class Settle extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.workflow = new Workflow(this, 'settle', {}).may(
      ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters'],
      [elastiCacheArns(this).replicationGroups, elastiCacheArns(this).clusters],
      { because: 'It only reads, and is told at run time which cache to look at.' },
    );
  }
}

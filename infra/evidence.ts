import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { WorkflowFunction } from './workflow-function.ts';

/** As long as the ledger keeps its records (`RECORD_DAYS` in functions/platform/ledger.ts), which refer to it. */
const KEPT_DAYS = 400;

/** What is too large for the ledger: raw measurements and pictures, which its records and our events refer to. */
export class Evidence extends Construct {
  readonly #bucket: Bucket;
  /** In words: cdk-nag is told by its text that a pattern below it is meant. */
  readonly #arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    // Names of buckets are shared with all other accounts and Regions.
    const bucketName = `autopilot-evidence-${account}-${region}`;
    this.#arn = `arn:${partition}:s3:::${bucketName}`;
    this.#bucket = new Bucket(this, 'Bucket', {
      bucketName,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'expire-with-the-ledger', expiration: Duration.days(KEPT_DAYS) }],
      // It outlives the stack, as the ledger does.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only our own functions write and read it, each below a prefix of its own, and the ledger says which operation ' +
        'wrote what. Access logs would need a second bucket to guard.',
    });
  }

  /**
   * Lets the function put objects whose keys begin with the prefix, and read or delete none.
   *
   * @param prefix with its slash: `drills/`
   */
  mayKeep(fn: WorkflowFunction, prefix: string): void {
    fn.may(['s3:PutObject'], [`${this.#arn}/${prefix}*`], { because: BECAUSE });
    this.#tell(fn);
  }

  /**
   * Lets the function get objects whose keys begin with the prefix. It may list the bucket too: S3 tells nobody else that an
   * object is not there, but denies the call.
   */
  mayRead(fn: WorkflowFunction, prefix: string): void {
    fn.may(['s3:GetObject'], [`${this.#arn}/${prefix}*`], { because: BECAUSE });
    fn.may(['s3:ListBucket'], [this.#arn]);
    this.#tell(fn);
  }

  #tell(fn: WorkflowFunction): void {
    fn.knows('EVIDENCE_BUCKET', this.#bucket.bucketName);
  }
}

const BECAUSE = 'Objects are named after the operations that they belong to.';

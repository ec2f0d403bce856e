import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { RECORD_DAYS } from '../../functions/platform/ledger.ts';
import { Account } from '../../infra/account.ts';
import { noCode } from '../../infra/function-code.ts';
import { WorkflowFunction } from '../../infra/workflow-function.ts';
import { aConfiguration } from '../builders/a-configuration.ts';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { statementsOf } from '../builders/statements.ts';

describe.each(Object.entries(templatesOf()))('the evidence in %s', (region, template) => {
  const [bucketId, bucket] = resourcesOf(template, 'AWS::S3::Bucket')[0] ?? expect.fail('there is no bucket');

  it('is one private and encrypted bucket, which outlives the stack', () => {
    expect(resourcesOf(template, 'AWS::S3::Bucket')).toHaveLength(1);
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        BucketName: `autopilot-evidence-111122223333-${region}`,
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    });
  });

  it('takes nothing that comes without TLS', () => {
    const [[, policy] = expect.fail('there is no policy')] = resourcesOf(template, 'AWS::S3::BucketPolicy');
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Resource: [
          { 'Fn::GetAtt': [bucketId, 'Arn'] },
          { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucketId, 'Arn'] }, '/*']] },
        ],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  it('expires with the records of the ledger', () => {
    expect(bucket.Properties.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ Status: 'Enabled', ExpirationInDays: RECORD_DAYS }),
    ]);
  });
});

describe('a function', () => {
  const ARN = 'arn:aws:s3:::autopilot-evidence-111122223333-us-east-1';
  const configuration = aConfiguration();
  const [[regionName, region] = expect.fail('no Region')] = Object.entries(configuration.regions);
  const templateWith = (use: (account: Account, scope: Stack) => void): Template => {
    const env = { account: configuration.accountId, region: regionName };
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
    const stack = new Stack(new App({ context }), 'Stack', { env });
    use(new Account(stack, 'Account', { configuration, region, functionCode: noCode }), stack);
    return Template.fromStack(stack);
  };
  const aFunction = (allow: (account: Account, fn: WorkflowFunction) => void) =>
    templateWith((account, scope) => allow(account, new WorkflowFunction(scope, 'Probe', 'drill/probe', { account })));
  const onTheBucket = (template: Template) =>
    statementsOf(template)
      .filter(({ Action }) => Action.some((action) => action.startsWith('s3:')))
      .map(({ Effect, Action, Resource }) => [Effect, ...Action, ...Resource]);
  const variablesOf = (template: Template) =>
    resourcesOf(template, 'AWS::Lambda::Function')[0]?.[1].Properties.Environment.Variables;

  it('that keeps evidence may put it below its prefix, and nothing else', () => {
    const template = aFunction((account, fn) => account.mayKeepEvidence(fn, 'drills/'));
    expect(onTheBucket(template)).toEqual([['Allow', 's3:PutObject', `${ARN}/drills/*`]]);
    expect(variablesOf(template).EVIDENCE_BUCKET).toEqual({ Ref: expect.stringContaining('AccountEvidence') });
  });

  it('that reads evidence may get it below its prefix, and hear what is not there', () => {
    const template = aFunction((account, fn) => account.mayReadEvidence(fn, 'drills/'));
    expect(onTheBucket(template)).toEqual([
      ['Allow', 's3:GetObject', `${ARN}/drills/*`],
      ['Allow', 's3:ListBucket', ARN],
    ]);
    expect(variablesOf(template)).toHaveProperty('EVIDENCE_BUCKET');
  });

  it('that has nothing to do with evidence does not know of it', () => {
    const template = aFunction(() => {});
    expect(onTheBucket(template)).toEqual([]);
    expect(variablesOf(template)).not.toHaveProperty('EVIDENCE_BUCKET');
  });

  it('is tried again by Lambda as often as it says, for events that nobody waits for', () => {
    const retries = (asynchronousRetries: 0 | 1 | undefined) => {
      const props = asynchronousRetries === undefined ? {} : { asynchronousRetries };
      const template = templateWith(
        (account, scope) => new WorkflowFunction(scope, 'Probe', 'drill/probe', { account, ...props }),
      );
      return resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);
    };
    expect(retries(undefined)).toEqual([]);
    expect(retries(0)).toEqual([
      { FunctionName: { Ref: expect.any(String) }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    ]);
    expect(retries(1)).toMatchObject([{ MaximumRetryAttempts: 1 }]);
  });
});

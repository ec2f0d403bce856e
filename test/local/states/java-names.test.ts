import { describe, expect, it } from 'vitest';
import { actionName, exceptionName, memberName } from '../../../local/services/states/integrations/java-names.ts';
import { loadSdk, SDK_SERVICES } from '../../../local/services/states/integrations/sdk-services.ts';

describe('names as Step Functions gives them', () => {
  it.each([
    ['ReplicationGroupId', 'ReplicationGroupId'],
    ['stateMachineArn', 'StateMachineArn'],
    ['DBClusterIdentifier', 'DbClusterIdentifier'],
    ['ARN', 'Arn'],
    ['MultiAZ', 'MultiAZ'],
    ['KmsKeyId', 'KmsKeyId'],
    ['S', 'S'],
    ['SS', 'Ss'],
    ['IPAddress', 'IpAddress'],
  ])('the member %s is %s', (name, expected) => {
    expect(memberName(name)).toBe(expected);
  });

  it.each([
    ['DescribeReplicationGroups', 'describeReplicationGroups'],
    ['DescribeDBClusters', 'describeDBClusters'],
    ['PutItem', 'putItem'],
  ])('the action %s is %s', (name, expected) => {
    expect(actionName(name)).toBe(expected);
  });

  it.each([
    ['ReplicationGroupNotFoundFault', 'ReplicationGroupNotFoundException'],
    ['ReplicationGroupAlreadyUnderMigrationFault', 'ReplicationGroupAlreadyUnderMigrationException'],
    ['InvalidARNFault', 'InvalidArnException'],
    ['APICallRateForCustomerExceededFault', 'ApiCallRateForCustomerExceededException'],
    ['ConditionalCheckFailedException', 'ConditionalCheckFailedException'],
    ['EC2ThrottledException', 'Ec2ThrottledException'],
    ['NoSuchBucket', 'NoSuchBucketException'],
    ['ExecutionAlreadyExists', 'ExecutionAlreadyExistsException'],
  ])('the error %s is %s', (shape, expected) => {
    expect(exceptionName(shape)).toBe(expected);
  });

  it('every service of the table can be loaded', async () => {
    for (const name of Object.keys(SDK_SERVICES)) {
      expect(typeof (await loadSdk(name)).Client, name).toBe('function');
    }
  });
});

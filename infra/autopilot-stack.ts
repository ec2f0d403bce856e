import { Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Account } from './account.ts';
import type { Configuration, RegionConfiguration } from './configuration.ts';
import { Creation } from './creation.ts';
import { ElastiCacheEvents } from './elasticache-events.ts';
import { FailoverDrill } from './failover-drill.ts';
import type { FunctionCode } from './function-code.ts';
import { Operations } from './operations.ts';
import { Settle } from './settle.ts';
import { TokenRotation } from './token-rotation.ts';

export interface AutopilotStackProps {
  readonly configuration: Configuration;
  readonly regionName: string;
  readonly region: RegionConfiguration;
  readonly functionCode: FunctionCode;
}

/** The whole autopilot of one Region: what all share first, then one construct for each capability. */
export class AutopilotStack extends Stack {
  constructor(scope: Construct, { configuration, regionName, region, functionCode }: AutopilotStackProps) {
    super(scope, `autopilot-${regionName}`, {
      stackName: 'elasticache-autopilot',
      description: 'Automation for the ElastiCache caches of this account and Region',
      env: { account: configuration.accountId, region: regionName },
    });
    Tags.of(this).add('application', 'elasticache-autopilot');

    const account = new Account(this, 'Account', { configuration, region, functionCode });
    const settle = new Settle(this, 'Settle');
    const operations = new Operations(this, 'Operations', { account });
    const elastiCacheEvents = new ElastiCacheEvents(this, 'ElastiCacheEvents', { account });
    new Creation(this, 'Creation', { account, operations, settle, elastiCacheEvents });
    new FailoverDrill(this, 'FailoverDrill', { account, operations });
    new TokenRotation(this, 'TokenRotation', { account, operations, settle });
  }
}

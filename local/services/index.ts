import type { Engine } from '../engine/types.ts';
import type { Service, World } from '../service.ts';
import { createCloudTrail } from './cloudtrail/cloudtrail.ts';
import { createDynamoDb } from './dynamodb/dynamodb.ts';
import { createEc2 } from './ec2/ec2.ts';
import { createElastiCache } from './elasticache/elasticache.ts';
import { createEvents } from './events/events.ts';
import { createIam } from './iam/iam.ts';
import { createKms } from './kms/kms.ts';
import { createLambda } from './lambda/lambda.ts';
import { createLogs } from './logs/logs.ts';
import { createMonitoring } from './monitoring/monitoring.ts';
import { createS3 } from './s3/s3.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import { createSecretsManager } from './secretsmanager/secretsmanager.ts';
import { createServiceQuotas } from './service-quotas/service-quotas.ts';
import { createSns } from './sns/sns.ts';
import { createSqs } from './sqs/sqs.ts';
import { createSsm } from './ssm/ssm.ts';
import { createStates } from './states/states.ts';
import { createSts } from './sts/sts.ts';

/** Every service of the local account, in the order in which they start; they stop in the reverse order. */
export const createServices = (world: World, engine: Engine): readonly Service[] => {
  const elastiCache = createElastiCache(world, { engine });
  return [
    createIam(world),
    createSts(world),
    createCloudTrail(world),
    createEc2(world),
    createLogs(world),
    createMonitoring(world),
    createSqs(world),
    createSns(world),
    createEvents(world),
    createKms(world),
    createSsm(world),
    createDynamoDb(world),
    createS3(world),
    createLambda(world),
    createSecretsManager(world),
    createStates(world),
    elastiCache,
    createServiceQuotas(world, elastiCache),
    createScheduler(world),
  ];
};

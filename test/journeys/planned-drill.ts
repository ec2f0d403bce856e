import { CreateSnapshotCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DrillPlan } from '../../functions/failover-drill/schemas.ts';
import type { FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import { eventually } from '../builders/eventually.ts';
import type { JourneyAccount } from './an-account.ts';

/** What a drill of the cache would be now, asked of the function that plans: nothing is recorded, nothing changed. */
export const plannedDrill = async (
  account: JourneyAccount,
  cacheId: string,
  request: object = {},
): Promise<DrillPlan> => {
  const asked = { cacheId, requestedBy: 'alice', ...request };
  const Payload = JSON.stringify({ operationId: 'only-asked', request: asked, now: account.world.clock.iso() });
  const { Payload: answer } = await account
    .as(LambdaClient)
    .send(new InvokeCommand({ FunctionName: 'autopilot-failover-drill-plan', Payload }));
  return DrillPlan.parse(JSON.parse(Buffer.from(answer ?? []).toString()));
};

/** Names of the checks that speak against a drill. */
export const failedChecks = ({ checks }: DrillPlan): readonly string[] =>
  checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** Waits until nothing but these checks speaks against a drill: a new cache, or one that healed, tells its lag a minute later. */
export const onlyFailing = (account: JourneyAccount, cacheId: string, ...names: readonly string[]) =>
  eventually(
    () => plannedDrill(account, cacheId),
    (plan) => plan.checks.length > 0 && failedChecks(plan).join() === names.join(),
  );

/** Takes the snapshot that a drill asks for. */
export const takeSnapshot = (account: JourneyAccount, cacheId: string, name = `${cacheId}-before`) =>
  account.as(ElastiCacheClient).send(new CreateSnapshotCommand({ ReplicationGroupId: cacheId, SnapshotName: name }));

/** On a busy machine a replica may hear nothing of its primary for a second or two. */
const MAX_LAG_SECONDS = 30;

/** Lets drills act, with this policy for them: what the account's owner does, without deploying anything. */
export const putDrillPolicy = (account: JourneyAccount, failoverDrills: Partial<FailoverDrillPolicy>) => {
  const Value = JSON.stringify({
    modes: { creation: 'act', 'failover-drill': 'act' },
    failoverDrills: { maxLagSeconds: MAX_LAG_SECONDS, ...failoverDrills },
  });
  return account.as(SSMClient).send(new PutParameterCommand({ Name: '/autopilot/policy', Value, Overwrite: true }));
};

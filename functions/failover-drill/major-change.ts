import type { OperationRecord, RecordedCall } from '../platform/ledger.ts';
import type { DrillSeen } from './observation.ts';

/** Calls that change what takes over from what, with what it is called. */
const MAJOR_CALLS: Readonly<Record<string, string>> = {
  IncreaseReplicaCount: 'more replicas',
  DecreaseReplicaCount: 'fewer replicas',
  ModifyReplicationGroupShardConfiguration: 'another number of shards',
};
/** The same of parameters of ModifyReplicationGroup, which changes small things too. */
const MAJOR_PARAMETERS: Readonly<Record<string, string>> = {
  CacheNodeType: 'another node type',
  Engine: 'another engine',
  EngineVersion: 'another engine version',
  AutomaticFailoverEnabled: 'automatic failover',
  MultiAZEnabled: 'Multi-AZ',
  CacheParameterGroupName: 'another parameter group',
};

/** The newest finished operation that changed the cache much. @param operations newest first */
export const lastMajorChange = (operations: readonly OperationRecord[]): DrillSeen['lastMajorChange'] => {
  for (const { outcome, closedAt, decision } of operations) {
    const what = [...new Set((decision?.calls ?? []).flatMap(majorIn))];
    if (outcome === 'done' && closedAt !== undefined && what.length > 0) return { at: closedAt, what: what.join(', ') };
  }
  return undefined;
};

const majorIn = ({ operation, parameters = {} }: RecordedCall): string[] => {
  const call = MAJOR_CALLS[operation];
  if (call !== undefined) return [call];
  if (operation !== 'ModifyReplicationGroup') return [];
  return Object.keys(parameters).flatMap((name) => MAJOR_PARAMETERS[name] ?? []);
};

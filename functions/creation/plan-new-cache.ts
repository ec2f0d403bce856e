import { parameterGroupName, tokenSecretName } from '../platform/names.ts';
import type { Draft } from './draft.ts';
import { refused } from './draft.ts';
import { expectationOf } from './expectation.ts';
import { costInWords, sizeOf } from './limits.ts';
import type { Observation } from './observation.ts';
import type { CreationTerms } from './plan-creation.ts';
import { plannedCalls, plannedParameterGroup, plannedRequest, plannedToken } from './planned-calls.ts';
import { familyOf } from './rules/parameters.ts';
import { shapeOf } from './rules/topology.ts';
import type { CreationPlan } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

interface NewCache {
  readonly spec: CacheSpec;
  readonly seen: Observation;
  readonly terms: CreationTerms;
  readonly draft: Draft;
}

/** Plans a cache that is not there: everything that has to be made for it, unless the policy forbids its size. */
export const planNewCache = ({ spec, seen, terms, draft }: NewCache): CreationPlan => {
  const { cacheId } = spec;
  const { tooLarge, monthlyCostUsd } = sizeOf(spec, terms.policy);
  if (tooLarge) return refused(draft, tooLarge.reason, tooLarge.summary, { monthlyCostUsd });

  // The rule about the version has made sure that there is one.
  const family = familyOf(spec, seen);
  const parameterGroup = plannedParameterGroup(spec, family, { ...terms, exists: seen.parameterGroup !== undefined });
  const token = plannedToken(spec, terms);
  const request = plannedRequest(spec, family, { ...terms, zones: seen.subnetGroup?.zones.length ?? 1 });
  const parts = [
    ...(parameterGroup
      ? [{ what: `parameter group ${parameterGroupName(cacheId, family)}`, have: seen.parameterGroup !== undefined }]
      : []),
    ...(token ? [{ what: `secret ${tokenSecretName(cacheId)}`, have: seen.secret !== undefined }] : []),
    { what: `cache ${cacheId}`, have: false },
  ];
  return {
    ...draft,
    monthlyCostUsd,
    action: 'create',
    reason: 'NewCache',
    summary: `Create ${cacheId}: ${inWords(spec)}, ${costInWords({ monthlyCostUsd })}.`,
    there: parts.filter(({ have }) => have).map(({ what }) => what),
    missing: parts.filter(({ have }) => !have).map(({ what }) => what),
    calls: plannedCalls({ parameterGroup, token, request, secret: seen.secret }, terms.operationId),
    ...(token ? { token } : {}),
    ...(parameterGroup ? { parameterGroup } : {}),
    request,
    failedCreations: terms.policy.failedCreations,
    expect: expectationOf(spec),
  };
};

const inWords = (spec: CacheSpec): string => {
  const { shards, replicasPerShard, clusterMode } = shapeOf(spec);
  if (spec.engine === 'memcached') {
    const nodes = spec.numCacheNodes ?? 1;
    return `memcached ${spec.engineVersion}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'} on ${spec.cacheNodeType}, ${spec.transitEncryptionEnabled ? 'TLS' : 'without TLS'}`;
  }
  const replicas = `${replicasPerShard} ${replicasPerShard === 1 ? 'replica' : 'replicas'}`;
  const size = clusterMode
    ? `${shards} ${shards === 1 ? 'shard' : 'shards'} with ${replicas} each`
    : `one primary with ${replicas}`;
  const safety = [
    spec.transitEncryptionEnabled ? 'TLS' : '',
    spec.authToken ? 'AUTH' : '',
    spec.userGroupIds ? 'user groups' : '',
  ]
    .filter(Boolean)
    .join(' and ');
  return `${spec.engine} ${spec.engineVersion}, ${size} on ${spec.cacheNodeType}, ${safety || 'without TLS'}`;
};

import { type CacheId, Mode, parameterGroupName, tokenSecretName } from '../platform/names.ts';
import { type AccountPolicy, modeAt } from '../platform/policy.ts';
import { monthlyCostUsd } from '../platform/prices.ts';
import { differencesBetween } from './differences.ts';
import { withoutLiteralSecrets } from './literal-secrets.ts';
import type { Observation } from './observation.ts';
import {
  type CreatableSpec,
  plannedCalls,
  plannedParameterGroup,
  plannedRequest,
  plannedToken,
} from './planned-calls.ts';
import { ACCOUNT_RULES, SPEC_RULES } from './rules/index.ts';
import { shapeOf } from './rules/topology.ts';
import type { CreationPlan, CreationReason, Expectation, Fault } from './schemas.ts';
import { faultyPaths, shownFaults } from './shown-faults.ts';
import { CacheSpec, readSpec } from './spec.ts';

/** What the decision depends on besides the specification and the observation. */
export interface CreationTerms {
  readonly operationId: string;
  readonly policy: AccountPolicy;
  /** The mode that the request asks for; it can only make the policy more careful. */
  readonly requestedMode?: unknown;
  readonly optInTag: string;
  /** Our own topic of the Region: ElastiCache tells it what happens to a cache whose specification names no other. */
  readonly notificationTopicArn: string;
  /** What could not be read before the plan was made. */
  readonly doubts?: readonly string[];
}

/** AWS needs 7–16 minutes for a small cache; half an hour and a minute a node is well above, 2 h 50 min is settle’s own end. */
const SETTLE_SECONDS = { base: 1800, perNode: 60, most: 10_200 };

/**
 * Decides what to do about one requested cache: create it, leave it as it is, or refuse with every fault at once. Pure,
 * never throws, and every doubt ends in `refuse` or `keep`.
 *
 * @param given the specification as somebody wrote it
 * @param seen  one observation; its `observedAt` is the only clock
 */
export const planCreation = (given: unknown, seen: Observation, terms: CreationTerms): CreationPlan => {
  const { spec: readable, faults: unreadable } = readSpec(withoutLiteralSecrets(given));
  const cacheId = nameOf(given);
  const requested = Mode.optional().safeParse(terms.requestedMode ?? undefined);
  const nothing: Omit<CreationPlan, 'action' | 'reason' | 'summary'> = {
    cacheId,
    mode: requested.success ? modeAt(terms.policy, 'creation', seen.observedAt, requested.data) : 'observe',
    faults: [],
    differences: [],
    doubts: [...(terms.doubts ?? [])],
    there: seen.cache ? [`cache ${cacheId} (${seen.cache.status})`] : [],
    missing: [],
    calls: [],
    monthlyCostUsd: null,
    settle: { deadlineSeconds: SETTLE_SECONDS.base },
    vpcId: seen.subnetGroup?.vpcId ?? null,
  };
  const refuse = (reason: CreationReason, summary: string, more: Partial<CreationPlan> = {}): CreationPlan => ({
    ...nothing,
    ...more,
    action: 'refuse',
    reason,
    summary,
  });

  const faults = [
    ...unreadable,
    ...(requested.success ? [] : [unknownMode(terms.requestedMode)]),
    ...(Object.hasOwn(readable.tags ?? {}, terms.optInTag) ? [reservedTag(terms.optInTag)] : []),
    ...SPEC_RULES.flatMap((rule) => rule(readable)),
    ...ACCOUNT_RULES.flatMap((rule) => rule(readable, seen)),
  ];
  const whole = CacheSpec.safeParse(readable);
  if (faults.length > 0 || !whole.success) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    const summary = `Refused ${cacheId}: its specification has ${count} (${faultyPaths(faults)}).`;
    return refuse('InvalidSpec', summary, { faults: shownFaults(faults) });
  }
  const spec = whole.data;
  if (!isCreatable(spec)) {
    const fault: Fault = {
      path: 'engine',
      value: spec.engine,
      rule: 'The autopilot creates caches with the engines redis and valkey.',
      remedy: 'Choose valkey, or create this cache by other means.',
    };
    return refuse('EngineNotSupported', `Refused ${cacheId}: ${spec.engine} caches are not created by the autopilot.`, {
      faults: [fault],
    });
  }

  if (seen.cache) {
    // Being made, changed or deleted: ElastiCache does not even tell its tags now.
    if (seen.cache.status !== 'available' || seen.cache.tags === undefined) {
      return refuse(
        'CacheBusy',
        `Refused ${cacheId}: it exists and is ${seen.cache.status}; ask again when it is available.`,
      );
    }
    if (seen.cache.tags[terms.optInTag] !== 'true') {
      return refuse(
        'NotOurs',
        `Refused ${cacheId}: it exists without the tag ${terms.optInTag}=true, so it is not ours to touch.`,
      );
    }
    const differences = differencesBetween(spec, seen.cache, seen);
    if (differences.length > 0) {
      const fields = differences.map(({ field }) => field).join(', ');
      return refuse('CacheDiffers', `Refused ${cacheId}: it exists and differs in ${fields}.`, { differences });
    }
    const summary = `Nothing to do: ${cacheId} exists as specified.`;
    // Where it is not known whose the token is, verifying says so.
    const secret = spec.authToken && seen.secret ? { secretArn: seen.secret.arn } : {};
    return {
      ...nothing,
      action: 'keep',
      reason: 'AlreadyAsSpecified',
      summary,
      expect: { ...expectationOf(spec), ...secret },
    };
  }

  const shape = shapeOf(spec);
  const nodes = shape.shards * (1 + shape.replicasPerShard);
  const cost = monthlyCostUsd(spec.engine, spec.cacheNodeType, nodes);
  const figures = { monthlyCostUsd: cost ?? null };
  const { maxMonthlyCostUsd, maxNodes } = terms.policy.limits;
  if (maxNodes !== undefined && nodes > maxNodes) {
    return refuse(
      'AboveNodeLimit',
      `Refused ${cacheId}: ${nodes} nodes are more than the policy’s ${maxNodes}.`,
      figures,
    );
  }
  if (maxMonthlyCostUsd !== undefined && cost === undefined) {
    const summary = `Refused ${cacheId}: the policy limits the cost, and the price of ${spec.cacheNodeType} is not known.`;
    return refuse('CostUnknown', summary, figures);
  }
  if (maxMonthlyCostUsd !== undefined && cost !== undefined && cost > maxMonthlyCostUsd) {
    const summary = `Refused ${cacheId}: ${cost} USD a month are more than the policy’s ${maxMonthlyCostUsd} USD.`;
    return refuse('AboveCostLimit', summary, figures);
  }

  // The rule about the version has made sure that there is one.
  const family = seen.engineVersions.find(({ version }) => version === spec.engineVersion)?.family ?? '';
  const parameterGroup = plannedParameterGroup(spec, family, { ...terms, exists: seen.parameterGroup !== undefined });
  const token = plannedToken(spec, terms);
  const request = plannedRequest(spec, family, terms);
  const parts = [
    ...(parameterGroup
      ? [{ what: `parameter group ${parameterGroupName(cacheId, family)}`, have: seen.parameterGroup !== undefined }]
      : []),
    ...(token ? [{ what: `secret ${tokenSecretName(cacheId)}`, have: seen.secret !== undefined }] : []),
    { what: `cache ${cacheId}`, have: false },
  ];
  return {
    ...nothing,
    ...figures,
    action: 'create',
    reason: 'NewCache',
    summary: `Create ${cacheId}: ${inWords(spec, shape)}, ${cost === undefined ? 'at a cost not known here' : `about ${cost} USD a month`}.`,
    there: parts.filter(({ have }) => have).map(({ what }) => what),
    missing: parts.filter(({ have }) => !have).map(({ what }) => what),
    calls: plannedCalls({ parameterGroup, token, request, secret: seen.secret }, terms.operationId),
    settle: {
      deadlineSeconds: Math.min(SETTLE_SECONDS.base + nodes * SETTLE_SECONDS.perNode, SETTLE_SECONDS.most),
    },
    ...(token ? { token } : {}),
    ...(parameterGroup ? { parameterGroup } : {}),
    request,
    expect: expectationOf(spec),
  };
};

/** What must be found at the real cache. */
const expectationOf = (spec: CreatableSpec): Expectation => ({
  ...shapeOf(spec),
  tls: spec.transitEncryptionEnabled ?? false,
  auth: spec.authToken !== undefined,
});

const isCreatable = (spec: CacheSpec): spec is CreatableSpec => spec.engine !== 'memcached';

/** The id for records and messages, also of a specification that has none or a wild one. */
const nameOf = (given: unknown): CacheId => {
  const id = given !== null && typeof given === 'object' && 'cacheId' in given ? given.cacheId : undefined;
  return typeof id === 'string' && id !== '' ? id.slice(0, 100) : 'unknown';
};

const unknownMode = (mode: unknown): Fault => ({
  path: 'mode',
  value: mode,
  rule: 'mode is one of observe, approve, act.',
  remedy: 'Leave it out for the account’s own mode.',
});

const reservedTag = (key: string): Fault => ({
  path: `tags.${key}`,
  rule: `The tag ${key} opts a cache in; every cache that is created here gets it.`,
  remedy: 'Leave it out.',
});

const inWords = (spec: CreatableSpec, shape: ReturnType<typeof shapeOf>): string => {
  const { shards, replicasPerShard, clusterMode } = shape;
  const replicas = `${replicasPerShard} ${replicasPerShard === 1 ? 'replica' : 'replicas'}`;
  const size = clusterMode
    ? `${shards} ${shards === 1 ? 'shard' : 'shards'} with ${replicas} each`
    : `one primary with ${replicas}`;
  const safety = [spec.transitEncryptionEnabled ? 'TLS' : '', spec.authToken ? 'AUTH' : '']
    .filter(Boolean)
    .join(' and ');
  return `${spec.engine} ${spec.engineVersion}, ${size} on ${spec.cacheNodeType}, ${safety || 'without TLS'}`;
};

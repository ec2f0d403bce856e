import type { Caches } from '../platform/caches.ts';
import type { RememberedSpec } from '../platform/ledger.ts';
import { tokenSecretName } from '../platform/names.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import { readDeletionRequest } from './deletion-request.ts';
import type { DeletionRequest } from './deletion-schemas.ts';
import { ourParameterGroups } from './our-parameter-groups.ts';
import type { DeletionSeen } from './plan-deletion.ts';

interface Eyes {
  readonly caches: Caches;
  readonly parameterGroups: ParameterGroups;
  readonly secrets: Secrets;
  readonly rememberedSpec: (cacheId: string) => Promise<RememberedSpec | undefined>;
}

/** Looks at what there is of a cache that somebody wants to be gone. Changes nothing. */
export const lookBeforeDeletion = async (
  request: DeletionRequest,
  now: string,
  { caches, parameterGroups, secrets, rememberedSpec }: Eyes,
): Promise<DeletionSeen> => {
  const { wanted, faults } = readDeletionRequest(request);
  // It will be refused, and AWS would not even look for an impossible id.
  if (faults.length > 0) return { observedAt: now, parameterGroups: [], secret: false };
  const { cacheId } = wanted;
  const [cache, groups, secret, remembered] = await Promise.all([
    caches.find(cacheId, 'with details'),
    ourParameterGroups(cacheId, parameterGroups),
    secrets.find(tokenSecretName(cacheId)),
    rememberedSpec(cacheId),
  ]);
  return {
    observedAt: now,
    cache,
    specification: remembered?.spec,
    parameterGroups: groups.map(({ name }) => name),
    secret: secret?.madeBy !== undefined && !secret.deletionScheduled,
  };
};

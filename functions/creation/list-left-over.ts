import type { z } from 'zod';
import { type CacheSeen, type Caches, makerOf, wasMadeBy } from '../platform/caches.ts';
import { OPERATION_TAG, tokenSecretName } from '../platform/names.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { ListLeftInput, ListLeftOutput } from './schemas.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly secrets: Pick<Secrets, 'find'>;
  readonly parameterGroups: Pick<ParameterGroups, 'find' | 'tagsOf'>;
}

type Left = ListLeftOutput['left'][number];

/** Lists what this operation made and is still there, each with the command that removes it, in their order. Changes nothing. */
export const listLeftOver = async (
  { operationId, cacheId, made }: z.output<typeof ListLeftInput>,
  tools: Tools,
): Promise<ListLeftOutput> => {
  const left: Left[] = [];

  const cache = made.cache ? await tools.caches.find(cacheId) : undefined;
  if (cache && mayBeOf(cache, operationId)) {
    const { arn, status, kind } = cache;
    const remove =
      kind === 'cluster'
        ? `aws elasticache delete-cache-cluster --cache-cluster-id ${cacheId}`
        : `aws elasticache delete-replication-group --replication-group-id ${cacheId}`;
    left.push({ what: `cache ${cacheId}`, arn, status, remove });
  }

  const group = made.parameterGroup === undefined ? undefined : await tools.parameterGroups.find(made.parameterGroup);
  if (group && (await tools.parameterGroups.tagsOf(group.arn))?.[OPERATION_TAG] === operationId) {
    const remove = `aws elasticache delete-cache-parameter-group --cache-parameter-group-name ${group.name}`;
    left.push({ what: `parameter group ${group.name}`, arn: group.arn, remove });
  }

  const name = tokenSecretName(cacheId);
  const secret = made.secret ? await tools.secrets.find(name) : undefined;
  if (secret && !secret.deletionScheduled && (secret.madeBy === operationId || made.restoredSecret)) {
    const remove = `aws secretsmanager delete-secret --secret-id ${name} --recovery-window-in-days 7`;
    left.push({ what: `secret ${name}`, arn: secret.arn, remove });
  }

  return { left, advice: left.length === 0 ? 'Nothing is left.' : `Kept, as the policy says: ${inWords(left)}.` };
};

/** One of which nobody can tell yet who made it is listed: better to look at one too many. */
const mayBeOf = (cache: CacheSeen, operationId: string): boolean =>
  !makerOf(cache).known || wasMadeBy(cache, operationId);

const inWords = (left: readonly Left[]): string => {
  const parts = left.map(({ what, arn, status }) => `${what} (${[status, arn].filter(Boolean).join(', ')})`);
  return `${parts.join('; ')}. When it was looked at, remove it with: ${left.map(({ remove }) => remove).join('; ')}`;
};

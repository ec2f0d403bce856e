import { describe, expect, it } from 'vitest';
import { listLeftOver } from '../../functions/creation/list-left-over.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { aCache } from '../builders/an-observation.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryParameterGroups } from '../builders/in-memory-parameter-groups.ts';
import { inMemorySecrets } from '../builders/in-memory-secrets.ts';

const GROUP = 'autopilot-orders-redis7';
const SECRET = 'autopilot/orders/auth-token';
const ALL = { cache: true, parameterGroup: GROUP, secret: true };

const anAccount = (operationId: string, cache: Partial<CacheSeen> = {}) => {
  const secrets = inMemorySecrets();
  secrets.kept.set(SECRET, { value: 'token', madeBy: operationId, versionId: '1', deleted: false });
  return {
    caches: inMemoryCaches(
      aCache({ status: 'create-failed', description: `Orders (autopilot:operation=${operationId})`, ...cache }),
    ),
    secrets,
    parameterGroups: inMemoryParameterGroups({
      [GROUP]: { family: 'redis7', tags: { 'autopilot:operation': operationId } },
    }),
  };
};
const listed = async (account: ReturnType<typeof anAccount>, made: object = ALL) =>
  listLeftOver({ operationId: 'operation-1', cacheId: 'orders', made }, account);

describe('listLeftOver', () => {
  it('lists the cache with its status, then what only goes after it, each with the command that removes it', async () => {
    const { left, advice } = await listed(anAccount('operation-1'));
    expect(left).toMatchObject([
      {
        what: 'cache orders',
        arn: 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders',
        status: 'create-failed',
        remove: 'aws elasticache delete-replication-group --replication-group-id orders',
      },
      {
        what: `parameter group ${GROUP}`,
        remove: `aws elasticache delete-cache-parameter-group --cache-parameter-group-name ${GROUP}`,
      },
      {
        what: `secret ${SECRET}`,
        remove: `aws secretsmanager delete-secret --secret-id ${SECRET} --recovery-window-in-days 7`,
      },
    ]);
    for (const { what, remove } of left) for (const word of [what, remove]) expect(advice).toContain(word);
  });

  it('removes nothing', async () => {
    const account = anAccount('operation-1', { status: 'available' });
    await listed(account);
    expect(account.caches.there.get('orders')?.status).toBe('available');
    expect(account.parameterGroups.names()).toEqual([GROUP]);
    expect(account.secrets.kept.get(SECRET)?.deleted).toBe(false);
  });

  it('lists nothing of another operation, and nothing that was not made', async () => {
    expect((await listed(anAccount('operation-2'))).left).toEqual([]);
    const { left, advice } = await listed(anAccount('operation-1'), {});
    expect({ left, advice }).toEqual({ left: [], advice: 'Nothing is left.' });
  });

  it('lists a cluster of which nobody can tell yet who made it: better one too many', async () => {
    const { left } = await listed(anAccount('operation-2', { kind: 'cluster', status: 'creating', tags: undefined }));
    expect(left).toMatchObject([
      { what: 'cache orders', remove: 'aws elasticache delete-cache-cluster --cache-cluster-id orders' },
    ]);
  });

  it('lists a secret that was taken back from deletion, and none that is on its way there', async () => {
    const restored = anAccount('operation-2');
    const made = { secret: true, restoredSecret: true };
    expect((await listed(restored, made)).left).toMatchObject([{ what: `secret ${SECRET}` }]);
    await restored.secrets.delete(SECRET);
    expect((await listed(restored, made)).left).toEqual([]);
  });
});

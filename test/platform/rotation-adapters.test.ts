import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { FixInput, GrantPermission } from '../../functions/platform/operator-actions.ts';
import { secretsManagerSecrets } from '../../functions/platform/secrets.ts';
import { elastiCacheTokenChanges, type TokenChanges } from '../../functions/platform/token-changes.ts';
import { elastiCacheUsers } from '../../functions/platform/users.ts';
import { OrderUncertain } from '../../functions/platform/was-refused.ts';
import { aClientOf, answered } from '../builders/a-client-of.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';

const TOKEN = 'TheNewToken'.padEnd(32, 'n');

/** Each order that there is. */
const ORDERS: readonly (readonly [string, (changes: TokenChanges) => Promise<unknown>])[] = [
  ['ROTATE', (changes) => changes.rotate('orders', TOKEN)],
  ['SET', (changes) => changes.set('orders', TOKEN)],
  ['passwords', (changes) => changes.setPasswords('orders-app', [TOKEN])],
];

const changesThat = (answer: () => unknown) => {
  const { client, asked } = anSdkClient<ElastiCacheClient>({ ModifyReplicationGroup: answer, ModifyUser: answer });
  return { changes: elastiCacheTokenChanges(client), asked };
};

describe('orders that change tokens', () => {
  it('name the strategy, and are applied at once', async () => {
    const { changes, asked } = changesThat(() => ({}));
    expect(await changes.rotate('orders', TOKEN)).toBe('yes');
    expect(await changes.set('orders', TOKEN)).toBe('yes');
    expect(asked.map(({ input }) => input)).toEqual(
      ['ROTATE', 'SET'].map((AuthTokenUpdateStrategy) => ({
        ReplicationGroupId: 'orders',
        AuthToken: TOKEN,
        AuthTokenUpdateStrategy,
        ApplyImmediately: true,
      })),
    );
  });

  it('say all passwords of a user', async () => {
    const { changes, asked } = changesThat(() => ({}));
    expect(await changes.setPasswords('orders-app', ['one', 'two'])).toBe('yes');
    expect(asked).toEqual([{ operation: 'ModifyUser', input: { UserId: 'orders-app', Passwords: ['one', 'two'] } }]);
  });

  it.each(ORDERS)('are surely not carried out when ElastiCache says so of %s', async (_what, order) => {
    for (const [name, ordered] of [
      ['InvalidReplicationGroupStateFault', 'busy'],
      ['InvalidCacheClusterStateFault', 'busy'],
      ['InvalidUserStateFault', 'busy'],
      ['InvalidUserGroupStateFault', 'busy'],
      ['Throttling', 'busy'],
      ['InvalidParameterCombinationException', 'refused'],
      ['InvalidParameterValueException', 'refused'],
    ] as const) {
      expect(await order(changesThat(() => answered(name, 400)).changes)).toBe(ordered);
    }
  });

  it.each(ORDERS)('are uncertain without an answer below 500 to %s', async (_what, order) => {
    for (const error of [
      answered('InternalFailure', 500),
      answered('ServiceUnavailable', 503),
      // A state that it would be in when the order was carried out: but no answer said so.
      named('InvalidReplicationGroupStateFault'),
      named('TimeoutError'),
      named('ECONNRESET'),
    ]) {
      await expect(order(changesThat(() => error).changes)).rejects.toBeInstanceOf(OrderUncertain);
    }
  });

  it.each(ORDERS)('say what is denied, and what nobody knows, of %s', async (_what, order) => {
    const denied = changesThat(() => answered('AccessDenied', 403, 'not authorized to perform'));
    await expect(order(denied.changes)).rejects.toBeInstanceOf(GrantPermission);
    for (const word of ['SomethingNew', 'ReplicationGroupNotFoundFault', 'UserNotFound', 'InvalidKMSKeyFault']) {
      const unknown = order(changesThat(() => answered(word, 400, `It says ${TOKEN}.`)).changes);
      await expect(unknown).rejects.toBeInstanceOf(FixInput);
      await expect(unknown).rejects.toThrow(new RegExp(`: it answered ${word}\\. Look`));
      await expect(unknown).rejects.not.toHaveProperty('cause');
    }
  });

  it.each(ORDERS)('are given once, whatever becomes of %s', async (_what, order) => {
    for (const error of [answered('Throttling', 400), answered('InternalFailure', 500), named('TimeoutError')]) {
      const { changes, asked } = changesThat(() => error);
      await Promise.allSettled([order(changes)]);
      expect(asked).toHaveLength(1);
    }
  });

  it.each(ORDERS)('never repeat the token that an error repeats, of %s', async (_what, order) => {
    // A denial is IAM's own sentence, which knows nothing of what was sent, and is handed on.
    for (const [name, status] of [
      ['SomethingNew', 400],
      ['InternalFailure', 500],
      ['InvalidParameterValueException', 400],
      ['Throttling', 400],
    ] as const) {
      const { changes } = changesThat(() => answered(name, status, `Bad value ${TOKEN}.`));
      const [settled] = await Promise.allSettled([order(changes)]);
      const error = settled.status === 'rejected' ? settled.reason : undefined;
      const said = [
        settled.status === 'fulfilled' ? settled.value : '',
        error?.message,
        error?.stack,
        String(error?.cause),
      ];
      expect(said.join(' '), name).not.toContain(TOKEN);
    }
  });
});

describe('the versions of a secret', () => {
  const secretsThat = (answers: Parameters<typeof anSdkClient>[0]) => {
    const { client, asked } = anSdkClient<SecretsManagerClient>(answers);
    return { secrets: secretsManagerSecrets(client), asked };
  };
  const version = { id: 'version-next', value: 'the text' };

  it('are read one by one; one that has no text, or is not there, is undefined', async () => {
    const { secrets, asked } = secretsThat({ GetSecretValue: () => ({ SecretString: 'the text' }) });
    expect(await secrets.readVersion('orders', 'version-next')).toBe('the text');
    expect(asked[0]?.input).toEqual({ SecretId: 'orders', VersionId: 'version-next' });
    for (const answer of [{}, { SecretBinary: new Uint8Array() }, named('ResourceNotFoundException')]) {
      expect(await secretsThat({ GetSecretValue: () => answer }).secrets.readVersion('orders', 'v')).toBeUndefined();
    }
    const denied = secretsThat({ GetSecretValue: () => named('AccessDeniedException') });
    await expect(denied.secrets.readVersion('orders', 'v')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('get a value as the pending one, and never another value', async () => {
    const { secrets, asked } = secretsThat({});
    expect(await secrets.putPending('orders', version)).toBe(true);
    expect(asked[0]).toEqual({
      operation: 'PutSecretValue',
      input: {
        SecretId: 'orders',
        SecretString: 'the text',
        ClientRequestToken: 'version-next',
        VersionStages: ['AWSPENDING'],
      },
    });
    const there = secretsThat({ PutSecretValue: () => named('ResourceExistsException') });
    expect(await there.secrets.putPending('orders', version)).toBe(false);
    const busy = secretsThat({ PutSecretValue: () => named('InternalServiceError') });
    await expect(busy.secrets.putPending('orders', version)).rejects.toMatchObject({ name: 'InternalServiceError' });
  });

  it('change their labels by name, from where they are said to be', async () => {
    const { secrets, asked } = secretsThat({});
    await secrets.makeCurrent('orders', 'next', 'old');
    await secrets.dropPending('orders', 'next');
    expect(asked.map(({ input }) => input)).toEqual([
      { SecretId: 'orders', VersionStage: 'AWSCURRENT', MoveToVersionId: 'next', RemoveFromVersionId: 'old' },
      { SecretId: 'orders', VersionStage: 'AWSPENDING', RemoveFromVersionId: 'next' },
    ]);
    for (const operation of ['makeCurrent', 'dropPending'] as const) {
      const failing = secretsThat({ UpdateSecretVersionStage: () => named('InvalidParameterException') });
      await expect(failing.secrets[operation]('orders', 'next', 'old')).rejects.toThrow();
    }
  });

  it('are told by their labels, and none that is not there', async () => {
    const labels = async (VersionIdsToStages: object | undefined) => {
      const seen = await secretsThat({ DescribeSecret: () => ({ VersionIdsToStages }) }).secrets.find('orders');
      return [seen?.currentVersionId, seen?.pendingVersionId, seen?.previousVersionId];
    };
    expect(await labels(undefined)).toEqual([undefined, undefined, undefined]);
    expect(await labels({ one: ['AWSCURRENT', 'AWSPENDING'], two: [] })).toEqual(['one', 'one', undefined]);
    expect(await labels({ one: ['AWSPREVIOUS'], two: ['AWSCURRENT', 'ours'], three: ['AWSPENDING'] })).toEqual([
      'two',
      'three',
      'one',
    ]);
  });

  it('are told with when the current one was made only on request, wherever it stands in the list', async () => {
    const made = (day: number) => new Date(Date.UTC(2026, 10, day));
    const pages: Record<string, object> = {
      first: { Versions: [{ VersionId: 'three', CreatedDate: made(3) }], NextToken: 'second' },
      second: {
        Versions: [
          { VersionId: 'one', CreatedDate: made(1) },
          { VersionId: 'two', CreatedDate: made(2) },
        ],
      },
    };
    const secretWith = (VersionIdsToStages: object, more: object = {}) => {
      const { client, asked } = aClientOf(SecretsManagerClient, {
        DescribeSecret: () => ({ VersionIdsToStages, LastChangedDate: made(20), ...more }),
        ListSecretVersionIds: ({ NextToken = 'first' }) => pages[String(NextToken)] ?? {},
      });
      const lists = () => asked.filter(({ operation }) => operation === 'ListSecretVersionIds').length;
      return { secrets: secretsManagerSecrets(client), lists };
    };
    for (const [id, at] of [
      ['one', made(1)],
      ['two', made(2)],
      ['three', made(3)],
    ] as const) {
      const { secrets } = secretWith({ [id]: ['AWSCURRENT'] });
      expect(await secrets.find('orders', 'with dates')).toMatchObject({
        currentSince: at.toISOString(),
        changedAt: made(20).toISOString(),
      });
    }
    const untold = secretWith({ gone: ['AWSCURRENT'] });
    expect((await untold.secrets.find('orders', 'with dates'))?.currentSince).toBeUndefined();
    for (const { secrets, lists } of [
      secretWith({ one: ['AWSPENDING'] }),
      // Nobody asks for the age of what is being deleted.
      secretWith({ one: ['AWSCURRENT'] }, { DeletedDate: made(21) }),
    ]) {
      expect(await secrets.find('orders', 'with dates')).not.toHaveProperty('currentSince');
      expect(lists()).toBe(0);
    }
    const { secrets, lists } = secretWith({ one: ['AWSCURRENT'] });
    expect(await secrets.find('orders')).not.toHaveProperty('currentSince');
    expect(lists()).toBe(0);
  });
});

describe('a user’s tags', () => {
  const users = (ListTagsForResource: () => unknown) =>
    aClientOf(ElastiCacheClient, {
      DescribeUsers: () => ({ Users: [{ UserId: 'orders-app', ARN: 'arn:user' }] }),
      ListTagsForResource,
    });

  it('are asked for only on request', async () => {
    const { client, asked } = users(() => ({ TagList: [{ Key: 'autopilot:managed', Value: 'true' }] }));
    expect(await elastiCacheUsers(client).find('orders-app')).not.toHaveProperty('tags');
    expect(asked.map(({ operation }) => operation)).not.toContain('ListTagsForResource');
    expect(await elastiCacheUsers(client).find('orders-app', 'with tags')).toMatchObject({
      tags: { 'autopilot:managed': 'true' },
    });
  });

  it('are not known when ElastiCache does not tell them', async () => {
    const { client } = aClientOf(ElastiCacheClient, { DescribeUsers: () => ({ Users: [{ UserId: 'orders-app' }] }) });
    expect((await elastiCacheUsers(client).find('orders-app', 'with tags'))?.tags).toBeUndefined();
  });
});

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import type { UserSeen } from '../../functions/platform/users.ts';
import { LookAtNodesInput, Tried } from '../../functions/token-rotation/schemas.ts';
import { tryTokens } from '../../functions/token-rotation/try-tokens.ts';
import { aShard } from '../builders/a-drill.ts';
import { aRotatingEngine, type RotatingNode, type RotatingTraits } from '../builders/a-rotating-engine.ts';
import { aCacheToRotate, aSecretWith, SECRET, TOKENS, threeNodes, VERSIONS } from '../builders/a-rotation-target.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import type { InMemorySecrets } from '../builders/in-memory-secrets.ts';
import { aUser, aUserGroup, inMemoryUsers } from '../builders/in-memory-users.ts';

const NOW = '2026-11-21T07:00:00.000Z';
const HOSTS = ['one', 'two', 'three'];

interface World {
  readonly clusterMode?: boolean;
  readonly nodes?: Readonly<Record<string, RotatingNode>>;
  readonly engine?: Partial<RotatingTraits>;
  readonly cache?: Partial<CacheSeen>;
  readonly secrets?: InMemorySecrets;
  readonly user?: UserSeen;
  readonly input?: object;
}

const trying = ({ clusterMode = false, nodes = threeNodes(), engine, cache, secrets, user, input }: World = {}) => {
  const usual = aCacheToRotate(clusterMode, Object.keys(nodes));
  const { connect, seen } = aRotatingEngine({ ...usual.engine, ...engine, nodes });
  const target = {
    cacheId: 'orders',
    secretArn: SECRET,
    tls: true,
    clusterMode,
    ...(user ? { userId: user.userId } : {}),
  };
  const given = LookAtNodesInput.parse({ operationId: 'rotation-1', target, versions: VERSIONS, ...input });
  const tried = tryTokens(given, {
    caches: inMemoryCaches({ ...usual.cache, ...cache }),
    users: inMemoryUsers(...(user ? [user] : [])),
    secrets: secrets ?? aSecretWith(),
    connect,
    now: () => NOW,
  });
  return { tried, seen };
};
const outcome = async (world: World): Promise<string> => {
  const { tried } = trying(world);
  return tried.then(
    () => 'tried',
    (error: Error) => `${error.name}: ${error.message}`,
  );
};
const mustHideTokens = (said: unknown, tokens: readonly string[] = Object.values(TOKENS)) => {
  const text = `${inspect(said, { depth: 20, showHidden: true })} ${JSON.stringify(said)}`;
  for (const token of tokens) expect(text).not.toContain(token);
};
const modes = [false, true];

describe.each(modes)('tryTokens, cluster mode %s', (clusterMode) => {
  it('tells what every node accepts, and leaves no connection', async () => {
    const nodes = threeNodes({
      two: { accepts: [TOKENS.current, TOKENS.pending] },
      three: { accepts: [TOKENS.current, TOKENS.previous] },
    });
    const { tried, seen } = trying({ clusterMode, nodes });
    expect(Tried.parse(await tried)).toEqual({
      at: NOW,
      nodes: 3,
      current: 'everywhere',
      pending: 'somewhere',
      previous: 'somewhere',
      open: false,
      byNode: [
        { node: 'one:6379', accepts: ['current'] },
        { node: 'two:6379', accepts: ['current', 'pending'] },
        { node: 'three:6379', accepts: ['current', 'previous'] },
      ],
    });
    expect(seen.open).toBe(0);
  });

  it('never calls anything by another word than the nodes do, whoever accepts what', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(['current', 'pending', 'previous'] as const), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (accepting, old) => {
          const nodes = Object.fromEntries(
            accepting.map((labels, index) => [`node-${index}`, { accepts: labels.map((label) => TOKENS[label]) }]),
          );
          const { tried } = trying({ clusterMode, nodes, engine: { old } });
          const told = await tried;
          // Who gets in nowhere at the endpoint learns of no node.
          if (clusterMode && accepting[0]?.length === 0) {
            expect(told).toMatchObject({ nodes: 0, byNode: [] });
            return;
          }
          for (const label of ['current', 'pending', 'previous'] as const) {
            const count = accepting.filter((labels) => labels.includes(label)).length;
            expect(told[label]).toBe(count === 0 ? 'nowhere' : count === accepting.length ? 'everywhere' : 'somewhere');
          }
          expect(told.byNode.map(({ accepts }) => accepts)).toEqual(accepting);
        },
      ),
    ));

  it('never takes a node that does not answer for one that refuses', async () => {
    for (const host of HOSTS) {
      for (const trouble of [{ silent: true }, { closes: true }]) {
        expect(await outcome({ clusterMode, nodes: threeNodes({ [host]: trouble }) })).toMatch(
          /^NotReady: orders: .* (cannot be reached|did not answer AUTH)/,
        );
      }
    }
  });

  it.each([
    ['LOADING Redis is loading the dataset in memory', 'NotReady'],
    ['MASTERDOWN Link with MASTER is down', 'NotReady'],
    ['ERR max number of clients reached', 'VerificationFailed'],
    ['DENIED Redis is running in protected mode', 'VerificationFailed'],
    ['ERR something new', 'VerificationFailed'],
    ['NOAUTH Authentication required.', 'VerificationFailed'],
  ])('never takes “%s” for a refusal of a token', async (says, name) => {
    for (const host of HOSTS) {
      for (const command of ['AUTH', 'PING']) {
        // To who came with nothing, NOAUTH is the usual answer.
        expect(await outcome({ clusterMode, nodes: threeNodes({ [host]: { says: { [command]: says } } }) })).toMatch(
          new RegExp(`^${name}: `),
        );
      }
    }
  });

  it('takes who may not even PING for somebody who was let in', async () => {
    const { tried } = trying({
      clusterMode,
      nodes: threeNodes({ two: { says: { PING: 'NOPERM this user has no permissions' } } }),
    });
    expect(await tried).toMatchObject({ current: 'everywhere' });
  });

  it('finds a node that lets in who has no token, wherever it is', async () => {
    for (const host of HOSTS) {
      for (const old of [false, true]) {
        const { tried } = trying({ clusterMode, nodes: threeNodes({ [host]: { open: true } }), engine: { old } });
        const told = await tried;
        expect(told.open).toBe(true);
        expect(told.byNode.filter(({ accepts }) => accepts.includes('nobody')).map(({ node }) => node)).toEqual([
          `${host}:6379`,
        ]);
      }
    }
  });

  it('tells when ElastiCache says that the token was last changed', async () => {
    const tokenChangedAt = '2026-11-20T07:00:00.000Z';
    const told = Tried.parse(await trying({ clusterMode, cache: { tokenChangedAt } }).tried);
    expect(told.changedAt).toBe(tokenChangedAt);
    expect(told.passwords).toBeUndefined();
    expect(Tried.parse(await trying({ clusterMode }).tried).changedAt).toBeUndefined();
  });

  it('waits while nodes are missing', async () => {
    const missing = clusterMode
      ? { engine: { slots: [[0, 16_383, 'one', 'two']] as const } }
      : {
          cache: {
            shards: [
              aShard('0001', { nodes: ['one', 'two'].map((host) => ({ id: host, endpoint: { host, port: 6379 } })) }),
            ],
          },
        };
    expect(await outcome({ clusterMode, ...missing })).toMatch(/^NotReady: .* 2 of 3 nodes of orders now: a failover/);
  });

  it.each<[string, Partial<CacheSeen>, RegExp]>([
    ['the cache is being changed', { status: 'modifying' }, /^NotReady: orders is modifying\.$/],
    [
      'a shard is',
      { shards: [aShard('0001'), aShard('0002', { status: 'modifying' })] },
      /^NotReady: Shard 0002 of orders is modifying\.$/,
    ],
    ['it has no nodes', { shards: [] }, /^NotReady: /],
  ])('waits when %s', async (_, cache, says) => {
    expect(await outcome({ clusterMode, cache })).toMatch(says);
  });

  it('tells of versions that have nothing to try', async () => {
    const { previous, ...others } = VERSIONS;
    expect(
      await trying({ clusterMode, input: { versions: others }, secrets: aSecretWith({ current: TOKENS.current }) })
        .tried,
    ).toMatchObject({
      current: 'everywhere',
      pending: 'no-value',
      previous: 'absent',
    });
    const same = aSecretWith({ current: TOKENS.current, pending: TOKENS.current, previous: TOKENS.current });
    const { tried, seen } = trying({ clusterMode, secrets: same });
    expect(await tried).toMatchObject({ pending: 'same', previous: 'same' });
    expect(seen.commands.filter(({ command }) => command[0] === 'AUTH')).toHaveLength(clusterMode ? 4 : 3);
  });

  it('never lets a token out, whatever goes wrong', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('AUTH', 'PING', 'CLUSTER', 'CLIENT', 'INFO', 'none'),
        fc.constantFrom(
          'WRONGPASS no',
          'ERR unknown command, with args beginning with: <args>',
          'LOADING',
          'NOPERM no',
        ),
        fc.constantFrom(...HOSTS),
        fc.boolean(),
        async (command, says, host, closes) => {
          const nodes = threeNodes({ [host]: { says: { [command]: says }, closes } });
          const { tried, seen } = trying({ clusterMode, nodes, input: { currentSince: NOW } });
          mustHideTokens(await tried.catch((error: unknown) => error));
          expect(seen.open).toBe(0);
        },
      ),
    ));
});

describe('tryTokens with cluster mode', () => {
  it('finds the nodes with whichever token opens the endpoint', async () => {
    const nodes = threeNodes({ one: { accepts: [TOKENS.previous] } });
    expect(await trying({ clusterMode: true, nodes }).tried).toMatchObject({
      nodes: 3,
      current: 'somewhere',
      previous: 'somewhere',
    });
  });

  it('says that nothing is accepted when nothing opens the endpoint', async () => {
    const nodes = threeNodes(Object.fromEntries(HOSTS.map((host) => [host, { accepts: ['another'] }])));
    const { tried } = trying({ clusterMode: true, nodes, input: { currentSince: NOW } });
    expect(await tried).toMatchObject({
      nodes: 0,
      current: 'nowhere',
      pending: 'nowhere',
      previous: 'nowhere',
      open: false,
      byNode: [],
      clientsNotSeen: expect.any(String),
    });
  });

  it('fails for good when nobody may ask for the nodes', async () => {
    const nodes = threeNodes({ one: { says: { CLUSTER: 'NOPERM no' } } });
    expect(await outcome({ clusterMode: true, nodes })).toBe(
      'VerificationFailed: orders: orders.example.com:6379 answered NOPERM.',
    );
  });
});

describe('tryTokens with many nodes', () => {
  const HUNDREDS = 500;
  const many = (changes: Readonly<Record<number, readonly string[]>>) =>
    Object.fromEntries(
      Array.from({ length: HUNDREDS }, (_, index) => [
        `node-${index}`,
        { accepts: changes[index] ?? [TOKENS.current] },
      ]),
    );

  it('tells only the nodes that differ, and opens few connections at a time', async () => {
    const { tried, seen } = trying({
      clusterMode: true,
      nodes: many({ 7: [], 499: [TOKENS.current, TOKENS.pending] }),
    });
    expect(Tried.parse(await tried)).toMatchObject({
      nodes: HUNDREDS,
      current: 'somewhere',
      pending: 'somewhere',
      byNode: [
        { node: 'node-7:6379', accepts: [] },
        { node: 'node-499:6379', accepts: ['current', 'pending'] },
      ],
    });
    expect(seen.most).toBeLessThanOrEqual(20);
  });

  it('never tells more than 20 of them', async () => {
    const halves = Object.fromEntries(Array.from({ length: 249 }, (_, index) => [index * 2, [TOKENS.pending]]));
    expect(Tried.parse(await trying({ clusterMode: true, nodes: many(halves) }).tried).byNode).toHaveLength(20);
  });
});

describe('tryTokens for a user', () => {
  const asUser = (token: string) => JSON.stringify({ username: 'app', password: token });
  const userNodes = (changes: Readonly<Record<string, Partial<RotatingNode>>> = {}) =>
    threeNodes(
      Object.fromEntries(HOSTS.map((host) => [host, { accepts: [`app:${TOKENS.current}`], ...changes[host] }])),
    );
  const world = (changes: World = {}): World => ({
    user: aUser(),
    secrets: aSecretWith(TOKENS, asUser),
    nodes: userNodes(),
    ...changes,
  });

  it('logs in under its name', async () => {
    const { tried } = trying(
      world({ nodes: userNodes({ two: { accepts: [`app:${TOKENS.current}`, `app:${TOKENS.pending}`] } }) }),
    );
    expect(await tried).toMatchObject({
      current: 'everywhere',
      pending: 'somewhere',
      previous: 'nowhere',
      open: false,
    });
  });

  it('tells how many passwords it has, and nothing of the cache’s token', async () => {
    const cache = { tokenChangedAt: '2026-11-20T07:00:00.000Z' };
    for (const passwordCount of [0, 1, 2]) {
      const told = Tried.parse(await trying(world({ user: aUser({ passwordCount }), cache })).tried);
      expect(told.passwords).toBe(passwordCount);
      expect(told.changedAt).toBeUndefined();
    }
  });

  it('calls a cache open where the user gets in with a wrong password, and not where the default user does', async () => {
    expect(await trying(world({ nodes: userNodes({ two: { openUsers: ['app'] } }) })).tried).toMatchObject({
      open: true,
    });
    expect(await trying(world({ nodes: userNodes({ two: { open: true } }) })).tried).toMatchObject({ open: false });
  });

  it.each<[string, UserSeen | undefined, string]>([
    ['the user is being changed', aUser({ status: 'modifying' }), 'NotReady: The user orders-app is modifying.'],
    [
      'one of its groups is',
      aUser({ groups: [aUserGroup(), aUserGroup({ groupId: 'others', status: 'modifying' })] }),
      'NotReady: The user group others, of the user orders-app, is modifying.',
    ],
    [
      'the secret is another user’s',
      aUser({ name: 'other' }),
      `FixSecret: The secret ${SECRET} is not the user other’s: write its name into it, and ask again.`,
    ],
  ])('does not try when %s', async (_, user, says) => {
    const { tried, seen } = trying(world(user ? { user } : {}));
    await expect(tried.catch((error: Error) => `${error.name}: ${error.message}`)).resolves.toBe(says);
    expect(seen.connects).toEqual([]);
  });

  it('waits when the user is gone', async () => {
    const input = { target: { cacheId: 'orders', userId: 'gone', secretArn: SECRET, tls: true, clusterMode: false } };
    expect(await outcome(world({ input }))).toBe('NotReady: The user gone is gone.');
  });

  it('lists its own connections only', async () => {
    const clients = [
      'id=2 addr=10.0.0.2:1 name=shop age=10 user=app',
      'id=3 addr=10.0.0.3:1 name=shop age=10 user=other',
    ];
    const { tried } = trying(world({ nodes: userNodes({ one: { clients } }), input: { currentSince: NOW } }));
    expect((await tried).clients).toMatchObject({ connections: 1, groups: [{ name: 'shop', user: 'app' }] });
  });
});

describe('the secret', () => {
  const told = (tokens: Parameters<typeof aSecretWith>[0], text?: Parameters<typeof aSecretWith>[1]) =>
    trying({ secrets: aSecretWith(tokens, text) }).tried.catch((error: Error) => error);

  it('has to hold a token in its current and in its pending version', async () => {
    expect(await told({ pending: TOKENS.pending })).toMatchObject({ name: 'FixSecret' });
    for (const label of ['current', 'pending'] as const) {
      const error = await told({ ...TOKENS, [label]: 'short s3cret' });
      expect(error).toMatchObject({ name: 'FixSecret' });
      mustHideTokens(error, ['s3cret']);
    }
  });

  it('need not hold one in its previous version, which then is as good as without a value', async () => {
    expect(await told({ ...TOKENS, previous: 'short' })).toMatchObject({ current: 'everywhere', previous: 'no-value' });
  });

  it('never lends the name of one user to another’s password', async () => {
    const named = (user: string) => ({ username: user, password: TOKENS.pending });
    const text = (token: string) =>
      JSON.stringify(token === TOKENS.current ? { ...named('app'), password: token } : named('other'));
    const nodes = threeNodes(
      Object.fromEntries(
        HOSTS.map((host) => [host, { accepts: [`app:${TOKENS.current}`, `other:${TOKENS.pending}`] }]),
      ),
    );
    const world = { user: aUser(), nodes, secrets: aSecretWith(TOKENS, text) };
    expect(await outcome(world)).toMatch(/^FixSecret: The pending version .* another user’s/);
    const { pending, ...versions } = VERSIONS;
    expect(await trying({ ...world, input: { versions } }).tried).toMatchObject({
      previous: 'no-value',
      pending: 'absent',
    });
  });
});

describe('the connections of applications', () => {
  const since = '2026-11-21T06:58:20.000Z';
  const OLD = 101;
  const listing = async (changes: Parameters<typeof threeNodes>[0], input: object = { currentSince: since }) =>
    Tried.parse(await trying({ nodes: threeNodes(changes), input }).tried);

  it('are listed by who they say they are, when asked for', async () => {
    const shop = (id: number, age: number) =>
      `id=${id} addr=10.0.0.9:${id} laddr=10.0.1.1:6379 fd=8 name=shop age=${age} idle=0 flags=N user=default lib-name=jedis`;
    const told = await listing({
      one: {
        clients: [
          shop(2, OLD),
          shop(3, 5),
          'id=4 addr=10.0.0.8:40 name= age=200 user=default lib-name=redis-py(v5) lib-ver=5',
        ],
      },
      two: { clients: [shop(9, 300)] },
      three: {
        clients: [
          'id=5 addr=[2001:db8::1]:40 name= age=1',
          'id=6 addr=10.0.0.1:41000 name=autopilot age=900 user=default',
        ],
      },
    });
    expect(told.clients).toEqual({
      connections: 5,
      olderThanCurrent: 3,
      groups: [
        { name: 'shop', user: 'default', connections: 3, oldestSeconds: 300 },
        { name: '[2001:db8::1]', user: '', connections: 1, oldestSeconds: 1 },
        { name: 'redis-py(v5)', user: 'default', connections: 1, oldestSeconds: 200 },
      ],
    });
    expect((await listing({}, {})).clients).toBeUndefined();
  });

  it('are not those with which the look itself has just come', async () => {
    const ghost = (age: number) => `id=7 addr=10.0.0.1:40007 name= age=${age} user=default`;
    expect((await listing({ one: { clients: [ghost(0)] } })).clients?.connections).toBe(0);
    expect((await listing({ one: { clients: [ghost(60)] } })).clients?.connections).toBe(1);
  });

  it.each<[string, Partial<RotatingNode>, RegExp]>([
    [
      'a node does not let us',
      { says: { CLIENT: 'NOPERM no' } },
      /^The connections could not be listed: orders: two:6379 answered NOPERM\.$/,
    ],
    ['there are too many', { connected: 10_001 }, /two:6379 has 10001 connections; at most 10000 can be listed/],
    ['a node does not tell how many there are', { says: { INFO: 'NOPERM no' } }, /NOPERM/],
    [
      'a node does not accept the current token',
      { accepts: [TOKENS.pending] },
      /two:6379 does not accept the current token/,
    ],
  ])('are said to be unknown, and nothing fails, when %s', async (_, two, says) => {
    const told = await listing({ two });
    expect(told.clientsNotSeen).toMatch(says);
    expect(told.clients).toBeUndefined();
    expect(told.nodes).toBe(3);
  });

  it('are never told in more groups than fit', async () => {
    const clients = Array.from(
      { length: 500 },
      (_, id) => `id=${id + 2} addr=10.0.0.9:${id} name=n${id}${'x'.repeat(300)} age=1 user=default`,
    );
    const told = await listing({ one: { clients } });
    expect(told.clients).toMatchObject({ connections: 500 });
    expect(told.clients?.groups).toHaveLength(50);
  });
});

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { heldKey } from '../../functions/token-rotation/held-key.ts';
import { hold } from '../../functions/token-rotation/hold.ts';
import { askEveryMs } from '../../functions/token-rotation/keep-asking.ts';
import { Held, HoldInput, Holding, LetGoInput, type Phase } from '../../functions/token-rotation/schemas.ts';
import { tellHolder } from '../../functions/token-rotation/tell-holder.ts';
import { aRotatingEngine, type RotatingNode } from '../builders/a-rotating-engine.ts';
import { aCacheToRotate, aSecretWith, SECRET, TOKENS, threeNodes, VERSIONS } from '../builders/a-rotation-target.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemoryObjects } from '../builders/in-memory-objects.ts';
import { inMemoryTaskTokens } from '../builders/in-memory-task-tokens.ts';
import { inMemoryUsers } from '../builders/in-memory-users.ts';

const NOW = '2026-11-21T07:00:00.000Z';
/** What the holder keeps back at the end of its life. */
const RESERVED_MS = 30_000;
const FOREVER_MS = RESERVED_MS + 600_000;
const OPENING = {
  region: 'us-east-1',
  cacheId: 'orders',
  operationId: 'rotation-1',
  workflow: 'rotate-token',
  startedAt: NOW,
  summary: '',
};

interface World {
  readonly clusterMode?: boolean;
  readonly phase?: Phase;
  readonly lap?: 1 | 2;
  readonly nodes?: Record<string, RotatingNode>;
  readonly cache?: Partial<CacheSeen>;
  readonly lifeMs?: number;
}

const aWorld = ({
  clusterMode = false,
  phase = 'bring-in',
  lap = 1,
  nodes = threeNodes(),
  cache,
  lifeMs = FOREVER_MS,
}: World = {}) => {
  const usual = aCacheToRotate(clusterMode, Object.keys(nodes));
  const { connect, seen } = aRotatingEngine({ ...usual.engine, nodes });
  const input = HoldInput.parse({
    operationId: 'rotation-1',
    target: { cacheId: 'orders', secretArn: SECRET, tls: true, clusterMode },
    versions: VERSIONS,
    phase,
    lap,
    taskToken: 'begin',
  });
  const tools = {
    caches: inMemoryCaches({ ...usual.cache, ...cache }),
    users: inMemoryUsers(),
    secrets: aSecretWith(),
    connect,
    ledger: inMemoryLedger(),
    objects: inMemoryObjects(),
    tokens: inMemoryTaskTokens(),
    remainingMs: () => lifeMs,
    askEveryMs: 2,
  };
  const answerTo = (taskToken: string) => tools.tokens.answers.filter((answer) => answer.taskToken === taskToken);
  const letGo = () =>
    tellHolder(LetGoInput.parse({ operationId: 'rotation-1', phase, lap, taskToken: 'end', now: NOW }), tools);
  return {
    nodes,
    seen,
    tools,
    input,
    answerTo,
    letGo,
    /** Until the workflow knows that the connections are there. */
    begun: () => vi.waitFor(() => expect(answerTo('begin')).toHaveLength(1), { interval: 1 }),
  };
};
/** A holder that is at work, from its beginning to its end. */
const held = async (world: ReturnType<typeof aWorld>, meanwhile: () => void | Promise<void> = () => undefined) => {
  const holding = hold(world.input, world.tools);
  await world.begun();
  await meanwhile();
  await world.letGo();
  return Held.parse(await holding);
};

describe.each([false, true])('hold, cluster mode %s', (clusterMode) => {
  it('holds a connection for every token that every node accepts, until it is told', async () => {
    const both = { accepts: [TOKENS.current, TOKENS.previous] };
    const world = aWorld({ clusterMode, nodes: threeNodes({ two: both, three: both }) });
    const result = await held(world, () => expect(world.seen.open).toBe(5));
    expect(world.answerTo('begin').map(({ output }) => Holding.parse(output))).toEqual([{ connections: 5, nodes: 3 }]);
    expect(result).toMatchObject({ connections: 5, lost: 0, losses: [], endedBecause: 'told' });
    // One at the beginning and one at the end, at least.
    expect(result.commands).toBeGreaterThanOrEqual(10);
    expect(world.answerTo('end').map(({ output }) => Held.parse(output))).toEqual([result]);
    expect(world.seen.open).toBe(0);
  });

  it('says who these connections are', async () => {
    const world = aWorld({ clusterMode });
    await held(world);
    const names = world.seen.commands.filter(({ command }) => command[1] === 'SETNAME');
    expect(names.map(({ node, command }) => [node, command[2]])).toEqual(
      ['one', 'two', 'three'].map((node) => [node, 'autopilot']),
    );
  });

  it('counts each connection that ends, whichever and however, and opens none again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.subarray(['one', 'two', 'three']),
        fc.constantFrom<Partial<RotatingNode>>(
          { closes: true },
          { silent: true },
          { says: { PING: 'NOAUTH Authentication required.' } },
        ),
        async (lost, trouble) => {
          const both = { accepts: [TOKENS.current, TOKENS.pending] };
          const world = aWorld({
            clusterMode,
            phase: 'retire',
            nodes: threeNodes({ one: both, two: both, three: both }),
          });
          let connects = 0;
          const result = await held(world, () => {
            connects = world.seen.connects.length;
            for (const host of lost) Object.assign(world.nodes[host] ?? {}, trouble);
          });
          expect(result).toMatchObject({ connections: 6, lost: 2 * lost.length });
          expect(result.losses.map(({ node, loggedInWith }) => `${node} ${loggedInWith}`).sort()).toEqual(
            lost.flatMap((host) => [`${host}:6379 current`, `${host}:6379 pending`]).sort(),
          );
          expect(world.seen.connects).toHaveLength(connects);
          expect(world.seen.open).toBe(0);
        },
      ),
      { numRuns: 20 },
    ));

  it('is not lost to a user who may not PING', async () => {
    const world = aWorld({
      clusterMode,
      nodes: threeNodes({ two: { says: { PING: 'NOPERM no', CLIENT: 'NOPERM no' } } }),
    });
    expect(await held(world)).toMatchObject({ connections: 3, lost: 0 });
  });

  it.each<[string, World, RegExp]>([
    ['a node cannot be reached', { nodes: threeNodes({ three: { silent: true } }) }, /^NotReady: /],
    ['a node loads its data', { nodes: threeNodes({ three: { says: { PING: 'LOADING no' } } }) }, /^NotReady: /],
    [
      'a node does not accept the current token',
      { nodes: threeNodes({ three: { accepts: [TOKENS.pending] } }) },
      /^VerificationFailed: orders: three:6379 does not accept the current token/,
    ],
    ['no token is accepted', { nodes: threeNodes({ one: { accepts: [] } }) }, /^VerificationFailed: orders/],
    ['the cache is being changed', { cache: { status: 'modifying' } }, /^NotReady: orders is modifying/],
  ])('tells the workflow when %s, and leaves no connection', async (_, changes, says) => {
    const world = aWorld({ clusterMode, ...changes });
    const result = await hold(world.input, world.tools);
    expect(result).toMatchObject({ endedBecause: 'told-why', told: expect.stringMatching(says) });
    expect(world.answerTo('begin').map(({ error }) => String(error))).toEqual([expect.stringMatching(says)]);
    expect(world.seen.open).toBe(0);
    expect(world.tools.objects.kept.size).toBe(0);
  });

  it('never lets a token out, whatever goes wrong', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('one', 'two', 'three'),
        fc.constantFrom('AUTH', 'PING', 'CLIENT', 'CLUSTER', 'none'),
        fc.constantFrom('ERR unknown command, with args beginning with: <args>', 'WRONGPASS <args>', 'LOADING <args>'),
        fc.boolean(),
        async (host, command, says, closes) => {
          const world = aWorld({
            clusterMode,
            nodes: threeNodes({ [host]: { says: { [command]: says }, closes } }),
            lifeMs: RESERVED_MS,
          });
          const result = await hold(world.input, world.tools);
          const bucket = [...world.tools.objects.kept.values()].map(({ body }) => new TextDecoder().decode(body));
          const said = inspect([result, world.tools.tokens.answers, bucket], { depth: 20, showHidden: true });
          for (const token of Object.values(TOKENS)) expect(said).not.toContain(token);
          expect(world.seen.open).toBe(0);
        },
      ),
    ));
});

describe('the end of a hold', () => {
  it('comes when the time is over, and leaves the result where it is found', async () => {
    const world = aWorld({ lifeMs: RESERVED_MS + 20 });
    const result = await hold(world.input, world.tools);
    expect(result).toMatchObject({ connections: 3, lost: 0, endedBecause: 'time-limit' });
    expect(world.answerTo('end')).toEqual([]);
    expect(await world.letGo()).toEqual({ told: false });
    expect(world.answerTo('end').map(({ output }) => output)).toEqual([result]);
  });

  it('comes when the operation has ended, and nobody is answered', async () => {
    const world = aWorld();
    const holding = hold(world.input, world.tools);
    await world.begun();
    await world.tools.ledger.close(OPENING, { outcome: 'failed', reason: 'Broken', summary: '', closedAt: NOW });
    expect(await holding).toMatchObject({ endedBecause: 'operation-ended' });
    expect(world.tools.tokens.answers).toHaveLength(1);
  });

  it('is not brought about by another phase, another lap, another operation, or a ledger that does not answer', async () => {
    const world = aWorld();
    await world.tools.ledger.leaveToken('rotation-1', 'hold-retire-1', 'other', NOW);
    await world.tools.ledger.leaveToken('rotation-1', 'hold-bring-in-2', 'other', NOW);
    await world.tools.ledger.leaveToken('rotation-0', 'hold-bring-in-1', 'other', NOW);
    const { tokenLeft } = world.tools.ledger;
    let asks = 0;
    world.tools.ledger.tokenLeft = async (...about) => {
      asks += 1;
      if (asks < 3) throw new Error('The ledger is busy.');
      return tokenLeft(...about);
    };
    const result = await held(world, () => vi.waitFor(() => expect(asks).toBeGreaterThan(5), { interval: 1 }));
    expect(result.endedBecause).toBe('told');
    expect(world.answerTo('other')).toEqual([]);
  });

  it('never lets more than 20 losses be told one by one', async () => {
    const nodes: Record<string, RotatingNode> = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`node-${index}`, { accepts: [TOKENS.current] }]),
    );
    const world = aWorld({ clusterMode: true, nodes });
    const result = await held(world, () => {
      for (const node of Object.values(nodes)) node.closes = true;
    });
    expect(result).toMatchObject({ connections: 30, lost: 30 });
    expect(result.losses).toHaveLength(20);
  });
});

describe.each<Phase>(['bring-in', 'retire'])('a second lap of %s', (phase) => {
  /** In which the first lap has left its token in the ledger and its result in the bucket. */
  const afterTheFirst = async () => {
    const first = aWorld({ phase });
    const result = await held(first);
    const { ledger, objects } = first.tools;
    const second = aWorld({ phase, lap: 2 });
    Object.assign(second.tools, { ledger, objects });
    return { first, second, result };
  };

  it('holds connections until it is told itself', async () => {
    const { second } = await afterTheFirst();
    const { ledger } = second.tools;
    let looks = 0;
    second.tools.ledger = {
      ...ledger,
      tokenLeft: (...about) => {
        looks += 1;
        return ledger.tokenLeft(...about);
      },
    };
    const result = await held(second, async () => {
      await vi.waitFor(() => expect(looks).toBeGreaterThan(5), { interval: 1 });
      expect(second.seen.open).toBe(3);
    });
    expect(result).toMatchObject({ connections: 3, lost: 0, endedBecause: 'told' });
    expect(second.answerTo('end').map(({ output }) => output)).toEqual([result]);
  });

  it('neither answers the first lap, nor is answered with what that has left', async () => {
    const { first, second, result } = await afterTheFirst();
    expect(await second.letGo()).toEqual({ told: true });
    expect(second.tools.tokens.answers).toEqual([]);
    expect(first.answerTo('end').map(({ output }) => output)).toEqual([result]);
    const { body } = first.tools.objects.kept.get(heldKey({ operationId: 'rotation-1', phase, lap: 1 })) ?? {};
    expect(JSON.parse(new TextDecoder().decode(body))).toEqual(result);
  });
});

describe('tellHolder', () => {
  it('leaves the token for a holder that is at work', async () => {
    const world = aWorld();
    expect(await world.letGo()).toEqual({ told: true });
    expect(await world.tools.ledger.tokenLeft('rotation-1', 'hold-bring-in-1')).toBe('end');
    expect(world.tools.tokens.answers).toEqual([]);
  });

  it('takes no other phase’s result, and no other lap’s or operation’s, for this one’s', async () => {
    const world = aWorld();
    for (const [operationId, phase, lap] of [
      ['rotation-0', 'bring-in', 1],
      ['rotation-1', 'retire', 1],
      ['rotation-1', 'bring-in', 2],
    ] as const) {
      await world.tools.objects.put(heldKey({ operationId, phase, lap }), '{}', 'application/json');
    }
    expect(await world.letGo()).toEqual({ told: true });
  });

  it('never leaves the workflow waiting, in whichever order the two come to ledger and bucket', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const world = aWorld({ lifeMs: 0 });
        const { ledger, objects } = world.tools;
        const slow = {
          ledger: {
            record: ledger.record,
            leaveToken: s.scheduleFunction(ledger.leaveToken),
            tokenLeft: s.scheduleFunction(ledger.tokenLeft),
          },
          objects: { put: s.scheduleFunction(objects.put), get: s.scheduleFunction(objects.get) },
        };
        const input = LetGoInput.parse({
          operationId: 'rotation-1',
          phase: 'bring-in',
          lap: 1,
          taskToken: 'end',
          now: NOW,
        });
        const holding = hold(world.input, { ...world.tools, ...slow });
        await world.begun();
        const telling = tellHolder(input, { ...slow, tokens: world.tools.tokens });
        await s.waitFor(Promise.all([holding, telling]));
        expect(world.answerTo('end')).toHaveLength(1);
      }),
      { numRuns: 50 },
    ));
});

describe('askEveryMs', () => {
  it('never lets more than 1000 commands come in a second, nor more than four on a connection', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (connections) => {
        const eachASecond = 1000 / askEveryMs(connections);
        expect(eachASecond).toBeLessThanOrEqual(4);
        expect(eachASecond * connections).toBeLessThanOrEqual(1000 + 1e-6);
      }),
    ));

  it('asks the connections of a usual cache four times a second', () => {
    expect([1, 12, 250].map(askEveryMs)).toEqual([250, 250, 250]);
  });
});

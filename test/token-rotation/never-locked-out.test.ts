import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Definition } from '../../local/states/definition.ts';
import type { Json } from '../../local/states/json.ts';
import { aDefinition } from '../builders/a-definition.ts';
import type { Stub } from '../builders/run-workflow.ts';
import { aRotationWorld, type Ended, type RotationWorld } from './model/a-rotation-world.ts';
import type { Fault } from './model/faults.ts';
import { faultsOfEnd, faultsOfNextRun } from './model/never.ts';
import { callsOf, consoleFaultsIn, faultsIn, type Story, TIMES, tell } from './model/tell-story.ts';

const [USUAL, , SHOWN_LATE = USUAL] = TIMES;
const WHATS = ['token', 'user'] as const;
/** `ROTATION_FAULTS=all`: every pair of faults, and every time at which ElastiCache may show a change. That takes an hour. */
const ALL = process.env.ROTATION_FAULTS === 'all';
const MINUTES = 60_000;

const SERVICE = {
  rotateLast: 'refused',
  rotateOlder: 'becomes the last',
  lagSeconds: 20,
  tellsChangeAt: 'end',
  userShowsAtCache: true,
} as const;
const aWorld = (traits: Partial<Parameters<typeof aRotationWorld>[0]> = {}): RotationWorld =>
  aRotationWorld({ what: 'token', service: SERVICE, nodes: 3, changeSeconds: 300, ...traits });

/** The story once for each fault that may happen in it after those that do. */
const withEachFault = async (story: Story): Promise<readonly Story[]> =>
  (await faultsIn(story)).map(([index, fault]) => ({
    ...story,
    faults: new Map([...(story.faults ?? []), [index, fault]]),
  }));

/** The version for which Secrets Manager asks, and how its rotation function answers when the workflow waits for it. */
const SECRETS_MANAGERS = 'secrets-manager-made-this-version';
const bySecretsManager: Pick<Story, 'request' | 'prepare' | 'instead'> = {
  request: { versionId: SECRETS_MANAGERS, bySecretsManager: true },
  prepare: ({ kept }) => {
    kept.pendingVersionId = SECRETS_MANAGERS;
  },
  instead: ({ WaitForFinish }) => ({ WaitForFinish: andThenAnswered(WaitForFinish, { finish: true }) }),
};

const andThenAnswered =
  (stub: Stub | undefined, answer: { readonly [name: string]: boolean | string }): Stub =>
  async (asked) => {
    const answered = (await stub?.(asked)) ?? null;
    const { taskToken } = asked.arguments as { readonly taskToken: string };
    asked.tokens.succeed(taskToken, answer);
    return answered;
  };

describe('a rotation', () => {
  it.each(WHATS)('is done when nothing goes wrong, and only the new %s is valid', async (what) => {
    for (const nodes of [2, 3, 4]) {
      const world = aWorld({ what, nodes });
      const ended = await world.run();
      expect(ended).toMatchObject({ outcome: 'done', reason: 'Rotated' });
      expect([...(await faultsOfEnd(world, ended)), ...world.broken]).toEqual([]);
    }
  });
});

const SINGLES = await Promise.all(
  WHATS.map(async (what) => {
    const stories = (await Promise.all(TIMES.map((times) => withEachFault({ what, times })))).flat();
    return [what, stories.length, stories] as const;
  }),
);
const BY_SECRETS_MANAGER = await withEachFault({ what: 'token', times: USUAL, ...bySecretsManager });

describe('whatever goes wrong once', () => {
  it.each(SINGLES)(
    'nobody is locked out and the next run finishes it: %s, %i faults, in every way that ElastiCache may behave',
    async (_, count, stories) => {
      const { interleavings, wrong } = await tell(stories);
      expect(wrong).toEqual([]);
      expect(interleavings).toBeGreaterThanOrEqual(count);
    },
    5 * MINUTES,
  );

  it(
    `nor when Secrets Manager had asked for it: ${BY_SECRETS_MANAGER.length} faults`,
    async () => {
      expect((await tell(BY_SECRETS_MANAGER)).wrong).toEqual([]);
    },
    5 * MINUTES,
  );
});

/** Each thing that somebody may do at the console just before each call. */
const CONSOLE = (
  await Promise.all(
    (ALL ? WHATS : (['token'] as const)).flatMap((what) =>
      (ALL ? TIMES : [USUAL]).map(async (times) => {
        const story: Story = { what, times };
        return (await consoleFaultsIn(story)).map(([index, fault]) => ({
          ...story,
          faults: new Map([[index, fault]]),
        }));
      }),
    ),
  )
).flat();

describe('whatever somebody does at the console', () => {
  it(
    `no order of ours pushes the current one out, and nothing is done while one that is in no secret is valid: ${CONSOLE.length} times`,
    async () => {
      expect((await tell(CONSOLE)).wrong).toEqual([]);
    },
    5 * MINUTES,
  );
});

describe('whatever goes wrong more than once', () => {
  const RUNS = 40;
  const LATE_RUNS = 20;
  const anyTimes = fc.constantFrom(...TIMES);

  it(
    `nobody is locked out and a later run finishes it: ${RUNS} pairs of faults, in one run or in two`,
    async () => {
      const anyPair = fc.record({
        what: fc.constantFrom(...WHATS),
        times: anyTimes,
        nodes: fc.integer({ min: 2, max: 4 }),
        first: fc.nat(),
        second: fc.nat(),
        inTheSameRun: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(anyPair, async ({ first, second, inTheSameRun, ...story }) => {
          const singles = await withEachFault(story);
          const once = pick(singles, first) ?? story;
          const twice = inTheSameRun ? pick(await withEachFault(once), second) : andLater(once, pick(singles, second));
          expect((await tell([twice ?? once])).wrong).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    5 * MINUTES,
  );

  it(
    `nobody is locked out however late ElastiCache shows what it does: ${LATE_RUNS} times three faults`,
    async () => {
      const anyStory = fc.record({
        what: fc.constantFrom(...WHATS),
        times: fc.record({
          // As long as settle waits for something to show.
          lagSeconds: fc.integer({ min: 0, max: 290 }),
          changeSeconds: fc.integer({ min: 5, max: 3300 }),
        }),
        nodes: fc.integer({ min: 2, max: 4 }),
        chosen: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
      });
      await fc.assert(
        fc.asyncProperty(anyStory, async ({ chosen: [first, second, third], ...rest }) => {
          const story: Story = { ...rest, mayGiveUp: true };
          const singles = await withEachFault(story);
          const once = pick(singles, first) ?? story;
          const twice = pick(await withEachFault(once), second) ?? once;
          expect((await tell([andLater(twice, pick(singles, third))])).wrong).toEqual([]);
        }),
        { numRuns: LATE_RUNS },
      );
    },
    5 * MINUTES,
  );

  it.runIf(ALL)(
    'nor by any of all the pairs, whenever ElastiCache shows that it changes something',
    async () => {
      for (const what of WHATS) {
        for (const times of TIMES) {
          const { interleavings, wrong } = await tell(pairsOf({ what, times }));
          expect(wrong).toEqual([]);
          expect(interleavings).toBeGreaterThan(1000);
        }
      }
    },
    600 * MINUTES,
  );
});

/** Undefined when nothing can go wrong any more. */
const pick = (stories: readonly Story[], at: number): Story | undefined => stories[at % stories.length];

/** What goes wrong in one story, and then, in the run after it, what goes wrong in another. */
const andLater = (once: Story, { faults }: Pick<Story, 'faults'> = {}): Story => ({
  ...once,
  ...(faults ? { laterFaults: faults } : {}),
});

/** Each pair of faults in the first run, and each of one in the first and one in the second. */
async function* pairsOf(story: Story): AsyncGenerator<Story> {
  const singles = await withEachFault(story);
  for (const once of singles) {
    yield* await withEachFault(once);
    for (const later of singles) yield andLater(once, later);
  }
}

describe('two rotations of the same token', () => {
  it('never act both: the second is refused whenever it begins during the first', { timeout: MINUTES }, async () => {
    const { calls } = await aWorld().run();
    for (const { index } of calls) {
      const world = aWorld();
      let second: Promise<Ended> | undefined;
      const first = await world.run({}, new Map(), (call) => {
        if (call === index) second ??= world.run();
      });
      const ended = [first, await second];
      const outcomes = ended.map((each) => String(each?.outcome)).sort((one, other) => one.localeCompare(other));
      // Begun in the moment in which the first one closes, it may find nothing in its way.
      expect(index < calls.length - 1 ? ['done refused'] : ['done refused', 'done done']).toContain(outcomes.join(' '));
      expect([...(await faultsOfEnd(world, first)), ...(await faultsOfNextRun(world)), ...world.broken]).toEqual([]);
    }
  });
});

describe('a person', () => {
  const answered =
    (approved: boolean): Story['instead'] =>
    ({ AskApproval }) => ({
      AskApproval: andThenAnswered(AskApproval, { approved, answeredBy: 'somebody' }),
    });

  it('who moves the end of the grace period keeps the old token valid until then', async () => {
    const world = aWorld();
    const extended = world.inMinutes(600);
    const atRetiring: { at: string; valid: readonly string[] }[] = [];
    let graceHasBegun = false;
    const { outcome } = await world.run({}, new Map(), (_, to) => {
      graceHasBegun ||= to === 'LookAtGrace';
      if (to === 'LookAtGrace')
        void world.ledger.extendGrace('rotation-1', { endsAt: extended, extendedBy: 'somebody' });
      if (to === 'Order' && graceHasBegun) atRetiring.push({ at: world.clock.iso(), valid: world.valid() });
    });
    expect(outcome).toBe('done');
    expect(atRetiring).toHaveLength(1);
    expect(Date.parse(atRetiring[0]?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(extended));
    expect(atRetiring[0]?.valid).toEqual(['previous', 'current']);
    expect([...world.broken]).toEqual([]);
  });

  it('who does not let the old token be retired leaves both valid, and is asked again by the next run', async () => {
    let approves = false;
    const world = aWorld({
      policy: { askBeforeRetiring: 'always' },
      instead: (own) => ({
        AskApproval: (asked) => (answered(approves)?.(own).AskApproval ?? own.Plan)?.(asked) ?? null,
      }),
    });
    const ended = await world.run();
    expect(ended).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
    expect([...(await faultsOfEnd(world, ended))]).toEqual([]);
    expect(world.valid().toSorted()).toEqual(['current', 'previous']);
    approves = true;
    expect([...(await faultsOfNextRun(world)), ...world.broken]).toEqual([]);
    expect(world.valid()).toEqual(['current']);
  });
});

describe('a workflow that is made worse', () => {
  type States = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The workflow, with a state changed. */
  const changed = (name: string, changes: Readonly<Record<string, unknown>>): Definition => {
    const definition = aDefinition('rotate-token');
    const states = definition.States as unknown as States;
    if (!states[name]) throw new Error(`rotate-token has no state ${name}.`);
    return Definition.parse({ ...definition, States: { ...states, [name]: { ...states[name], ...changes } } });
  };
  /** It makes another new token each time, although there may be one that clients use. */
  const anotherEachTime = (): Pick<Story, 'prepare' | 'instead'> => {
    let world: RotationWorld | undefined;
    let made = 0;
    return {
      prepare: (prepared) => {
        world = prepared;
      },
      instead: ({ MakePending }) => ({
        MakePending: async (asked) => {
          made += 1;
          if (world) world.kept.pendingVersionId = undefined;
          const given = asked.arguments as { readonly [name: string]: Json };
          const versionId = `another-${made}`.padEnd(32, '0');
          return (await MakePending?.({ ...asked, arguments: { ...given, versionId } })) ?? null;
        },
      }),
    };
  };
  const onceAgain = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 400, BackoffRate: 1, MaxAttempts: 1 }];

  /** By what it does, with the call and its fault that show it. */
  const REFUSED = 'A node refused AWSCURRENT.';
  const worse: readonly (readonly [what: string, to: string, fault: Fault, story: Partial<Story>, found: string])[] = [
    ['makes another new token when it is asked again', 'Order', 'is-stopped', anotherEachTime(), REFUSED],
    [
      'orders again without looking when it heard no answer',
      'Order',
      'dies-after',
      { definition: changed('Bring the new one in', { Retry: onceAgain }) },
      REFUSED,
    ],
    [
      'makes the new one current before it was tried',
      'Plan',
      'is-busy',
      { definition: changed('Hold connections', { Next: 'Make the new one current' }) },
      REFUSED,
    ],
    [
      'lets go of the new one without looking whether it is valid',
      'settle',
      'dies-before',
      { definition: changed('Begin to go back', { Next: 'Forget the new one', Seconds: 0 }) },
      REFUSED,
    ],
    [
      'lets go of the new one before an order has shown',
      'settle',
      'dies-before',
      { times: SHOWN_LATE, definition: changed('Begin to go back', { Seconds: 0 }) },
      // The next run makes the current one the only one first, since the interrupted one may have changed the token.
      'A node accepted a token that is in no labelled version.',
    ],
  ];

  it.each(worse)('is found out when it %s', async (_, to, fault, changes, found) => {
    const story: Story = { what: 'token', times: USUAL, ...changes };
    const call = (await callsOf(story)).find((each) => each.to === to);
    const { wrong } = await tell([{ ...story, faults: new Map([[call?.index ?? -1, fault]]) }]);
    expect(wrong.join(' ')).toContain(found);
  });
});

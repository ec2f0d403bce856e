import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Definition } from '../../local/states/definition.ts';
import { aDefinition } from '../builders/a-definition.ts';
import type { Stub } from '../builders/run-workflow.ts';
import { aRotationWorld, type Ended, type RotationWorld } from './model/a-rotation-world.ts';
import type { Fault } from './model/faults.ts';
import { faultsOfEnd, faultsOfNextRun } from './model/never.ts';
import { faultsIn, type Story, TIMES, tell } from './model/tell-story.ts';

const [USUAL, ...OTHERS] = TIMES;
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
  WHATS.map(async (what) => [what, await withEachFault({ what, times: USUAL })] as const),
);

describe('whatever goes wrong once', () => {
  it.each(SINGLES.map(([what, stories]) => [what, stories.length, stories] as const))(
    'nobody is locked out and the next run finishes it: %s, %i faults, in every way that ElastiCache may behave',
    async (_, count, stories) => {
      const { interleavings, wrong } = await tell(stories);
      expect(wrong).toEqual([]);
      expect(interleavings).toBeGreaterThanOrEqual(count);
    },
    10 * MINUTES,
  );
});

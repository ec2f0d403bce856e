import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROTATION_STEPS, secretsManagerRotation } from '../../events/secrets-manager-rotation.ts';
import type { Execution } from '../../functions/platform/executions.ts';
import { OperationId } from '../../functions/platform/names.ts';
import { answerSecretsManager } from '../../functions/token-rotation/answer-secrets-manager.ts';
import { attemptName } from '../../functions/token-rotation/rotation-attempts.ts';
import { RotationRequest } from '../../functions/token-rotation/schemas.ts';
import { inMemoryExecutions } from '../builders/in-memory-executions.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemorySecrets, type KeptSecret } from '../builders/in-memory-secrets.ts';
import { inMemoryTaskTokens } from '../builders/in-memory-task-tokens.ts';

const { SecretId: SECRET, ClientRequestToken: VERSION } = secretsManagerRotation.sample;
const USER_SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:autopilot/orders/users/alice-AbCdEf';
const OLD = 'old-version-00000000000000000000000';
const NOW = '2026-11-21T07:00:00.000Z';
const VALUE = 's3cret-value-of-the-new-version';
const NAME = attemptName('orders', SECRET, VERSION);
const TEST_NAME = attemptName('orders', SECRET, VERSION, 'test');
type Step = (typeof ROTATION_STEPS)[number];

const ended = (
  outcome: string,
  summary = `It was ${outcome}.`,
  endedAt = NOW,
): Exclude<Execution, { status: 'running' }> => ({
  status: 'succeeded',
  endedAt,
  output: { outcome, summary, plan: { action: 'rotate' } },
});

const aWorld = ({ secretArn = SECRET as string, lifeMs = 900_000, secret = {} as Partial<KeptSecret> } = {}) => {
  const secrets = inMemorySecrets();
  secrets.kept.set(secretArn, {
    value: 's3cret-value-of-the-old-version',
    versionId: OLD,
    pendingVersionId: VERSION,
    deleted: false,
    ...secret,
  });
  const ledger = inMemoryLedger();
  const rotations = inMemoryExecutions();
  const tokens = inMemoryTaskTokens();
  const left: (() => unknown)[] = [];
  let leftMs = lifeMs;
  const tools = {
    secrets,
    ledger,
    rotations,
    tokens,
    now: () => NOW,
    remainingMs: () => leftMs,
    async sleep(ms: number) {
      leftMs -= ms;
      await left.shift()?.();
    },
  };
  return {
    ...tools,
    ask: (Step: Step, versionId = VERSION) =>
      answerSecretsManager(
        secretsManagerRotation.schema.parse({ Step, SecretId: secretArn, ClientRequestToken: versionId }),
        tools,
      ),
    /** What the workflow does at each pause, in order; afterwards nothing more happens. */
    meanwhile: (...more: (() => unknown)[]) => left.push(...more),
    putValue: () => secrets.putPending(secretArn, { id: VERSION, value: VALUE }),
    tried: (operationId = NAME(1)) => ledger.leaveToken(operationId, 'finish', `token of ${operationId}`, NOW),
    promote: () => secrets.makeCurrent(secretArn, VERSION, OLD),
    leftMs: () => leftMs,
  };
};

describe('a rotation that Secrets Manager asks for', () => {
  it('is done by the workflow, and each step waits until it has come so far', async () => {
    const world = aWorld();
    world.meanwhile(() => {}, world.putValue);
    expect(await world.ask('createSecret')).toEqual({
      cacheId: 'orders',
      operationId: NAME(1),
      says: 'The new version has its value',
    });
    expect([...world.rotations.started]).toEqual([
      [NAME(1), { cacheId: 'orders', versionId: VERSION, bySecretsManager: true, requestedBy: 'secretsmanager' }],
    ]);
    expect(RotationRequest.parse(world.rotations.started.get(NAME(1)))).toMatchObject({ cacheId: 'orders' });

    world.meanwhile(
      () => {},
      () => world.tried(),
    );
    expect(await world.ask('setSecret')).toMatchObject({ operationId: NAME(1) });
    expect(await world.ask('testSecret')).toMatchObject({ operationId: NAME(1) });
    expect(world.tokens.answers).toEqual([]);

    world.meanwhile(() => {}, world.promote);
    expect(await world.ask('finishSecret')).toMatchObject({ says: 'The new version is the current one' });
    expect(world.tokens.answers).toEqual([{ taskToken: `token of ${NAME(1)}`, output: { finish: true } }]);
    expect(world.rotations.started.size).toBe(1);
  });

  it('names the user of a user’s secret', async () => {
    const world = aWorld({ secretArn: USER_SECRET });
    world.meanwhile(world.putValue);
    await world.ask('createSecret');
    expect([...world.rotations.started.values()]).toMatchObject([{ cacheId: 'orders', userId: 'alice' }]);
  });

  it.each(ROTATION_STEPS)('has nothing to do in %s when the version is the current one already', async (step) => {
    const world = aWorld({ secret: { versionId: VERSION, pendingVersionId: undefined } });
    expect(await world.ask(step)).toEqual({ cacheId: 'orders', says: 'The version is the current one already' });
    expect(world.rotations.started.size).toBe(0);
  });

  it.each(ROTATION_STEPS)('does nothing in %s with a version that is not to become the current one', async (step) => {
    for (const secret of [
      { pendingVersionId: undefined },
      { pendingVersionId: 'another-version-000000000000000000' },
      { pendingVersionId: undefined, previousVersionId: VERSION },
    ]) {
      const world = aWorld({ secret });
      await expect(world.ask(step)).rejects.toMatchObject({
        name: 'AskAgain',
        message: expect.stringContaining(VERSION),
      });
      expect(world.rotations.started.size).toBe(0);
    }
  });

  it.each(ROTATION_STEPS)('does nothing in %s with the secret of somebody else, or one that is gone', async (step) => {
    const names = ['prod/db', 'autopilot/orders/other', 'autopilot/orders', 'autopilot/a/b/auth-token'];
    for (const name of names) {
      const world = aWorld({ secretArn: `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}-AbCdEf` });
      await expect(world.ask(step)).rejects.toMatchObject({ name: 'FixInput' });
      expect(world.rotations.started.size).toBe(0);
    }
    const world = aWorld({ secret: { deleted: true } });
    await expect(world.ask(step)).rejects.toMatchObject({ name: 'FixInput' });
  });

  it('cannot begin in the middle', async () => {
    for (const step of ['setSecret', 'finishSecret'] as const) {
      await expect(aWorld().ask(step)).rejects.toMatchObject({
        name: 'AskAgain',
        message: expect.stringContaining('createSecret'),
      });
    }
  });
});

describe('a step that comes again', () => {
  it('starts nothing a second time, and waits for the same execution', async () => {
    const world = aWorld();
    world.meanwhile(world.putValue);
    await Promise.all([world.ask('createSecret'), world.ask('createSecret')]);
    await world.ask('createSecret');
    await world.tried();
    for (let time = 0; time < 3; time += 1) await world.ask('setSecret');
    expect([...world.rotations.started.keys()]).toEqual([NAME(1)]);
  });

  it('bears that an execution is told late', async () => {
    const world = aWorld();
    const { find } = world.rotations;
    let hidden = 3;
    const late = { ...world.rotations, find: async (name: string) => (hidden-- > 0 ? undefined : find(name)) };
    await world.putValue();
    const event = secretsManagerRotation.schema.parse(secretsManagerRotation.sample);
    await answerSecretsManager(event, { ...world, rotations: late });
    expect(hidden).toBeLessThan(0);
    expect(world.rotations.started.size).toBe(1);
  });

  it('says the last step to each token that the workflow waits with, also one that nobody answers any more', async () => {
    const world = aWorld();
    await world.rotations.start(NAME(1), {});
    await world.putValue();
    await world.tried();
    world.meanwhile(
      () => {},
      () => world.ledger.leaveToken(NAME(1), 'finish', 'newer', NOW),
      () => {},
      world.promote,
    );
    await world.ask('finishSecret');
    expect(world.tokens.answers.map(({ taskToken }) => taskToken)).toEqual([`token of ${NAME(1)}`, 'newer']);
  });

  it('never finishes what was not tried on the nodes', async () => {
    const world = aWorld({ lifeMs: 60_000 });
    await world.rotations.start(NAME(1), {});
    await world.putValue();
    await expect(world.ask('finishSecret')).rejects.toMatchObject({ name: 'NotReady' });
    for (const step of ['setSecret', 'testSecret'] as const) {
      await expect(world.ask(step)).rejects.toMatchObject({ name: 'NotReady' });
    }
    expect(world.tokens.answers).toEqual([]);
  });
});

describe('a step whose time is over', () => {
  it.each(ROTATION_STEPS)('says in %s what is waited for, and leaves the function twenty seconds', async (step) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 900_000 }), async (lifeMs) => {
        const world = aWorld({ lifeMs });
        if (step !== 'createSecret') await world.rotations.start(NAME(1), {});
        await expect(world.ask(step)).rejects.toMatchObject({
          name: 'NotReady',
          message: expect.stringMatching(
            new RegExp(`^${NAME(1)} is at work, and Secrets Manager waits for .*asks again by itself\\.$`),
          ),
        });
        expect(world.leftMs()).toBeGreaterThanOrEqual(Math.min(lifeMs, 20_000));
      }),
      { numRuns: 20 },
    );
  });

  it('names the person who is asked', async () => {
    const world = aWorld({ lifeMs: 30_000 });
    const question = { cacheId: 'orders', taskToken: 's3cret-token', question: '?', figures: {}, answerBefore: NOW };
    await world.ledger.ask({ operationId: NAME(1), ...question });
    const waiting = expect.stringContaining(`It waits for a person: autopilot approve ${NAME(1)}.`);
    await expect(world.ask('createSecret')).rejects.toMatchObject({ name: 'NotReady', message: waiting });
    await world.ledger.answered(NAME(1), 's3cret-token', { approved: true, answeredBy: 'alice', answeredAt: NOW });
    await expect(world.ask('createSecret')).rejects.not.toMatchObject({ message: waiting });
  });
});

describe('a rotation that ends without success', () => {
  const ENDS: readonly [string, Exclude<Execution, { status: 'running' }>, string][] = [
    ['refused', ended('refused', 'Not now: orders is modifying.'), 'orders is modifying.'],
    ['rejected', ended('rejected', 'alice said no.'), 'alice said no.'],
    ['observed', ended('observed', 'Would rotate.'), 'Would rotate.'],
    ['undone', ended('undone', 'Only the old one is valid.'), 'Only the old one is valid.'],
    ['failed', { status: 'failed', cause: 'The nodes disagree.' }, 'The nodes disagree.'],
    ['ended in silence', { status: 'failed' }, 'It ended without saying how.'],
    ['ended strangely', { status: 'succeeded', output: 'what?' }, 'It ended without saying how.'],
  ];

  it.each(ENDS)('makes the step fail with its sentence when it is %s', async (_, ending, sentence) => {
    for (const step of ROTATION_STEPS) {
      const world = aWorld();
      if (step !== 'createSecret') await world.rotations.start(NAME(1), {});
      world.meanwhile(
        () => {},
        () => world.rotations.end(NAME(1), ending),
      );
      await expect(world.ask(step)).rejects.toMatchObject({
        name: 'AskAgain',
        message: expect.stringContaining(sentence),
      });
    }
  });

  it('says it also when AWSPENDING was taken off meanwhile', async () => {
    const world = aWorld();
    await world.rotations.start(NAME(1), {});
    await world.tried();
    world.meanwhile(
      () => world.secrets.dropPending(SECRET, VERSION),
      () => world.rotations.end(NAME(1), ended('undone', 'Only the old one is valid.')),
    );
    await expect(world.ask('finishSecret')).rejects.toThrow('Only the old one is valid.');
    await expect(world.ask('createSecret')).rejects.toThrow(
      /AWSPENDING.*Only the old one is valid\..*Rotate the secret again\./,
    );
    expect(world.rotations.started.size).toBe(1);
  });

  it('counts what came to be just before the end', async () => {
    const world = aWorld();
    await world.rotations.start(NAME(1), {});
    await world.putValue();
    await world.tried();
    world.meanwhile(async () => {
      await world.promote();
      world.rotations.end(NAME(1), ended('done'));
    });
    expect(await world.ask('finishSecret')).toMatchObject({ says: 'The new version is the current one' });
  });

  it.each(ENDS.filter(([outcome]) => outcome !== 'rejected'))(
    'is tried again by a new execution when Secrets Manager begins anew after it was %s',
    async (_, ending) => {
      const world = aWorld();
      await world.rotations.start(NAME(1), {});
      world.rotations.end(NAME(1), ending);
      await world.putValue();
      expect(await world.ask('createSecret')).toMatchObject({ operationId: NAME(2) });
      await world.tried(NAME(2));
      expect(await world.ask('setSecret')).toMatchObject({ operationId: NAME(2) });
      expect([...world.rotations.started.keys()]).toEqual([NAME(1), NAME(2)]);
    },
  );

  it('goes on to the next execution after one that finished an earlier rotation', async () => {
    const world = aWorld();
    world.meanwhile(() => world.rotations.end(NAME(1), ended('done', 'The old token is retired.')));
    await expect(world.ask('createSecret')).rejects.toMatchObject({
      name: 'NotReady',
      message: expect.stringMatching(/The old token is retired\..*earlier rotation.*asks again by itself/),
    });
    world.meanwhile(world.putValue);
    expect(await world.ask('createSecret')).toMatchObject({ operationId: NAME(2) });
    await world.tried(NAME(2));
    expect(await world.ask('setSecret')).toMatchObject({ operationId: NAME(2) });
  });

  it('never takes the end of an earlier rotation for a step of its own, whichever step waits', async () => {
    for (const step of ROTATION_STEPS) {
      const world = aWorld();
      // The version has its value since an attempt before.
      if (step !== 'createSecret') {
        await world.putValue();
        await world.rotations.start(NAME(1), {});
      }
      world.meanwhile(
        () => {},
        () => world.rotations.end(NAME(1), ended('done', 'The old token is retired.')),
      );
      await expect(world.ask(step)).rejects.toMatchObject({ name: 'NotReady' });
      expect(world.tokens.answers).toEqual([]);
      expect(world.secrets.kept.get(SECRET)).toMatchObject({ versionId: OLD, pendingVersionId: VERSION });
      await world.putValue();
      expect(await world.ask('createSecret')).toMatchObject({ operationId: NAME(2) });
    }
  });

  it('says what to do when a person would have to be asked, for whom Secrets Manager cannot wait', async () => {
    const world = aWorld();
    const sentence =
      'No rotation of the AUTH token of orders: a person has to be asked. Set modes.token-rotation to act.';
    world.meanwhile(() => world.rotations.end(NAME(1), ended('refused', sentence)));
    await expect(world.ask('createSecret')).rejects.toMatchObject({
      name: 'AskAgain',
      message: expect.stringContaining(sentence),
    });
    // The policy may have been changed meanwhile.
    world.meanwhile(world.putValue);
    expect(await world.ask('createSecret')).toMatchObject({ operationId: NAME(2) });
  });

  it('never asks a person again within a day of a no', async () => {
    const hoursAgo = (hours: number) => new Date(Date.parse(NOW) - hours * 3_600_000).toISOString();
    const again = (endedAt?: string) => {
      const world = aWorld();
      world.meanwhile(world.putValue);
      return world.rotations
        .start(NAME(1), {})
        .then(() => world.rotations.end(NAME(1), { ...ended('rejected', 'alice said no.'), endedAt }))
        .then(() => world.ask('createSecret'))
        .then(
          () => world.rotations.started.size,
          (error: Error) => `${error.name} ${error.message}`,
        );
    };
    for (const hours of [0, 1, 12, 23.9]) expect(await again(hoursAgo(hours))).toContain('alice said no.');
    // Nobody knows when it was: it may have been a minute ago.
    expect(await again(undefined)).toContain('AskAgain');
    for (const hours of [24, 48, 700]) expect(await again(hoursAgo(hours))).toBe(2);
  });

  it('is not tried for ever', async () => {
    const world = aWorld();
    const names: string[] = [];
    let message = '';
    for (let attempt = 1; attempt < 100 && !message; attempt += 1) {
      world.meanwhile(() => world.rotations.end(NAME(attempt), ended('refused', 'Not now.')));
      await world.ask('createSecret').catch((error: Error) => {
        expect(error.name).toBe('AskAgain');
        if (world.rotations.started.size === names.length) message = error.message;
      });
      names.splice(0, names.length, ...world.rotations.started.keys());
    }
    expect(names).toHaveLength(10);
    expect(message).toMatch(/last of 10 attempts.*Not now\..*take AWSPENDING off/);
  });
});

describe('a rotation that is only set up', () => {
  it('looks whether it could be rotated, and changes nothing', async () => {
    const world = aWorld();
    world.meanwhile(
      () => {},
      () => world.rotations.end(TEST_NAME(1), ended('observed')),
    );
    expect(await world.ask('testSecret')).toMatchObject({ operationId: TEST_NAME(1) });
    expect([...world.rotations.started]).toEqual([[TEST_NAME(1), expect.objectContaining({ mode: 'observe' })]]);
    expect(await world.ask('testSecret')).toMatchObject({ operationId: TEST_NAME(1) });
    expect(world.rotations.started.size).toBe(1);
  });

  it.each(['refused', 'failed', 'rejected', 'undone', 'done'])(
    'does not succeed when that ends as %s',
    async (outcome) => {
      const world = aWorld();
      world.meanwhile(() => world.rotations.end(TEST_NAME(1), ended(outcome, 'The cache is open to everybody.')));
      await expect(world.ask('testSecret')).rejects.toThrow('The cache is open to everybody.');
    },
  );

  it('looks anew when the first look refused', async () => {
    const world = aWorld();
    world.meanwhile(
      () => world.rotations.end(TEST_NAME(1), ended('refused')),
      () => world.rotations.end(TEST_NAME(2), ended('observed')),
    );
    await expect(world.ask('testSecret')).rejects.toThrow('It was refused.');
    expect(await world.ask('testSecret')).toMatchObject({ operationId: TEST_NAME(2) });
  });
});

it('never says a value or a token, whatever happens', async () => {
  for (const step of ROTATION_STEPS) {
    for (const outcome of ['done', 'refused', 'undone', undefined]) {
      const world = aWorld({ lifeMs: 40_000 });
      await world.putValue();
      if (step !== 'createSecret') await world.rotations.start(NAME(1), {});
      await world.ledger.leaveToken(NAME(1), 'finish', 's3cret-task-token', NOW);
      const newest = () => [...world.rotations.started.keys()].at(-1) ?? '';
      if (outcome) world.meanwhile(() => world.rotations.end(newest(), ended(outcome)));
      const said = await world.ask(step).catch((error: Error) => [String(error), error.stack, error.cause]);
      expect(JSON.stringify([said, [...world.rotations.started]])).not.toContain('s3cret');
    }
  }
});

describe('attemptName', () => {
  const names = (cacheId: string, secret: string, version: string) =>
    (['rotate', 'test'] as const).flatMap((purpose) => {
      const nameOf = attemptName(cacheId, secret, version, purpose);
      return [1, 2, 10].map(nameOf);
    });

  it('names an execution so that Step Functions takes it, and no two alike', () => {
    const text = fc.string({ minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(text, text, text, text, (cacheId, secret, version, other) => {
        const all = names(cacheId, secret, version);
        for (const name of all) expect(OperationId.safeParse(name).success).toBe(true);
        expect(names(cacheId, secret, version)).toEqual(all);
        if (other !== version) all.push(...names(cacheId, secret, other));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

describe('the event', () => {
  it('has a sample that fits, and nothing else does', () => {
    const { schema, sample } = secretsManagerRotation;
    expect(schema.safeParse(sample).error).toBeUndefined();
    for (const change of [{ Step: 'rotate' }, { SecretId: '' }, { ClientRequestToken: 'short' }, { Step: undefined }]) {
      expect(schema.safeParse({ ...sample, ...change }).success).toBe(false);
    }
  });
});

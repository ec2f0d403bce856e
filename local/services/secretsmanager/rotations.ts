import { randomUUID } from 'node:crypto';
import type { World } from '../../service.ts';
import { createJobs } from '../elasticache/jobs.ts';
import { isOpen, ROTATION_STEPS, type Rotation, type RotationState, type RotationStep } from './rotation.ts';
import type { RotationFunctions } from './rotation-function.ts';
import type { Secret } from './secrets.ts';
import { removeLabel, versionWith } from './staging-labels.ts';
import { addPending, dropVersion } from './versions.ts';

/** Every secret's rotation: the last one, and what is still to come of it. */
export interface Rotations {
  /** The latest rotation of a secret, or the latest test of its settings. */
  latest(secret: Secret): Rotation | undefined;
  /** Begins a rotation, or a test of the settings, and comes back at once. @throws ServiceError LimitExceededException */
  begin(secret: Secret, token: string, kind: Rotation['kind']): void;
  /** Tries a rotation again that was given up. */
  reattempt(secret: Secret, rotation: Rotation): void;
  /** Ends a rotation where it is; labels stay as they are. Its function may still be at work. */
  cancel(secret: Secret): void;
  /** A new value by hand: a rotation that has not succeeded is abandoned for it, and its version loses AWSPENDING. */
  abandon(secret: Secret): void;
  /** Resolves when no rotation is under way, nor to be tried again by itself. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Secrets Manager tries a failed rotation again "multiple times", each time all of its steps (guide, "Rotation by Lambda
 * function"). How often and when is not documented; here: four more times, soon, and not for long.
 */
const RETRY_AFTER_MINUTES = [1, 2, 4, 8] as const;

interface Entry {
  readonly rotation: Rotation;
  readonly ending: AbortController;
}

/** @param succeeded called when a secret's new version has become the current one */
export const createRotations = (
  world: World,
  functions: RotationFunctions,
  succeeded: (secret: Secret) => void,
): Rotations => {
  const entries = new Map<string, Entry>();
  const say = (secret: Secret, { kind, token }: Rotation, what: string) =>
    world.log('secretsmanager', `${secret.name}: ${kind} ${token} ${what}`);
  const jobs = createJobs((line) => world.log('secretsmanager', line));

  const end = (secret: Secret, { rotation, ending }: Entry, state: RotationState, why?: string) => {
    rotation.state = state;
    rotation.problem = why;
    ending.abort(new Error(`The rotation is over: ${state}`));
    say(secret, rotation, why === undefined ? state : `${state}: ${why}`);
  };

  /** Whether the next step may come. What ended in the meantime needs no further word. */
  const goesOn = (secret: Secret, entry: Entry): boolean => {
    const { rotation } = entry;
    if (!isOpen(rotation)) return false;
    const labels = secret.labels.get(rotation.token);
    if (secret.deletedAt) end(secret, entry, 'cancelled', 'the secret was deleted');
    // Without a label the version is nobody's any more (guide: do not remove AWSPENDING by a call of its own).
    else if (!labels?.has('AWSPENDING') && !labels?.has('AWSCURRENT')) {
      end(secret, entry, 'failed', 'its version is neither AWSPENDING nor AWSCURRENT any more');
    }
    return isOpen(rotation);
  };

  /** All steps, one after the other. Answers what went wrong. */
  const attempt = async (secret: Secret, entry: Entry, signal: AbortSignal): Promise<string | undefined> => {
    const { rotation } = entry;
    const steps: readonly RotationStep[] = rotation.kind === 'test' ? ['testSecret'] : ROTATION_STEPS;
    for (const step of steps) {
      const lambdaArn = secret.rotation?.lambdaArn;
      if (!goesOn(secret, entry)) return undefined;
      if (!lambdaArn) return `${step} has no function`;
      const problem = await functions.invoke(secret, lambdaArn, rotation, step, signal);
      if (problem !== undefined) return `${step} failed: ${problem}`;
      if (isOpen(rotation)) say(secret, rotation, `${step} done`);
    }
    if (rotation.kind === 'test' || versionWith(secret.labels, 'AWSCURRENT') === rotation.token) return undefined;
    return 'finishSecret ended, and AWSCURRENT is still on another version';
  };

  const carryOut = async (secret: Secret, entry: Entry, stopping: AbortSignal): Promise<void> => {
    const { rotation, ending } = entry;
    const waits = rotation.kind === 'test' ? [0] : [0, ...RETRY_AFTER_MINUTES];
    for (const minutes of waits) {
      if (minutes > 0) {
        rotation.state = 'waiting';
        const signal = AbortSignal.any([stopping, ending.signal]);
        await world.clock.sleep(minutes * 60_000, signal).catch(() => stopping.throwIfAborted());
      }
      if (!goesOn(secret, entry)) return;
      rotation.state = 'running';
      rotation.attempts += 1;
      const problem = await attempt(secret, entry, stopping);
      if (!isOpen(rotation)) return;
      if (problem === undefined) {
        end(secret, entry, 'succeeded');
        if (rotation.kind === 'rotation') succeeded(secret);
        return;
      }
      rotation.problem = problem;
      say(secret, rotation, `attempt ${rotation.attempts} did not succeed: ${problem}`);
    }
    end(secret, entry, 'failed', rotation.problem);
  };

  const carryOutInBackground = (secret: Secret, rotation: Rotation) => {
    const entry: Entry = { rotation, ending: new AbortController() };
    entries.set(secret.arn, entry);
    jobs.run(`${secret.name}: ${rotation.kind} ${rotation.token}`, async (stopping) => {
      await carryOut(secret, entry, stopping);
      const isCurrent = versionWith(secret.labels, 'AWSCURRENT') === rotation.token;
      if (rotation.kind === 'test' && !isCurrent) dropVersion(secret, rotation.token);
    });
  };

  const openEntry = (secret: Secret): Entry | undefined => {
    const entry = entries.get(secret.arn);
    return entry && isOpen(entry.rotation) ? entry : undefined;
  };

  return {
    latest: (secret) => entries.get(secret.arn)?.rotation,
    begin(secret, token, kind) {
      const former = openEntry(secret);
      // Whoever took AWSPENDING off its version ended it.
      if (former) end(secret, former, 'failed', 'another rotation began');
      addPending(secret, token, new Date(world.clock.now()));
      const started = { token, rotationToken: randomUUID(), kind, attempts: 0, problem: undefined } as const;
      const rotation: Rotation = { ...started, state: 'running' };
      say(secret, rotation, 'began');
      carryOutInBackground(secret, rotation);
    },
    reattempt(secret, rotation) {
      rotation.state = 'running';
      say(secret, rotation, 'is tried again');
      carryOutInBackground(secret, rotation);
    },
    cancel(secret) {
      const entry = openEntry(secret);
      if (entry) end(secret, entry, 'cancelled');
    },
    abandon(secret) {
      const entry = entries.get(secret.arn);
      if (!entry || entry.rotation.kind === 'test') return;
      if (entry.rotation.state !== 'failed' && !isOpen(entry.rotation)) return;
      secret.labels = removeLabel(secret.labels, entry.rotation.token, 'AWSPENDING');
      end(secret, entry, 'abandoned', 'a new value was put by hand');
    },
    idle: jobs.idle,
    stop: jobs.stop,
  };
};

import { randomUUID } from 'node:crypto';
import type { World } from '../../service.ts';
import type { Rotations } from './rotations.ts';
import type { Secret } from './secrets.ts';
import { blockingVersion } from './staging-labels.ts';

/** Rotates secrets when it is time. */
export interface RotationCalendar {
  /** Finds the next time for a secret, after anything that changes it. */
  enter(secret: Secret): void;
  stop(): void;
}

export interface RotationCalendarOptions {
  /** Whether a secret is still there. */
  readonly isThere: (secret: Secret) => boolean;
  /** From 0 up to 1: how far into its window a rotation comes. */
  readonly random: () => number;
}

export const createRotationCalendar = (
  world: World,
  rotations: Rotations,
  { isThere, random }: RotationCalendarOptions,
): RotationCalendar => {
  const cancels = new Map<string, () => void>();

  const rotate = (secret: Secret) => {
    const blocking = blockingVersion(secret.labels);
    if (!blocking) {
      rotations.begin(secret, randomUUID(), 'rotation');
      return;
    }
    const latest = rotations.latest(secret);
    if (latest?.token === blocking && latest.state === 'failed') rotations.reattempt(secret, latest);
    else world.log('secretsmanager', `${secret.name}: is due, and not rotated: ${blocking} is still AWSPENDING`);
  };

  const comeDue = (secret: Secret) => {
    cancels.delete(secret.arn);
    if (!isThere(secret)) return;
    enter(secret);
    if (secret.deletedAt) return;
    try {
      rotate(secret);
    } catch (error) {
      world.log('secretsmanager', `${secret.name}: is due, and not rotated: ${error}`);
    }
  };

  const enter = (secret: Secret) => {
    cancels.get(secret.arn)?.();
    cancels.delete(secret.arn);
    const { rotation } = secret;
    if (!rotation) return;
    const now = world.clock.now();
    rotation.next = rotation.enabled ? rotation.rules.nextWindow(rotation.countsFrom, now) : undefined;
    if (!rotation.next) return;
    const { opensAt, closesAt } = rotation.next;
    const dueAt = opensAt + Math.floor(random() * (closesAt - opensAt));
    cancels.set(
      secret.arn,
      world.clock.after(dueAt - now, () => comeDue(secret)),
    );
  };

  return {
    enter,
    stop() {
      for (const cancel of cancels.values()) cancel();
      cancels.clear();
    },
  };
};

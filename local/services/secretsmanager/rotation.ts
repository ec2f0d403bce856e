import type { RotationRules, RotationWindow } from './rotation-rules.ts';

/** How a secret is rotated, as RotateSecret set it up. */
export interface RotationSettings {
  enabled: boolean;
  lambdaArn: string;
  rules: RotationRules;
  /** When Secrets Manager last rotated it. */
  rotatedAt: Date | undefined;
  /**
   * From when the next rotation is counted, milliseconds: the last rotation, a new value by hand, which counts as one (API
   * reference, RotationRulesType), or the set-up.
   */
  countsFrom: number;
  /** When it is rotated next. */
  next: RotationWindow | undefined;
}

/** The steps of a rotation, in order (guide, "Lambda rotation functions"). */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

/**
 * What became of a rotation.
 * - `running`: a step is under way; `waiting`: a step failed, and all are tried again later.
 * - `succeeded`: its version is the current one.
 * - `failed`: nothing more is tried by itself; its version may still be AWSPENDING, and blocks the next rotation.
 * - `cancelled`: by CancelRotateSecret, or because the secret was deleted; `abandoned`: a new value was put by hand.
 */
export type RotationState = 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'abandoned';

/** One rotation of a secret, or one test of its settings. */
export interface Rotation {
  /** Id of the version that it makes. */
  readonly token: string;
  /** What the function has to bring along when it writes as somebody else (API reference, PutSecretValue). */
  readonly rotationToken: string;
  readonly kind: 'rotation' | 'test';
  state: RotationState;
  /** How often the steps were begun. */
  attempts: number;
  /** Why its last attempt did not succeed. Never a value, nor what the function said of it. */
  problem: string | undefined;
}

/** Whether more may come of it by itself. */
export const isOpen = ({ state }: Rotation): boolean => state === 'running' || state === 'waiting';

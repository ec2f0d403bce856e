import type * as api from '@aws-sdk/client-secrets-manager';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { operation, type Service, type World } from '../../service.ts';
import { lifeOperations } from './life-operations.ts';
import { listingOperations } from './listing-operations.ts';
import { randomPassword } from './random-password.ts';
import type { Rotation } from './rotation.ts';
import { createRotationCalendar } from './rotation-calendar.ts';
import { createRotationFunctions } from './rotation-function.ts';
import { rotationOperations } from './rotation-operations.ts';
import { createRotations } from './rotations.ts';
import { createSecrets, type Secret } from './secrets.ts';
import { tagOperations } from './tag-operations.ts';
import { valueOperations } from './value-operations.ts';

export interface SecretsManagerOptions {
  /** From 0 up to 1: how far into its window a scheduled rotation comes. */
  readonly random?: () => number;
}

/** What tests and journeys can see of rotations besides the API. */
export interface SecretsManagerHandle {
  /** Resolves when no rotation is under way, nor to be tried again by itself. */
  idle(): Promise<void>;
  /** The latest rotation of a secret, or the latest test of its rotation settings. */
  rotation(region: string, secretId: string): Readonly<Rotation> | undefined;
}

/** Secrets Manager: versions, staging labels, idempotency tokens, rotation, deletion with a recovery window. */
export const createSecretsManager = (
  world: World,
  { random = Math.random }: SecretsManagerOptions = {},
): Service & SecretsManagerHandle => {
  const secrets = createSecrets(world);
  const now = () => new Date(world.clock.now());
  const functions = createRotationFunctions(world);
  const rotations = createRotations(world, functions, (secret) => {
    if (!secret.rotation) return;
    secret.rotation.rotatedAt = now();
    countFromNow(secret);
  });
  const isThere = (secret: Secret) => secrets.find(secret.region, secret.arn) === secret;
  const calendar = createRotationCalendar(world, rotations, { isThere, random });
  const countFromNow = (secret: Secret) => {
    if (!secret.rotation) return;
    secret.rotation.countsFrom = world.clock.now();
    calendar.enter(secret);
  };
  const GetRandomPassword = operation<api.GetRandomPasswordCommandInput, api.GetRandomPasswordCommandOutput>({
    handle: (input) => ({ RandomPassword: randomPassword(input) }),
  });

  return {
    name: 'secretsmanager',
    api: {
      signingName: 'secretsmanager',
      iamPrefix: 'secretsmanager',
      sdk,
      Client: sdk.SecretsManagerClient,
      operations: {
        ...lifeOperations(world, secrets),
        ...valueOperations(world, { secrets, rotations, countFromNow }),
        ...listingOperations(world, secrets),
        ...tagOperations(world, secrets),
        GetRandomPassword,
        ...rotationOperations(world, { secrets, rotations, functions, calendar }),
      },
    },
    stop() {
      calendar.stop();
      return rotations.stop();
    },
    idle: rotations.idle,
    rotation(region, secretId) {
      const secret = secrets.find(region, secretId);
      return secret && rotations.latest(secret);
    },
  };
};

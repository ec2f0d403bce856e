import { randomBytes } from 'node:crypto';
import { ServiceError, type World } from '../../service.ts';
import type { RotationSettings } from './rotation.ts';
import type { Labels } from './staging-labels.ts';

/** A version; one without text and binary waits for its value. */
export interface SecretVersion {
  readonly id: string;
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
  readonly createdAt: Date;
}

/** A secret. Values live in memory only: never in a file or a log. */
export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly createdAt: Date;
  description: string | undefined;
  kmsKeyId: string | undefined;
  changedAt: Date;
  versions: Map<string, SecretVersion>;
  labels: Labels;
  tags: Map<string, string>;
  /** Set while it waits to be deleted. */
  deletedAt: Date | undefined;
  goneAt: Date | undefined;
  resourcePolicy: string | undefined;
  /** Set once RotateSecret was called. */
  rotation: RotationSettings | undefined;
}

export interface Secrets {
  create(region: string, name: string, details: Pick<Secret, 'description' | 'kmsKeyId' | 'tags'>): Secret;
  /** By name, ARN, or ARN without its six characters. @throws ResourceNotFoundException */
  get(region: string, id: string): Secret;
  find(region: string, id: string): Secret | undefined;
  list(region: string): readonly Secret[];
  remove(secret: Secret): void;
}

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Secrets Manager adds a hyphen and six random characters to the name, so that a later secret of that name differs. */
const suffix = () => [...randomBytes(6)].map((byte) => CHARACTERS.charAt(byte % CHARACTERS.length)).join('');

export const createSecrets = (world: World): Secrets => {
  const byArn = new Map<string, Secret>();
  const purge = () => {
    for (const secret of byArn.values()) {
      if (secret.goneAt && secret.goneAt.getTime() <= world.clock.now()) byArn.delete(secret.arn);
    }
  };
  const find: Secrets['find'] = (region, id) => {
    purge();
    const direct = byArn.get(id);
    if (direct) return direct.region === region ? direct : undefined;
    return [...byArn.values()].find(
      (secret) => secret.region === region && (secret.name === id || secret.arn.slice(0, -7) === id),
    );
  };

  return {
    find,
    get(region, id) {
      const secret = find(region, id);
      if (secret) return secret;
      throw new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    },
    create(region, name, details) {
      const existing = find(region, name);
      if (existing?.deletedAt) {
        const message =
          "You can't create this secret because a secret with this name is already scheduled for deletion.";
        throw new ServiceError('InvalidRequestException', message);
      }
      if (existing) {
        throw new ServiceError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      const now = new Date(world.clock.now());
      const secret: Secret = {
        arn: `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${name}-${suffix()}`,
        name,
        region,
        createdAt: now,
        changedAt: now,
        versions: new Map(),
        labels: new Map(),
        deletedAt: undefined,
        goneAt: undefined,
        resourcePolicy: undefined,
        rotation: undefined,
        ...details,
      };
      byArn.set(secret.arn, secret);
      return secret;
    },
    list(region) {
      purge();
      return [...byArn.values()].filter((secret) => secret.region === region);
    },
    remove: (secret) => void byArn.delete(secret.arn),
  };
};

/** Refuses to use a secret that waits to be deleted. */
export const usable = (secret: Secret): Secret => {
  if (!secret.deletedAt) return secret;
  const message = "You can't perform this operation on the secret because it was marked for deletion.";
  throw new ServiceError('InvalidRequestException', message);
};

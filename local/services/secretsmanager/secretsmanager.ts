import type * as api from '@aws-sdk/client-secrets-manager';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { operation, type Service, ServiceError, type World } from '../../service.ts';
import { describeSecret, stagesOf } from './describe-secret.ts';
import { readValue } from './new-value.ts';
import { permissionsOn, tagContext, tagMap } from './permissions.ts';
import { randomPassword } from './random-password.ts';
import type { Rotation } from './rotation.ts';
import { createRotationCalendar } from './rotation-calendar.ts';
import { createRotationFunctions } from './rotation-function.ts';
import { rotationOperations } from './rotation-operations.ts';
import { createRotations } from './rotations.ts';
import { createSecrets, type Secret, usable } from './secrets.ts';
import { putLabels, removeLabel, versionWith } from './staging-labels.ts';
import { hasValue, type NewValue, putValue } from './versions.ts';

/** Secrets Manager, quotas and API reference: names, recovery window, page size. */
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const RECOVERY_DAYS = { least: 7, most: 30 } as const;
const PAGE = 100;
const DAY_MS = 86_400_000;

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
  /** A value that a call brings. A new version that no rotation asked for takes the place of what that would have made. */
  const putByCall = (secret: Secret, value: NewValue) => {
    const isNew = !secret.versions.has(value.token);
    const wasCurrent = versionWith(secret.labels, 'AWSCURRENT') === value.token;
    putValue(secret, value, now());
    if (isNew) rotations.abandon(secret);
    if (!wasCurrent && versionWith(secret.labels, 'AWSCURRENT') === value.token) countFromNow(secret);
  };

  const on = permissionsOn(world, secrets);

  const CreateSecret = operation<api.CreateSecretCommandInput, api.CreateSecretCommandOutput>({
    permissions({ Name = '', Tags = [] }, { region }) {
      const resource = `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${Name}-??????`;
      const tags = tagMap(Tags);
      const context = {
        ...tagContext('aws:RequestTag', tags),
        ...(tags.size > 0 ? { 'aws:TagKeys': [...tags.keys()] } : {}),
      };
      const create = {
        action: 'secretsmanager:CreateSecret',
        resource,
        context: { ...context, 'secretsmanager:Name': Name },
      };
      return tags.size > 0 ? [create, { action: 'secretsmanager:TagResource', resource, context }] : [create];
    },
    handle(input, { region }) {
      const { Name = '' } = input;
      if (!NAME.test(Name))
        throw new ServiceError(
          'ValidationException',
          `Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!`,
        );
      const value = readValue(input);
      const existing = secrets.find(region, Name);
      // The same token again is the same call again, answered alike (API reference, CreateSecret).
      if (value && existing?.versions.has(value.token) && !existing.deletedAt) {
        putValue(existing, { ...value, stages: ['AWSCURRENT'] }, now());
        return { ARN: existing.arn, Name, VersionId: value.token };
      }
      const details = { description: input.Description, kmsKeyId: input.KmsKeyId, tags: tagMap(input.Tags) };
      const secret = secrets.create(region, Name, details);
      if (value) putValue(secret, { ...value, stages: ['AWSCURRENT'] }, now());
      return { ARN: secret.arn, Name, ...(value ? { VersionId: value.token } : {}) };
    },
  });

  const GetSecretValue = operation<api.GetSecretValueCommandInput, api.GetSecretValueCommandOutput>({
    permissions: on('secretsmanager:GetSecretValue'),
    handle({ SecretId = '', VersionId, VersionStage = VersionId ? undefined : 'AWSCURRENT' }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      const id = VersionId ?? versionWith(secret.labels, VersionStage ?? '') ?? '';
      const version = secret.versions.get(id);
      const stages = [...(secret.labels.get(id) ?? [])];
      if (version && VersionStage && !stages.includes(VersionStage)) {
        const message = 'You provided a VersionStage that is not associated to the provided VersionId.';
        throw new ServiceError('InvalidRequestException', message);
      }
      if (!version || !hasValue(version)) {
        const what = VersionId ? `VersionId: ${VersionId}` : `staging label: ${VersionStage}`;
        const message = `Secrets Manager can't find the specified secret value for ${what}`;
        throw new ServiceError('ResourceNotFoundException', message);
      }
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: id,
        VersionStages: stages,
        CreatedDate: version.createdAt,
        ...(version.text === undefined ? {} : { SecretString: version.text }),
        ...(version.binary === undefined ? {} : { SecretBinary: version.binary as never }),
      };
    },
  });

  /** A rotation's own token belongs to it (API reference, PutSecretValue: RotationToken). */
  const refuseForeign = (secret: Secret, rotationToken: string | undefined) => {
    if (rotationToken === undefined || rotations.latest(secret)?.rotationToken === rotationToken) return;
    throw new ServiceError('InvalidRequestException', 'The RotationToken belongs to no rotation of this secret.');
  };

  const PutSecretValue = operation<api.PutSecretValueCommandInput, api.PutSecretValueCommandOutput>({
    permissions: on('secretsmanager:PutSecretValue'),
    handle(input, { region }) {
      const { SecretId = '', VersionStages: stages = ['AWSCURRENT'] } = input;
      const value = readValue(input);
      if (!value) {
        const message = 'You must provide either SecretString or SecretBinary.';
        throw new ServiceError('InvalidRequestException', message);
      }
      const secret = usable(secrets.get(region, SecretId));
      refuseForeign(secret, input.RotationToken);
      putByCall(secret, { ...value, stages });
      const VersionStages = [...(secret.labels.get(value.token) ?? [])];
      return { ARN: secret.arn, Name: secret.name, VersionId: value.token, VersionStages };
    },
  });

  const UpdateSecret = operation<api.UpdateSecretCommandInput, api.UpdateSecretCommandOutput>({
    permissions: on('secretsmanager:UpdateSecret'),
    handle(input, { region }) {
      const { SecretId = '', Description, KmsKeyId } = input;
      const value = readValue(input);
      const secret = usable(secrets.get(region, SecretId));
      if (Description !== undefined) secret.description = Description;
      if (KmsKeyId !== undefined) secret.kmsKeyId = KmsKeyId;
      if (!value) return { ARN: secret.arn, Name: secret.name };
      putByCall(secret, { ...value, stages: ['AWSCURRENT'] });
      return { ARN: secret.arn, Name: secret.name, VersionId: value.token };
    },
  });

  const UpdateSecretVersionStage = operation<
    api.UpdateSecretVersionStageCommandInput,
    api.UpdateSecretVersionStageCommandOutput
  >({
    permissions: on('secretsmanager:UpdateSecretVersionStage'),
    handle({ SecretId = '', VersionStage = '', MoveToVersionId, RemoveFromVersionId }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      const carrier = versionWith(secret.labels, VersionStage);
      if (MoveToVersionId && carrier && carrier !== MoveToVersionId && carrier !== RemoveFromVersionId) {
        const message = `The parameter RemoveFromVersionId can't be empty. Staging label ${VersionStage} is currently attached to version ${carrier}, so you must explicitly reference that version in RemoveFromVersionId.`;
        throw new ServiceError('InvalidParameterException', message);
      }
      if (RemoveFromVersionId && carrier !== RemoveFromVersionId) {
        const message = `Staging label ${VersionStage} is not attached to version ${RemoveFromVersionId}.`;
        throw new ServiceError('InvalidParameterException', message);
      }
      if (!MoveToVersionId && VersionStage === 'AWSCURRENT') {
        const message =
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.";
        throw new ServiceError('InvalidParameterException', message);
      }
      if (MoveToVersionId && !secret.versions.has(MoveToVersionId)) {
        throw new ServiceError('ResourceNotFoundException', `Secrets Manager can't find version ${MoveToVersionId}.`);
      }
      secret.labels = MoveToVersionId
        ? putLabels(secret.labels, MoveToVersionId, [VersionStage])
        : removeLabel(secret.labels, RemoveFromVersionId ?? '', VersionStage);
      secret.changedAt = now();
      return { ARN: secret.arn, Name: secret.name };
    },
  });

  const DescribeSecret = operation<api.DescribeSecretCommandInput, api.DescribeSecretCommandOutput>({
    permissions: on('secretsmanager:DescribeSecret'),
    handle({ SecretId = '' }, { region }) {
      const secret = secrets.get(region, SecretId);
      return { ...describeSecret(secret), VersionIdsToStages: stagesOf(secret) };
    },
  });

  const ListSecrets = operation<api.ListSecretsCommandInput, api.ListSecretsCommandOutput>({
    handle({ IncludePlannedDeletion = false, MaxResults = PAGE, NextToken, Filters = [] }, { region }) {
      const fits = (secret: Secret) =>
        Filters.every(({ Key, Values = [] }) => {
          if (Key === 'name') return Values.some((value) => secret.name.startsWith(value));
          if (Key === 'tag-key') return Values.some((value) => secret.tags.has(value));
          if (Key === 'tag-value') return Values.some((value) => [...secret.tags.values()].includes(value));
          throw new ServiceError('InvalidParameterException', `The local account does not filter secrets by ${Key}`);
        });
      const all = secrets
        .list(region)
        .filter((secret) => (IncludePlannedDeletion || !secret.deletedAt) && fits(secret));
      const from = Number(NextToken ?? 0);
      const SecretList = all
        .slice(from, from + MaxResults)
        .map((secret) => ({ ...describeSecret(secret), SecretVersionsToStages: stagesOf(secret) }));
      return { SecretList, ...(from + MaxResults < all.length ? { NextToken: String(from + MaxResults) } : {}) };
    },
  });

  const ListSecretVersionIds = operation<api.ListSecretVersionIdsCommandInput, api.ListSecretVersionIdsCommandOutput>({
    permissions: on('secretsmanager:ListSecretVersionIds'),
    handle({ SecretId = '', IncludeDeprecated = false }, { region }) {
      const secret = secrets.get(region, SecretId);
      const labelled = (id: string) => (secret.labels.get(id)?.size ?? 0) > 0;
      const shown = [...secret.versions.values()].filter(({ id }) => IncludeDeprecated || labelled(id));
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: shown.map(({ id, createdAt }) => ({
          VersionId: id,
          VersionStages: [...(secret.labels.get(id) ?? [])],
          CreatedDate: createdAt,
        })),
      };
    },
  });

  const GetRandomPassword = operation<api.GetRandomPasswordCommandInput, api.GetRandomPasswordCommandOutput>({
    handle: (input) => ({ RandomPassword: randomPassword(input) }),
  });

  const DeleteSecret = operation<api.DeleteSecretCommandInput, api.DeleteSecretCommandOutput>({
    permissions: on('secretsmanager:DeleteSecret'),
    handle({ SecretId = '', RecoveryWindowInDays, ForceDeleteWithoutRecovery = false }, { region }) {
      const days = Number(RecoveryWindowInDays ?? RECOVERY_DAYS.most);
      if (ForceDeleteWithoutRecovery && RecoveryWindowInDays !== undefined) {
        const message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        throw new ServiceError('InvalidParameterException', message);
      }
      if (days < RECOVERY_DAYS.least || days > RECOVERY_DAYS.most) {
        const message = 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).';
        throw new ServiceError('InvalidParameterException', message);
      }
      const deletedAt = now();
      if (ForceDeleteWithoutRecovery) {
        // Also when it waits to be deleted already, or is not there (API reference, DeleteSecret).
        const secret = secrets.find(region, SecretId);
        if (secret) secrets.remove(secret);
        const arn = `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${SecretId}`;
        return { ARN: secret?.arn ?? arn, Name: secret?.name ?? SecretId, DeletionDate: deletedAt };
      }
      const secret = usable(secrets.get(region, SecretId));
      const goneAt = new Date(deletedAt.getTime() + days * DAY_MS);
      Object.assign(secret, { deletedAt, goneAt });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: goneAt };
    },
  });

  const RestoreSecret = operation<api.RestoreSecretCommandInput, api.RestoreSecretCommandOutput>({
    permissions: on('secretsmanager:RestoreSecret'),
    handle({ SecretId = '' }, { region }) {
      const secret = secrets.get(region, SecretId);
      Object.assign(secret, { deletedAt: undefined, goneAt: undefined });
      return { ARN: secret.arn, Name: secret.name };
    },
  });

  const TagResource = operation<api.TagResourceCommandInput, api.TagResourceCommandOutput>({
    permissions(input, call) {
      const tags = tagMap(input.Tags);
      const context = { ...tagContext('aws:RequestTag', tags), 'aws:TagKeys': [...tags.keys()] };
      return on('secretsmanager:TagResource')(input, call).map((permission) => ({
        ...permission,
        context: { ...permission.context, ...context },
      }));
    },
    handle({ SecretId = '', Tags = [] }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      for (const [key, value] of tagMap(Tags)) secret.tags.set(key, value);
      return {};
    },
  });

  const UntagResource = operation<api.UntagResourceCommandInput, api.UntagResourceCommandOutput>({
    permissions: on('secretsmanager:UntagResource'),
    handle({ SecretId = '', TagKeys = [] }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      for (const key of TagKeys) secret.tags.delete(key);
      return {};
    },
  });

  const PutResourcePolicy = operation<api.PutResourcePolicyCommandInput, api.PutResourcePolicyCommandOutput>({
    permissions: on('secretsmanager:PutResourcePolicy'),
    handle({ SecretId = '', ResourcePolicy = '' }, { region }) {
      const secret = usable(secrets.get(region, SecretId));
      try {
        JSON.parse(ResourcePolicy);
      } catch {
        throw new ServiceError('MalformedPolicyDocumentException', 'This resource policy contains invalid Json');
      }
      secret.resourcePolicy = ResourcePolicy;
      return { ARN: secret.arn, Name: secret.name };
    },
  });

  return {
    name: 'secretsmanager',
    api: {
      signingName: 'secretsmanager',
      iamPrefix: 'secretsmanager',
      sdk,
      Client: sdk.SecretsManagerClient,
      operations: {
        CreateSecret,
        GetSecretValue,
        PutSecretValue,
        UpdateSecret,
        UpdateSecretVersionStage,
        DescribeSecret,
        ListSecrets,
        ListSecretVersionIds,
        GetRandomPassword,
        DeleteSecret,
        RestoreSecret,
        TagResource,
        UntagResource,
        PutResourcePolicy,
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

import type * as api from '@aws-sdk/client-secrets-manager';
import { operation, ServiceError, type World } from '../../service.ts';
import { readValue } from './new-value.ts';
import { permissionsOn } from './permissions.ts';
import type { Rotations } from './rotations.ts';
import { type Secret, type Secrets, usable } from './secrets.ts';
import { putLabels, removeLabel, versionWith } from './staging-labels.ts';
import { hasValue, type NewValue, putValue } from './versions.ts';

export interface ValueParts {
  readonly secrets: Secrets;
  readonly rotations: Rotations;
  /** A new value by hand counts as a rotation. */
  readonly countFromNow: (secret: Secret) => void;
}

/** What reads, writes and labels the versions of a secret. */
export const valueOperations = (world: World, { secrets, rotations, countFromNow }: ValueParts) => {
  const now = () => new Date(world.clock.now());
  const on = permissionsOn(world, secrets);

  /** A value that a call brings. A new version that no rotation asked for takes the place of what that would have made. */
  const putByCall = (secret: Secret, value: NewValue) => {
    const isNew = !secret.versions.has(value.token);
    const wasCurrent = versionWith(secret.labels, 'AWSCURRENT') === value.token;
    putValue(secret, value, now());
    if (isNew) rotations.abandon(secret);
    if (!wasCurrent && versionWith(secret.labels, 'AWSCURRENT') === value.token) countFromNow(secret);
  };

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

  return { GetSecretValue, PutSecretValue, UpdateSecret, UpdateSecretVersionStage };
};

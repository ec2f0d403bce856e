import type * as api from '@aws-sdk/client-secrets-manager';
import { operation, ServiceError, type World } from '../../service.ts';
import { readValue } from './new-value.ts';
import { permissionsOn, tagContext, tagMap } from './permissions.ts';
import { type Secrets, usable } from './secrets.ts';
import { putValue } from './versions.ts';

/** Secrets Manager, quotas and API reference: names, recovery window. */
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const RECOVERY_DAYS = { least: 7, most: 30 } as const;
const DAY_MS = 86_400_000;

/** CreateSecret, DeleteSecret and RestoreSecret. */
export const lifeOperations = (world: World, secrets: Secrets) => {
  const now = () => new Date(world.clock.now());
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

  return { CreateSecret, DeleteSecret, RestoreSecret };
};

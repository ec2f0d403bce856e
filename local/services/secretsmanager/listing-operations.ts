import type * as api from '@aws-sdk/client-secrets-manager';
import { operation, ServiceError, type World } from '../../service.ts';
import { describeSecret, stagesOf } from './describe-secret.ts';
import { permissionsOn } from './permissions.ts';
import type { Secret, Secrets } from './secrets.ts';

/** Secrets Manager API reference, ListSecrets. */
const PAGE = 100;

/** DescribeSecret, ListSecrets and ListSecretVersionIds. */
export const listingOperations = (world: World, secrets: Secrets) => {
  const on = permissionsOn(world, secrets);

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

  return { DescribeSecret, ListSecrets, ListSecretVersionIds };
};

import {
  type AuthTokenUpdateStrategyType,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  ModifyReplicationGroupCommand,
} from '@aws-sdk/client-elasticache';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { tokenSecretName } from '../../functions/platform/names.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { JourneyAccount } from './an-account.ts';

/** Where the clients of a cache connect. */
export const endpointOf = async (account: JourneyAccount, ReplicationGroupId: string) => {
  const found = await account.as(ElastiCacheClient).send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }));
  const [group] = found.ReplicationGroups ?? [];
  const endpoint = group?.ConfigurationEndpoint ?? group?.NodeGroups?.[0]?.PrimaryEndpoint;
  return { host: endpoint?.Address ?? '', port: endpoint?.Port ?? 0, clusterMode: group?.ClusterEnabled ?? false };
};

/** ROTATE or SET, as somebody without the autopilot would order it, until ElastiCache is done. */
export const changeToken = async (
  account: JourneyAccount,
  ReplicationGroupId: string,
  AuthToken: string,
  AuthTokenUpdateStrategy: AuthTokenUpdateStrategyType,
): Promise<void> => {
  const token = { AuthToken, AuthTokenUpdateStrategy, ApplyImmediately: true };
  await account.as(ElastiCacheClient).send(new ModifyReplicationGroupCommand({ ReplicationGroupId, ...token }));
  await account.service<Service & ElastiCacheHandle>('elasticache').idle();
};

/** Puts a token into the cache's secret, as the current version: what applications read from now on. */
export const publishToken = async (account: JourneyAccount, cacheId: string, token: string): Promise<void> => {
  const SecretId = tokenSecretName(cacheId);
  const client = account.as(SecretsManagerClient);
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const { host, port } = await endpointOf(account, cacheId);
  const content = { ...JSON.parse(SecretString), host, port, password: token, authToken: token };
  await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(content) }));
};

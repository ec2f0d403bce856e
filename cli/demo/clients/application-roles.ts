import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RunningWorld } from '../../../local/world.ts';

interface Applications {
  readonly region: string;
  readonly secretArn: string;
  readonly names: readonly string[];
}

/**
 * Gives each application a role of its own in the local account, so that CloudTrail tells them apart: it may read this one
 * secret, and nothing else.
 *
 * @param Client Secrets Manager’s
 */
export const applicationRoles = (
  { accountId, roles, client }: Pick<RunningWorld, 'accountId' | 'roles' | 'client'>,
  Client: new (config: never) => SecretsManagerClient,
  { region, secretArn, names }: Applications,
): ((application: string) => SecretsManagerClient) => {
  const arnOf = (name: string) => `arn:aws:iam::${accountId}:role/${name}`;
  const readsItsSecret = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn }],
  };
  for (const name of names) {
    const trust = { Version: '2012-10-17', Statement: [] };
    roles.put({ arn: arnOf(name), name, trust, policies: new Map([['reads-its-secret', readsItsSecret]]) });
  }
  return (application) => client(Client, { kind: 'role', arn: arnOf(application), session: application }, region);
};

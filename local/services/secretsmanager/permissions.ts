import type { Call, Permission, World } from '../../service.ts';
import type { Secrets } from './secrets.ts';

type Tag = { readonly Key?: string | undefined; readonly Value?: string | undefined };

export const tagMap = (tags: readonly Tag[] = []): Map<string, string> =>
  new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value] as const));

export const tagContext = (prefix: string, tags: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...tags].map(([key, value]) => [`${prefix}/${key}`, value]));

/** What IAM has to allow for an action on the secret that a call names: by its whole ARN, with its tags and its own policy. */
export const permissionsOn =
  (world: World, secrets: Secrets) =>
  (action: string) =>
  ({ SecretId = '' }: { SecretId?: string | undefined }, { region }: Call): Permission[] => {
    const secret = secrets.find(region, SecretId);
    const named = `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${SecretId}`;
    const context = secret ? { 'secretsmanager:Name': secret.name, ...tagContext('aws:ResourceTag', secret.tags) } : {};
    const policy = secret?.resourcePolicy;
    return [
      {
        action,
        resource: secret?.arn ?? (SecretId.startsWith('arn:') ? SecretId : named),
        context,
        ...(policy ? { resourcePolicy: JSON.parse(policy) } : {}),
      },
    ];
  };

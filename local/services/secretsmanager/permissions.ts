import type { Call, Permission, World } from '../../service.ts';
import type { Secret, Secrets } from './secrets.ts';

type Tag = { readonly Key?: string | undefined; readonly Value?: string | undefined };

export const tagMap = (tags: readonly Tag[] = []): Map<string, string> =>
  new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value] as const));

export const tagContext = (prefix: string, tags: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...tags].map(([key, value]) => [`${prefix}/${key}`, value]));

/** Condition keys of a secret (Service Authorization Reference, Secrets Manager). */
const contextOf = ({ name, tags, rotation }: Secret): Record<string, string> => ({
  'secretsmanager:Name': name,
  ...(rotation ? { 'secretsmanager:resource/AllowRotationLambdaArn': rotation.lambdaArn } : {}),
  ...tagContext('aws:ResourceTag', tags),
});

/** What IAM has to allow for an action on the secret that a call names: by its whole ARN, with its tags and its own policy. */
export const permissionsOn =
  (world: World, secrets: Secrets) =>
  (action: string) =>
  ({ SecretId = '' }: { SecretId?: string | undefined }, { region }: Call): Permission[] => {
    const secret = secrets.find(region, SecretId);
    const named = `arn:aws:secretsmanager:${region}:${world.accountId}:secret:${SecretId}`;
    const context = secret ? contextOf(secret) : {};
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

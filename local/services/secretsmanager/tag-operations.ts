import type * as api from '@aws-sdk/client-secrets-manager';
import { operation, ServiceError, type World } from '../../service.ts';
import { permissionsOn, tagContext, tagMap } from './permissions.ts';
import { type Secrets, usable } from './secrets.ts';

/** Tags and resource policies. */
export const tagOperations = (world: World, secrets: Secrets) => {
  const on = permissionsOn(world, secrets);

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

  return { TagResource, UntagResource, PutResourcePolicy };
};

import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The secrets of caches: `autopilot/<cacheId>/auth-token`, and other people's users below the same name. */
export const ownSecrets = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: 'secretsmanager', resource: 'secret:autopilot/*' });

/** Why they are a pattern. */
export const OWN_SECRETS =
  'The secret of a cache is autopilot/<cacheId>/auth-token, and AWS adds six characters to its ARN.';

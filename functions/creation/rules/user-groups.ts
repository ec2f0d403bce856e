import type { Fault } from '../schemas.ts';
import { type AccountRule, faultsOf } from './rule.ts';

/** The secret of the user who verifies the cache is there, and stays. A person made it, and a person takes it back. */
export const userSecretThereRule: AccountRule = ({ userSecretName: name }, { userSecret }) =>
  faultsOf(
    'userSecretName',
    name,
    {
      broken: userSecret === 'missing',
      rule: `There is no secret ${name}.`,
      remedy: 'Write {"username": …, "password": …} of a user of the group into it, or name another.',
    },
    {
      broken: userSecret === 'deletion scheduled',
      rule: `The secret ${name} is scheduled for deletion.`,
      remedy: `Take it back: aws secretsmanager restore-secret --secret-id ${name}.`,
    },
  );

/**
 * A user group is there, can be used now, and is for the engine: a group of Redis users serves both engines, one of Valkey
 * users only Valkey (ElastiCache guide, role-based access control).
 */
export const userGroupThereRule: AccountRule = ({ engine, userGroupIds = [] }, { userGroups }) =>
  engine === 'memcached' || userGroups === undefined
    ? []
    : userGroupIds.flatMap((id, index): Fault[] => {
        const group = userGroups.find((found) => found.id === id);
        return faultsOf(
          `userGroupIds.${index}`,
          id,
          {
            broken: group === undefined,
            rule: `There is no user group ${id}.`,
            remedy: 'Name an existing user group, or create it first.',
          },
          {
            broken: group !== undefined && group.status !== 'active',
            rule: `The user group ${id} is ${group?.status}, and a cache can be given it only while it is active.`,
            remedy: 'Ask again when it is active.',
          },
          {
            broken: engine === 'redis' && group?.engine === 'valkey',
            rule: `The user group ${id} is for Valkey, and cannot be used with Redis.`,
            remedy: 'Name a user group of Redis users, or choose the engine valkey.',
          },
        );
      });

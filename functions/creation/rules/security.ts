import { isOlder } from '../changes/versions.ts';
import { isKnown, type ReadableSpec } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** User groups need Redis OSS 6.0 (ElastiCache guide, role-based access control); every Valkey has them. */
const OLDEST_WITH_USER_GROUPS = '6.0';
/** Letting clients choose between TLS and none needs Redis OSS 7.0 (guide, enabling in-transit encryption); every Valkey can. */
const OLDEST_WITH_TLS_MODE = '7.0';

/**
 * AUTH needs encryption in transit (ElastiCache guide, "Authenticating with AUTH"). A token itself never stands in a
 * specification: it can only be generated, within AWS's 16 to 128 characters, so that no rule about its letters is needed.
 */
export const authNeedsTlsRule: SpecRule = (spec) =>
  spec.authToken === undefined || spec.engine === 'memcached'
    ? []
    : faultsOf('authToken', spec.authToken, {
        broken: hasNoTls(spec),
        rule: 'An AUTH token needs encryption in transit.',
        remedy: 'Set transitEncryptionEnabled: true.',
      });

/** User groups need TLS and a version that has them, and take the place of a token (CreateReplicationGroup). */
export const userGroupsRule: SpecRule = (spec) =>
  spec.userGroupIds === undefined || spec.engine === 'memcached'
    ? []
    : faultsOf(
        'userGroupIds',
        spec.userGroupIds,
        {
          broken: spec.authToken !== undefined,
          rule: 'A cache asks its clients for an AUTH token or has a user group, not both.',
          remedy: 'Remove authToken or userGroupIds.',
        },
        {
          broken: hasNoTls(spec),
          rule: 'A user group needs encryption in transit.',
          remedy: 'Set transitEncryptionEnabled: true.',
        },
        {
          broken: isRedisBefore(spec, OLDEST_WITH_USER_GROUPS),
          rule: `User groups need Redis ${OLDEST_WITH_USER_GROUPS}.`,
          remedy: 'Choose a later engineVersion, or authToken instead.',
        },
      );

/** Without a user of its own group nobody could write to a cache and read from it, which is how it is seen to work. */
export const userSecretRule: SpecRule = (spec) =>
  spec.engine === 'memcached'
    ? []
    : [
        ...faultsOf('userSecretName', spec.userSecretName, {
          broken:
            spec.userGroupIds !== undefined && isKnown(spec, 'userSecretName') && spec.userSecretName === undefined,
          rule: 'A cache with a user group is verified by one of its users.',
          remedy:
            'Name the secret (autopilot/…, with the opt-in tag) that holds {username, password} of a user of the group.',
        }),
        ...faultsOf('userSecretName', spec.userSecretName, {
          broken: spec.userSecretName !== undefined && isKnown(spec, 'userGroupIds') && spec.userGroupIds === undefined,
          rule: 'userSecretName is about a user of userGroupIds, which are not there.',
          remedy: 'Remove it, or name a user group.',
        }),
      ];

/**
 * The mode says more about a TLS that is there. It may change while the cache lives, `preferred` before `required`; TLS on
 * versions before 7.0 is decided when the cache is created (guide, in-transit encryption conditions).
 */
export const tlsModeRule: SpecRule = (spec) =>
  spec.transitEncryptionMode === undefined || spec.engine === 'memcached'
    ? []
    : faultsOf(
        'transitEncryptionMode',
        spec.transitEncryptionMode,
        {
          broken: hasNoTls(spec),
          rule: 'transitEncryptionMode is about encryption in transit, which is off.',
          remedy: 'Set transitEncryptionEnabled: true, or remove transitEncryptionMode.',
        },
        {
          broken: spec.transitEncryptionMode === 'preferred' && isRedisBefore(spec, OLDEST_WITH_TLS_MODE),
          rule: `Clients can choose between TLS and none only from Redis ${OLDEST_WITH_TLS_MODE} on.`,
          remedy: 'Set transitEncryptionMode: required, or choose a later engineVersion.',
        },
      );

/**
 * A key is of use only for encryption at rest; Redis OSS leaves that off unless asked (CreateReplicationGroup). Both are
 * decided when a cache is created, for good.
 */
export const keyNeedsEncryptionRule: SpecRule = (spec) =>
  spec.kmsKeyId === undefined || spec.engine === 'memcached' || !isKnown(spec, 'atRestEncryptionEnabled', 'engine')
    ? []
    : faultsOf('kmsKeyId', spec.kmsKeyId, {
        broken: !(spec.atRestEncryptionEnabled ?? spec.engine === 'valkey'),
        rule: 'kmsKeyId is the key for encryption at rest, which is off.',
        remedy: 'Set atRestEncryptionEnabled: true, or remove kmsKeyId.',
      });

const hasNoTls = (spec: ReadableSpec): boolean =>
  isKnown(spec, 'transitEncryptionEnabled') && spec.transitEncryptionEnabled !== true;

const isRedisBefore = ({ engine, engineVersion }: ReadableSpec, oldest: string): boolean =>
  engine === 'redis' && engineVersion !== undefined && isOlder(engineVersion, oldest);

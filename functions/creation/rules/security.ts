import { faultsOf, type SpecRule } from './rule.ts';

/** AUTH needs encryption in transit (ElastiCache guide, "Authenticating with AUTH"). */
export const authNeedsTlsRule: SpecRule = ({ engine, authToken, transitEncryptionEnabled }) =>
  authToken === undefined || engine === 'memcached'
    ? []
    : faultsOf('authToken', authToken, {
        broken: transitEncryptionEnabled !== true,
        rule: 'An AUTH token needs encryption in transit.',
        remedy: 'Set transitEncryptionEnabled: true.',
      });

/** A key is of use only for encryption at rest; Redis OSS leaves that off unless asked (CreateReplicationGroup). */
export const keyNeedsEncryptionRule: SpecRule = ({ engine, kmsKeyId, atRestEncryptionEnabled }) =>
  kmsKeyId === undefined
    ? []
    : faultsOf('kmsKeyId', kmsKeyId, {
        broken: !(atRestEncryptionEnabled ?? engine === 'valkey'),
        rule: 'kmsKeyId is the key for encryption at rest, which is off.',
        remedy: 'Set atRestEncryptionEnabled: true, or remove kmsKeyId.',
      });

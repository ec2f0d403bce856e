import { isKnown } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** AUTH needs encryption in transit (ElastiCache guide, "Authenticating with AUTH"). */
export const authNeedsTlsRule: SpecRule = (spec) =>
  spec.authToken === undefined || spec.engine === 'memcached'
    ? []
    : faultsOf('authToken', spec.authToken, {
        broken: isKnown(spec, 'transitEncryptionEnabled') && spec.transitEncryptionEnabled !== true,
        rule: 'An AUTH token needs encryption in transit.',
        remedy: 'Set transitEncryptionEnabled: true.',
      });

/** A key is of use only for encryption at rest; Redis OSS leaves that off unless asked (CreateReplicationGroup). */
export const keyNeedsEncryptionRule: SpecRule = (spec) =>
  spec.kmsKeyId === undefined || !isKnown(spec, 'atRestEncryptionEnabled', 'engine')
    ? []
    : faultsOf('kmsKeyId', spec.kmsKeyId, {
        broken: !(spec.atRestEncryptionEnabled ?? spec.engine === 'valkey'),
        rule: 'kmsKeyId is the key for encryption at rest, which is off.',
        remedy: 'Set atRestEncryptionEnabled: true, or remove kmsKeyId.',
      });

import { createHash } from 'node:crypto';
import type { Principal } from '../../service.ts';

/** Who called, as a record tells it (CloudTrail guide, userIdentity element). */
export interface Caller {
  readonly identity: Readonly<Record<string, unknown>>;
  /** What LookupEvents calls the user name: of a role its session. Services have none. */
  readonly username: string | undefined;
}

/** Ids look like IAM's, and are the same whenever the same one calls. */
const uniqueId = (prefix: string, arn: string) =>
  `${prefix}${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;

const lastPart = (arn: string) => arn.split('/').pop() ?? arn;

/** @param startedAt ISO 8601, when the session began: here sessions last as long as the account, so it is its start */
export const callerOf = (principal: Principal, accountId: string, accessKeyId: string, startedAt: string): Caller => {
  switch (principal.kind) {
    case 'user': {
      const { arn } = principal;
      const userName = lastPart(arn);
      const principalId = uniqueId('AIDA', arn);
      return { identity: { type: 'IAMUser', principalId, arn, accountId, accessKeyId, userName }, username: userName };
    }
    case 'role': {
      const { arn: roleArn, session } = principal;
      const userName = lastPart(roleArn);
      const roleId = uniqueId('AROA', roleArn);
      const sessionIssuer = { type: 'Role', principalId: roleId, arn: roleArn, accountId, userName };
      const attributes = { creationDate: startedAt, mfaAuthenticated: 'false' };
      const identity = {
        type: 'AssumedRole',
        principalId: `${roleId}:${session}`,
        arn: `arn:aws:sts::${accountId}:assumed-role/${userName}/${session}`,
        accountId,
        accessKeyId,
        sessionContext: { sessionIssuer, attributes },
      };
      return { identity, username: session };
    }
    case 'service':
      return { identity: { type: 'AWSService', invokedBy: principal.service }, username: undefined };
  }
};

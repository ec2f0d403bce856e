import type { GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import * as sdk from '@aws-sdk/client-sts';
import { operation, type Principal, type Service, type World } from '../../service.ts';

const identityOf = (principal: Principal): { Arn: string; UserId: string } => {
  switch (principal.kind) {
    case 'user':
      return { Arn: principal.arn, UserId: 'AIDAOPERATOR' };
    case 'role': {
      const [, , , , accountId, role = ''] = principal.arn.split(':');
      const name = role.split('/').pop();
      const session = `assumed-role/${name}/${principal.session}`;
      return { Arn: `arn:aws:sts::${accountId}:${session}`, UserId: `AROA${name}:${principal.session}` };
    }
    case 'service':
      return { Arn: principal.service, UserId: principal.service };
  }
};

/** STS, as far as "who am I" goes. Roles are assumed inside the account, by the services that act with them. */
export const createSts = (world: World): Service => ({
  name: 'sts',
  api: {
    signingName: 'sts',
    iamPrefix: 'sts',
    sdk,
    Client: sdk.STSClient,
    operations: {
      GetCallerIdentity: operation<GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput>({
        // Needs no permission: everybody may ask who they are (STS API reference).
        permissions: () => [],
        handle: (_input, { principal }) => ({ Account: world.accountId, ...identityOf(principal) }),
      }),
    },
  },
});

import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Clock } from '../clock.ts';
import { type Permission, type PolicyDocument, type Principal, type RoleStore, ServiceError } from '../service.ts';

export interface Authorizer {
  /** Lets a permitted call pass. @throws ServiceError AccessDeniedException, naming who, which action, which resource */
  authorize(principal: Principal, permission: Permission, region: string): Promise<void>;
}

export interface AuthorizerOptions {
  readonly accountId: string;
  readonly roles: RoleStore;
  readonly clock: Pick<Clock, 'iso'>;
}

const ALL: PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/**
 * A call on all resources of a kind is authorized as one on a resource that no policy can name: only a policy that
 * allows all of them lets it pass. The simulator would take an asterisk for "any that is allowed".
 */
const literal = (resource: string) => (resource === '*' ? resource : resource.replaceAll('*', 'all-of-them'));

/** How IAM names a caller: in the request, and in its refusals. */
const nameOf = (principal: Principal): string => {
  if (principal.kind === 'user') return principal.arn;
  if (principal.kind === 'service') return principal.service;
  const [, , , , accountId = '', role = ''] = principal.arn.split(':');
  return `arn:aws:sts::${accountId}:assumed-role/${role.split('/').pop()}/${principal.session}`;
};

const identityPoliciesOf = (principal: Principal, roles: RoleStore): Simulation['identityPolicies'] => {
  if (principal.kind === 'user') return [{ name: 'AdministratorAccess', policy: ALL }];
  if (principal.kind === 'service') return [];
  return [...(roles.get(principal.arn)?.policies ?? [])].map(([name, policy]) => ({ name, policy }));
};

/** Answers to different questions that are kept: workflows ask the same few hundred, thousands of times. */
const MOST_KEPT = 5000;
const TIME = 'aws:CurrentTime';

/**
 * Asks the simulator, which takes milliseconds for a question, each question once. The same policies answer the same
 * request in the same way at any time, unless one of them speaks of the time.
 */
const createJudge = () => {
  const kept = new Map<string, ReturnType<typeof runSimulation>>();
  return (question: Simulation): ReturnType<typeof runSimulation> => {
    const { [TIME]: _, ...contextVariables } = question.request.contextVariables;
    const key = JSON.stringify({ ...question, request: { ...question.request, contextVariables } });
    if (key.toLowerCase().includes(TIME.toLowerCase())) return runSimulation(question, {});
    const known = kept.get(key);
    if (known) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    const answer = runSimulation(question, {});
    kept.set(key, answer);
    return answer;
  };
};

/** Judges each call by the policies of the template, as IAM does: identity policies, resource policies, conditions. */
export const createAuthorizer = ({ accountId, roles, clock }: AuthorizerOptions): Authorizer => {
  const judge = createJudge();
  return {
    async authorize(principal, { action, resource, context = {}, resourcePolicy }, region) {
      const who = nameOf(principal);
      const contextVariables: Record<string, string | string[]> = {
        [TIME]: clock.iso(),
        'aws:SecureTransport': 'true',
        'aws:RequestedRegion': region,
        ...(principal.kind === 'service'
          ? { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': principal.service, ...principal.context }
          : {
              'aws:PrincipalArn': principal.arn,
              'aws:PrincipalAccount': accountId,
              'aws:PrincipalIsAWSService': 'false',
            }),
      };
      for (const [key, value] of Object.entries(context)) {
        contextVariables[key] = typeof value === 'string' ? value : [...value];
      }

      const result = await judge({
        request: { principal: who, action, resource: { resource: literal(resource), accountId }, contextVariables },
        identityPolicies: identityPoliciesOf(principal, roles),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(resourcePolicy ? { resourcePolicy } : {}),
      });
      // A question that IAM cannot be asked is a fault of this account or of a policy: never a yes.
      if (result.resultType === 'error') {
        throw new Error(`IAM cannot judge ${action} on ${resource}: ${JSON.stringify(result.errors)}`);
      }
      if (result.overallResult === 'Allowed') return;
      throw new ServiceError(
        'AccessDeniedException',
        refusal(who, action, resource, result.overallResult, principal),
        403,
      );
    },
  };
};

const refusal = (who: string, action: string, resource: string, result: string, { kind }: Principal): string => {
  const sentence = `User: ${who} is not authorized to perform: ${action} on resource: ${resource}`;
  if (result === 'ExplicitlyDenied') return `${sentence} with an explicit deny in a policy`;
  const policy = kind === 'service' ? 'resource-based' : 'identity-based';
  return `${sentence} because no ${policy} policy allows the ${action} action`;
};

import type { CreationTerms } from '../../functions/creation/plan-creation.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';

/** The terms of a request in an account that lets the autopilot create caches by itself. */
export const termsToAct = (overrides: Partial<CreationTerms> = {}): CreationTerms => ({
  operationId: 'operation-1',
  policy: AccountPolicy.parse({ modes: { creation: 'act' } }),
  optInTag: 'autopilot:managed',
  notificationTopicArn: 'arn:aws:sns:us-east-1:111122223333:elasticache-events',
  ...overrides,
});

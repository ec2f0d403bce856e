import type {
  DescribeResourcePoliciesCommandInput,
  DescribeResourcePoliciesCommandOutput,
  PutResourcePolicyCommandInput,
  PutResourcePolicyCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { operation, type PolicyDocument, ServiceError } from '../../service.ts';

/** Policies of an account in one Region, which let other services write its logs. */
export interface ResourcePolicies {
  /** All that they say together. */
  of(region: string): PolicyDocument;
  readonly operations: {
    readonly PutResourcePolicy: ReturnType<
      typeof operation<PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput>
    >;
    readonly DescribeResourcePolicies: ReturnType<
      typeof operation<DescribeResourcePoliciesCommandInput, DescribeResourcePoliciesCommandOutput>
    >;
  };
}

interface StoredPolicy {
  readonly text: string;
  readonly document: PolicyDocument;
  readonly changedAt: number;
}

const Document = z.object({ Version: z.string().optional(), Statement: z.array(z.record(z.string(), z.unknown())) });

/** An account has at most so many in a Region (CloudWatch Logs quotas). */
const MOST_POLICIES = 10;

export const createResourcePolicies = (now: () => number): ResourcePolicies => {
  const byRegion = new Map<string, Map<string, StoredPolicy>>();
  const policiesIn = (region: string) => {
    const policies = byRegion.get(region) ?? new Map<string, StoredPolicy>();
    byRegion.set(region, policies);
    return policies;
  };

  return {
    of: (region) => ({
      Version: '2012-10-17',
      Statement: [...policiesIn(region).values()].flatMap(({ document }) => document.Statement),
    }),
    operations: {
      PutResourcePolicy: operation<PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput>({
        handle({ policyName = '', policyDocument = '' }, { region }) {
          const policies = policiesIn(region);
          if (!policies.has(policyName) && policies.size >= MOST_POLICIES) {
            throw new ServiceError('LimitExceededException', 'Resource limit exceeded.');
          }
          policies.set(policyName, { text: policyDocument, document: read(policyDocument), changedAt: now() });
          return { resourcePolicy: { policyName, policyDocument, lastUpdatedTime: now() } };
        },
      }),
      DescribeResourcePolicies: operation<DescribeResourcePoliciesCommandInput, DescribeResourcePoliciesCommandOutput>({
        handle: (_input, { region }) => ({
          resourcePolicies: [...policiesIn(region)].map(([policyName, { text, changedAt }]) => ({
            policyName,
            policyDocument: text,
            lastUpdatedTime: changedAt,
          })),
        }),
      }),
    },
  };
};

const read = (text: string): PolicyDocument => {
  try {
    const { Version, Statement } = Document.parse(JSON.parse(text));
    return { ...(Version === undefined ? {} : { Version }), Statement };
  } catch (error) {
    throw new ServiceError(
      'InvalidParameterException',
      `The policy document is no policy: ${(error as Error).message}`,
    );
  }
};

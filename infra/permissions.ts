import { Validations } from 'aws-cdk-lib';
import { type Conditions, Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/** The fine print of a permission. */
export interface Terms {
  /** Conditions under which it holds, e.g. `{ StringEquals: { 'aws:ResourceTag/autopilot:managed': 'true' } }`. */
  readonly when?: Conditions;
  /** Why a resource has to be a pattern. Needed for each resource with a `*`; it becomes cdk-nag's acknowledgement. */
  readonly because?: string;
}

/** Adds one statement to the role's own policy. @throws Error when a resource is a pattern and nobody says why */
export const allow = (
  role: Role,
  actions: readonly string[],
  resources: readonly string[],
  terms: Terms = {},
): void => {
  role.addToPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(terms.when ? { conditions: terms.when } : {}),
    }),
  );
  const patterns = resources.filter((resource) => resource.includes('*'));
  if (patterns.length === 0) return;
  if (!terms.because) {
    throw new Error(`${role.node.path} may ${actions.join(', ')} on ${patterns.join(', ')}: say \`because\`.`);
  }
  acknowledgePatterns(role, patterns, terms.because);
};

/** Tells cdk-nag that these resource patterns of the role's policy are meant. */
export const acknowledgePatterns = (role: Role, patterns: readonly string[], reason: string): void => {
  Validations.of(role).acknowledge(
    ...patterns.map((pattern) => ({ id: `AwsSolutions-IAM5[Resource::${pattern}]`, reason })),
  );
};

/** Takes something away, whatever else allows it. */
export const deny = (role: Role, actions: readonly string[], resources: readonly string[], when: Conditions): void => {
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...actions],
      resources: [...resources],
      conditions: when,
    }),
  );
};

/** True only for what already carries the tag. */
export const ifTagged = (key: string, value = 'true'): Conditions => ({
  StringEquals: { [`aws:ResourceTag/${key}`]: value },
});

/** True only for a request that puts the tag on what it makes. */
export const ifTagging = (key: string, value = 'true'): Conditions => ({
  StringEquals: { [`aws:RequestTag/${key}`]: value },
});

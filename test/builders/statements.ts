import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf } from './a-template.ts';

/** One statement of a role's policy, with everything that may be one or many made a list. */
export interface Statement {
  /** The logical id of the policy. */
  readonly policy: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  /** ARNs and patterns; references to resources of the template as JSON. */
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Every statement that allows or denies something to a role of the template. */
export const statementsOf = (template: Template): Statement[] =>
  resourcesOf(template, 'AWS::IAM::Policy').flatMap(([policy, { Properties }]) =>
    Properties.PolicyDocument.Statement.map((statement: Record<string, unknown>) => ({
      ...statement,
      policy,
      Action: list(statement.Action),
      Resource: list(statement.Resource).map((arn) => (typeof arn === 'string' ? arn : JSON.stringify(arn))),
    })),
  );

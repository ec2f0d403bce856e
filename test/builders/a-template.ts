import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { autopilotApp } from '../../infra/autopilot-app.ts';
import type { Configuration } from '../../infra/configuration.ts';
import { noCode } from '../../infra/function-code.ts';
import { aConfiguration } from './a-configuration.ts';

/** One resource of a synthesized template; its properties are whatever its type has. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the properties of all types of CloudFormation
  readonly Properties: Record<string, any>;
  readonly DeletionPolicy?: string;
}

// Checking takes 3 s a synthesis: once is enough (test/infra/checks.test.ts, and every `cdk synth`).
process.env.CDK_VALIDATION = 'false';

/** The templates of the app by Region, synthesized without bundling and without being checked. */
export const templatesOf = (configuration: Configuration = aConfiguration()): Record<string, Template> => {
  const app = autopilotApp({ configuration, functionCode: noCode });
  return Object.fromEntries(
    app.node.children.filter((child) => Stack.isStack(child)).map((stack) => [stack.region, Template.fromStack(stack)]),
  );
};

/** All resources of a type, by logical id. */
export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries<Resource>(template.findResources(type) as Record<string, Resource>);

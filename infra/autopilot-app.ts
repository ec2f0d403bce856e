import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AutopilotStack } from './autopilot-stack.ts';
import type { Configuration } from './configuration.ts';
import { type FunctionCode, noCode } from './function-code.ts';

export interface AutopilotAppProps {
  readonly configuration: Configuration;
  readonly functionCode: FunctionCode;
  /** Where the cloud assembly is written; left out, the CDK CLI says so or it is a temporary folder. */
  readonly outdir?: string;
}

/** The CDK app: one stack for each Region of the configuration, checked by cdk-nag. */
export const autopilotApp = ({ configuration, functionCode, outdir }: AutopilotAppProps): App => {
  const app = new App({
    analyticsReporting: false,
    // Only whoever asks for it is synthesized: `entriesOf` builds an app just to look at it.
    autoSynth: false,
    // Read here too, so that the app comes out the same with and without the CDK CLI.
    context: featureFlags(),
    ...(outdir ? { outdir } : {}),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  for (const [regionName, region] of Object.entries(configuration.regions)) {
    new AutopilotStack(app, { configuration, regionName, region, functionCode });
  }
  return app;
};

/** Entries of all functions in the app, found by building its constructs once without code. */
export const entriesOf = (configuration: Configuration): string[] => {
  const entries = new Set<string>();
  autopilotApp({
    configuration,
    functionCode: (entry) => {
      entries.add(entry);
      return noCode(entry);
    },
  });
  return [...entries].sort();
};

const featureFlags = (): Record<string, unknown> => {
  const cdkJson: { context: Record<string, unknown> } = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../cdk.json'), 'utf8'),
  );
  return cdkJson.context;
};

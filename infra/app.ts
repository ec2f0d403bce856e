import path from 'node:path';
import { autopilotApp, entriesOf } from './autopilot-app.ts';
import { bundle } from './bundle.ts';
import { readConfiguration, WrongConfiguration } from './configuration.ts';

/** What `cdk synth` and `cdk deploy` run. */
try {
  const configuration = readConfiguration(path.resolve(import.meta.dirname, '../autopilot.yaml'));
  autopilotApp({ configuration, functionCode: bundle(entriesOf(configuration)) }).synth();
} catch (error) {
  if (!(error instanceof WrongConfiguration)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

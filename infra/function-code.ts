import { Code } from 'aws-cdk-lib/aws-lambda';

/** Gives the deployable code of an entry file, e.g. `creation/plan` for `functions/creation/plan.ts`. */
export type FunctionCode = (entry: string) => Code;

/** Code that does nothing: to look at the app's constructs without bundling. Never deployed. */
export const noCode: FunctionCode = (entry) =>
  Code.fromInline(`exports.handler = async () => { throw new Error('${entry} was synthesized without its code'); };`);

import { Fn } from 'aws-cdk-lib';
import type { WorkflowFunction } from './workflow-function.ts';

/** The ARNs of functions by a key, written as JSONata reads an object, for a definition that looks one up. */
export const jsonataObject = (functions: ReadonlyMap<string, WorkflowFunction>): string =>
  `{${Fn.join(
    ',',
    [...functions].map(([key, { arn }]) => `'${key}':'${arn}'`),
  )}}`;

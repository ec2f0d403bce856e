import type { Json } from './json.ts';

/** `$states.context`: what an execution knows of itself (Step Functions guide, Context object). */
export interface Context {
  readonly Execution: {
    readonly Id: string;
    readonly Input: Json;
    readonly Name: string;
    readonly RoleArn: string;
    /** ISO 8601, account time. */
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
  readonly State?: { readonly Name: string; readonly EnteredTime: string; readonly RetryCount: number };
  /** Only in a task that waits for its token. */
  readonly Task?: { readonly Token: string };
  /** Only inside a Map. */
  readonly Map?: { readonly Item: { readonly Index: number; readonly Value: Json } };
}

/** The context as data for expressions. */
export const contextAsJson = (context: Context): { readonly [name: string]: Json } =>
  Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));

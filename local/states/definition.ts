import { z } from 'zod';
import type { Json } from './json.ts';
import { MAX_NAME_LENGTH, MAX_SECONDS } from './limits.ts';

/** A run of states: the machine itself, a branch of a Parallel, the body of a Map. */
export interface Flow {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | PassState
  | WaitState
  | ChoiceState
  | ParallelState
  | MapState
  | SucceedState
  | FailState;

const expression = z.string().regex(/^\{%[\s\S]*%\}$/, 'has to be a JSONata expression: {% ... %}');
/** JSON in which any string may be an expression. */
const template = z.custom<Json>((value) => value !== undefined);
const numberOr = (number: z.ZodType<number>, wanted: string) =>
  z.union([number, expression], `has to be ${wanted}, or a JSONata expression: {% ... %}`);
const seconds = numberOr(z.int().min(1).max(MAX_SECONDS), `a whole number of seconds from 1 to ${MAX_SECONDS}`);
const count = numberOr(z.int().min(0), 'a whole number from 0 up');
const variableName = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u, 'is no name for a variable')
  .refine((name) => name !== 'states', 'is reserved');
const assign = z.record(variableName, template);

const ErrorEquals = z.array(z.string().min(1)).min(1);

/** How often and how slowly a state is tried again. */
const Retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals,
  IntervalSeconds: z.int().min(1).max(MAX_SECONDS).default(1),
  MaxAttempts: z.int().min(0).max(99_999_999).default(3),
  BackoffRate: z.number().min(1).default(2),
  /** Amazon States Language: less than 31,622,400 (a leap year). */
  MaxDelaySeconds: z.int().min(1).max(31_622_399).optional(),
  JitterStrategy: z.enum(['NONE', 'FULL']).default('NONE'),
});
export type Retrier = z.infer<typeof Retrier>;

/** Where an error leads. */
const Catcher = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals,
  Next: z.string(),
  Assign: assign.optional(),
  Output: template.optional(),
});
export type Catcher = z.infer<typeof Catcher>;

const described = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata', 'has to be JSONata; this account runs no JSONPath').optional(),
};
const results = { Output: template.optional(), Assign: assign.optional() };
const goesOn = { Next: z.string().optional(), End: z.literal(true).optional() };
const recovers = { Retry: z.array(Retrier).optional(), Catch: z.array(Catcher).optional() };

const flow: z.ZodType<Flow> = z.lazy(() => z.strictObject({ Comment: z.string().optional(), ...flowFields }));

const Task = z.strictObject({
  ...described,
  Type: z.literal('Task'),
  Resource: z.string(),
  Arguments: template.optional(),
  TimeoutSeconds: seconds.optional(),
  HeartbeatSeconds: seconds.optional(),
  ...results,
  ...goesOn,
  ...recovers,
});
export type TaskState = z.infer<typeof Task>;

const Pass = z.strictObject({ ...described, Type: z.literal('Pass'), ...results, ...goesOn });
export type PassState = z.infer<typeof Pass>;

const Wait = z.strictObject({
  ...described,
  Type: z.literal('Wait'),
  Seconds: numberOr(z.int().min(0).max(MAX_SECONDS), `a whole number of seconds up to ${MAX_SECONDS}`).optional(),
  Timestamp: z.string().optional(),
  ...results,
  ...goesOn,
});
export type WaitState = z.infer<typeof Wait>;

const ChoiceRule = z.strictObject({
  Comment: z.string().optional(),
  Condition: z.union([z.boolean(), expression], 'has to be true, false or a JSONata expression: {% ... %}'),
  Next: z.string(),
  ...results,
});
export type ChoiceRule = z.infer<typeof ChoiceRule>;

const Choice = z.strictObject({
  ...described,
  Type: z.literal('Choice'),
  Choices: z.array(ChoiceRule).min(1),
  Default: z.string().optional(),
  ...results,
});
export type ChoiceState = z.infer<typeof Choice>;

const Parallel = z.strictObject({
  ...described,
  Type: z.literal('Parallel'),
  Branches: z.array(flow).min(1),
  Arguments: template.optional(),
  ...results,
  ...goesOn,
  ...recovers,
});
export type ParallelState = z.infer<typeof Parallel>;

const ProcessorConfig = z
  .discriminatedUnion('Mode', [
    z.strictObject({ Mode: z.literal('INLINE') }),
    z.strictObject({
      Mode: z.literal('DISTRIBUTED'),
      ExecutionType: z.literal('STANDARD', 'has to be STANDARD; this account runs no Express workflows'),
    }),
  ])
  .default({ Mode: 'INLINE' });

const Processor = z.lazy(() => z.strictObject({ Comment: z.string().optional(), ProcessorConfig, ...flowFields }));

const MapSchema = z.strictObject({
  ...described,
  Type: z.literal('Map'),
  Items: z.union([z.array(template), expression], 'has to be an array or a JSONata expression: {% ... %}').optional(),
  ItemSelector: template.optional(),
  ItemProcessor: Processor,
  MaxConcurrency: count.optional(),
  ToleratedFailureCount: count.optional(),
  ToleratedFailurePercentage: numberOr(z.number().min(0).max(100), 'a number from 0 to 100').optional(),
  /** Amazon States Language: up to 40 characters; part of the child executions' names. */
  Label: z.string().max(40).optional(),
  ...results,
  ...goesOn,
  ...recovers,
});
export interface MapState extends Omit<z.infer<typeof MapSchema>, 'ItemProcessor'> {
  readonly ItemProcessor: Flow & { readonly ProcessorConfig: z.infer<typeof ProcessorConfig> };
}

const Succeed = z.strictObject({ ...described, Type: z.literal('Succeed'), Output: template.optional() });
export type SucceedState = z.infer<typeof Succeed>;

const Fail = z.strictObject({
  ...described,
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
export type FailState = z.infer<typeof Fail>;

const anyState: z.ZodType<State> = z.lazy(() =>
  z.discriminatedUnion('Type', [Task, Pass, Wait, Choice, Parallel, MapSchema, Succeed, Fail]),
);

const flowFields = {
  StartAt: z.string(),
  States: z.record(z.string().min(1).max(MAX_NAME_LENGTH), anyState),
};

/** A state machine's definition. JSONata only: fields of JSONPath are refused by name. */
export const Definition = z.strictObject({
  Comment: z.string().optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: z.literal('JSONata', 'has to be JSONata at the top of the definition; this account runs no JSONPath'),
  TimeoutSeconds: z.int().min(1).max(MAX_SECONDS).optional(),
  ...flowFields,
});
export type Definition = z.infer<typeof Definition>;

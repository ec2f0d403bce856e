import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit as Units } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import type { MetricUnit } from '@aws-lambda-powertools/metrics/types';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { operatorActionFor } from './aws-errors.ts';
import { maskSecrets } from './mask.ts';
import { parse } from './parse.ts';

/** What a step tells about its work: one sentence, the word that becomes its metric, and chosen fields for the log. */
export interface StepReport {
  readonly says: string;
  /** One CamelCase word; the metric's name. Left out: no metric. */
  readonly reason?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Figures that become metrics of their own, beside the count of the reason. */
  readonly measures?: Measures;
}

/** Figures with what they are of; each set of dimensions is a metric of its own in CloudWatch, so they are few. */
export interface Measures {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly { readonly name: string; readonly unit: MetricUnit; readonly value: number }[];
}

/** The invocation, as far as a step has to know of it. */
export interface Life {
  /** What is left until Lambda ends the function, real milliseconds. */
  readonly remainingMs: () => number;
}

export interface Step<Input extends z.ZodType, Output> {
  /** The file below functions/, e.g. `creation/plan`; it names the input in messages. */
  readonly name: string;
  readonly input: Input;
  run(input: z.output<Input>, life: Life): Promise<Output>;
  report(output: Output, input: z.output<Input>): StepReport;
}

// The service's name and the metrics' namespace come from the environment that infra/ sets.
const logger = new Logger({ jsonReplacerFn: maskSecrets });
const metrics = new Metrics({ singleMetric: false });
const tracer = new Tracer({ captureHTTPsRequests: false });

/**
 * Makes a Lambda handler of a step: parses its input, puts the operation's and the cache's id on every log line and on the
 * trace, counts its outcome, and throws errors that are named after what must happen next. It never logs a whole event.
 */
export const handler = <Input extends z.ZodType, Output>(step: Step<Input, Output>) => {
  const work = async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<Output> => {
    try {
      logger.appendKeys(subjectOf(event));
      const input = parse(step.input, event, `the input of ${step.name}`);
      for (const [key, value] of Object.entries(subjectOf(event))) tracer.putAnnotation(key, value);
      const output = await step.run(input, { remainingMs: () => context.getRemainingTimeInMillis() });
      const { says, reason, fields, measures } = step.report(output, input);
      logger.info(says, { reason, ...fields });
      if (reason) metrics.addMetric(reason, Units.Count, 1);
      if (measures) publish(measures);
      return output;
    } catch (cause) {
      const error = operatorActionFor(cause);
      const name = error instanceof Error ? error.name : 'Error';
      logger.error(`${step.name} could not do its work`, { reason: name, ...detailsOf(error) });
      metrics.addMetric(name, Units.Count, 1);
      throw error;
    }
  };
  return middy(work)
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics));
};

const publish = ({ dimensions, values }: Measures): void => {
  for (const { name, unit, value } of values) {
    // One by one: the dimensions belong to these figures and not to the count of the reason.
    const single = metrics.singleMetric();
    for (const [dimension, of] of Object.entries(dimensions)) single.addDimension(dimension, of);
    single.addMetric(name, unit, value);
  }
};

/** The ids in an event, also in one that turns out to be wrong, so that its error can be found by them. */
const subjectOf = (event: unknown): Record<string, string> => {
  const subject: Record<string, string> = {};
  if (event === null || typeof event !== 'object') return subject;
  // Some steps are told of their cache with other things that they need to find it.
  const { target } = event as { readonly target?: unknown };
  const told = { ...(target !== null && typeof target === 'object' ? target : {}), ...event };
  for (const key of ['operationId', 'cacheId'] as const) {
    const value = (told as Readonly<Record<string, unknown>>)[key];
    if (typeof value === 'string') subject[key] = value.slice(0, 100);
  }
  return subject;
};

const detailsOf = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { problem: typeof error };
  const cause = error.cause instanceof Error ? { cause: error.cause.name } : {};
  return { problem: error.message, ...cause };
};

import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
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
}

export interface Step<Input extends z.ZodType, Output> {
  /** The file below functions/, e.g. `creation/plan`; it names the input in messages. */
  readonly name: string;
  readonly input: Input;
  run(input: z.output<Input>): Promise<Output>;
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
  const work = async (event: unknown): Promise<Output> => {
    try {
      logger.appendKeys(subjectOf(event));
      const input = parse(step.input, event, `the input of ${step.name}`);
      for (const [key, value] of Object.entries(subjectOf(event))) tracer.putAnnotation(key, value);
      const output = await step.run(input);
      const { says, reason, fields } = step.report(output, input);
      logger.info(says, { reason, ...fields });
      if (reason) metrics.addMetric(reason, MetricUnit.Count, 1);
      return output;
    } catch (cause) {
      const error = operatorActionFor(cause);
      const name = error instanceof Error ? error.name : 'Error';
      logger.error(`${step.name} could not do its work`, { reason: name, ...detailsOf(error) });
      metrics.addMetric(name, MetricUnit.Count, 1);
      throw error;
    }
  };
  return middy(work)
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics));
};

/** The ids in an event, also in one that turns out to be wrong, so that its error can be found by them. */
const subjectOf = (event: unknown): Record<string, string> => {
  const subject: Record<string, string> = {};
  if (event === null || typeof event !== 'object') return subject;
  for (const key of ['operationId', 'cacheId'] as const) {
    const value = (event as Readonly<Record<string, unknown>>)[key];
    if (typeof value === 'string') subject[key] = value.slice(0, 100);
  }
  return subject;
};

const detailsOf = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { problem: typeof error };
  const cause = error.cause instanceof Error ? { cause: error.cause.name } : {};
  return { problem: error.message, ...cause };
};

import { z } from 'zod';
import { type ResourceBuilder, ServiceError } from '../../service.ts';
import type { StateMachines } from './state-machines.ts';

const LogDestination = z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) });

const Properties = z.strictObject({
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  RoleArn: z.string(),
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD', 'only STANDARD state machines are emulated').default('STANDARD'),
  TracingConfiguration: z.strictObject({ Enabled: z.boolean().default(false) }).default({ Enabled: false }),
  LoggingConfiguration: z
    .strictObject({
      Level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).default('OFF'),
      IncludeExecutionData: z.boolean().default(false),
      Destinations: z.array(LogDestination).max(1).default([]),
    })
    .refine(({ Level, Destinations }) => Level === 'OFF' || Destinations.length > 0, 'needs a destination')
    .default({ Level: 'OFF', IncludeExecutionData: false, Destinations: [] }),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
});

/** `${Name}` becomes its value, as plain text; a name without a value stays as it is: CloudFormation does no more. */
export const substitute = (text: string, values: Readonly<Record<string, string | number | boolean>>): string =>
  text.replace(/\$\{([A-Za-z0-9_.:]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );

/** `AWS::StepFunctions::StateMachine` */
export const stateMachineResource = (machines: StateMachines): ResourceBuilder => ({
  async create({ logicalId, properties, region, generatedName }) {
    const parsed = Properties.safeParse(properties);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(
        ({ path, message }) => `${path.map(String).join('.') || logicalId}: ${message}`,
      );
      throw new Error(`The state machine ${logicalId} cannot be emulated. ${faults.join('; ')}`);
    }
    const { StateMachineName, RoleArn, DefinitionString, DefinitionSubstitutions, ...rest } = parsed.data;
    const { LoggingConfiguration: logging } = rest;
    try {
      const machine = await machines.make({
        name: StateMachineName ?? generatedName(80),
        region,
        roleArn: RoleArn,
        text: substitute(DefinitionString, DefinitionSubstitutions),
        tracing: rest.TracingConfiguration.Enabled,
        logging: {
          level: logging.Level,
          includeExecutionData: logging.IncludeExecutionData,
          logGroupArns: logging.Destinations.map(({ CloudWatchLogsLogGroup }) => CloudWatchLogsLogGroup.LogGroupArn),
        },
        tags: Object.fromEntries(rest.Tags.map(({ Key, Value }) => [Key, Value])),
      });
      const attributes = { Arn: machine.arn, Name: machine.name, StateMachineRevisionId: machine.revisionId };
      return { ref: machine.arn, attributes };
    } catch (thrown) {
      if (!(thrown instanceof ServiceError)) throw thrown;
      throw new Error(`The state machine ${logicalId} cannot be made: ${thrown.code}: ${thrown.message}`);
    }
  },
});

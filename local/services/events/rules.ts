import { z } from 'zod';
import { mayAssume } from '../../authorization/trust.ts';
import type { Principal, TemplateResource, World } from '../../service.ts';
import { CannotAssumeRole } from './delivery-problem.ts';
import { checkPattern, type Pattern } from './pattern.ts';

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn: string | undefined;
  /** Sent instead of the event. */
  readonly input: string | undefined;
  readonly deadLetterArn: string | undefined;
  /** EventBridge: 0–185 attempts, 60–86,400 s; its defaults are the greatest. */
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly bus: string;
  readonly description: string | undefined;
  readonly pattern: Pattern;
  enabled: boolean;
  targets: Target[];
}

export interface Bus {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
}

export const DEFAULT_BUS = 'default';
/** EventBridge quotas: targets of one rule. */
export const MAX_TARGETS = 5;

const RetryPolicy = z.strictObject({
  MaximumRetryAttempts: z.int().min(0).max(185).default(185),
  MaximumEventAgeInSeconds: z.int().min(60).max(86_400).default(86_400),
});

/** What the local account can do for a target; an input transformer and the like are refused by name. */
export const TargetInput = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  RetryPolicy: RetryPolicy.prefault({}),
});

export const targetOf = (input: unknown): Target => {
  const { Id, Arn, RoleArn, Input, DeadLetterConfig, RetryPolicy: retries } = TargetInput.parse(input);
  return {
    id: Id,
    arn: Arn,
    roleArn: RoleArn,
    input: Input,
    deadLetterArn: DeadLetterConfig?.Arn,
    maximumRetryAttempts: retries.MaximumRetryAttempts,
    maximumEventAgeSeconds: retries.MaximumEventAgeInSeconds,
  };
};

const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional();
const RuleProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  EventBusName: z.string().default(DEFAULT_BUS),
  EventPattern: z.record(z.string(), z.unknown()),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.unknown()).max(MAX_TARGETS, 'EventBridge allows five targets a rule').default([]),
  Tags,
});
export const BusProperties = z.strictObject({ Name: z.string(), Description: z.string().optional(), Tags });

export const ruleArn = (accountId: string, region: string, bus: string, name: string): string =>
  `arn:aws:events:${region}:${accountId}:rule/${bus === DEFAULT_BUS ? '' : `${bus}/`}${name}`;

/** A bus by its name, whatever way it was named: name or ARN. */
export const busName = (nameOrArn = DEFAULT_BUS): string => nameOrArn.split('/').pop() ?? DEFAULT_BUS;

export const readRule = (world: World, resource: TemplateResource): Rule => {
  const properties = RuleProperties.parse(resource.properties);
  checkPattern(properties.EventPattern);
  const name = properties.Name ?? resource.generatedName(64);
  const bus = busName(properties.EventBusName);
  return {
    name,
    arn: ruleArn(world.accountId, resource.region, bus, name),
    region: resource.region,
    bus,
    description: properties.Description,
    pattern: properties.EventPattern,
    enabled: properties.State === 'ENABLED',
    targets: properties.Targets.map(targetOf),
  };
};

const SERVICE = 'events.amazonaws.com';

/** As whom a rule calls a target: its role, where it has one; otherwise EventBridge itself, for this rule. */
export const callerOf = async (world: World, rule: Rule, target: Target): Promise<Principal> => {
  const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': world.accountId };
  if (!target.roleArn) return { kind: 'service', service: SERVICE, context };
  const trusted = await mayAssume(world.roles.get(target.roleArn), [SERVICE], context);
  if (!trusted)
    throw new CannotAssumeRole(`EventBridge may not assume the role ${target.roleArn} of the rule ${rule.name}`);
  return { kind: 'role', arn: target.roleArn, session: rule.name };
};

import { randomUUID } from 'node:crypto';
import type * as api from '@aws-sdk/client-eventbridge';
import * as sdk from '@aws-sdk/client-eventbridge';
import { type Call, operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { createDispatch, type EventEnvelope } from './dispatch.ts';
import { checkPattern, matchesPattern, type Pattern } from './pattern.ts';
import {
  type Bus,
  BusProperties,
  busName,
  DEFAULT_BUS,
  MAX_TARGETS,
  type Rule,
  readRule,
  ruleArn,
  type Target,
  targetOf,
} from './rules.ts';

export interface EventsService extends Service {
  /** Makes each delivery twice until the answer is called. */
  deliverTwice(): () => void;
}

/** EventBridge API reference: entries of one call, and their size together. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 1_048_576;

/** EventBridge: buses, rules, and delivery at least once with retries and dead-letter queues. */
export const createEvents = (world: World): EventsService => {
  const buses = new Map<string, Bus>();
  const rules = new Map<string, Rule>();
  const dispatch = createDispatch(world);

  const busArn = (region: string, name: string) => `arn:aws:events:${region}:${world.accountId}:event-bus/${name}`;
  const findBus = (region: string, nameOrArn?: string): Bus | undefined => {
    const name = busName(nameOrArn);
    if (name === DEFAULT_BUS) return { name, arn: busArn(region, name), region };
    return buses.get(busArn(region, name));
  };
  const getBus = (region: string, nameOrArn?: string): Bus => {
    const bus = findBus(region, nameOrArn);
    if (bus) return bus;
    throw new ServiceError('ResourceNotFoundException', `Event bus ${busName(nameOrArn)} does not exist.`, 400);
  };
  const getRule = (region: string, name = '', bus?: string): Rule => {
    const rule = rules.get(ruleArn(world.accountId, region, busName(bus), name));
    if (rule) return rule;
    throw new ServiceError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${busName(bus)}.`);
  };
  const onRule =
    (action: string) =>
    (
      input: { Name?: string | undefined; Rule?: string | undefined; EventBusName?: string | undefined },
      call: Call,
    ) => [
      {
        action,
        resource: ruleArn(world.accountId, call.region, busName(input.EventBusName), input.Name ?? input.Rule ?? ''),
      },
    ];

  const PutEvents = operation<api.PutEventsCommandInput, api.PutEventsCommandOutput>({
    permissions({ Entries = [] }, { region, principal }): Permission[] {
      // AWS's own services put their events on the default bus by right.
      if (principal.kind === 'service') return [];
      return Entries.map(({ EventBusName, Source = '', DetailType = '' }) => ({
        action: 'events:PutEvents',
        resource: busArn(region, busName(EventBusName)),
        context: { 'events:source': [Source], 'events:detail-type': DetailType },
      }));
    },
    handle({ Entries = [] }, { region, principal }) {
      if (Entries.length === 0 || Entries.length > MAX_ENTRIES) {
        const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`;
        throw new ServiceError('ValidationException', message);
      }
      if (Buffer.byteLength(JSON.stringify(Entries)) > MAX_BYTES) {
        throw new ServiceError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const results = Entries.map((entry) => put(entry, region, principal.kind === 'service'));
      return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode).length, Entries: results };
    },
  });

  const put = (entry: api.PutEventsRequestEntry, region: string, isAws: boolean): api.PutEventsResultEntry => {
    const { Source, DetailType, Detail, Resources = [], Time, EventBusName } = entry;
    const refuse = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (!Source || !DetailType || Detail === undefined) {
      return refuse('InvalidArgument', 'Parameter Source, DetailType and Detail are required.');
    }
    if (Source.startsWith('aws.') && !isAws) {
      return refuse('NotAuthorizedForSourceException', `Not authorized for the source ${Source}.`);
    }
    let detail: unknown;
    try {
      detail = JSON.parse(Detail);
    } catch {
      return refuse('MalformedDetail', 'Detail is malformed.');
    }
    if (typeof detail !== 'object' || detail === null || Array.isArray(detail))
      return refuse('MalformedDetail', 'Detail is malformed.');
    const bus = findBus(region, EventBusName);
    const id = randomUUID();
    // An unknown bus takes events and loses them: PutEvents succeeds (EventBridge guide, troubleshooting).
    if (!bus) return { EventId: id };
    const event: EventEnvelope = {
      version: '0',
      id,
      'detail-type': DetailType,
      source: Source,
      account: world.accountId,
      time: new Date(Time?.getTime() ?? world.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      resources: Resources,
      detail,
    };
    world.log('events', `${bus.name} took ${Source} "${DetailType}" ${id}`);
    dispatch.send(
      event,
      [...rules.values()].filter((rule) => rule.region === region && rule.bus === bus.name),
    );
    return { EventId: id };
  };

  const PutRule = operation<api.PutRuleCommandInput, api.PutRuleCommandOutput>({
    permissions: onRule('events:PutRule'),
    handle({ Name = '', EventBusName, EventPattern, ScheduleExpression, State = 'ENABLED', Description }, { region }) {
      if (ScheduleExpression || !EventPattern) {
        throw new ServiceError('ValidationException', 'The local account makes rules with an EventPattern only.');
      }
      const bus = getBus(region, EventBusName);
      const pattern = readPattern(EventPattern);
      const arn = ruleArn(world.accountId, region, bus.name, Name);
      const targets = rules.get(arn)?.targets ?? [];
      const enabled = State !== 'DISABLED';
      rules.set(arn, { name: Name, arn, region, bus: bus.name, description: Description, pattern, enabled, targets });
      return { RuleArn: arn };
    },
  });

  const PutTargets = operation<api.PutTargetsCommandInput, api.PutTargetsCommandOutput>({
    permissions: onRule('events:PutTargets'),
    handle({ Rule: name, EventBusName, Targets = [] }, { region }) {
      const rule = getRule(region, name, EventBusName);
      const added = Targets.map(readTarget);
      const ids = new Set(added.map(({ id }) => id));
      const targets = [...rule.targets.filter(({ id }) => !ids.has(id)), ...added];
      if (targets.length > MAX_TARGETS) {
        const message = 'The requested resource exceeds the maximum number allowed.';
        throw new ServiceError('LimitExceededException', message);
      }
      rule.targets = targets;
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  });

  const RemoveTargets = operation<api.RemoveTargetsCommandInput, api.RemoveTargetsCommandOutput>({
    permissions: onRule('events:RemoveTargets'),
    handle({ Rule: name, EventBusName, Ids = [] }, { region }) {
      const rule = getRule(region, name, EventBusName);
      rule.targets = rule.targets.filter(({ id }) => !Ids.includes(id));
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  });

  const DeleteRule = operation<api.DeleteRuleCommandInput, api.DeleteRuleCommandOutput>({
    permissions: onRule('events:DeleteRule'),
    handle({ Name, EventBusName }, { region }) {
      const rule = getRule(region, Name, EventBusName);
      if (rule.targets.length > 0) {
        throw new ServiceError('ValidationException', "Rule can't be deleted since it has targets.");
      }
      rules.delete(rule.arn);
      return {};
    },
  });

  const described = ({ name, arn, bus, description, pattern, enabled }: Rule) => ({
    Name: name,
    Arn: arn,
    EventBusName: bus,
    EventPattern: JSON.stringify(pattern),
    State: enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    ...(description === undefined ? {} : { Description: description }),
  });

  const DescribeRule = operation<api.DescribeRuleCommandInput, api.DescribeRuleCommandOutput>({
    permissions: onRule('events:DescribeRule'),
    handle: ({ Name, EventBusName }, { region }) => described(getRule(region, Name, EventBusName)),
  });

  const ListRules = operation<api.ListRulesCommandInput, api.ListRulesCommandOutput>({
    handle({ EventBusName, NamePrefix = '' }, { region }) {
      const { name } = getBus(region, EventBusName);
      const mine = [...rules.values()].filter((rule) => rule.region === region && rule.bus === name);
      return { Rules: mine.filter((rule) => rule.name.startsWith(NamePrefix)).map(described) };
    },
  });

  const ListTargetsByRule = operation<api.ListTargetsByRuleCommandInput, api.ListTargetsByRuleCommandOutput>({
    permissions: onRule('events:ListTargetsByRule'),
    handle: ({ Rule: name, EventBusName }, { region }) => ({
      Targets: getRule(region, name, EventBusName).targets.map(({ id, arn, roleArn, input, deadLetterArn }) => ({
        Id: id,
        Arn: arn,
        ...(roleArn ? { RoleArn: roleArn } : {}),
        ...(input ? { Input: input } : {}),
        ...(deadLetterArn ? { DeadLetterConfig: { Arn: deadLetterArn } } : {}),
      })),
    }),
  });

  const DescribeEventBus = operation<api.DescribeEventBusCommandInput, api.DescribeEventBusCommandOutput>({
    permissions: ({ Name }, { region }) => [
      { action: 'events:DescribeEventBus', resource: busArn(region, busName(Name)) },
    ],
    handle({ Name }, { region }) {
      const { name, arn } = getBus(region, Name);
      return { Name: name, Arn: arn };
    },
  });

  const ListEventBuses = operation<api.ListEventBusesCommandInput, api.ListEventBusesCommandOutput>({
    handle: (_input, { region }) => ({
      EventBuses: [getBus(region), ...[...buses.values()].filter((bus) => bus.region === region)].map(
        ({ name, arn }) => ({ Name: name, Arn: arn }),
      ),
    }),
  });

  const TestEventPattern = operation<api.TestEventPatternCommandInput, api.TestEventPatternCommandOutput>({
    handle: ({ EventPattern = '', Event = '' }) => ({
      Result: matchesPattern(readPattern(EventPattern), JSON.parse(Event)),
    }),
  });

  return {
    name: 'events',
    api: {
      signingName: 'events',
      iamPrefix: 'events',
      sdk,
      Client: sdk.EventBridgeClient,
      operations: {
        PutEvents,
        PutRule,
        PutTargets,
        RemoveTargets,
        DeleteRule,
        DescribeRule,
        ListRules,
        ListTargetsByRule,
        DescribeEventBus,
        ListEventBuses,
        TestEventPattern,
      },
    },
    resources: {
      'AWS::Events::EventBus': {
        create(resource) {
          const { Name } = BusProperties.parse(resource.properties);
          const bus = { name: Name, arn: busArn(resource.region, Name), region: resource.region };
          buses.set(bus.arn, bus);
          return { ref: Name, attributes: { Arn: bus.arn, Name } };
        },
      },
      'AWS::Events::Rule': {
        create(resource) {
          const rule = readRule(world, resource);
          getBus(resource.region, rule.bus);
          rules.set(rule.arn, rule);
          const ref = rule.bus === DEFAULT_BUS ? rule.name : `${rule.bus}|${rule.name}`;
          return { ref, attributes: { Arn: rule.arn } };
        },
      },
    },
    stop: () => dispatch.stop(),
    deliverTwice: () => dispatch.deliverTwice(),
  };
};

const readTarget = (input: api.Target): Target => {
  try {
    return targetOf(input);
  } catch (error) {
    throw new ServiceError('ValidationException', (error as Error).message);
  }
};

const readPattern = (text: string): Pattern => {
  try {
    const pattern = JSON.parse(text) as Pattern;
    checkPattern(pattern);
    return pattern;
  } catch (error) {
    throw new ServiceError('InvalidEventPatternException', (error as Error).message, 400);
  }
};

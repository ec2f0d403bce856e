import * as elasticache from '@aws-sdk/client-elasticache';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import {
  type Created,
  operation,
  type Principal,
  type Role,
  type Service,
  ServiceError,
  type World,
} from '../../../local/service.ts';
import { ACCOUNT_ID } from '../../builders/a-world.ts';

export const ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/tested`;

/** A role that Step Functions may assume. */
export const trustedRole = (): Role => ({
  arn: ROLE_ARN,
  name: 'tested',
  trust: {
    Statement: [{ Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  },
  policies: new Map(),
});

/** Makes a state machine `tested` as CloudFormation would. */
export const makeMachine = async (states: Service, definition: object, properties: object): Promise<Created> => {
  const builder = states.resources?.['AWS::StepFunctions::StateMachine'];
  if (!builder) throw new Error('The service makes no state machines');
  return builder.create({
    stackName: 'stack',
    region: 'us-east-1',
    logicalId: 'Machine',
    type: 'AWS::StepFunctions::StateMachine',
    properties: {
      StateMachineName: 'tested',
      RoleArn: ROLE_ARN,
      DefinitionString: JSON.stringify(definition),
      ...properties,
    },
    generatedName: () => 'generated',
    assetFolder: () => '',
  });
};

interface Answer {
  readonly payload?: unknown;
  readonly functionError?: string;
  /** Lambda itself fails. */
  readonly error?: string;
}

/** Lambda, ElastiCache and EventBridge, as small as a state machine needs them. */
export interface Playing {
  readonly services: readonly ((world: World) => Service)[];
  /** What every function answers. */
  answer: (payload: Readonly<Record<string, unknown>>) => Answer | Promise<Answer>;
  /** Who called Lambda or ElastiCache. */
  readonly principals: Principal[];
  readonly tokens: string[];
  /** EventBridge answers that it took no entry. */
  refusesEntries: boolean;
  readonly events: eventbridge.PutEventsRequestEntry[];
}

export const functionsAndCaches = (): Playing => {
  const playing: Playing = {
    services: [],
    answer: () => ({ payload: null }),
    principals: [],
    tokens: [],
    refusesEntries: false,
    events: [],
  };

  const Invoke = operation<lambda.InvokeCommandInput, lambda.InvokeCommandOutput>({
    async handle({ Payload }, { principal }) {
      playing.principals.push(principal);
      const payload = Payload instanceof Uint8Array ? Buffer.from(Payload).toString() : '{}';
      const answer = await playing.answer(JSON.parse(payload));
      if (answer.error) throw new ServiceError(answer.error, 'not now', 429);
      const body = Buffer.from(JSON.stringify(answer.payload ?? null));
      const output = { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: body as never };
      return answer.functionError ? { ...output, FunctionError: answer.functionError } : output;
    },
  });

  const DescribeReplicationGroups = operation<
    elasticache.DescribeReplicationGroupsCommandInput,
    elasticache.DescribeReplicationGroupsCommandOutput
  >({
    handle({ ReplicationGroupId }, { principal }) {
      playing.principals.push(principal);
      const group: elasticache.ReplicationGroup = {
        ReplicationGroupId,
        Status: 'available',
        ARN: `arn:${ReplicationGroupId}`,
        MultiAZ: 'enabled',
        ReplicationGroupCreateTime: new Date('2026-01-31T09:00:00Z'),
      };
      return { ReplicationGroups: [group] };
    },
  });

  const PutEvents = operation<eventbridge.PutEventsCommandInput, eventbridge.PutEventsCommandOutput>({
    handle({ Entries = [] }) {
      playing.events.push(...Entries);
      return {
        FailedEntryCount: playing.refusesEntries ? Entries.length : 0,
        Entries: Entries.map(() => ({ EventId: 'e' })),
      };
    },
  });

  const service = (name: string, api: Service['api']) => (): Service => ({ name, ...(api ? { api } : {}) });
  return Object.assign(playing, {
    services: [
      service('lambda', {
        signingName: 'lambda',
        iamPrefix: 'lambda',
        sdk: lambda,
        Client: lambda.LambdaClient,
        operations: { Invoke },
      }),
      service('elasticache', {
        signingName: 'elasticache',
        iamPrefix: 'elasticache',
        sdk: elasticache,
        Client: elasticache.ElastiCacheClient,
        operations: { DescribeReplicationGroups },
      }),
      service('events', {
        signingName: 'events',
        iamPrefix: 'events',
        sdk: eventbridge,
        Client: eventbridge.EventBridgeClient,
        operations: { PutEvents },
      }),
    ],
  });
};

import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { completeTokenSecret } from '../../functions/creation/complete-token-secret.ts';
import { createCache } from '../../functions/creation/create-cache.ts';
import { makeTokenSecret } from '../../functions/creation/make-token-secret.ts';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import {
  CompleteSecretInput,
  CreateInput,
  MakeTokenInput,
  type PlannedCall,
} from '../../functions/creation/schemas.ts';
import { elastiCacheCaches } from '../../functions/platform/elasticache-caches.ts';
import { endpointIn, tokenIn, tokenSecretText } from '../../functions/platform/secret-format.ts';
import { secretsManagerSecrets } from '../../functions/platform/secrets.ts';
import { aSpec } from '../builders/a-spec.ts';
import { anObservation } from '../builders/an-observation.ts';
import { anSdkClient, named } from '../builders/an-sdk-client.ts';
import { OPERATION_ID, returns, runWorkflow, type Stub, works } from '../builders/run-workflow.ts';
import { termsToAct } from '../builders/terms.ts';

const TOKEN = 'T'.repeat(64);
const SECRET = 'autopilot/orders/auth-token';
const CREATED = {
  ClusterEnabled: true,
  ConfigurationEndpoint: { Address: 'clustercfg.orders.example.com', Port: 6379 },
};
type Call = Pick<PlannedCall, 'operation' | 'parameters'>;

/** Plans for what was seen, then carries the plan out; every call that changes something is written down, in order. */
const planAndMake = async (spec: Record<string, unknown>, seen: Observation) => {
  const plan = planCreation(spec, seen, termsToAct({ operationId: OPERATION_ID }));
  const made: Call[] = [];
  const note =
    (operation: string, answer: unknown = {}) =>
    (input: unknown) => {
      made.push({ operation, parameters: JSON.parse(JSON.stringify(input)) });
      return answer;
    };
  const secret = { ARN: SECRET, VersionIdsToStages: { v1: ['AWSCURRENT'] } };
  const { client: secretsManager } = anSdkClient<SecretsManagerClient>({
    DescribeSecret: () => {
      if (!seen.secret) return named('ResourceNotFoundException');
      return { ...secret, ...(seen.secret.deletionScheduled ? { DeletedDate: new Date(0) } : {}) };
    },
    GetRandomPassword: note('GetRandomPassword', { RandomPassword: TOKEN }),
    CreateSecret: note('CreateSecret', { ARN: SECRET, VersionId: 'v1' }),
    RestoreSecret: note('RestoreSecret'),
    PutSecretValue: note('PutSecretValue'),
    GetSecretValue: () => ({ SecretString: tokenSecretText({ engine: 'redis', cacheId: 'orders', authToken: TOKEN }) }),
  });
  const { client: elastiCache } = anSdkClient<ElastiCacheClient>({
    DescribeReplicationGroups: () =>
      made.some(({ operation }) => operation === 'CreateReplicationGroup')
        ? { ReplicationGroups: [{ ...CREATED, ReplicationGroupId: 'orders' }] }
        : named('ReplicationGroupNotFoundFault'),
    CreateReplicationGroup: note('CreateReplicationGroup', { ReplicationGroup: { ARN: 'arn', Status: 'creating' } }),
  });
  const tools = {
    caches: elastiCacheCaches(elastiCache),
    secrets: secretsManagerSecrets(secretsManager),
    fence: async () => {},
  };
  const noted =
    (operation: string): Stub =>
    ({ arguments: input }) => {
      note(operation)(input);
      return {};
    };
  const run = await runWorkflow('create-cache', {
    Plan: returns(JSON.parse(JSON.stringify(plan))),
    Open: returns({ fencing: 1 }),
    createCacheParameterGroup: noted('CreateCacheParameterGroup'),
    modifyCacheParameterGroup: noted('ModifyCacheParameterGroup'),
    MakeToken: works(MakeTokenInput, (input) => makeTokenSecret(input, tools)),
    Create: works(CreateInput, (input) => createCache(input, tools)),
    settle: returns({ status: 'available', shards: 3, endpoints: {} }),
    Verify: returns({}),
    CompleteSecret: works(CompleteSecretInput, (input) => completeTokenSecret(input, tools)),
    Close: returns({ outcome: 'done', repeated: false }),
  });
  expect(run.path.at(-1)).toBe('Done');
  return { shown: plan.calls.map(({ operation, parameters }) => ({ operation, parameters })), made };
};

const HIDDEN = ['SecretString', 'AuthToken'];
/** The calls without the values that nobody may see; that they were there still counts. */
const withoutSecrets = (calls: readonly Call[]): Call[] =>
  calls.map(({ operation, parameters }) => ({
    operation,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, value]) => [key, HIDDEN.includes(key) ? '(hidden)' : value]),
    ),
  }));

const manyParameters = Object.fromEntries(Array.from({ length: 45 }, (_, n) => [`parameter-${n}`, `${n}`]));
const group = { family: 'redis7', values: {} };
const CALLS_FOR_ALL = [
  'CreateCacheParameterGroup',
  'ModifyCacheParameterGroup',
  'GetRandomPassword',
  'CreateSecret',
  'CreateReplicationGroup',
  'PutSecretValue',
];

describe('the calls that a plan shows are the calls that are made', () => {
  it.each<[string, Record<string, unknown>, Partial<Observation>, readonly string[]]>([
    ['with a parameter group and a token', aSpec(), {}, CALLS_FOR_ALL],
    ['with neither', aSpec({ parameters: undefined, authToken: undefined }), {}, ['CreateReplicationGroup']],
    [
      'with more parameters than one call takes',
      aSpec({ parameters: manyParameters, authToken: undefined }),
      { parameters: Object.fromEntries(Object.keys(manyParameters).map((name) => [name, { modifiable: true }])) },
      ['CreateCacheParameterGroup', ...Array(3).fill('ModifyCacheParameterGroup'), 'CreateReplicationGroup'],
    ],
    [
      'when group and secret are there',
      aSpec(),
      { parameterGroup: group, secret: { arn: 'arn:secret', deletionScheduled: false } },
      ['ModifyCacheParameterGroup', 'CreateReplicationGroup', 'PutSecretValue'],
    ],
    [
      'when the secret is to be deleted',
      aSpec({ parameters: undefined }),
      { secret: { arn: 'arn:secret', deletionScheduled: true } },
      ['RestoreSecret', 'CreateReplicationGroup', 'PutSecretValue'],
    ],
    [
      'with everything that a specification can say',
      aSpec({
        engine: 'valkey',
        engineVersion: '8.0',
        kmsKeyId: 'alias/caches',
        securityGroupIds: ['sg-0123456789abcdef0'],
        cacheSubnetGroupName: 'default',
        port: 6380,
        notificationTopicArn: 'arn:aws:sns:us-east-1:111122223333:elasticache-events',
      }),
      {
        securityGroups: [{ id: 'sg-0123456789abcdef0', vpcId: 'vpc-0a1b2c3d', inbound: [] }],
      },
      CALLS_FOR_ALL,
    ],
  ])('%s', async (_what, spec, seen, operations) => {
    const { shown, made } = await planAndMake(spec, anObservation(seen));
    expect(withoutSecrets(made)).toEqual(withoutSecrets(shown));
    expect(made.map(({ operation }) => operation)).toEqual(operations);
  });

  it('and the token is in the calls that are made, and in none that is shown', async () => {
    const { shown, made } = await planAndMake(aSpec(), anObservation());
    const parametersOf = (calls: readonly Call[], name: string) =>
      calls.find(({ operation }) => operation === name)?.parameters ?? {};
    expect(JSON.stringify(shown)).not.toContain(TOKEN);
    expect(tokenIn(String(parametersOf(made, 'CreateSecret').SecretString), SECRET)).toBe(TOKEN);
    expect(parametersOf(made, 'CreateReplicationGroup').AuthToken).toBe(TOKEN);
    const completed = String(parametersOf(made, 'PutSecretValue').SecretString);
    expect(tokenIn(completed, SECRET)).toBe(TOKEN);
    expect(endpointIn(completed)).toEqual({ host: 'clustercfg.orders.example.com', port: 6379 });
  });
});

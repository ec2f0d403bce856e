import { afterAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  ChangeInput,
  type ChangeStep,
  CompleteSecretInput,
  CreateInput,
  type CreationPlan,
  DiagnoseInput,
  type DiagnoseOutput,
  ListLeftInput,
  type ListLeftOutput,
  MakeTokenInput,
  PlanInput,
  UndoInput,
  type UndoOutput,
  VerifyInput,
} from '../../functions/creation/schemas.ts';
import { AskApprovalInput, CloseInput, OpenInput } from '../../functions/operations/schemas.ts';
import type { Json, JsonObject } from '../../local/states/json.ts';
import { A_VPC, aDefinition } from '../builders/a-definition.ts';
import {
  answers,
  fails,
  inTurn,
  OPERATION_ID,
  type Run,
  returns,
  runWorkflow,
  type Stub,
  throws,
} from '../builders/run-workflow.ts';

const TAGS = [{ Key: 'autopilot:managed', Value: 'true' }];
const EVIDENCE = { shards: [], tls: true, authRequired: true, checkedAt: '2026-11-21T07:10:00Z' };
const ENDPOINTS = { configuration: { Address: 'clustercfg.orders.example.com', Port: 6379 } };

const aGroup = (parameters: Record<string, string>, exists = false) => ({
  name: 'autopilot-orders-redis7',
  family: 'redis7',
  description: 'Parameters of orders',
  tags: [...TAGS, { Key: 'autopilot:operation', Value: OPERATION_ID }],
  exists,
  parameters,
});

/** A plan as JSON; a field given as undefined is left out. */
const aPlan = (
  changes: { readonly [Field in keyof CreationPlan]?: CreationPlan[Field] | undefined } = {},
): JsonObject => {
  const plan: CreationPlan = {
    action: 'create',
    reason: 'NewCache',
    cacheId: 'orders',
    mode: 'act',
    summary: 'Create orders with 3 shards.',
    faults: [],
    differences: [],
    warnings: [],
    doubts: [],
    there: [],
    missing: ['the cache'],
    steps: [],
    calls: [],
    monthlyCostUsd: 210.24,
    kind: 'replication-group',
    settle: { deadlineSeconds: 3600 },
    vpcId: A_VPC,
    token: { secretName: 'autopilot/orders/auth-token', engine: 'redis', lengthCharacters: 64, tags: TAGS },
    parameterGroup: aGroup({ 'maxmemory-policy': 'allkeys-lru' }),
    request: { ReplicationGroupId: 'orders' },
    expect: { shards: 3, replicasPerShard: 2, clusterMode: true, tls: true, auth: true },
  };
  return JSON.parse(JSON.stringify({ ...plan, ...changes }));
};

/** What the plan says about a cache that is there, as specified. */
const KEEP = {
  action: 'keep',
  reason: 'AlreadyAsSpecified',
  summary: 'Orders exists as specified.',
  expect: { shards: 3, replicasPerShard: 2, clusterMode: true, tls: true, auth: true, secretArn: 'arn:secret' },
} as const;

const UNDONE = { gone: ['the cache'], kept: [], advice: 'Nothing.' } satisfies UndoOutput;

const DIAGNOSIS = {
  diagnosis: 'AWS has no room for it.',
  findings: [{ cause: 'NoCapacity', says: 'AWS has no room for it.' }],
  evidence: { nodesInRegion: { value: { all: 3, own: 0 } } },
} satisfies DiagnoseOutput;
const LEFT = {
  left: [{ what: 'cache orders', arn: 'arn:orders', status: 'create-failed', remove: 'aws …' }],
  advice: 'Kept: cache orders.',
} satisfies ListLeftOutput;

/** What every call meets when all goes well. */
const ALL_WELL: Readonly<Record<string, Stub>> = {
  Plan: returns(aPlan()),
  AskApproval: answers({ approved: true, answeredBy: 'alice' }),
  Open: returns({ fencing: 1 }),
  createCacheParameterGroup: returns({ CacheParameterGroup: {} }),
  modifyCacheParameterGroup: returns({ CacheParameterGroupName: 'autopilot-orders-redis7' }),
  MakeToken: returns({ secretArn: 'arn:secret', versionId: '1', made: true }),
  Create: returns({ arn: 'arn:orders', status: 'creating' }),
  Change: returns({ operation: 'ModifyReplicationGroup', made: true }),
  settle: returns({ status: 'available', shards: 3, endpoints: ENDPOINTS }),
  Verify: returns(EVIDENCE),
  CompleteSecret: returns({ secretName: 'autopilot/orders/auth-token', written: true }),
  Diagnose: returns(DIAGNOSIS),
  ListLeft: returns(LEFT),
  Undo: returns(UNDONE),
  Close: returns({ outcome: 'done', repeated: false }),
};

const INPUTS: Readonly<Record<string, z.ZodType>> = {
  Plan: PlanInput,
  AskApproval: AskApprovalInput,
  Open: OpenInput,
  MakeToken: MakeTokenInput,
  Create: CreateInput,
  Change: ChangeInput,
  Verify: VerifyInput,
  CompleteSecret: CompleteSecretInput,
  Diagnose: DiagnoseInput,
  ListLeft: ListLeftInput,
  Undo: UndoInput,
  Close: CloseInput,
};

const REQUEST = { spec: { cacheId: 'orders' }, requestedBy: 'alice@example.com', mode: 'act' };
const visited = new Set<string>();

/** Runs create-cache; every payload that it sends has to fit the function that gets it. */
const createCache = async (stubs: Readonly<Record<string, Stub>> = {}, input: Json = REQUEST): Promise<Run> => {
  const run = await runWorkflow('create-cache', { ...ALL_WELL, ...stubs }, input);
  for (const state of run.path) visited.add(state);
  for (const { to, with: payload } of run.calls) INPUTS[to]?.parse(payload);
  return run;
};

/** The path without its beginning, which is always the same. */
const pathOf = ({ path }: Run): readonly string[] => {
  expect(path.slice(0, 2)).toEqual(['Take the request', 'Plan the creation']);
  return path.slice(2);
};
const callTo = (run: Run, to: string): Json | undefined => run.calls.findLast((call) => call.to === to)?.with;
const reported = (run: Run) => callTo(run, 'Close');

interface TimedState {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Seconds?: number;
  readonly Retry?: readonly {
    readonly MaxAttempts: number;
    readonly IntervalSeconds: number;
    readonly BackoffRate: number;
    readonly MaxDelaySeconds?: number;
  }[];
  readonly Arguments?: { readonly Payload?: { readonly leaseSeconds?: number } };
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, TimedState>> };
}

/** How long a state can take at most: each attempt its whole time, each wait its longest. */
const longestSeconds = (state: TimedState): number => {
  const retries = state.Retry ?? [];
  const waits = retries.flatMap(({ MaxAttempts, IntervalSeconds, BackoffRate, MaxDelaySeconds = Infinity }) =>
    Array.from({ length: MaxAttempts }, (_, n) => Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds)),
  );
  // Only starting a workflow is repeated, and that takes no time worth counting.
  const attempts = state.Resource?.includes('startExecution') ? 1 : 1 + waits.length;
  // No family has more than 100 parameters, which are 5 calls.
  const items = Object.values(state.ItemProcessor?.States ?? {}).map((inner) => 5 * longestSeconds(inner));
  const parts = [(state.TimeoutSeconds ?? 0) * attempts, state.Seconds ?? 0, ...waits, ...items];
  return parts.reduce((sum, part) => sum + part, 0);
};

const GATE = ['Is there anything to do?', 'What does the policy say?'];
const LOCK = ['Take the lock', 'Look again', 'Is it still to do?'];
const PARAMETERS = [
  'Is a parameter group needed?',
  'Make the parameter group',
  'Set the parameters',
  'Set up to 20 parameters',
];
const TOKEN = ['Is a token needed?', 'Make the token'];
const ACT = [...PARAMETERS, ...TOKEN, 'Create the cache'];
const VERIFY = ['Verify the cache', 'Is the token new?'];
const COMPLETE = [...VERIFY, 'Complete the secret'];
const REPORT = ['Report the outcome', 'How did it end?'];
const FAULT = ['Name the fault', 'Say what happened'];
const UNDO = ['Is it to be kept?', 'Undo what was made', ...FAULT, ...REPORT, 'Undone'];
const NOTHING_MADE = [...FAULT, ...REPORT, 'Failed'];

describe('create-cache', () => {
  it('plans, locks, makes, waits, verifies and reports', async () => {
    const run = await createCache();
    expect(pathOf(run)).toEqual([
      ...[...GATE, ...LOCK, ...ACT, 'Wait until it is available', ...COMPLETE, ...REPORT, 'Done'],
    ]);
    expect(run.outcome).toEqual({
      status: 'SUCCEEDED',
      output: {
        outcome: 'done',
        reason: 'Created',
        cacheId: 'orders',
        operationId: OPERATION_ID,
        summary: 'Done and verified: Create orders with 3 shards.',
        plan: aPlan(),
        endpoints: ENDPOINTS,
        evidence: EVIDENCE,
      },
    });
    expect(reported(run)).toMatchObject({ outcome: 'done', requestedBy: 'alice@example.com', evidence: EVIDENCE });
  });

  it('hands on what the plan says, and where the token is', async () => {
    const run = await createCache();
    expect(callTo(run, 'createCacheParameterGroup')).toMatchObject({
      CacheParameterGroupName: 'autopilot-orders-redis7',
      CacheParameterGroupFamily: 'redis7',
      Tags: [
        { Key: 'autopilot:managed', Value: 'true' },
        { Key: 'autopilot:operation', Value: OPERATION_ID },
      ],
    });
    expect(callTo(run, 'Create')).toMatchObject({ request: { ReplicationGroupId: 'orders' }, secretArn: 'arn:secret' });
    expect(callTo(run, 'settle')).toMatchObject({ until: 'available', shards: 3, deadlineSeconds: 3600 });
    expect(callTo(run, 'Verify')).toMatchObject({ expect: { shards: 3, secretArn: 'arn:secret' } });
    expect(callTo(run, 'Open')).toMatchObject({ workflow: 'create-cache' });
  });

  it('makes neither parameter group nor token where the plan has none', async () => {
    const run = await createCache({ Plan: returns(aPlan({ token: undefined, parameterGroup: undefined })) });
    expect(pathOf(run)).toEqual([
      ...[...GATE, ...LOCK, 'Is a parameter group needed?', 'Is a token needed?', 'Create the cache'],
      ...['Wait until it is available', ...VERIFY, ...REPORT, 'Done'],
    ]);
    expect(callTo(run, 'Create')).not.toHaveProperty('secretArn');
  });
});

describe('create-cache leaves everything alone', () => {
  it.each([
    ['a request with faults', { action: 'refuse', reason: 'InvalidSpec' }, 'refused', 'InvalidSpec', 'Refused'],
    ['a VPC that it cannot reach', { vpcId: 'vpc-99999999' }, 'refused', 'VpcNotConfigured', 'Refused'],
    ['a VPC that nobody knows', { vpcId: null }, 'refused', 'VpcNotConfigured', 'Refused'],
  ] as const)('for %s', async (_what, changes, outcome, reason, end) => {
    const run = await createCache({ Plan: returns(aPlan(changes)) });
    expect(pathOf(run)).toEqual(['Is there anything to do?', ...REPORT, end]);
    expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome, reason } });
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Close']);
    expect(reported(run)).toMatchObject({ outcome, reason });
  });

  it('for a cache in a VPC where it could not be verified', async () => {
    const run = await createCache({ Plan: returns(aPlan({ ...KEEP, vpcId: 'vpc-99999999' })) });
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Close']);
    expect(reported(run)).toMatchObject({ outcome: 'refused', reason: 'VpcNotConfigured' });
  });

  it('for a cache that is as specified, but only says so when a real client has verified it', async () => {
    const run = await createCache({ Plan: returns(aPlan(KEEP)) });
    expect(pathOf(run)).toEqual(['Is there anything to do?', ...VERIFY, ...REPORT, 'Nothing to do']);
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Verify', 'Close']);
    expect(callTo(run, 'Verify')).toMatchObject({ expect: { shards: 3, secretArn: 'arn:secret' } });
    expect(reported(run)).toMatchObject({
      outcome: 'nothing-to-do',
      reason: 'AlreadyAsSpecified',
      evidence: EVIDENCE,
      summary: 'Orders exists as specified. A real client has verified it.',
    });
  });

  it.each([
    ['at once', returns(aPlan(KEEP)), ['Is there anything to do?']],
    ['only when it looked again', inTurn(returns(aPlan()), returns(aPlan(KEEP))), [...GATE, ...LOCK]],
  ])('and undoes nothing when a cache that it found %s cannot be verified', async (_when, Plan, path) => {
    const run = await createCache({ Plan, Verify: throws('VerificationFailed', 'orders refuses the token.') });
    expect(pathOf(run)).toEqual([
      ...[...path, 'Verify the cache', 'Is there anything to undo?'],
      ...['Name the fault', 'Say what happened', ...REPORT, 'Failed'],
    ]);
    expect(callTo(run, 'Undo')).toBeUndefined();
    expect(reported(run)).toMatchObject({
      outcome: 'failed',
      reason: 'VerificationFailed',
      summary: 'Verifying orders, which was there before, failed: orders refuses the token.',
    });
  });

  it('and says which VPC is missing', async () => {
    const run = await createCache({ Plan: returns(aPlan({ vpcId: 'vpc-99999999' })) });
    expect(reported(run)).toMatchObject({ summary: expect.stringContaining('vpc-99999999') });
  });

  it('reports every fault of a refused specification', async () => {
    const faults = [{ path: 'port', value: 0, rule: 'A port is 1–65535.', remedy: 'Choose another.' }];
    const run = await createCache({ Plan: returns(aPlan({ action: 'refuse', reason: 'InvalidSpec', faults })) });
    expect(reported(run)).toMatchObject({ figures: { faults } });
  });

  it('and does not even connect to a cache that is there, in mode observe', async () => {
    const run = await createCache({ Plan: returns(aPlan({ ...KEEP, mode: 'observe' })) });
    expect(pathOf(run)).toEqual(['Is there anything to do?', ...REPORT, 'Nothing to do']);
    expect(run.outcome).toMatchObject({
      output: { outcome: 'nothing-to-do', summary: expect.stringContaining('Nobody has connected to it now') },
    });
  });

  it('in mode observe', async () => {
    const asked = { ...REQUEST, spec: { cacheId: 'Orders' } };
    const run = await createCache({ Plan: returns(aPlan({ mode: 'observe' })) }, asked);
    expect(pathOf(run)).toEqual([...GATE, ...REPORT, 'Observed']);
    expect(reported(run)).toMatchObject({ cacheId: 'orders', summary: 'Create orders with 3 shards.' });
    expect(run.outcome).toMatchObject({ output: { outcome: 'observed', plan: { calls: [] } } });
  });

  it.each([
    ['an action that it does not know', { action: 'replace' }, ['Is there anything to do?']],
    ['a mode that it does not know', { mode: 'bold' }, GATE],
  ])('and fails, for %s', async (_what, changes, path) => {
    const run = await createCache({ Plan: returns({ ...aPlan(), ...changes }) });
    expect(pathOf(run)).toEqual([...path, ...REPORT, 'Failed']);
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Close']);
  });

  it('when the plan cannot be made, and names a cache only if the request does', async () => {
    const run = await createCache(
      { Plan: throws('GrantPermission', 'AWS "denied" a call.') },
      { spec: { cacheId: 7 } },
    );
    expect(pathOf(run)).toEqual(NOTHING_MADE);
    expect(run.outcome).toEqual({
      status: 'FAILED',
      error: 'GrantPermission',
      cause: 'Creating unknown failed: AWS "denied" a call.',
    });
    expect(reported(run)).toMatchObject({ outcome: 'failed', reason: 'GrantPermission', requestedBy: 'unknown' });
  });
});

/** What the plan says about a cache that has to be changed. */
const CHANGE = { action: 'change', reason: 'CacheDiffers', summary: 'Change orders: set tags; spread keys.' } as const;
const aStep = (id: string, more: Partial<ChangeStep> = {}): ChangeStep => ({
  id,
  says: `do ${id}`,
  fields: [id],
  call: { service: 'elasticache', operation: 'ModifyReplicationGroup', parameters: { ReplicationGroupId: 'orders' } },
  interrupts: 'nothing',
  safe: false,
  deadlineSeconds: 1800,
  ...more,
});
const aChange = (steps: readonly ChangeStep[], more: Parameters<typeof aPlan>[0] = {}) =>
  aPlan({ ...CHANGE, steps: [...steps], ...more });

describe('create-cache changes a cache that exists', () => {
  const TAGS_STEP = aStep('set-tags');
  const SHARDS_STEP = aStep('more-shards', { shards: 5, deadlineSeconds: 10_200 });
  const STEP = [
    ...['Does the change go forward?', 'Take the next step'],
    ...['Give ElastiCache a moment', 'Wait until the step is done'],
  ];
  const plans = (...following: readonly Json[]) => {
    const [first, ...rest] = [aChange([TAGS_STEP, SHARDS_STEP]), ...following];
    return inTurn(returns(first), ...rest.map(returns));
  };
  const BOTH = [aChange([TAGS_STEP, SHARDS_STEP]), aChange([SHARDS_STEP]), aPlan(KEEP)];

  it('step by step, planning again and renewing the lock after each, and verifies the whole', async () => {
    const run = await createCache({ Plan: plans(...BOTH) });
    expect(pathOf(run)).toEqual([
      ...[...GATE, ...LOCK, ...STEP, ...LOCK, ...STEP, ...LOCK, ...VERIFY, ...REPORT, 'Done'],
    ]);
    expect(run.calls.filter(({ to }) => to === 'Change').map(({ with: given }) => given)).toMatchObject([
      { step: { id: 'set-tags' }, fencing: 1 },
      { step: { id: 'more-shards' }, fencing: 1 },
    ]);
    expect(run.calls.filter(({ to }) => to === 'settle').map(({ with: given }) => given)).toMatchObject([
      { deadlineSeconds: 1800 },
      { deadlineSeconds: 10_200, shards: 5 },
    ]);
    expect(run.calls.filter(({ to }) => to === 'Plan').map(({ with: given }) => given)).toMatchObject([
      {},
      { taken: [] },
      { taken: ['set-tags'] },
      { taken: ['set-tags', 'more-shards'] },
    ]);
    expect(reported(run)).toMatchObject({
      outcome: 'done',
      reason: 'Changed',
      summary: 'Done and verified: Change orders: set tags; spread keys.',
      figures: { steps: ['do set-tags', 'do more-shards'] },
      specification: { spec: { cacheId: 'orders' } },
    });
  });

  it('does not call its own what it found done', async () => {
    const found = returns({ operation: 'ModifyReplicationGroup', made: false });
    const run = await createCache({ Plan: plans(...BOTH), Change: inTurn(found, ALL_WELL.Change ?? found) });
    expect(reported(run)).toMatchObject({ figures: { steps: ['do set-tags (found done)', 'do more-shards'] } });
  });

  it('makes a token where a step needs one', async () => {
    const token = {
      secretName: 'autopilot/orders/auth-token',
      engine: 'redis' as const,
      lengthCharacters: 64,
      tags: TAGS,
    };
    const first = aChange([aStep('make-token', { token }), aStep('offer-token')]);
    const run = await createCache({ Plan: inTurn(returns(first), returns(first), returns(aPlan(KEEP))) });
    expect(pathOf(run)).toEqual([
      ...[...GATE, ...LOCK, 'Does the change go forward?', 'Make the token for the change'],
      ...[...LOCK, ...VERIFY, ...REPORT, 'Done'],
    ]);
    expect(callTo(run, 'MakeToken')).toMatchObject({ secretName: 'autopilot/orders/auth-token', fencing: 1 });
  });

  it('only says what it would do, in mode observe', async () => {
    const run = await createCache({ Plan: returns(aChange([TAGS_STEP], { mode: 'observe' })) });
    expect(pathOf(run)).toEqual([...GATE, ...REPORT, 'Observed']);
    expect(reported(run)).not.toHaveProperty('specification');
  });

  it('does in mode approve what a person has approved, and nothing else', async () => {
    const asked = aChange([TAGS_STEP, SHARDS_STEP], { mode: 'approve' });
    const approved = await createCache({
      Plan: inTurn(
        returns(asked),
        returns(asked),
        returns(aChange([SHARDS_STEP], { mode: 'approve' })),
        returns(aPlan(KEEP)),
      ),
    });
    expect(approved.path.at(-1)).toBe('Done');
    const other = aChange([aStep('fewer-replicas'), TAGS_STEP], { mode: 'approve' });
    const refused = await createCache({ Plan: inTurn(returns(asked), returns(other)) });
    expect(refused.path.at(-1)).toBe('Refused');
    expect(callTo(refused, 'Change')).toBeUndefined();
    expect(reported(refused)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
    const later = await createCache({ Plan: inTurn(returns(asked), returns(asked), returns(other)) });
    expect(reported(later)).toMatchObject({
      outcome: 'failed',
      reason: 'PlanChanged',
      summary: expect.stringContaining('Done before: do set-tags.'),
    });
  });

  it('goes on with what a person has approved, however the mode changes between the steps', async () => {
    const [first, second] = [aChange([TAGS_STEP, SHARDS_STEP], { mode: 'approve' }), [SHARDS_STEP]];
    for (const modes of [
      ['act', 'approve'],
      ['act', 'act'],
      ['approve', 'act'],
      ['approve', 'approve'],
    ] as const) {
      const [one, two] = [aChange([TAGS_STEP, SHARDS_STEP], { mode: modes[0] }), aChange(second, { mode: modes[1] })];
      const run = await createCache({ Plan: inTurn(returns(first), returns(one), returns(two), returns(aPlan(KEEP))) });
      expect(run.path.at(-1), modes.join()).toBe('Done');
    }
    // What nobody has approved needs `act`, and a policy that became `observe` ends it in any case.
    const other = (mode: 'approve' | 'observe', steps: readonly ChangeStep[]) =>
      createCache({ Plan: inTurn(returns(first), returns(first), returns(aChange(steps, { mode }))) });
    expect(reported(await other('approve', [aStep('fewer-replicas')]))).toMatchObject({ reason: 'PlanChanged' });
    expect(reported(await other('observe', [SHARDS_STEP]))).toMatchObject({ reason: 'PlanChanged' });
  });

  it('takes no step in mode approve for which nobody was asked', async () => {
    const [act, approve] = [aChange([TAGS_STEP, SHARDS_STEP]), aChange([SHARDS_STEP], { mode: 'approve' })];
    const run = await createCache({ Plan: inTurn(returns(act), returns(act), returns(approve), returns(approve)) });
    expect(run.calls.filter(({ to }) => to === 'Change')).toHaveLength(1);
    expect(reported(run)).toMatchObject({ outcome: 'failed', reason: 'PlanChanged' });
  });

  it('takes no approved step that reads otherwise than it did, whatever its name', async () => {
    const asked = aChange([aStep('set-settings', { says: 'set the snapshot window' })], { mode: 'approve' });
    const more = aStep('set-settings', { says: 'set the snapshot window, the security groups sg-app' });
    const run = await createCache({ Plan: inTurn(returns(asked), returns(aChange([more], { mode: 'approve' }))) });
    expect(callTo(run, 'Change')).toBeUndefined();
    expect(reported(run)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
  });

  it.each(['act', 'approve'] as const)(
    'never creates what was there when a change was asked for, in mode %s',
    async (mode) => {
      const gone = returns(aPlan({ mode }));
      const atOnce = await createCache({ Plan: inTurn(returns(aChange([TAGS_STEP], { mode })), gone) });
      expect(callTo(atOnce, 'Create')).toBeUndefined();
      expect(reported(atOnce)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
      const steps = aChange([TAGS_STEP, SHARDS_STEP], { mode });
      const later = await createCache({ Plan: inTurn(returns(steps), returns(steps), gone) });
      expect(callTo(later, 'Create')).toBeUndefined();
      expect(reported(later)).toMatchObject({ outcome: 'failed', reason: 'PlanChanged' });
    },
  );

  it('never changes what was not there when a creation was asked for', async () => {
    const run = await createCache({ Plan: inTurn(returns(aPlan()), returns(aChange([TAGS_STEP]))) });
    expect(callTo(run, 'Change')).toBeUndefined();
    expect(reported(run)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
  });

  it.each([
    ['the policy says observe', aChange([SHARDS_STEP], { mode: 'observe' }), 'PlanChanged'],
    ['the rest is impossible', aPlan({ action: 'refuse', reason: 'NeedsReplacement' }), 'NeedsReplacement'],
  ])('stops and says what it has done when after a step %s', async (_what, then, reason) => {
    const run = await createCache({ Plan: plans(aChange([TAGS_STEP, SHARDS_STEP]), then) });
    expect(run.path.at(-1)).toBe('Failed');
    expect(reported(run)).toMatchObject({ outcome: 'failed', reason, summary: expect.stringContaining('do set-tags') });
    expect(callTo(run, 'Undo')).toBeUndefined();
  });

  it('gives up when a step does not take, instead of going round for ever', async () => {
    const run = await createCache({ Plan: returns(aChange([TAGS_STEP])) });
    expect(run.calls.filter(({ to }) => to === 'Change')).toHaveLength(3);
    expect(reported(run)).toMatchObject({ outcome: 'failed', reason: 'ChangeDidNotTake' });
    expect(run.path.at(-1)).toBe('Failed');
  });

  it.each([
    ['the step is refused', { Change: throws('FixInput', 'orders has no such shard.') }, 'FixInput'],
    ['the step does not settle', { settle: fails('SettleDeadline', 'orders is still modifying.') }, 'SettleDeadline'],
    ['the lock is lost', { Change: throws('LockLost') }, 'LockLost'],
    [
      'the cache is verified and found wanting',
      { Verify: throws('VerificationFailed', 'Open.') },
      'VerificationFailed',
    ],
  ])('undoes nothing when %s: the next request goes on from there', async (_what, stubs, reason) => {
    const run = await createCache({ Plan: plans(...BOTH), ...stubs });
    expect(run.path.at(-1)).toBe('Failed');
    expect(callTo(run, 'Undo')).toBeUndefined();
    expect(reported(run)).toMatchObject({ outcome: 'failed', reason });
    expect(reported(run)).not.toHaveProperty('specification');
  });

  it('fails when the token for the change cannot be made', async () => {
    const token = {
      secretName: 'autopilot/orders/auth-token',
      engine: 'redis' as const,
      lengthCharacters: 64,
      tags: TAGS,
    };
    const Plan = returns(aChange([aStep('make-token', { token })]));
    const run = await createCache({ Plan, MakeToken: throws('FixSecret') });
    expect(run.path.at(-1)).toBe('Failed');
    expect(reported(run)).toMatchObject({ reason: 'FixSecret' });
  });

  it('says what is left when it has repaired by itself what is safe', async () => {
    const left = aPlan({ ...KEEP, reason: 'PartlyRepaired', summary: 'What is left needs a person: do more-shards.' });
    const run = await createCache({ Plan: plans(aChange([TAGS_STEP]), left) }, { ...REQUEST, initiative: 'own' });
    expect(reported(run)).toMatchObject({
      outcome: 'done',
      reason: 'PartlyRepaired',
      summary: expect.stringContaining('needs a person'),
    });
    expect(reported(run)).not.toHaveProperty('specification');
  });
});

describe('create-cache writes into the secret of a new token where the cache is', () => {
  const changed = (...ids: readonly [string, ...string[]]) => {
    const plans = ids.map((id) => aChange([aStep(id)]));
    return createCache({ Plan: inTurn(...([plans[0] ?? {}, ...plans].map(returns) as [Stub]), returns(aPlan(KEEP))) });
  };

  it('when the cache is verified, and before the lock is given back', async () => {
    const { calls } = await createCache();
    expect(calls.map(({ to }) => to).slice(-3)).toEqual(['Verify', 'CompleteSecret', 'Close']);
  });

  it.each(['offer-token', 'demand-token'])('after %s too', async (step) => {
    expect(callTo(await changed('set-tags', step, 'use-parameter-group'), 'CompleteSecret')).toBeDefined();
  });

  it.each<[string, Record<string, Stub>]>([
    ['without a token', { Plan: returns(aPlan({ token: undefined })) }],
    ['that was there before', { Plan: returns(aPlan(KEEP)) }],
    ['that is not verified', { Verify: throws('VerificationFailed') }],
    ['that is only observed', { Plan: returns(aPlan({ mode: 'observe' })) }],
  ])('but not of a cache %s', async (_what, stubs) => {
    expect(callTo(await createCache(stubs), 'CompleteSecret')).toBeUndefined();
  });

  it('nor after a change that gives the cache no token', async () => {
    const run = await changed('set-tags', 'restore-token');
    expect(run.path.at(-1)).toBe('Done');
    expect(callTo(run, 'CompleteSecret')).toBeUndefined();
  });

  it.each([
    'FixSecret',
    'LockLost',
    'NotReady',
    'GrantPermission',
    'ServiceBusy',
    'Runtime.ExitError',
    'States.Timeout',
  ])(
    'and undoes no good cache when that fails with %s: it is done, and the report says what is missing',
    async (error) => {
      const run = await createCache({ CompleteSecret: throws(error) });
      expect(run.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'done', reason: 'Created' } });
      expect(callTo(run, 'Undo')).toBeUndefined();
      const { summary, ...report } = CloseInput.parse(reported(run));
      expect(report).toMatchObject({ outcome: 'done', reason: 'Created', evidence: EVIDENCE });
      expect(report).toHaveProperty('specification');
      expect(summary).toMatch(
        /^Done and verified: Create orders with 3 shards\. But the secret autopilot\/orders\/auth-token /,
      );
      expect(summary).toContain(`(${error})`);
    },
  );
});

describe('create-cache asks a person', () => {
  const approve = returns(aPlan({ mode: 'approve' }));

  it('and goes on with a yes', async () => {
    const run = await createCache({ Plan: approve });
    expect(pathOf(run).slice(0, 8)).toEqual([
      ...GATE,
      'Ask a person',
      'Did they agree?',
      ...LOCK,
      'Is a parameter group needed?',
    ]);
    expect(run.path.at(-1)).toBe('Done');
    expect(callTo(run, 'AskApproval')).toMatchObject({
      question: 'Shall this be done? Create orders with 3 shards.',
      expiresAt: '2026-11-22T07:00:00.000Z',
    });
  });

  it.each<[string, Json, string]>([
    ['a yes', { approved: true, answeredBy: 'bob' }, 'bob'],
    ['a no', { approved: false, answeredBy: 'bob' }, 'bob'],
    ['a long name', { approved: true, answeredBy: 'b'.repeat(5000) }, 'b'.repeat(500)],
    ['no name', { approved: true }, 'unknown'],
    ['something else for a name', { approved: false, answeredBy: { name: 'bob' } }, 'unknown'],
  ])('and reports who answered, by %s', async (_what, answer, answeredBy) => {
    const run = await createCache({ Plan: approve, AskApproval: answers(answer) });
    expect(reported(run)).toMatchObject({ answeredBy });
    expect(run.outcome).toMatchObject({ output: { answeredBy } });
  });

  it('and names nobody where nobody was asked, or nobody answered', async () => {
    expect(reported(await createCache())).not.toHaveProperty('answeredBy');
    const silence = await createCache({ Plan: approve, AskApproval: returns({ asked: true }) });
    expect(reported(silence)).not.toHaveProperty('answeredBy');
  });

  it.each([
    ['a no', { approved: false, answeredBy: 'bob' }],
    ['anything but the word true', { approved: 'yes' }],
    ['an answer without an answer', {}],
  ])('and stops at %s', async (_what, answer) => {
    const run = await createCache({ Plan: approve, AskApproval: answers(answer) });
    expect(pathOf(run)).toEqual([...GATE, 'Ask a person', 'Did they agree?', ...REPORT, 'Rejected']);
    expect(run.outcome).toMatchObject({
      output: {
        outcome: 'rejected',
        reason: 'PersonSaidNo',
        summary: 'A person said no: Create orders with 3 shards.',
      },
    });
  });

  it('and takes a day of silence for a no', async () => {
    const run = await createCache({ Plan: approve, AskApproval: returns({ asked: true }) });
    expect(pathOf(run)).toEqual([...GATE, 'Ask a person', ...REPORT, 'Rejected']);
    expect(run.outcome).toMatchObject({
      output: { reason: 'NobodyAnswered', summary: 'Nobody approved within a day: Create orders with 3 shards.' },
    });
    expect(run.seconds).toBe(86_400);
    expect(reported(run)).toMatchObject({ startedAt: '2026-11-21T07:00:00.000Z', now: '2026-11-22T07:00:00.000Z' });
  });

  it('and fails when it cannot ask', async () => {
    const run = await createCache({ Plan: approve, AskApproval: throws('GrantPermission') });
    expect(pathOf(run)).toEqual([...GATE, 'Ask a person', ...NOTHING_MADE]);
  });
});

describe('create-cache under the lock', () => {
  it('waits for whoever holds the cache', async () => {
    const run = await createCache({
      Open: inTurn(throws('CacheLocked'), throws('CacheLocked'), returns({ fencing: 7 })),
    });
    expect(run.path.at(-1)).toBe('Done');
    expect(run.seconds).toBe(60);
  });

  it('counts the lease from the attempt that took the lock, however long it waited before', async () => {
    const asked = inTurn(throws('CacheLocked'), throws('CacheLocked'), returns({ fencing: 7 }));
    const run = await createCache({ Open: asked });
    expect(callTo(run, 'Open')).toMatchObject({
      startedAt: '2026-11-21T07:00:00.000Z',
      now: '2026-11-21T07:01:00.000Z',
    });
  });

  it('has a lease that outlasts every step under the lock with all its repetitions', () => {
    const { States } = aDefinition('create-cache') as unknown as { States: Readonly<Record<string, TimedState>> };
    const under = Object.entries(States).slice(Object.keys(States).indexOf('Take the lock') + 1);
    const seconds = under.reduce((sum, [, state]) => sum + longestSeconds(state), 0);
    expect(seconds).toBeGreaterThan(6 * 3600);
    expect(States['Take the lock']?.Arguments?.Payload?.leaseSeconds).toBeGreaterThan(seconds);
  });

  it('hands the lock’s number to what makes and removes caches, so that a late step is stopped', async () => {
    const run = await createCache({ Open: returns({ fencing: 7 }), Verify: throws('VerificationFailed') });
    expect(callTo(run, 'MakeToken')).toMatchObject({ fencing: 7 });
    expect(callTo(run, 'Create')).toMatchObject({ fencing: 7 });
    expect(callTo(run, 'Undo')).toMatchObject({ fencing: 7 });
    expect(callTo(await createCache({ Open: returns({ fencing: 7 }) }), 'CompleteSecret')).toMatchObject({
      fencing: 7,
    });
  });

  it('gives up after 20 minutes, with nothing made', async () => {
    const run = await createCache({ Open: throws('CacheLocked', 'scale-7 holds orders.') });
    expect(pathOf(run)).toEqual([...GATE, 'Take the lock', ...NOTHING_MADE]);
    expect(run.outcome).toMatchObject({ error: 'CacheLocked', cause: 'Creating orders failed: scale-7 holds orders.' });
    expect(run.seconds).toBe(20 * 60);
  });

  it.each([
    ['somebody has made another cache', 'act', { action: 'refuse', reason: 'CacheDiffers' }, 'Refused'],
    ['the policy now says observe', 'act', { mode: 'observe' }, 'Observed'],
    ['the policy now says approve, and nobody was asked', 'act', { mode: 'approve' }, 'Observed'],
  ])('does nothing when meanwhile %s', async (_what, mode, changes, end) => {
    const again = { ...aPlan(), reason: 'CacheBusy', summary: 'Seen again.', ...changes };
    const run = await createCache({ Plan: inTurn(returns({ ...aPlan(), mode }), returns(again)) });
    expect(pathOf(run)).toEqual([...GATE, ...LOCK, ...REPORT, end]);
    expect(reported(run)).toMatchObject({ reason: again.reason, summary: 'Seen again.' });
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Open', 'Plan', 'Close']);
  });

  it('does nothing when meanwhile the plan is one that it does not know', async () => {
    const run = await createCache({ Plan: inTurn(returns(aPlan()), returns({ ...aPlan(), mode: 'bold' })) });
    expect(pathOf(run)).toEqual([...GATE, ...LOCK, ...REPORT, 'Failed']);
    expect(run.calls.map(({ to }) => to)).toEqual(['Plan', 'Open', 'Plan', 'Close']);
  });

  it('still acts when what was approved needs no approval any more', async () => {
    const run = await createCache({ Plan: inTurn(returns(aPlan({ mode: 'approve' })), returns(aPlan())) });
    expect(run.path.at(-1)).toBe('Done');
  });

  it('makes nothing when it cannot look again', async () => {
    const run = await createCache({ Plan: inTurn(returns(aPlan()), throws('GrantPermission')) });
    expect(pathOf(run)).toEqual([...GATE, 'Take the lock', 'Look again', ...NOTHING_MADE]);
  });
});

describe('create-cache sets parameters', () => {
  it.each([
    [0, []],
    [1, [1]],
    [20, [20]],
    [45, [20, 20, 5]],
  ])('%i of them in calls of at most 20', async (count, calls) => {
    const parameters = Object.fromEntries(Array.from({ length: count }, (_, n) => [`parameter-${n}`, `${n}`]));
    const parameterGroup = aGroup(parameters);
    const run = await createCache({ Plan: returns(aPlan({ parameterGroup })) });
    const set = run.calls
      .filter(({ to }) => to === 'modifyCacheParameterGroup')
      .map(({ with: call }) => (call as { ParameterNameValues: Json[] }).ParameterNameValues);
    expect(set.map((part) => part.length)).toEqual(calls);
    expect(set.flat()).toEqual(
      Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
    );
  });

  it('in a group that is there, which is not its own to undo', async () => {
    const parameterGroup = aGroup({ timeout: '20' }, true);
    const run = await createCache({ Plan: returns(aPlan({ parameterGroup })), MakeToken: throws('FixSecret') });
    expect(callTo(run, 'createCacheParameterGroup')).toBeUndefined();
    expect(callTo(run, 'modifyCacheParameterGroup')).toBeDefined();
    expect(callTo(run, 'Undo')).toMatchObject({ made: { secret: true } });
    expect(callTo(run, 'Undo')).not.toHaveProperty('made.parameterGroup');
  });

  it('also in a group that an interrupted call has made', async () => {
    const there = fails('ElastiCache.CacheParameterGroupAlreadyExistsException', 'It exists.');
    const run = await createCache({ createCacheParameterGroup: there });
    expect(run.path.at(-1)).toBe('Done');
    expect(callTo(run, 'modifyCacheParameterGroup')).toBeDefined();
  });
});

describe('create-cache undoes what it has made', () => {
  const before = [...GATE, ...LOCK];
  const quota = fails('ElastiCache.CacheParameterGroupQuotaExceededException', 'Too many.');

  it.each<[string, Record<string, Stub>, readonly string[], JsonObject, string]>([
    [
      'the parameter group cannot be made',
      { createCacheParameterGroup: quota },
      PARAMETERS.slice(0, 2),
      { parameterGroup: 'autopilot-orders-redis7' },
      'CacheParameterGroupQuotaExceededException',
    ],
    [
      'a parameter cannot be set',
      { modifyCacheParameterGroup: fails('ElastiCache.InvalidParameterValueException', 'No.') },
      PARAMETERS,
      { parameterGroup: 'autopilot-orders-redis7' },
      'InvalidParameterValueException',
    ],
    [
      'the token cannot be made',
      { MakeToken: throws('FixSecret') },
      [...PARAMETERS, ...TOKEN],
      { parameterGroup: 'autopilot-orders-redis7', secret: true },
      'FixSecret',
    ],
    [
      'the cache cannot be made',
      { Create: throws('RaiseNodeQuota') },
      [...ACT, 'Let a late order arrive', 'Find out why'],
      { parameterGroup: 'autopilot-orders-redis7', secret: true, cache: true },
      'RaiseNodeQuota',
    ],
    [
      'the cache does not become available',
      {
        settle: fails(
          'States.TaskFailed',
          JSON.stringify({
            Status: 'FAILED',
            Error: 'CreateFailed',
            Cause: 'ElastiCache could not.',
            Input: '{"Error":"x"}',
          }),
        ),
      },
      [...ACT, 'Wait until it is available', 'Find out why'],
      { parameterGroup: 'autopilot-orders-redis7', secret: true, cache: true },
      'CreateFailed',
    ],
    [
      'the cache is not what was ordered',
      { Verify: throws('VerificationFailed') },
      [...ACT, 'Wait until it is available', 'Verify the cache', 'Is there anything to undo?', 'Find out why'],
      { parameterGroup: 'autopilot-orders-redis7', secret: true, cache: true },
      'VerificationFailed',
    ],
  ])('when %s', async (_what, stubs, path, made, error) => {
    const run = await createCache(stubs);
    expect(pathOf(run)).toEqual([...before, ...path, ...UNDO]);
    expect(callTo(run, 'Undo')).toMatchObject({ made });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error });
    expect(reported(run)).toMatchObject({ outcome: 'undone', reason: error, undo: UNDONE });
    expect(reported(run)).toHaveProperty('problem.error');
  });

  it('counts only what it may have made', async () => {
    const plan = aPlan({ parameterGroup: undefined, token: undefined });
    const run = await createCache({ Plan: returns(plan), Create: throws('RaiseNodeQuota') });
    expect(callTo(run, 'Undo')).toMatchObject({ made: { cache: true } });
    expect(callTo(run, 'Undo')).not.toHaveProperty('made.secret');
  });

  it('notes a secret that it takes back from deletion, before it does', async () => {
    const call = { service: 'secretsmanager', operation: 'RestoreSecret', parameters: { SecretId: 'secret' } } as const;
    const run = await createCache({ Plan: returns(aPlan({ calls: [call] })), MakeToken: throws('FixSecret') });
    expect(callTo(run, 'Undo')).toMatchObject({ made: { secret: true, restoredSecret: true } });
    const other = await createCache({ MakeToken: throws('FixSecret') });
    expect(callTo(other, 'Undo')).not.toHaveProperty('made.restoredSecret');
  });

  it('waits for a cache that cannot be deleted yet, up to 40 minutes', async () => {
    const busy = throws('WaitUntilAvailable');
    const run = await createCache({
      Verify: throws('VerificationFailed'),
      Undo: inTurn(busy, throws('NotReady'), returns(UNDONE)),
    });
    expect(run.path.at(-1)).toBe('Undone');
    const never = await createCache({ Verify: throws('VerificationFailed'), Undo: busy });
    expect(never.path.at(-1)).toBe('Failed');
    expect(never.seconds).toBe(40 * 60);
  });

  it('never says undone when undoing failed, and keeps the first fault as the reason', async () => {
    const run = await createCache({ Verify: throws('VerificationFailed'), Undo: throws('GrantPermission') });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'VerificationFailed' });
    expect(reported(run)).toMatchObject({
      outcome: 'failed',
      undo: { left: { secret: true, cache: true }, error: 'GrantPermission' },
    });
  });
});

describe('create-cache finds out why a creation failed', () => {
  const failed: Readonly<Record<string, Stub>> = { Verify: throws('VerificationFailed', 'Orders lets anybody in.') };

  it('before it undoes it, and reports the sentence and the evidence', async () => {
    const run = await createCache(failed);
    expect(callTo(run, 'Diagnose')).toMatchObject({
      request: { ReplicationGroupId: 'orders' },
      problem: {
        step: 'Verify the cache',
        error: 'VerificationFailed',
        cause: expect.stringContaining('lets anybody'),
      },
      orderedAt: '2026-11-21T07:00:00.000Z',
    });
    expect(run.calls.map(({ to }) => to).slice(-3)).toEqual(['Diagnose', 'Undo', 'Close']);
    expect(reported(run)).toMatchObject({
      outcome: 'undone',
      reason: 'VerificationFailed',
      summary: 'Creating orders failed: Orders lets anybody in. Diagnosis: AWS has no room for it.',
      problem: { step: 'Verify the cache', diagnosis: DIAGNOSIS },
    });
  });

  it.each<[string, Stub]>([
    ['is denied', throws('GrantPermission')],
    ['dies', throws('Runtime.ExitError')],
    ['hangs', fails('States.Timeout', '')],
  ])('and undoes it all the same when the diagnosis %s, and says that there is none', async (_what, Diagnose) => {
    const run = await createCache({ ...failed, Diagnose });
    expect(run.path.at(-1)).toBe('Undone');
    expect(reported(run)).toMatchObject({
      reason: 'VerificationFailed',
      summary: expect.stringContaining('Diagnosis: Why could not be found out'),
    });
  });

  it.each<[string, Record<string, Stub>]>([
    ['nothing was ordered yet', { MakeToken: throws('FixSecret') }],
    ['the cache was there before', { Plan: returns(aPlan(KEEP)), ...failed }],
  ])('but not where %s', async (_what, stubs) => {
    const run = await createCache(stubs);
    expect(callTo(run, 'Diagnose')).toBeUndefined();
    expect(JSON.stringify(reported(run))).not.toContain('iagnosis');
  });

  it('and counts the time from the order, not from the question to a person', async () => {
    const run = await createCache({
      Plan: returns(aPlan()),
      Open: inTurn(throws('CacheLocked'), returns({ fencing: 1 })),
      ...failed,
    });
    expect(callTo(run, 'Diagnose')).toMatchObject({
      orderedAt: '2026-11-21T07:00:30.000Z',
    });
  });
});

describe('create-cache keeps a failed creation where the policy says so', () => {
  const Plan = returns(aPlan({ failedCreations: 'keep' }));

  it.each<[string, Record<string, Stub>]>([
    ['the token cannot be made', { MakeToken: throws('FixSecret') }],
    ['the cache cannot be made', { Create: throws('RaiseNodeQuota') }],
    ['the cache does not become available', { settle: fails('CreateFailed', 'ElastiCache could not.') }],
    ['the cache is not what was ordered', { Verify: throws('VerificationFailed') }],
  ])('when %s: nothing is removed, and the report lists what is left', async (_what, stubs) => {
    const run = await createCache({ Plan, ...stubs });
    expect(pathOf(run).slice(-7)).toEqual(['Is it to be kept?', 'List what is left', ...NOTHING_MADE]);
    expect(callTo(run, 'Undo')).toBeUndefined();
    expect(callTo(run, 'ListLeft')).toMatchObject({
      made: { parameterGroup: 'autopilot-orders-redis7', secret: true },
    });
    expect(reported(run)).toMatchObject({
      outcome: 'failed',
      undo: LEFT,
      summary: expect.stringMatching(/Kept: cache orders\.$/),
    });
  });

  it('also when what is left cannot be listed, and says that', async () => {
    const run = await createCache({ Plan, MakeToken: throws('FixSecret'), ListLeft: throws('GrantPermission') });
    expect(callTo(run, 'Undo')).toBeUndefined();
    expect(reported(run)).toMatchObject({
      outcome: 'failed',
      reason: 'FixSecret',
      undo: { left: { secret: true }, error: 'GrantPermission' },
      summary: expect.stringContaining('could not be listed'),
    });
  });
});

describe('create-cache bears with trouble', () => {
  // A function in a VPC that nobody has called for weeks is inactive: calls fail until it has its network again, which
  // takes minutes (Lambda guide, "Lambda function states"). The others are what AWS names in "Handle Lambda service
  // exceptions" of the Step Functions guide, and what Lambda's Invoke answers when it cannot start a function for now.
  const ASLEEP = [
    'Lambda.ResourceNotReadyException',
    'Lambda.ResourceConflictException',
    'Lambda.EC2ThrottledException',
  ];
  const LAMBDA = [
    ...['ServiceBusy', 'Lambda.ServiceException', 'Lambda.SdkClientException', 'Lambda.AWSLambdaException'],
    ...['Lambda.ClientExecutionTimeoutException', 'Lambda.TooManyRequestsException', 'Lambda.Unknown'],
    ...['Runtime.ExitError', 'Sandbox.Timedout', ...ASLEEP],
  ];
  const trouble = throws('ServiceBusy');
  const throttled = fails('ElastiCache.ThrottlingException', 'Rate exceeded');
  const planOnce = inTurn(returns(aPlan()), trouble);
  const keeps = returns(aPlan({ failedCreations: 'keep' }));
  const [approve, verified] = [returns(aPlan({ mode: 'approve' })), throws('VerificationFailed')];

  it.each(
    ['Plan', 'Open', 'MakeToken', 'Create', 'Verify', 'CompleteSecret'].flatMap((step) =>
      [...LAMBDA, 'States.Timeout'].map((error) => [step, error] as const),
    ),
  )('%s: %s', async (step, error) => {
    const run = await createCache({ [step]: inTurn(throws(error), throws(error), ALL_WELL[step] ?? trouble) });
    expect(run.path.at(-1)).toBe('Done');
  });

  it.each(LAMBDA)('AskApproval: %s', async (error) => {
    const run = await createCache({
      Plan: approve,
      AskApproval: inTurn(throws(error), throws(error), answers({ approved: true })),
    });
    expect(run.path.at(-1)).toBe('Done');
  });

  it.each([...LAMBDA, 'States.Timeout'])('Undo: %s', async (error) => {
    const run = await createCache({
      Verify: verified,
      Undo: inTurn(throws(error), throws(error), returns(UNDONE)),
    });
    expect(run.path.at(-1)).toBe('Undone');
  });

  it.each(ASLEEP)(
    'of a verifying function that wakes up within five minutes, and keeps the cache: %s',
    async (error) => {
      const asleep = throws(error);
      const awake: Stub = (request) => (request.seconds < 295 ? asleep(request) : EVIDENCE);
      expect((await createCache({ Verify: awake })).path.at(-1)).toBe('Done');
      expect((await createCache({ Verify: asleep })).seconds).toBe(5 * 60);
    },
  );

  it.each<[string, Record<string, Stub>, number]>([
    ['Plan', { Plan: trouble }, 6],
    ['Plan', { Plan: planOnce }, 1 + 6],
    ['AskApproval', { Plan: approve, AskApproval: trouble }, 6],
    ['Open', { Open: trouble }, 6],
    ['createCacheParameterGroup', { createCacheParameterGroup: throttled }, 6],
    ['modifyCacheParameterGroup', { modifyCacheParameterGroup: throttled }, 6],
    ['MakeToken', { MakeToken: trouble }, 6],
    ['Create', { Create: trouble }, 6],
    ['Create', { Create: throws('WaitUntilAvailable') }, 11],
    ['settle', { settle: fails('StepFunctions.AWSStepFunctionsException', 'Rate exceeded') }, 6],
    ['Verify', { Verify: trouble }, 6],
    ['Diagnose', { Verify: verified, Diagnose: trouble }, 6],
    ['ListLeft', { Plan: keeps, Verify: verified, ListLeft: trouble }, 6],
    ['Undo', { Verify: verified, Undo: trouble }, 6],
    ['Close', { Close: trouble }, 16],
  ])('in every step, but not for ever: %s', async (to, stubs, attempts) => {
    const run = await createCache(stubs);
    expect(run.calls.filter((call) => call.to === to)).toHaveLength(attempts);
    expect(run.outcome.status).toBe('FAILED');
  });

  it('for about a minute', async () => {
    const run = await createCache({ Plan: throws('ServiceBusy') });
    expect(run.path.at(-1)).toBe('Failed');
    expect(run.seconds).toBe(2 + 4 + 8 + 16 + 32);
  });

  it('of a cache whose replicas or name lag behind, for five minutes', async () => {
    const late = throws('NotReady');
    expect((await createCache({ Verify: inTurn(late, late, returns(EVIDENCE)) })).path.at(-1)).toBe('Done');
    const never = await createCache({ Verify: late });
    expect(never.outcome).toMatchObject({ error: 'NotReady' });
    expect(never.seconds).toBe(5 * 60);
  });

  it('of a change whose last step a node still applies, for ten minutes, and says then what is done', async () => {
    const [first, late] = [returns(aChange([aStep('upgrade')])), throws('NotReady', 'changes of EngineVersion wait.')];
    const done = await createCache({ Plan: inTurn(first, first, late, late, returns(aPlan(KEEP))) });
    expect(done.path.at(-1)).toBe('Done');
    const never = await createCache({ Plan: inTurn(first, first, late) });
    expect(never.outcome).toMatchObject({ error: 'NotReady', cause: expect.stringContaining('(done before: ') });
    expect(never.seconds - done.seconds).toBe(20 * 30 - 2 * 30);
  });

  it('of the report itself, and fails for somebody else to report when it cannot', async () => {
    const unwell = throws('AnythingAtAll');
    expect((await createCache({ Close: inTurn(unwell, unwell, returns({})) })).path.at(-1)).toBe('Done');
    const never = await createCache({ Close: unwell });
    expect(never.outcome).toMatchObject({ status: 'FAILED', error: 'AnythingAtAll' });
    expect(never.path.at(-1)).toBe('Report the outcome');
    expect(never.seconds).toBe(5 + 10 + 20 + 40 + 11 * 60);
  });
});

afterAll(() => {
  const { States } = aDefinition('create-cache');
  const never = Object.keys(States).filter((name) => !visited.has(name));
  expect(never, 'states that no test has walked through').toEqual([]);
});

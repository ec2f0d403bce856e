import { followFailover } from '../../functions/failover-drill/follow-failover.ts';
import { orderFailover } from '../../functions/failover-drill/order-failover.ts';
import { planDrill } from '../../functions/failover-drill/plan-drill.ts';
import {
  type DrillPlan,
  EndProbeInput,
  FollowInput,
  type Healed,
  type IncidentEvidence,
  JudgeInput,
  OrderFailoverInput,
  PlanDrillInput,
  type ProbeEnded,
  ProbeInput,
  RaiseIncidentInput,
  type ShardSeenByClient,
  type Verdict,
  VerifyHealedInput,
} from '../../functions/failover-drill/schemas.ts';
import { AskApprovalInput, CloseInput, OpenInput } from '../../functions/operations/schemas.ts';
import * as actions from '../../functions/platform/operator-actions.ts';
import { secondsAfter } from '../../functions/platform/units.ts';
import { OrderUncertain } from '../../functions/platform/was-refused.ts';
import type { Json } from '../../local/states/json.ts';
import { StatesError } from '../../local/states/states-error.ts';
import { aDrillSeen, drillTerms } from './a-drill.ts';
import { inMemoryLedger } from './in-memory-ledger.ts';
import { answers, OPERATION_ID, type Run, returns, runWorkflow, type Stub, works } from './run-workflow.ts';

/** What each function takes: a payload that it would refuse fails the story. */
const INPUTS = {
  Plan: PlanDrillInput,
  AskApproval: AskApprovalInput,
  Open: OpenInput,
  Probe: ProbeInput,
  FailOver: OrderFailoverInput,
  Follow: FollowInput,
  EndProbe: EndProbeInput,
  Verify: VerifyHealedInput,
  RaiseIncident: RaiseIncidentInput,
  Judge: JudgeInput,
  Close: CloseInput,
} as const;

/** What becomes of one attempt to order the failover. A word that is none of these is an error by which ElastiCache refuses it. */
export type Attempt =
  | 'answers'
  | 'dies-before'
  | 'dies-while-asking'
  | 'dies-after'
  | 'loses-the-answer'
  | (typeof actions.OPERATOR_ACTIONS)[number];

/** One event of ElastiCache: seconds after the order, the node that it is of, and what it says. */
export type Told = readonly [seconds: number, source: string, message: string];

export const CALLED: Told = [2, 'orders', 'Test Failover API called for node group 0001'];
export const PROMOTED: Told = [
  20,
  'orders',
  'Failover from primary node orders-0001-001 to replica node orders-0001-002 completed',
];
export const RECOVERING: Told = [40, 'orders-0001-001', 'Recovering cache nodes 0001'];
export const RECOVERED: Told = [100, 'orders-0001-001', 'Finished recovery for cache nodes 0001'];

export interface Circumstances {
  /** Of the order, one after the other; the last one for ever. */
  readonly attempts?: readonly [Attempt, ...Attempt[]];
  readonly events?: readonly Told[];
  /** When the alarm that stops drills goes off, in seconds after the order. */
  readonly alarmAfterSeconds?: number;
  /** A function was made to answer nonsense: the others may then be given some. */
  readonly takesAnything?: boolean;
}

export interface DrillStory extends Run {
  /** How many failovers ElastiCache carried out. */
  readonly failovers: number;
}

const REAL_PLAN = planDrill({ cacheId: 'orders' }, aDrillSeen(), drillTerms());

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

/** A plan that lets shard 0001 fail over without asking anybody. */
export const aDrillPlan = (changes: Partial<DrillPlan> = {}): Json => asJson({ ...REAL_PLAN, ...changes });
export const plans = (changes: Partial<DrillPlan> = {}): Stub => returns(aDrillPlan(changes));

export const BEFORE: ShardSeenByClient = {
  primary: 'orders-0001-001:6379',
  replicas: ['orders-0001-002:6379', 'orders-0001-003:6379'].map((address) => ({
    address,
    online: true,
    lagSeconds: 0,
    lagBytes: 0,
  })),
};

export const HEALED: Healed = {
  oldPrimary: 'orders-0001-001:6379',
  newPrimary: 'orders-0001-002:6379',
  replicas: 2,
  slotsCovered: 16_384,
  checkedAt: '2026-11-21T07:06:00.000Z',
};

export const PROBE_ENDED: ProbeEnded = {
  logKey: `drills/orders/${OPERATION_ID}/probe-log.json.gz`,
  endedBecause: 'told',
};

export const EVIDENCE: IncidentEvidence = {
  status: 'available',
  shards: [{ id: '0001', status: 'available' }],
  events: [],
  alarms: [],
  quarantined: true,
  notRead: [],
};

/** Writes failed for 1.42 s, and one client was measured. */
export const aVerdict = (changes: Partial<Verdict> = {}): Verdict => ({
  passed: true,
  reason: 'DrillPassed',
  summary: 'Writes to shard 0001 of orders failed for 1.42 s (the target is 60 s).',
  measurement: {
    writeOutageMs: 1420,
    writeOutages: 1,
    writeUnavailableMs: 1420,
    writeUnavailableSeenMs: 1420,
    readOutageMs: 400,
    readOutages: 1,
    readUnavailableMs: 400,
    readUnavailableSeenMs: 400,
    longestGapMs: 800,
    lostAcknowledgedWrites: 0,
    staleReads: 0,
    controlOutageMs: 0,
    clients: [
      {
        client: 'cluster',
        does: 'write',
        shard: 'tested',
        attempts: 1000,
        failures: 40,
        errors: { closed: 3, READONLY: 37 },
        outageMs: 1420,
        outageFromMs: 5000,
        outageToMs: 6420,
        outages: 1,
        outagesFromMs: 5000,
        outagesToMs: 6420,
        unavailableMs: 1420,
        unavailableSeenMs: 1420,
        longestGapMs: 800,
        latency: { before: { p50Ms: 0.4, p99Ms: 1.2 } },
        lostAcknowledgedWrites: 0,
      },
    ],
  },
  trend: [],
  trendSays: 'It is the first measured drill of this cache.',
  pictures: { svg: 's3://evidence/drills/timeline.svg', png: 's3://evidence/drills/timeline.png' },
  ...changes,
});
export const judges = (changes: Partial<Verdict> = {}): Stub =>
  works(JudgeInput, async () => ({ ...aVerdict(), ...changes }));

/** A prober, or whoever has its token, that says by it that it failed, as `TaskTokens.fail` does. */
export const failsByToken =
  (error: string, errorMessage = `It said ${error}.`): Stub =>
  ({ arguments: given, tokens }) => {
    const { taskToken } = given as { taskToken: string };
    tokens.fail(taskToken, error, JSON.stringify({ errorType: error, errorMessage }));
    return null;
  };

/** Asked by a token that nobody ever answers. */
export const staysSilent: Stub = returns(null);

/** Who is asked by the token of a payload that its schema takes. */
const asked =
  (answer: Json): Stub =>
  (request) =>
    answers(answer)(request);

/**
 * Holds a drill with the real order, the real following of ElastiCache's events, and stubs for all else: without any given, it
 * passes. Whatever happens, no function is given what it would refuse, and ElastiCache never fails over twice, nor unverified.
 */
export const holdDrill = async (
  stubs: Readonly<Record<string, Stub>> = {},
  circumstances: Circumstances = {},
  request: Json = { cacheId: 'orders', requestedBy: 'alice' },
): Promise<DrillStory> => {
  const { events = [CALLED, PROMOTED, RECOVERING, RECOVERED], alarmAfterSeconds } = circumstances;
  const elastiCache = anElastiCache(circumstances.attempts ?? ['answers']);
  const run = await runWorkflow(
    'failover-drill',
    {
      Plan: plans(),
      AskApproval: staysSilent,
      Open: returns({ fencing: 7 }),
      Probe: asked(asJson(BEFORE)),
      FailOver: elastiCache.failOver,
      Follow: works(FollowInput, (input) =>
        followFailover(input, {
          events: {
            of: async () => told(events, input),
            ofGroups: async () => [],
          },
          alarms: {
            named: async () => {
              const firing = secondsOf(input) >= (alarmAfterSeconds ?? Number.POSITIVE_INFINITY);
              return [{ name: 'orders-errors', state: firing ? 'ALARM' : 'OK' }];
            },
          },
          abortOnAlarms: ['orders-errors'],
        }),
      ),
      EndProbe: asked(asJson(PROBE_ENDED)),
      Verify: works(VerifyHealedInput, async ({ oldPrimary }) => {
        if (stubs.FailOver || elastiCache.carriedOut() > 0) return HEALED;
        throw new actions.NotReady(`Shard 0001 of orders has still the primary ${oldPrimary}.`);
      }),
      RaiseIncident: works(RaiseIncidentInput, async ({ quarantine }) => ({ ...EVIDENCE, quarantined: quarantine })),
      Judge: judges(),
      Close: works(CloseInput, async ({ outcome }) => ({ outcome, repeated: false })),
      ...stubs,
    },
    request,
  );
  for (const { to, with: given } of circumstances.takesAnything ? [] : run.calls) {
    INPUTS[to as keyof typeof INPUTS].parse(given);
  }
  const failovers = elastiCache.carriedOut();
  if (failovers > 1) throw new Error(`ElastiCache failed over ${failovers} times.`);
  if (failovers > 0 && !run.path.includes('Verify that it healed')) {
    throw new Error(`ElastiCache failed over, and nobody verified it: ${run.path.join(' → ')}`);
  }
  return { ...run, failovers };
};

/** What the report said, in the words of its schema. */
export const reportOf = ({ calls }: Run) => CloseInput.parse(calls.findLast(({ to }) => to === 'Close')?.with);
/** Which functions were called, each once, in the order of their first call. */
export const called = ({ calls }: Run) => [...new Set(calls.map(({ to }) => to))];
export const callsTo = ({ calls }: Run, name: string) => calls.filter(({ to }) => to === name);

const secondsOf = ({ now, orderedAt }: { readonly now: string; readonly orderedAt: string }): number =>
  (Date.parse(now) - Date.parse(orderedAt)) / 1000;

const told = (events: readonly Told[], input: { readonly now: string; readonly orderedAt: string }) =>
  events
    .filter(([seconds]) => seconds <= secondsOf(input))
    .map(([seconds, source, message]) => ({ at: secondsAfter(input.orderedAt, seconds), source, message }));

/** ElastiCache and the function that asks it, which may die at any moment. */
const anElastiCache = (attempts: readonly [Attempt, ...Attempt[]]) => {
  const ledger = inMemoryLedger();
  let carriedOut = 0;
  let turn = 0;

  const failOver: Stub = async ({ arguments: payload }) => {
    const attempt = attempts[Math.min(turn, attempts.length - 1)] ?? 'answers';
    turn += 1;
    if (attempt === 'dies-before') throw killed();
    let kill = () => {};
    const death = new Promise<never>((_, reject) => {
      kill = () => reject(killed());
    });
    const ordering = works(OrderFailoverInput, (input) =>
      orderFailover(input, {
        ledger,
        region: 'us-east-1',
        fence: async () => {},
        failovers: {
          async test() {
            const Refusal = Object.values(actions).find(
              (value) => typeof value === 'function' && value.name === attempt,
            );
            if (typeof Refusal === 'function') throw new Refusal(`ElastiCache said ${attempt}.`);
            carriedOut += 1;
            if (attempt === 'loses-the-answer') throw new OrderUncertain('ElastiCache did not answer.');
            if (attempt !== 'dies-while-asking') return;
            kill();
            await new Promise(() => {});
          },
        },
      }),
    );
    const answer = await Promise.race([ordering({ arguments: payload } as Parameters<Stub>[0]), death]);
    if (attempt === 'dies-after') throw killed();
    return answer;
  };
  return { failOver, carriedOut: () => carriedOut };
};

const killed = () =>
  new StatesError('Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed');

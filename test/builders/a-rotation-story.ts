import { closeOperation } from '../../functions/operations/close-operation.ts';
import { openOperation } from '../../functions/operations/open-operation.ts';
import { AskApprovalInput, CloseInput, OpenInput, RaiseIncidentInput } from '../../functions/operations/schemas.ts';
import { lockFence } from '../../functions/platform/fence.ts';
import { AskAgain } from '../../functions/platform/operator-actions.ts';
import type { TokenRotationPolicy } from '../../functions/platform/policy.ts';
import { acceptanceOf } from '../../functions/token-rotation/acceptance.ts';
import { beginGracePeriod } from '../../functions/token-rotation/begin-grace-period.ts';
import { forgetPendingVersion } from '../../functions/token-rotation/forget-pending-version.ts';
import { loginsIn, readLogins } from '../../functions/token-rotation/logins.ts';
import { makePendingVersion } from '../../functions/token-rotation/make-pending-version.ts';
import type { RotationSeen } from '../../functions/token-rotation/observation.ts';
import { orderChange } from '../../functions/token-rotation/order-change.ts';
import { planRotation } from '../../functions/token-rotation/plan-rotation.ts';
import { promotePending } from '../../functions/token-rotation/promote-pending.ts';
import {
  BeginGraceInput,
  ForgetPendingInput,
  type Held,
  HoldInput,
  LetGoInput,
  ListReadersInput,
  LookAtGraceInput,
  LookAtNodesInput,
  MakePendingInput,
  OrderInput,
  PlanRotationInput,
  PromoteInput,
  type Readers,
  type RotationPlan,
  type Tried,
  WaitForFinishInput,
} from '../../functions/token-rotation/schemas.ts';
import type { Json } from '../../local/states/json.ts';
import { StatesError } from '../../local/states/states-error.ts';
import { aGroupWithTokens, type OrderAttempt, type OrderGiven } from './a-group-with-tokens.ts';
import { aRotatableCache, aRotationSeen, aTried, aUserRotationSeen, OPTED_IN, rotationTerms } from './a-rotation.ts';
import { SECRET, TOKENS } from './a-rotation-target.ts';
import { inMemoryBus } from './in-memory-bus.ts';
import { inMemoryCaches } from './in-memory-caches.ts';
import { type InMemoryLedger, inMemoryLedger } from './in-memory-ledger.ts';
import { type InMemorySecrets, inMemorySecrets } from './in-memory-secrets.ts';
import { aUser, inMemoryUsers } from './in-memory-users.ts';
import { answers, OPERATION_ID, type Run, returns, runWorkflow, type Stub, works } from './run-workflow.ts';

/** What each function takes: a payload that it would refuse fails the story. */
const INPUTS = {
  Plan: PlanRotationInput,
  LookAtNodes: LookAtNodesInput,
  AskApproval: AskApprovalInput,
  Open: OpenInput,
  MakePending: MakePendingInput,
  HoldConnections: HoldInput,
  Order: OrderInput,
  LetGo: LetGoInput,
  WaitForFinish: WaitForFinishInput,
  Promote: PromoteInput,
  BeginGrace: BeginGraceInput,
  LookAtGrace: LookAtGraceInput,
  ListReaders: ListReadersInput,
  ForgetPending: ForgetPendingInput,
  RaiseIncident: RaiseIncidentInput,
  Close: CloseInput,
} as const;

export const KEY = { region: 'us-east-1', cacheId: 'orders' };
type Label = keyof typeof TOKENS;

/** The versions of the secret when the story begins, as long as Secrets Manager wants their ids. */
export const VERSIONS = {
  current: 'version-current'.padEnd(32, '-'),
  pending: 'version-pending'.padEnd(32, '-'),
  previous: 'version-previous'.padEnd(32, '-'),
};

/** How things stand when the story begins, and what becomes of orders. */
export interface Circumstances {
  /** Which of the tokens the nodes accept; the one that was rotated in last at the end. */
  readonly valid?: readonly Label[];
  /** Which versions the secret has, besides the current one. */
  readonly versions?: readonly Exclude<Label, 'current'>[];
  /** A token that is in no secret, and was rotated in before all others, or after them. */
  readonly unknownToken?: 'older' | 'newer';
  /** What becomes of the first, second, … order. */
  readonly attempts?: readonly OrderAttempt[];
  readonly policy?: Partial<TokenRotationPolicy>;
  readonly mode?: RotationPlan['mode'];
  /** What else is seen. */
  readonly seen?: Partial<RotationSeen>;
  /** Of a user instead of a token. */
  readonly ofUser?: boolean;
  readonly request?: Record<string, Json>;
  readonly operationId?: string;
  /** A function was made to answer nonsense: the others may then be given some. */
  readonly takesAnything?: boolean;
}

export interface RotationStory extends Run {
  readonly orders: readonly OrderGiven['strategy'][];
  /** The token that applications would fetch now, and all that are valid. */
  readonly current: string;
  readonly valid: readonly string[];
  readonly secrets: InMemorySecrets;
  readonly ledger: InMemoryLedger;
}

export const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

/** How nine connections fared: not one was lost. */
export const someHeld = (overrides: Partial<Held> = {}): Held => ({
  connections: 9,
  lost: 0,
  commands: 900,
  heldSeconds: 60,
  losses: [],
  endedBecause: 'told',
  ...overrides,
});

export const READERS: Readers = {
  told: true,
  complete: true,
  says: 'Everybody who fetched the secret before has fetched the new one.',
  ready: [{ who: 'orders-app', at: '2026-11-21T08:00:00.000Z' }],
  late: [],
};
export const LATE: Readers = {
  ...READERS,
  says: 'reports has not fetched the new one.',
  late: [{ who: 'reports', at: '2026-11-20T08:00:00.000Z' }],
};

/** Who is connected, when that is asked. */
export const CLIENTS: NonNullable<Tried['clients']> = {
  connections: 18,
  olderThanCurrent: 4,
  groups: [{ name: 'orders-app', user: 'default', connections: 18, oldestSeconds: 7200 }],
};

/** Asked by a token that nobody ever answers. */
export const staysSilent: Stub = returns(null);

/** A function with a task token that says by it that it failed. */
export const failsByToken =
  (error: string, errorMessage = `It said ${error}.`): Stub =>
  ({ arguments: given, tokens }) => {
    const { taskToken } = given as { taskToken: string };
    tokens.fail(taskToken, error, JSON.stringify({ errorType: error, errorMessage }));
    return null;
  };

/** When the token was last changed before the story began: when the current one became so. */
const CHANGED_BEFORE = '2026-10-12T07:00:00.000Z';

/** What the nodes are seen to accept, whatever they accept, of a token that nobody has changed. */
export const tried =
  (overrides: Partial<Tried> = {}): Stub =>
  ({ seconds }) =>
    asJson(aTried({ at: atSecond(seconds), changedAt: CHANGED_BEFORE, ...overrides }));

/** The stubs of a story, each as its function really works, but the plan’s look and the clients’ connections. */
export type Stubs = Record<keyof typeof INPUTS | 'settle', Stub>;

/**
 * Tells a rotation with the real plan, real steps, a ledger and a secret in memory, and a group that goes by ElastiCache's rules.
 * Whatever happens, no function is given what it would refuse, no token is told to anybody, and the token that applications fetch
 * is valid at every time.
 *
 * @param change replaces stubs; it is given those that do the real work
 */
export const rotate = async (
  change: (real: Stubs, world: Pick<WorldOf, 'secrets' | 'ledger' | 'group'>) => Partial<Stubs> = () => ({}),
  circumstances: Circumstances = {},
): Promise<RotationStory> => {
  const { ofUser = false, request, takesAnything = false, operationId = OPERATION_ID } = circumstances;
  const world = aWorldOf(circumstances);
  const real = stubsIn(world, circumstances);
  const run = await runWorkflow(
    'rotate-token',
    watched({ ...real, ...change(real, world) }, world),
    { cacheId: 'orders', requestedBy: 'alice', ...(ofUser ? { userId: 'orders-app' } : {}), ...request },
    { operationId },
  );
  for (const { to, with: given } of takesAnything ? [] : run.calls) {
    if (to in INPUTS) INPUTS[to as keyof typeof INPUTS].parse(given);
  }
  world.look([run.outcome, run.calls, [...world.ledger.records.values()]]);
  if (world.faults.size > 0) throw new Error(`${[...world.faults].join(' ')} ${run.path.join(' → ')}`);
  return {
    ...run,
    orders: world.group.orders.map(({ strategy }) => strategy),
    current: world.current(),
    valid: world.group.valid,
    secrets: world.secrets,
    ledger: world.ledger,
  };
};

/** What the report said, in the words of its schema. */
export const reportOf = ({ calls }: Run) => CloseInput.parse(calls.findLast(({ to }) => to === 'Close')?.with);
/** Which functions were called, one after the other; a function that was asked again and again stands there once. */
export const called = ({ calls }: Run): readonly string[] =>
  calls.map(({ to }) => to).filter((name, index, all) => name !== all[index - 1]);
export const callsTo = ({ calls }: Run, name: string) => calls.filter(({ to }) => to === name);

/** A token that is in no secret. */
export const UNKNOWN = 'TokenOfNobody'.padEnd(32, 'n');

const aWorldOf = ({ valid = ['current'], versions = ['previous'], ...rest }: Circumstances) => {
  const { ofUser = false, unknownToken, attempts } = rest;
  const secrets = inMemorySecrets();
  const name = ofUser ? 'autopilot/orders/users/orders-app' : SECRET;
  const textOf = (token: string) => JSON.stringify({ username: ofUser ? 'app' : 'default', password: token });
  secrets.kept.set(name, {
    value: textOf(TOKENS.current),
    versionId: VERSIONS.current,
    deleted: false,
    tags: OPTED_IN,
    changedAt: '2026-10-12T07:00:00.000Z',
    ...(versions.includes('pending') ? { pendingVersionId: VERSIONS.pending } : {}),
    ...(versions.includes('previous') ? { previousVersionId: VERSIONS.previous } : {}),
    others: Object.fromEntries(versions.map((label) => [VERSIONS[label], textOf(TOKENS[label])])),
  });
  const current = () => passwordIn(secrets.kept.get(name)?.value);
  const faults = new Set<string>();
  const look = (told?: unknown) => {
    if (!group.valid.includes(current())) faults.add('Who fetched the current token was refused.');
    const text = JSON.stringify(told) ?? '';
    const tokens = [...Object.values(TOKENS), ...secrets.passwords];
    if (tokens.some((token) => text.includes(token))) faults.add('A token was told.');
  };
  const group = aGroupWithTokens(
    [
      ...(unknownToken === 'older' ? [UNKNOWN] : []),
      ...valid.map((label) => TOKENS[label]),
      ...(unknownToken === 'newer' ? [UNKNOWN] : []),
    ],
    attempts,
    () => {
      now.changedAt = now.at;
      look();
    },
  );
  const now = { at: atSecond(0), changedAt: CHANGED_BEFORE };
  return { secrets, secretName: name, ledger: inMemoryLedger(), group, current, look, faults, now };
};

const passwordIn = (text: string | undefined): string => String(JSON.parse(text ?? '{}').password);

type WorldOf = ReturnType<typeof aWorldOf>;

const stubsIn = (world: WorldOf, circumstances: Circumstances): Stubs => {
  const { policy, mode, seen, ofUser = false, operationId = OPERATION_ID } = circumstances;
  const { secrets, secretName, ledger, group } = world;
  const terms = rotationTerms(policy, { operationId, ...(mode ? { mode } : {}) });
  const bus = inMemoryBus();
  const caches = inMemoryCaches(aRotatableCache());
  const users = inMemoryUsers(aUser());
  const asSeen = ofUser ? aUserRotationSeen : aRotationSeen;
  const fence = (step: { operationId: string; fencing: number }) => lockFence(ledger, KEY, step);
  const tools = { caches, users, secrets, changes: group };
  return {
    Plan: works(PlanRotationInput, async (input) =>
      planRotation(
        input.request,
        {
          ...asSeen({ secret: await secrets.find(secretName), ...seen }),
          ...(input.retired ? { changedBy: 'ours' } : {}),
          observedAt: input.now,
          tried: input.tried,
        },
        terms,
      ),
    ),
    LookAtNodes: ({ arguments: given, seconds }) =>
      works(LookAtNodesInput, async ({ target, versions, currentSince }) => {
        const logins = await readLogins(target, versions, secrets);
        const accepts = loginsIn(logins).flatMap(([label, { token }]) => (group.valid.includes(token) ? [label] : []));
        const nodes = Array.from({ length: 9 }, (_, index) => ({ node: `node-${index + 1}:6379`, accepts }));
        return {
          at: atSecond(seconds),
          ...acceptanceOf(nodes, logins),
          ...(ofUser ? { passwords: group.valid.length } : { changedAt: world.now.changedAt }),
          ...(currentSince === undefined ? {} : { clients: CLIENTS }),
        };
      })({ arguments: given, seconds } as Parameters<Stub>[0]),
    AskApproval: staysSilent,
    Open: works(OpenInput, (input) => openOperation(input, KEY.region, ledger)),
    MakePending: works(MakePendingInput, (input) => makePendingVersion(input, { ...tools, fence: fence(input) })),
    HoldConnections: answers({ connections: 9, nodes: 9 }),
    Order: works(OrderInput, (input) => orderChange(input, { ...tools, fence: fence(input) })),
    settle: returns({ status: 'available' }),
    LetGo: answers(asJson(someHeld())),
    WaitForFinish: answers({}),
    Promote: works(PromoteInput, (input) => promotePending(input, { ...tools, fence: fence(input) })),
    BeginGrace: works(BeginGraceInput, (input) =>
      beginGracePeriod(input, { ledger, bus, region: KEY.region, fence: fence(input) }),
    ),
    LookAtGrace: works(LookAtGraceInput, async ({ operationId, now }) => {
      const grace = await ledger.graceOf(operationId);
      if (!grace) throw new AskAgain('No grace period.');
      return { over: Date.parse(grace.endsAt) <= Date.parse(now), endsAt: grace.endsAt };
    }),
    ListReaders: works(ListReadersInput, async () => READERS),
    ForgetPending: works(ForgetPendingInput, (input) => forgetPendingVersion(input, { ...tools, fence: fence(input) })),
    RaiseIncident: works(RaiseIncidentInput, async () => ({ raised: true })),
    Close: works(CloseInput, (input) => closeOperation(input, { ledger, bus, region: KEY.region })),
  };
};

/** The moment of the account's clock. */
export const atSecond = (seconds: number): string =>
  new Date(Date.parse('2026-11-21T07:00:00.000Z') + seconds * 1000).toISOString();

/** The same stubs, with a look at every answer and error: neither may tell a token. */
const watched = (stubs: Stubs, { look, now }: WorldOf): Record<string, Stub> =>
  Object.fromEntries(
    Object.entries(stubs).map(([name, stub]): [string, Stub] => [
      name,
      async (request) => {
        now.at = atSecond(request.seconds);
        try {
          const answer = await stub(request);
          look(answer);
          return answer;
        } catch (error) {
          look(error instanceof StatesError ? error.reason : String(error));
          throw error;
        }
      },
    ]),
  );

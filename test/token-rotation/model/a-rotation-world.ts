import type { z } from 'zod';
import { executionStatusChange } from '../../../events/execution-status-change.ts';
import { abandonedOperation } from '../../../functions/operations/abandoned-operation.ts';
import { askPerson } from '../../../functions/operations/ask-person.ts';
import { closeOperation } from '../../../functions/operations/close-operation.ts';
import { openOperation } from '../../../functions/operations/open-operation.ts';
import { AskApprovalInput, CloseInput, OpenInput, RaiseIncidentInput } from '../../../functions/operations/schemas.ts';
import { lockFence } from '../../../functions/platform/fence.ts';
import { tokenSecretName, userSecretName } from '../../../functions/platform/names.ts';
import { FixInput } from '../../../functions/platform/operator-actions.ts';
import { AccountPolicy } from '../../../functions/platform/policy.ts';
import { tokenSecretText } from '../../../functions/platform/secret-format.ts';
import { elastiCacheTokenChanges } from '../../../functions/platform/token-changes.ts';
import { secondsAfter } from '../../../functions/platform/units.ts';
import { beginGracePeriod } from '../../../functions/token-rotation/begin-grace-period.ts';
import { forgetPendingVersion } from '../../../functions/token-rotation/forget-pending-version.ts';
import { lookBeforeRotation } from '../../../functions/token-rotation/look-before-rotation.ts';
import { makePendingVersion } from '../../../functions/token-rotation/make-pending-version.ts';
import { orderChange } from '../../../functions/token-rotation/order-change.ts';
import { planRotation } from '../../../functions/token-rotation/plan-rotation.ts';
import { promotePending } from '../../../functions/token-rotation/promote-pending.ts';
import { readersOf } from '../../../functions/token-rotation/readers-of.ts';
import {
  BeginGraceInput,
  ForgetPendingInput,
  ListReadersInput,
  LookAtGraceInput,
  LookAtNodesInput,
  MakePendingInput,
  OrderInput,
  PlanRotationInput,
  PromoteInput,
  WaitForFinishInput,
} from '../../../functions/token-rotation/schemas.ts';
import { tryTokens } from '../../../functions/token-rotation/try-tokens.ts';
import { Definition } from '../../../local/states/definition.ts';
import type { Execution } from '../../../local/states/execution.ts';
import type { Json } from '../../../local/states/json.ts';
import { StatesError } from '../../../local/states/states-error.ts';
import { A_VPC, aDefinition } from '../../builders/a-definition.ts';
import { aLeapingClock } from '../../builders/a-leaping-clock.ts';
import { inMemoryBus } from '../../builders/in-memory-bus.ts';
import { inMemoryEvents } from '../../builders/in-memory-events.ts';
import { inMemoryLedger } from '../../builders/in-memory-ledger.ts';
import { inMemoryReaders } from '../../builders/in-memory-readers.ts';
import { inMemorySecrets, type KeptSecret } from '../../builders/in-memory-secrets.ts';
import { inMemoryTokenCache, type ServiceTraits, USER } from '../../builders/in-memory-token-cache.ts';
import { answers, runWorkflow, type Stub, works } from '../../builders/run-workflow.ts';
import { type CallMade, type ConsoleFault, type Fault, isCallFault, isConsoleFault } from './faults.ts';

const CACHE_ID = 'orders';
const REGION = 'us-east-1';
const KEY = { region: REGION, cacheId: CACHE_ID };
const VERSIONS = { current: 'version-0'.padEnd(32, '0'), previous: 'version-of-old'.padEnd(32, '0') };
const FIRST_TOKEN = 'FirstToken'.padEnd(32, 'f');
const OLD_TOKEN = 'OldToken'.padEnd(32, 'o');
const GRACE_MINUTES = 60;
/** Just before Lambda ends the function (infra/token-rotation.ts). */
const LATE_SECONDS = { Order: 25, other: 55 };

export interface WorldTraits {
  readonly what: 'token' | 'user';
  readonly service: ServiceTraits;
  readonly nodes: number;
  readonly changeSeconds: number;
  readonly policy?: Readonly<Record<string, unknown>>;
  /** What the workflow is instead of what its file says. */
  readonly definition?: Definition;
  /** What a function does instead of its own work. */
  readonly instead?: (own: Readonly<Record<string, Stub>>) => Readonly<Record<string, Stub>>;
}

/** How an execution ended, and what it called. */
export interface Ended {
  readonly operationId: string;
  /** `stopped` and `vanished` when it did not end by itself. */
  readonly outcome: string;
  readonly reason: string;
  readonly summary: string;
  readonly path: readonly string[];
  readonly calls: readonly CallMade[];
}

/** What never is, whatever others do. */
export const PUSHED_OUT = 'An order of ours pushed AWSCURRENT out.';

/** A function was ended by Lambda in the middle of its work. */
class Died extends Error {
  override readonly name = 'Died';
}

const WORKFLOW = Definition.parse(aDefinition('rotate-token'));

/**
 * A cache whose token, or whose user's password, is rotated by the real workflow with the real steps; what AWS does is the twins'.
 * Whatever anybody does in it, what must never be is looked for before and after.
 */
export const aRotationWorld = (traits: WorldTraits) => {
  const clock = aLeapingClock();
  const userId = traits.what === 'user' ? USER.userId : undefined;
  const secretName = userId === undefined ? tokenSecretName(CACHE_ID) : userSecretName(CACHE_ID, userId);
  const policy = AccountPolicy.parse({
    modes: { 'token-rotation': 'act' },
    tokenRotation: { askBeforeRetiring: 'never', gracePeriodMinutes: GRACE_MINUTES, ...traits.policy },
  });
  const ledger = inMemoryLedger();
  const secrets = inMemorySecrets();
  const bus = inMemoryBus();
  const broken = new Set<string>();

  const cache = inMemoryTokenCache({
    ...traits,
    userId,
    tokens: [FIRST_TOKEN],
    nowMs: () => clock.now(),
    onChange: () => mustHold(),
  });
  const textOf = (token: string): string =>
    userId === undefined
      ? tokenSecretText({ engine: 'redis', cacheId: CACHE_ID, authToken: token })
      : JSON.stringify({ username: USER.name, password: token });
  const kept: KeptSecret = {
    value: textOf(FIRST_TOKEN),
    versionId: VERSIONS.current,
    previousVersionId: VERSIONS.previous,
    others: { [VERSIONS.previous]: textOf(OLD_TOKEN) },
    deleted: false,
    tags: { 'autopilot:managed': 'true' },
    changedAt: clock.iso(),
  };
  secrets.kept.set(secretName, kept);

  /** The tokens of the labelled versions. */
  const read = new Map<string, string>();
  const tokenOf = (text: string): string => {
    const token = read.get(text) ?? String(JSON.parse(text).password);
    read.set(text, token);
    return token;
  };
  const labelled = () => {
    const of = (id: string | undefined) => {
      const text = id === kept.versionId ? kept.value : kept.others?.[id ?? ''];
      return text === undefined ? undefined : tokenOf(text);
    };
    return { current: of(kept.versionId), pending: of(kept.pendingVersionId), previous: of(kept.previousVersionId) };
  };
  /** What must be true at every time; what is not is noted, since a fault that is thrown would be taken for one of AWS's. */
  const mustHold = (): void => {
    const { current = '', pending, previous } = labelled();
    // Not `cache.accepted()`: this is asked in the middle of a change, too.
    for (const tokens of cacheAccepts()) {
      if (!tokens.includes(current)) broken.add('A node refused AWSCURRENT.');
      if (tokens.some((token) => ![current, pending, previous].includes(token))) {
        broken.add('A node accepted a token that is in no labelled version.');
      }
    }
  };
  const cacheAccepts = () => cache.acceptedUnasked();
  const look = (): void => {
    cache.catchUp();
    mustHold();
  };

  const orders = elastiCacheTokenChanges(cache.client);
  /** The twins as one execution uses them: each call is looked at, and a function can die after one that writes. */
  const toolsOf = (operationId: string, state: { writes: number; diesAfterWrite: number; died: boolean }) => {
    const watched = <T extends object>(twin: T, writes: readonly string[], fenced: readonly string[] = []): T =>
      new Proxy(twin, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]) => {
            look();
            const method = String(name);
            if (fenced.includes(method) && (await ledger.holder(KEY))?.operationId !== operationId) {
              broken.add(`${method} was called by somebody who has not the lock.`);
            }
            const isOrder = target === (orders as object);
            const had = isOrder && cache.comes().includes(labelled().current ?? '');
            const answer: unknown = await Reflect.apply(member, target, args).finally(() => {
              if (had && !cache.comes().includes(labelled().current ?? '')) broken.add(PUSHED_OUT);
            });
            if (fenced.includes(method) && twin === (secrets as object)) kept.changedAt = clock.iso();
            look();
            if (writes.includes(method)) {
              state.writes += 1;
              if (state.writes === state.diesAfterWrite) {
                state.died = true;
                throw new Died('It was killed.');
              }
            }
            return answer;
          };
        },
      });
    const labels = ['putPending', 'makeCurrent', 'dropPending'];
    const ordering = ['rotate', 'set', 'setPasswords'];
    return {
      caches: watched(cache.caches, []),
      users: watched(cache.users, []),
      secrets: watched(secrets, labels, labels),
      changes: watched(orders, ordering, ordering),
      ledger: watched(ledger, ['lock', 'unlock', 'open', 'close', 'published', 'ask', 'beginGrace', 'leaveToken']),
      bus: watched(bus, ['say']),
    };
  };

  let atTheConsoleSoOften = 0;
  /** Somebody does it past us, by the same rules of AWS. */
  const atTheConsole = (what: ConsoleFault): void => {
    look();
    atTheConsoleSoOften += 1;
    const versionId = `version-of-somebody-${atTheConsoleSoOften}`.padEnd(32, '0');
    const textOfCurrent = kept.value ?? '';
    if (what === 'console-rotates') {
      cache.orderElsewhere(`TokenOfSomebody${atTheConsoleSoOften}`.padEnd(32, 's'));
    } else if (what === 'console-moves-pending') {
      kept.pendingVersionId = kept.pendingVersionId === undefined ? kept.previousVersionId : undefined;
    } else if (what === 'console-moves-current') {
      const other = kept.pendingVersionId ?? kept.previousVersionId ?? '';
      const value = kept.others?.[other];
      if (value === undefined) return;
      kept.others = { ...kept.others, [kept.versionId]: textOfCurrent };
      kept.previousVersionId = kept.versionId;
      kept.versionId = other;
      kept.value = value;
    } else {
      kept.others = { ...kept.others, [kept.versionId]: textOfCurrent };
      kept.previousVersionId = kept.versionId;
      kept.versionId = versionId;
      kept.value = JSON.stringify({ ...JSON.parse(textOfCurrent), comment: String(atTheConsoleSoOften) });
    }
    kept.changedAt = clock.iso();
  };
  /** The lease has run out, and another operation has taken the lock for an hour. */
  const loseTheLock = async (operationId: string): Promise<void> => {
    const held = await ledger.holder(KEY);
    const fencing = (await ledger.record(operationId))?.fencing;
    if (held?.operationId !== operationId || fencing === undefined) return;
    await ledger.unlock(KEY, operationId, fencing);
    await ledger.lock(KEY, 'scale-1', clock.iso(), secondsAfter(clock.iso(), 3600));
  };

  const incidents: string[] = [];
  const settles = new Set<string>();
  let executions = 0;
  /** Functions that are still at work, though nobody waits for them. */
  let late = 0;

  const stubsFor = (
    operationId: string,
    state: { writes: number; diesAfterWrite: number; died: boolean },
  ): Readonly<Record<string, Stub>> => {
    const { caches, users, secrets: kept, changes, ledger: book, bus: said } = toolsOf(operationId, state);
    const region = REGION;
    const fenceOf = (step: { readonly operationId: string; readonly fencing: number }) => lockFence(book, KEY, step);
    return {
      Plan: works(PlanRotationInput, async (input) => {
        const seen = await lookBeforeRotation(input, {
          region,
          caches,
          users,
          events: inMemoryEvents(),
          secrets: kept,
          ledger: book,
          vpcOf: async () => A_VPC,
          probedVpcs: [A_VPC],
        });
        return planRotation(input.request, seen, {
          operationId: input.operationId,
          policy,
          optInTag: 'autopilot:managed',
        });
      }),
      LookAtNodes: works(LookAtNodesInput, (input) =>
        tryTokens(input, { caches, users, secrets: kept, connect: cache.connect, now: () => clock.iso() }),
      ),
      AskApproval: works(AskApprovalInput, (input) => askPerson(input, { ledger: book, bus: said, region })),
      Open: works(OpenInput, (input) => openOperation(input, region, book)),
      MakePending: works(MakePendingInput, (input) =>
        makePendingVersion(input, { caches, users, secrets: kept, fence: fenceOf(input) }),
      ),
      HoldConnections: answers({ connections: 6, nodes: 3 }),
      Order: works(OrderInput, (input) => orderChange(input, { secrets: kept, changes, fence: fenceOf(input) })),
      settle: async ({ executionName = '' }) => {
        if (settles.has(executionName)) throw new StatesError('StepFunctions.ExecutionAlreadyExistsException', '{}');
        settles.add(executionName);
        const deadlineMs = clock.now() + 3_600_000;
        while (!cache.looksAtRest()) {
          if (clock.now() > deadlineMs) throw new StatesError('OutOfTime', '{}');
          await clock.sleep(15_000);
        }
        return { status: 'available' };
      },
      LetGo: answers({
        connections: 6,
        lost: 0,
        commands: 60,
        heldSeconds: 60,
        losses: [],
        endedBecause: 'told',
      }),
      WaitForFinish: works(WaitForFinishInput, (input) =>
        book.leaveToken(input.operationId, 'finish', input.taskToken, input.now),
      ),
      Promote: works(PromoteInput, (input) => promotePending(input, { secrets: kept, fence: fenceOf(input) })),
      BeginGrace: works(BeginGraceInput, (input) =>
        beginGracePeriod(input, { ledger: book, bus: said, fence: fenceOf(input), region }),
      ),
      LookAtGrace: works(LookAtGraceInput, async ({ operationId: id, now }) => {
        const grace = await book.graceOf(id);
        if (!grace) throw new FixInput('It has no grace period.');
        return { over: Date.parse(grace.endsAt) <= Date.parse(now), endsAt: grace.endsAt };
      }),
      ListReaders: works(ListReadersInput, (input) =>
        readersOf(input, { readers: inMemoryReaders(), secrets: kept, stackName: 'elasticache-autopilot' }),
      ),
      ForgetPending: works(ForgetPendingInput, (input) =>
        forgetPendingVersion(input, { secrets: kept, fence: fenceOf(input) }),
      ),
      RaiseIncident: works(RaiseIncidentInput, async ({ reason }) => {
        incidents.push(reason);
        return { raised: true };
      }),
      Close: works(CloseInput, (input) => closeOperation(input, { ledger: book, bus: said, region })),
    };
  };

  /** Runs one execution to its end, with faults at some of its calls. @param onCall told of each call before it */
  const run = async (
    request: Readonly<Record<string, Json>> = {},
    faults: ReadonlyMap<number, Fault> = new Map(),
    onCall: (index: number, to: string) => void = () => {},
  ): Promise<Ended> => {
    executions += 1;
    const operationId = `rotation-${executions}`;
    const calls: CallMade[] = [];
    const startDate = clock.now();
    let execution: Execution | undefined;
    let cutOff: 'stopped' | 'vanished' | undefined;
    const state = { writes: 0, diesAfterWrite: 0, died: false };
    const cutOffNow = (how: 'stopped' | 'vanished') => {
      cutOff = how;
      execution?.stop();
    };

    const faulty =
      (to: string, stub: Stub): Stub =>
      async (asked) => {
        const index = calls.length;
        calls.push({ index, to, writes: 0 });
        const fault = faults.get(index);
        if (fault === 'loses-the-lock') await loseTheLock(operationId);
        onCall(index, to);
        await clock.sleep(1000);
        if (cutOff) return null;
        if (isConsoleFault(fault)) atTheConsole(fault);
        if (fault === 'dies-before') throw new StatesError('Runtime.ExitError', '{"errorType":"Runtime.ExitError"}');
        if (fault === 'comes-late') {
          late += 1;
          const work = async () => {
            await clock.sleep((to === 'Order' ? LATE_SECONDS.Order : LATE_SECONDS.other) * 1000);
            try {
              await stub(asked);
            } finally {
              late -= 1;
              look();
            }
          };
          work().catch(() => undefined);
          throw new StatesError('Lambda.SdkClientException', 'Unable to execute HTTP request: Read timed out');
        }
        if (fault === 'is-busy') throw new StatesError('ServiceBusy', '{"errorType":"ServiceBusy","errorMessage":"."}');
        if (fault === 'fails') throw new StatesError('Strange', '{"errorType":"Strange","errorMessage":"."}');
        if (isCallFault(fault)) cache.failNext(fault);
        state.writes = 0;
        state.died = false;
        state.diesAfterWrite = Number(/^dies-after-write-(\d+)$/.exec(fault ?? '')?.[1] ?? 0);
        try {
          const answer = await stub(asked);
          if (fault === 'dies-after') throw new StatesError('Sandbox.Timedout', '{"errorType":"Sandbox.Timedout"}');
          if (fault === 'is-stopped') cutOffNow('stopped');
          if (fault === 'vanishes') cutOffNow('vanished');
          return answer;
        } catch (error) {
          if (fault === 'is-stopped') cutOffNow('stopped');
          if (fault === 'vanishes') cutOffNow('vanished');
          if (state.died) throw new StatesError('Runtime.ExitError', '{"errorType":"Runtime.ExitError"}');
          throw error;
        } finally {
          calls[index] = { index, to, writes: state.writes };
          cache.failNext(undefined);
          look();
        }
      };

    const own = stubsFor(operationId, state);
    const all = { ...own, ...traits.instead?.(own) };
    const ended = await runWorkflow(
      'rotate-token',
      Object.fromEntries(Object.entries(all).map(([name, stub]) => [name, faulty(name, stub)])),
      { cacheId: CACHE_ID, ...(userId === undefined ? {} : { userId }), requestedBy: 'a person', ...request },
      {
        clock,
        operationId,
        definition: traits.definition ?? WORKFLOW,
        onStart: (started) => {
          execution = started;
        },
      },
    );
    look();
    const said = JSON.stringify([ended.calls, ended.outcome]);
    if ([FIRST_TOKEN, OLD_TOKEN, ...secrets.passwords].some((token) => said.includes(token))) {
      broken.add('A token stands in what the workflow was told.');
    }
    if (ended.outcome.status !== 'SUCCEEDED' && cutOff !== 'vanished') {
      const { status, error, cause } = ended.outcome;
      await closeAbandoned({ operationId, status, error, cause, startDate });
    }
    const record = await ledger.record(operationId);
    return {
      operationId,
      outcome: cutOff ?? record?.outcome ?? 'nothing',
      reason: record?.reason ?? '',
      summary: record?.summary ?? '',
      path: ended.path,
      calls,
    };
  };

  const closeAbandoned = async (ended: {
    operationId: string;
    status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
    error: string;
    cause: string;
    startDate: number;
  }): Promise<void> => {
    const { operationId, ...detail } = ended;
    const stateMachineArn = 'arn:aws:states:us-east-1:111122223333:stateMachine:rotate-token';
    const event: z.output<typeof executionStatusChange.schema> = executionStatusChange.schema.parse({
      ...executionStatusChange.sample,
      time: clock.iso(),
      detail: {
        ...detail,
        name: operationId,
        stateMachineArn,
        executionArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${operationId}`,
        stopDate: clock.now(),
        input: JSON.stringify({ cacheId: CACHE_ID, ...(userId === undefined ? {} : { userId }) }),
      },
    });
    const input = abandonedOperation(event, await ledger.record(operationId));
    await closeOperation(input, { ledger, bus, region: REGION });
  };

  return {
    clock,
    ledger,
    secrets,
    kept,
    cache,
    incidents,
    /** What was not as it must be, as sentences; empty when all went well. */
    broken,
    run,
    /** Until nothing goes on in ElastiCache any more. */
    async rest(): Promise<void> {
      while (late > 0 || !cache.isAtRest()) await clock.sleep(15_000);
      look();
    },
    /** The valid tokens of all nodes, by the labels of their versions. */
    valid: (): readonly string[] => {
      const byToken = Object.entries(labelled());
      const tokens = [...new Set(cache.accepted().flat())];
      return tokens.map((token) => byToken.find(([, labelledToken]) => labelledToken === token)?.[0] ?? 'nowhere');
    },
    /** All that a later run can go by, when nothing goes on any more. */
    async left(): Promise<string> {
      const byToken = new Map(Object.entries(labelled()).map(([label, token]) => [token, label]));
      const records = await ledger.operations({ ...KEY, limit: 100 });
      const changed = Date.parse((await cache.caches.find(CACHE_ID))?.tokenChangedAt ?? clock.iso());
      return JSON.stringify([
        cache.settled().map((token) => byToken.get(token)),
        Object.entries(labelled())
          .filter(([, token]) => token !== undefined)
          .map(([label]) => label),
        kept.pendingVersionId,
        (await ledger.holder(KEY))?.operationId,
        await Promise.all(
          records.map(async ({ operationId, outcome, fencing, startedAt, closedAt, reason, figures }) => [
            outcome,
            reason === 'TokenChangedElsewhere',
            'tokenChangedAt' in (figures ?? {}) && Date.parse(String(figures?.tokenChangedAt)) === changed,
            fencing !== undefined,
            Date.parse(startedAt) <= changed,
            closedAt !== undefined && changed <= Date.parse(closedAt),
            (await ledger.graceOf(operationId)) !== undefined,
          ]),
        ),
      ]);
    },
    labelled,
    inMinutes: (minutes: number): string => secondsAfter(clock.iso(), minutes * 60),
  };
};

export type RotationWorld = ReturnType<typeof aRotationWorld>;

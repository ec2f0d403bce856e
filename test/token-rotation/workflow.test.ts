import { describe, expect, it } from 'vitest';
import { AskApprovalInput, OpenInput, RaiseIncidentInput } from '../../functions/operations/schemas.ts';
import { attemptName } from '../../functions/token-rotation/rotation-attempts.ts';
import {
  HoldInput,
  LookAtNodesInput,
  ROTATION_REASONS,
  type RotationPlan,
  type Tried,
} from '../../functions/token-rotation/schemas.ts';
import { versionIdOf } from '../../functions/token-rotation/version-id.ts';
import type { Json } from '../../local/states/json.ts';
import { MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES } from '../../local/states/limits.ts';
import { aDefinition } from '../builders/a-definition.ts';
import {
  asJson,
  atSecond,
  type Circumstances,
  called,
  callsTo,
  failsByToken,
  LATE,
  READERS,
  reportOf,
  rotate,
  type Stubs,
  someHeld,
  staysSilent,
  tried,
  UNKNOWN,
  VERSIONS,
} from '../builders/a-rotation-story.ts';
import { SECRET, TOKENS } from '../builders/a-rotation-target.ts';
import { answers, fails, inTurn, OPERATION_ID, returns, type Stub, throws } from '../builders/run-workflow.ts';

const LOOK = ['Plan', 'LookAtNodes', 'Plan'];
const GATE = [...LOOK, 'Open', ...LOOK];
const HELD = ['MakePending', 'HoldConnections', 'LookAtNodes'];
const BROUGHT_IN = [...HELD, 'Order', 'settle', 'LookAtNodes', 'LetGo'];
const GRACE = ['BeginGrace', 'LookAtGrace', 'ListReaders', 'LookAtNodes'];
const RETIRED = ['Open', 'LookAtNodes', 'HoldConnections', 'LookAtNodes', 'Order', 'settle', 'LookAtNodes', 'LetGo'];
const WHOLE = [...GATE, ...BROUGHT_IN, 'Promote', ...GRACE, ...RETIRED, 'Close'];
const REFUSALS = ROTATION_REASONS.filter(
  (reason) => !['ReadyToRotate', 'NodesToBeTried', 'RotationUnfinished'].includes(reason),
);
const OURS = versionIdOf(OPERATION_ID);
const DAY = 86_400;
/** What is said of which tokens are valid when both are kept. */
const NOT_KNOWN = 'Which are valid now is not known: `autopilot rotate --plan` tries them.';
const accepted = (other: string) =>
  `When the nodes were last tried, all of them accepted the current one and ${other}: nobody is refused.`;
const AND_PENDING = accepted('the one that is to come');
const AND_PREVIOUS = accepted('the one before');

/** The real plan, and what this changes about it. */
const plans = (real: Stubs, changes: (plan: RotationPlan, turn: number) => object): Stub =>
  (() => {
    let turn = 0;
    return async (request) => {
      turn += 1;
      const plan = (await real.Plan(request)) as unknown as RotationPlan;
      return asJson({ ...plan, ...changes(plan, turn) });
    };
  })();

/** The one for its first calls, and then the other. */
const switching = (calls: number, before: Stub, then: Stub): Stub =>
  inTurn(...(Array.from({ length: calls }, () => before) as [Stub, ...Stub[]]), then);

describe('rotate-token', () => {
  it('tries, agrees, locks, tries again, brings in, makes current, waits, retires, and reports', async () => {
    const story = await rotate();
    expect(story.path).toEqual([
      'Take the request',
      'Plan the rotation',
      'What is planned?',
      'Try the tokens',
      'Plan the rotation',
      'What is planned?',
      'What does the policy say?',
      'Take the lock',
      'Plan the rotation',
      'What is planned?',
      'Try the tokens',
      'Plan the rotation',
      'What is planned?',
      'Is it as agreed?',
      'Make the new token',
      'Hold connections',
      'See what is valid',
      'Is the new one in?',
      'Bring the new one in',
      'Give it time',
      'Wait until it is settled',
      'See what is valid',
      'Is the new one in?',
      'Let the connections go',
      'Who finishes it?',
      'Make the new one current',
      'Begin the grace period',
      'Wait for the grace period',
      'Look at the grace period',
      'Is the grace period over?',
      'List who is ready',
      'List who is connected',
      'Does a person have to agree?',
      'Take the lock again',
      'Look before retiring',
      'Is it as it was left?',
      'Hold connections again',
      'See what is left',
      'Is the current one the only one?',
      'Retire the others',
      'Give it time again',
      'Wait until it is settled again',
      'See what is left',
      'Is the current one the only one?',
      'Has it gone back?',
      'Let them go again',
      'Is another one wanted too?',
      'Say how it went',
      'Report the outcome',
      'How did it end?',
      'Done',
    ]);
    expect(called(story)).toEqual(WHOLE);
    expect(story.orders).toEqual(['ROTATE', 'SET']);
    expect(story.valid).toEqual([story.current]);
    expect(story.secrets.passwords).toEqual([story.current]);
    expect(await story.secrets.find(SECRET)).toMatchObject({
      currentVersionId: OURS,
      pendingVersionId: undefined,
      previousVersionId: VERSIONS.current,
    });
    // Two orders that are given 30 s to show, and the grace period.
    expect(story.seconds).toBe(DAY + 60);
  });

  it('tells the same story of a user’s password', async () => {
    const story = await rotate(undefined, { ofUser: true });
    expect(called(story)).toEqual(WHOLE);
    expect(story.orders).toEqual(['PASSWORDS', 'PASSWORDS']);
    expect(story.valid).toEqual([story.current]);
    expect(reportOf(story)).toMatchObject({
      outcome: 'done',
      reason: 'Rotated',
      figures: { userId: 'orders-app', what: 'the password of user orders-app of orders' },
      decision: { calls: [{ operation: 'ModifyUser' }, { operation: 'ModifyUser' }] },
    });
  });

  it('reports what docs and command line read', async () => {
    const story = await rotate();
    const report = reportOf(story);
    expect(report).toMatchObject({
      operationId: OPERATION_ID,
      workflow: 'rotate-token',
      cacheId: 'orders',
      requestedBy: 'alice',
      outcome: 'done',
      reason: 'Rotated',
      summary:
        'Rotated the AUTH token of orders: all 9 nodes accept the new one and refuse the old one. Not one of 18 connections that were held meanwhile was lost; 1800 commands were answered on them. Everybody who fetched the secret before has fetched the new one.',
      figures: {
        what: 'the AUTH token of orders',
        nodes: 9,
        graceSince: atSecond(30),
        graceEndsAt: atSecond(30 + DAY),
      },
      evidence: {
        valid: { current: 'everywhere', previous: 'nowhere' },
        held: { bringIn: someHeld(), retire: someHeld() },
        readers: READERS,
      },
      decision: {
        action: 'rotate',
        mode: 'act',
        calls: [
          {
            operation: 'ModifyReplicationGroup',
            parameters: { ReplicationGroupId: 'orders', AuthTokenUpdateStrategy: 'ROTATE' },
          },
          {
            operation: 'ModifyReplicationGroup',
            parameters: { ReplicationGroupId: 'orders', AuthTokenUpdateStrategy: 'SET' },
          },
        ],
      },
    });
    expect(story.outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'done', reason: 'Rotated', operationId: OPERATION_ID, summary: report.summary },
    });
  });

  it('gives the cache’s lock back while it waits, so that others may work on it', async () => {
    const held: unknown[] = [];
    const story = await rotate((real) => ({
      ListReaders: async (request) => {
        held.push('asked');
        return real.ListReaders(request);
      },
      BeginGrace: async (request) => {
        const answer = await real.BeginGrace(request);
        held.push(answer);
        return answer;
      },
    }));
    expect(held).toHaveLength(2);
    const [first, again] = callsTo(story, 'Open').map(({ with: given }) => OpenInput.parse(given));
    expect(Date.parse(again?.now ?? '') - Date.parse(first?.now ?? '')).toBe((DAY + 30) * 1000);
    // The lock changed hands: what was ordered with the first number would be refused.
    const fences = callsTo(story, 'Order').map(({ with: given }) => (given as { fencing: number }).fencing);
    expect(fences).toEqual([1, 2]);
  });

  it('lists, before the old one goes, whose connections are older than the moment since which the new one is current', async () => {
    const story = await rotate();
    const looks = callsTo(story, 'LookAtNodes').map(({ with: given }) => LookAtNodesInput.parse(given).currentSince);
    expect(looks).toEqual([undefined, undefined, undefined, undefined, atSecond(30), undefined, undefined, undefined]);
    expect(callsTo(story, 'ListReaders')).toMatchObject([{ with: { since: atSecond(30) } }]);
  });

  it('keeps lists of one and of none lists', async () => {
    const check = { name: 'lock', passed: true, says: 'No operation works on it.' };
    for (const [checks, doubts] of [
      [[check], ['The policy is old.']],
      [[], []],
    ]) {
      const story = await rotate((real) => ({
        Plan: plans(real, () => ({ checks, doubts, mode: 'approve' })),
        AskApproval: answers({ approved: true, answeredBy: 'bob' }),
        ListReaders: returns(asJson({ ...LATE, ready: checks?.length === 1 ? READERS.ready : [] })),
      }));
      expect(reportOf(story)).toMatchObject({ outcome: 'done', figures: { checks }, decision: { doubts } });
      const [first, second] = callsTo(story, 'AskApproval').map(({ with: given }) => AskApprovalInput.parse(given));
      expect(first?.figures.checks).toEqual((checks as RotationPlan['checks']).map(({ says }) => says));
      expect(second?.figures).toMatchObject({ late: ['reports'], ready: checks?.length === 1 ? ['orders-app'] : [] });
    }
  });

  describe('does nothing', () => {
    it.each(REFUSALS)('when the plan says %s: before the nodes are tried, after, or under the lock', async (reason) => {
      const refusal = { action: 'refuse', reason, summary: `No rotation of the AUTH token of orders: ${reason}.` };
      for (const [turn, path] of [
        [1, ['Plan', 'Close']],
        [2, [...LOOK, 'Close']],
        [3, [...LOOK, 'Open', 'Plan', 'Close']],
        [4, [...GATE, 'Close']],
      ] as const) {
        const story = await rotate((real) => ({ Plan: plans(real, (_, now) => (now === turn ? refusal : {})) }));
        expect(called(story)).toEqual(path);
        expect(story.outcome.status).toBe('SUCCEEDED');
        expect(reportOf(story)).toMatchObject({ outcome: 'refused', reason, summary: refusal.summary });
      }
    });

    it('but observe where the policy says so, also when it says so only under the lock', async () => {
      const story = await rotate(undefined, { mode: 'observe' });
      expect(called(story)).toEqual([...LOOK, 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'observed', reason: 'ReadyToRotate' });
      expect(reportOf(story).summary).toContain('Only observed, in the mode observe, and not done: Rotate');
      for (const mode of ['observe', 'approve']) {
        const under = await rotate((real) => ({ Plan: plans(real, (_, turn) => (turn > 2 ? { mode } : {})) }));
        expect(called(under)).toEqual([...GATE, 'Close']);
        expect(reportOf(under)).toMatchObject({ outcome: 'observed' });
      }
    });

    it('when the nodes cannot be tried now: that is refused, and no failure', async () => {
      const story = await rotate(() => ({ LookAtNodes: throws('NotReady', 'orders is modifying.') }));
      expect(called(story)).toEqual(['Plan', 'LookAtNodes', 'Close']);
      expect(story.seconds).toBe(60);
      expect(story.outcome.status).toBe('SUCCEEDED');
      expect(reportOf(story)).toMatchObject({
        outcome: 'refused',
        reason: 'NotReady',
        summary: 'No rotation of the AUTH token of orders now: orders is modifying.',
        problem: { step: 'Try the tokens' },
      });
    });

    it.each(['VerificationFailed', 'FixSecret', 'GrantPermission', 'AnUnknownFault'])(
      'when trying the nodes says %s, and fails',
      async (error) => {
        const story = await rotate(() => ({ LookAtNodes: throws(error, 'Something is wrong.') }));
        expect(called(story)).toEqual(['Plan', 'LookAtNodes', 'Close']);
        expect(story.outcome).toMatchObject({ status: 'FAILED', error });
        expect(reportOf(story).summary).toBe(
          'Planning the rotation of the AUTH token of orders failed: Something is wrong.',
        );
      },
    );

    it('while another operation has the cache', async () => {
      const story = await rotate(() => ({ Open: throws('CacheLocked', 'orders is held by the operation scale-1.') }));
      expect(called(story)).toEqual([...LOOK, 'Open', 'Close']);
      expect(story.seconds).toBe(0);
      expect(reportOf(story)).toMatchObject({
        outcome: 'refused',
        reason: 'CacheLocked',
        summary: 'No rotation of the AUTH token of orders now: orders is held by the operation scale-1.',
      });
    });

    it('where nobody can try the nodes', async () => {
      const story = await rotate((real) => ({ Plan: plans(real, () => ({ vpcId: 'vpc-of-another' })) }));
      expect(called(story)).toEqual(['Plan', 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'QueryEvaluationError' });
    });

    it('when the plan never comes to an end', async () => {
      const story = await rotate((real) => ({
        Plan: plans(real, () => ({ action: 'try', reason: 'NodesToBeTried' })),
      }));
      expect(callsTo(story, 'LookAtNodes')).toHaveLength(5);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'Unknown' });
    });

    it('of what it does not know', async () => {
      for (const strange of [{ action: 'explode' }, { mode: 'bold' }]) {
        for (const turn of [2, 4]) {
          const story = await rotate((real) => ({ Plan: plans(real, (_, now) => (now === turn ? strange : {})) }));
          expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'Unknown' });
          expect(story.orders).toEqual([]);
          expect(called(story)).not.toContain('MakePending');
        }
      }
    });

    it('that was not agreed: the nodes accept something else under the lock', async () => {
      const story = await rotate((real) => ({
        LookAtNodes: switching(1, real.LookAtNodes, tried({ previous: 'everywhere' })),
      }));
      expect(called(story)).toEqual([...GATE, 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
      const other = await rotate((real) => ({
        LookAtNodes: switching(1, tried({ previous: 'everywhere' }), real.LookAtNodes),
      }));
      expect(reportOf(other)).toMatchObject({ outcome: 'refused', reason: 'PlanChanged' });
      expect([...story.orders, ...other.orders]).toEqual([]);
    });
  });

  describe('asks a person', () => {
    const asks = (answer: Json) => rotate(() => ({ AskApproval: answers(answer) }), { mode: 'approve' });

    it('what exactly shall be done, who asks, and why now', async () => {
      const story = await asks({ approved: true, answeredBy: 'bob' });
      const question = AskApprovalInput.parse(callsTo(story, 'AskApproval')[0]?.with);
      expect(question).toMatchObject({
        workflow: 'rotate-token',
        cacheId: 'orders',
        requestedBy: 'alice',
        expiresAt: atSecond(DAY),
        figures: { what: 'the AUTH token of orders', why: 'It was asked for; it is 40 days old, and 30 are allowed.' },
      });
      expect(question.question).toMatch(
        /^Shall this be done\? Rotate the AUTH token of orders: .*\. It was asked for; /,
      );
    });

    it('and goes on after a yes', async () => {
      const story = await asks({ approved: true, answeredBy: 'bob' });
      expect(called(story)).toEqual([...LOOK, 'AskApproval', ...WHOLE.slice(3)]);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'Rotated', answeredBy: 'bob' });
    });

    it('and takes only a yes for one', async () => {
      const all: Json[] = [
        { approved: false, answeredBy: 'bob' },
        { approved: 'true' },
        { approved: 1 },
        {},
        [],
        null,
        'yes',
      ];
      for (const no of all) {
        const story = await asks(no);
        expect(called(story)).toEqual([...LOOK, 'AskApproval', 'Close']);
        expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
      }
    });

    it('and takes the silence of a day for a no', async () => {
      const story = await rotate(undefined, { mode: 'approve' });
      expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'NobodyAnswered' });
      expect(story.seconds).toBe(DAY);
      expect(called(story)).toEqual([...LOOK, 'AskApproval', 'Close']);
    });

    it('and fails when it cannot even ask', async () => {
      const story = await rotate(() => ({ AskApproval: throws('FixInput') }), { mode: 'approve' });
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'FixInput' });
    });
  });

  describe('makes no second new one', () => {
    it('when there is one already that no node accepts: it is the one that is brought in', async () => {
      const story = await rotate(undefined, { versions: ['previous', 'pending'] });
      expect(called(story)).toEqual(WHOLE);
      expect(story.orders).toEqual(['ROTATE', 'SET']);
      expect(story.current).toBe(TOKENS.pending);
      expect(story.secrets.passwords).toEqual([]);
    });

    it('when it is valid already, as an interrupted run left it: that is not ordered again', async () => {
      const story = await rotate(undefined, { versions: ['previous', 'pending'], valid: ['current', 'pending'] });
      expect(called(story)).toEqual([...GATE, ...HELD, 'LetGo', 'Promote', ...GRACE, ...RETIRED, 'Close']);
      expect(story.orders).toEqual(['SET']);
      expect(story.current).toBe(TOKENS.pending);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', decision: { reason: 'RotationUnfinished' } });
    });

    it('and goes on with it when the current one was rotated in last, though ElastiCache then refuses SET at first', async () => {
      const story = await rotate(undefined, { versions: ['previous', 'pending'], valid: ['pending', 'current'] });
      expect(story.orders).toEqual(['SET', 'ROTATE', 'SET']);
      expect(story.valid).toEqual([TOKENS.pending]);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it('and brings in none that was seen to be valid under another label, or of another version', async () => {
      const circumstances = { versions: ['previous', 'pending'], valid: ['current', 'pending'] } as const;
      // Somebody takes the label off between the look and the plan, or between the plan and the step.
      for (const name of ['Plan', 'MakePending'] as const) {
        let call = 0;
        const story = await rotate(
          (real, { secrets }) => ({
            [name]: async (request: Parameters<Stub>[0]) => {
              call += 1;
              if (name === 'MakePending' || call === 4) await secrets.dropPending(SECRET, VERSIONS.pending);
              return real[name](request);
            },
          }),
          circumstances,
        );
        expect(story.orders).toEqual([]);
        expect(story.current).toBe(TOKENS.current);
        expect(reportOf(story)).toMatchObject(
          name === 'Plan'
            ? { outcome: 'refused', reason: 'PendingOfAnother' }
            : { outcome: 'failed', reason: 'AskAgain' },
        );
      }
    });

    it('nor goes by a look at another version than the one that is brought in', async () => {
      const story = await rotate((real) => ({
        // The plan is told that the new one is valid everywhere; the version that is made is not.
        LookAtNodes: inTurn(tried({ pending: 'everywhere' }), tried({ pending: 'everywhere' }), real.LookAtNodes),
        Plan: plans(real, (plan) =>
          plan.action === 'refuse' ? { action: 'rotate', reason: 'RotationUnfinished' } : {},
        ),
      }));
      expect(story.orders).toEqual(['ROTATE', 'SET']);
      expect(story.valid).toEqual([story.current]);
    });

    it('when making it was held up', async () => {
      let call = 0;
      const story = await rotate((real) => ({
        MakePending: async (request) => {
          call += 1;
          const answer = await real.MakePending(request);
          return call === 1 ? throws('ServiceBusy')(request) : answer;
        },
      }));
      expect(story.secrets.passwords).toHaveLength(1);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });
  });

  describe('brings an earlier rotation to its end first', () => {
    const UNFINISHED = { valid: ['previous', 'current'] } as const;
    const FINISHED = [...GRACE, ...RETIRED];

    it('and then rotates: the second grace period begins anew', async () => {
      const story = await rotate(undefined, UNFINISHED);
      expect(called(story)).toEqual([
        ...GATE,
        ...FINISHED,
        ...LOOK,
        ...BROUGHT_IN,
        'Promote',
        ...GRACE,
        ...RETIRED,
        'Close',
      ]);
      expect(story.orders).toEqual(['SET', 'ROTATE', 'SET']);
      expect(story.valid).toEqual([story.current]);
      const graces = callsTo(story, 'BeginGrace').map(({ with: given }) => given);
      expect(graces).toMatchObject([{ versionId: VERSIONS.current }, { versionId: OURS }]);
      // The first was over long ago; the second is whole.
      expect(story.seconds).toBe(30 + 30 + DAY + 30);
      expect(reportOf(story)).toMatchObject({
        outcome: 'done',
        reason: 'Rotated',
        figures: { graceSince: atSecond(60), graceEndsAt: atSecond(60 + DAY) },
      });
      expect(reportOf(story).summary).toMatch(/^The earlier rotation was brought to its end\. Rotated the AUTH token/);
    });

    it('and only that when the schedule asked', async () => {
      const story = await rotate(undefined, { ...UNFINISHED, request: { unasked: true } });
      expect(called(story)).toEqual([...GATE, ...FINISHED, 'Close']);
      expect(story.orders).toEqual(['SET']);
      expect(story.current).toBe(TOKENS.current);
      expect(reportOf(story)).toMatchObject({
        outcome: 'done',
        reason: 'RotationFinished',
        decision: { calls: [{ parameters: { AuthTokenUpdateStrategy: 'SET' } }] },
      });
    });

    it('and says so when the second is then refused', async () => {
      const story = await rotate(
        (real) => ({
          Plan: plans(real, (_, turn) =>
            turn > 4 ? { action: 'refuse', reason: 'CacheBusy', summary: 'No rotation: it is busy.' } : {},
          ),
        }),
        UNFINISHED,
      );
      expect(story.orders).toEqual(['SET']);
      expect(reportOf(story)).toMatchObject({
        outcome: 'refused',
        reason: 'CacheBusy',
        summary: 'The earlier rotation was brought to its end. No rotation: it is busy.',
      });
    });

    it('and lists who has been ready since the earlier promotion, not since now', async () => {
      const story = await rotate(undefined, { ...UNFINISHED, request: { unasked: true } });
      const since = '2026-10-12T07:00:00.000Z';
      expect(callsTo(story, 'ListReaders')).toMatchObject([{ with: { since } }]);
      expect(callsTo(story, 'LookAtNodes')[2]).toMatchObject({ with: { currentSince: since } });
    });

    it('waits for the rest of its grace period', async () => {
      const story = await rotate(
        (real) => ({
          Plan: plans(real, (plan) => (plan.action === 'finish' ? { graceEndsAt: atSecond(3600) } : {})),
        }),
        { ...UNFINISHED, request: { unasked: true } },
      );
      expect(story.seconds).toBe(3600 + 30);
    });

    it('has the time for two of the longest grace periods, and for a cache that is busy after each', async () => {
      const longest = { gracePeriodMinutes: 10_080 };
      const locked = throws('CacheLocked', 'orders is held by the operation scale-1.');
      const story = await rotate(
        (real) => ({
          Plan: plans(real, (plan) => (plan.action === 'finish' ? { graceEndsAt: atSecond(7 * DAY) } : {})),
          Open: inTurn(
            real.Open,
            ...Array.from({ length: 1400 }, () => locked),
            real.Open,
            ...Array.from({ length: 1400 }, () => locked),
            real.Open,
          ),
        }),
        { ...UNFINISHED, policy: longest },
      );
      expect(story.seconds).toBeGreaterThan(15 * DAY);
      expect(story.events).toBeLessThan(MAX_HISTORY_EVENTS);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    });

    it('does not call the second one watched by the connections of the first', async () => {
      let call = 0;
      const story = await rotate(
        (real) => ({
          LetGo: (request) => {
            call += 1;
            return call === 3 ? staysSilent(request) : real.LetGo(request);
          },
        }),
        UNFINISHED,
      );
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'RotatedUnwatched' });
    });

    it.each<[string, Circumstances, readonly string[]]>([
      ['that was there before', { unknownToken: 'older' }, ['SET']],
      ['that came after the current one', { unknownToken: 'newer' }, ['SET', 'ROTATE', 'SET']],
      [
        'that came after it, to a busy cache',
        { unknownToken: 'newer', attempts: ['busy', 'busy'] },
        ['SET', 'SET', 'SET', 'ROTATE', 'SET'],
      ],
      [
        'that came after it, with lost answers',
        { unknownToken: 'newer', attempts: ['lost', 'lost'] },
        ['SET', 'ROTATE', 'SET'],
      ],
      ['that there is not', {}, ['SET', 'ROTATE', 'SET']],
    ])(
      'also a token that is in no secret, when that is meant, though no node can tell of it: one %s',
      async (_what, circumstances, orders) => {
        const story = await rotate(undefined, {
          ...circumstances,
          seen: { changedBy: 'somebody-else' },
          request: { dropUnknown: true },
        });
        expect(story.orders).toEqual([...orders, 'ROTATE', 'SET']);
        expect(story.valid).toEqual([story.current]);
        expect(story.secrets.passwords).toEqual([story.current]);
        expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
      },
    );

    it('never brings in a new one while another that is in no secret may be the last', async () => {
      for (const attempt of ['busy', 'lost-before', 'throttled'] as const) {
        const story = await rotate(undefined, {
          unknownToken: 'newer',
          attempts: Array.from({ length: 30 }, () => attempt),
          seen: { changedBy: 'somebody-else' },
          request: { dropUnknown: true },
        });
        expect(story.secrets.passwords).toEqual([]);
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'NotRetired' });
      }
    });
  });

  describe('goes by what the nodes accept', () => {
    it('when the answer to the order was lost, and it was carried out', async () => {
      const story = await rotate(undefined, { attempts: ['lost'] });
      expect(story.orders).toEqual(['ROTATE', 'SET']);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it.each(['lost-before', 'busy', 'refused', 'ignored', 'throttled'] as const)(
      'and orders again only what no node accepts: %s',
      async (attempt) => {
        const story = await rotate(undefined, { attempts: [attempt, attempt] });
        expect(story.orders).toEqual(['ROTATE', 'ROTATE', 'ROTATE', 'SET']);
        expect(reportOf(story)).toMatchObject({ outcome: 'done' });
        expect(story.secrets.passwords).toHaveLength(1);
      },
    );

    it('when the function that orders died: before it, or with the answer in its hands', async () => {
      const killed = fails('Lambda.Unknown', 'killed');
      const dies: ((real: Stubs) => Stub)[] = [
        () => killed,
        () => fails('States.Timeout', ''),
        (real) => async (request) => {
          await real.Order(request);
          return killed(request);
        },
      ];
      for (const Order of dies) {
        const story = await rotate((real) => ({ Order: switching(1, Order(real), real.Order) }));
        expect(story.orders).toEqual(['ROTATE', 'SET']);
        expect(reportOf(story)).toMatchObject({ outcome: 'done' });
      }
    });

    it('and waits while they differ, without another order', async () => {
      const story = await rotate((real) => ({
        LookAtNodes: inTurn(
          real.LookAtNodes,
          real.LookAtNodes,
          real.LookAtNodes,
          tried({ pending: 'somewhere' }),
          tried({ pending: 'everywhere', current: 'somewhere' }),
          real.LookAtNodes,
          real.LookAtNodes,
          real.LookAtNodes,
          tried({ previous: 'somewhere' }),
          real.LookAtNodes,
        ),
      }));
      expect(story.orders).toEqual(['ROTATE', 'SET']);
      expect(story.path.filter((name) => name === 'Give the nodes time')).toHaveLength(2);
      expect(story.path.filter((name) => name === 'Give the nodes time again')).toHaveLength(1);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it('and never makes current what not every node accepts', async () => {
      for (const pending of ['somewhere', 'nowhere', 'absent', 'no-value', 'same'] as const) {
        for (const current of ['everywhere', 'somewhere', 'nowhere'] as const) {
          const story = await rotate((real) => ({
            LookAtNodes: switching(2, real.LookAtNodes, tried({ pending, current })),
          }));
          expect(called(story)).not.toContain('Promote');
          expect(story.current).toBe(TOKENS.current);
          expect(['failed', 'undone']).toContain(reportOf(story).outcome);
        }
      }
      const onlyNew = await rotate((real) => ({
        LookAtNodes: switching(2, real.LookAtNodes, tried({ pending: 'everywhere', current: 'somewhere' })),
      }));
      expect(called(onlyNew)).not.toContain('Promote');
    });

    it('and never calls a rotation done while another token than the current one may be valid', async () => {
      for (const wrong of [
        { previous: 'everywhere' },
        { previous: 'somewhere' },
        { current: 'somewhere' },
        { current: 'nowhere' },
        { pending: 'somewhere' },
      ] as const) {
        const story = await rotate((real) => ({ LookAtNodes: switching(6, real.LookAtNodes, tried(wrong)) }));
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'NotRetired' });
        expect(callsTo(story, 'RaiseIncident')).toHaveLength(1);
      }
    });
  });

  describe('takes it back', () => {
    const UNDONE = ['LookAtNodes', 'ForgetPending', 'Close'];

    it('when three orders did not bring it in', async () => {
      const story = await rotate(undefined, { attempts: ['refused', 'refused', 'refused'] });
      expect(story.orders).toEqual(['ROTATE', 'ROTATE', 'ROTATE']);
      expect(called(story).slice(-3)).toEqual(['LookAtNodes', 'ForgetPending', 'Close']);
      // Each order is given 30 s to show, and one that shows late 300 s before the new one is let go of.
      expect(story.seconds).toBe(3 * 30 + 300);
      expect(story.valid).toEqual([TOKENS.current]);
      expect(story.outcome).toMatchObject({ status: 'FAILED', error: 'NotBroughtIn' });
      expect(reportOf(story)).toMatchObject({
        outcome: 'undone',
        reason: 'NotBroughtIn',
        problem: { step: 'Is the new one in?' },
      });
      expect(reportOf(story).summary).toContain('After 3 orders the new one is accepted nowhere');
      expect(reportOf(story).summary).toContain('the old one is the current one and the only valid one.');
      expect(await story.secrets.find(SECRET)).toMatchObject({
        currentVersionId: VERSIONS.current,
        pendingVersionId: undefined,
      });
      expect(callsTo(story, 'RaiseIncident')).toEqual([]);
    });

    it.each(['VerificationFailed', 'FixSecret', 'GrantPermission', 'FixInput'])(
      'when it may not be ordered (%s), and nothing is valid that was not before',
      async (error) => {
        const story = await rotate(() => ({ Order: throws(error) }));
        expect(called(story)).toEqual([...GATE, ...HELD, 'Order', ...UNDONE]);
        expect(reportOf(story)).toMatchObject({ outcome: 'undone', reason: error });
      },
    );

    it('when the cache does not settle: by SET of the current one, which ElastiCache wants rotated in last', async () => {
      const story = await rotate((real) => ({
        settle: switching(
          1,
          fails('States.TaskFailed', '{"Error":"SettleDeadline","Cause":"It is still modifying."}'),
          real.settle,
        ),
      }));
      expect(story.orders).toEqual(['ROTATE', 'SET', 'ROTATE', 'SET']);
      expect(story.valid).toEqual([TOKENS.current]);
      expect(called(story)).toEqual([
        ...GATE,
        ...HELD,
        'Order',
        'settle',
        'LookAtNodes',
        ...['Order', 'settle', 'LookAtNodes'],
        ...['Order', 'settle', 'LookAtNodes'],
        ...['Order', 'settle', 'LookAtNodes'],
        'ForgetPending',
        'Close',
      ]);
      expect(reportOf(story)).toMatchObject({ outcome: 'undone', reason: 'SettleDeadline' });
      expect(reportOf(story).summary).toContain('It is still modifying.');
    });

    it('when the nodes cannot be looked at for a while', async () => {
      const story = await rotate((real) => ({
        LookAtNodes: inTurn(real.LookAtNodes, real.LookAtNodes, throws('VerificationFailed'), real.LookAtNodes),
      }));
      expect(story.valid).toEqual([TOKENS.current]);
      expect(reportOf(story)).toMatchObject({ outcome: 'undone', reason: 'VerificationFailed' });
    });

    it('when Secrets Manager does not finish within two hours', async () => {
      const story = await rotate(() => ({ WaitForFinish: staysSilent }), {
        versions: ['previous', 'pending'],
        request: { bySecretsManager: true, versionId: VERSIONS.previous },
      });
      expect(story.outcome.status).toBe('SUCCEEDED');
      expect(reportOf(story)).toMatchObject({ outcome: 'refused', reason: 'PendingOfAnother' });
      const silent = await rotate(() => ({ WaitForFinish: staysSilent }), { request: { bySecretsManager: true } });
      expect(silent.valid).toEqual([TOKENS.current]);
      expect(silent.seconds).toBeGreaterThanOrEqual(7200);
      expect(reportOf(silent)).toMatchObject({ outcome: 'undone', reason: 'Timeout' });
    });

    it('also when nobody can take the label off: what is not valid harms nobody', async () => {
      const story = await rotate(() => ({ ForgetPending: throws('GrantPermission') }), {
        attempts: ['refused', 'refused', 'refused'],
      });
      expect(reportOf(story)).toMatchObject({ outcome: 'undone', reason: 'NotBroughtIn' });
    });

    it('or keeps both, with the label, and raises an incident, when it cannot', async () => {
      const all: readonly (readonly [knows: string, stubs: (real: Stubs) => Partial<Stubs>])[] = [
        [NOT_KNOWN, () => ({ settle: throws('SettleDeadline') })],
        [
          NOT_KNOWN,
          (real) => ({
            settle: throws('SettleDeadline'),
            LookAtNodes: switching(3, real.LookAtNodes, throws('NotReady')),
          }),
        ],
        [
          AND_PENDING,
          (real) => ({ settle: throws('SettleDeadline'), Order: switching(1, real.Order, throws('LockLost')) }),
        ],
        [
          AND_PENDING,
          (real) => ({
            settle: switching(1, throws('SettleDeadline'), real.settle),
            Order: switching(1, real.Order, throws('GrantPermission')),
          }),
        ],
      ];
      for (const [knows, stubs] of all) {
        const story = await rotate(stubs);
        expect(story.current).toBe(TOKENS.current);
        expect(story.valid).toContain(TOKENS.current);
        expect(called(story).slice(-2)).toEqual(['RaiseIncident', 'Close']);
        expect(called(story)).not.toContain('ForgetPending');
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'SettleDeadline' });
        const incident = RaiseIncidentInput.parse(callsTo(story, 'RaiseIncident')[0]?.with);
        expect(incident).toMatchObject({ workflow: 'rotate-token', reason: 'SettleDeadline' });
        expect(incident.summary).toContain(`The old one is the current one. ${knows}`);
        expect(incident.summary).toContain('Ask for the rotation again');
        expect(await story.secrets.find(SECRET)).toMatchObject({ pendingVersionId: OURS });
      }
    });

    it('and a new run goes on from there', async () => {
      const story = await rotate(undefined, { versions: ['previous', 'pending'], valid: ['pending', 'current'] });
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
      expect(story.secrets.passwords).toEqual([]);
    });
  });

  it('gives every wait for ElastiCache a name of its own, also after one that failed', () => {
    const { States } = aDefinition('rotate-token');
    const waits = Object.values(States).filter(({ Resource }) => String(Resource).includes('startExecution'));
    expect(waits).toHaveLength(2);
    for (const { Assign, Catch } of waits as unknown as { Assign: object; Catch: { Assign: object }[] }[]) {
      for (const assigned of [Assign, ...Catch.map(({ Assign: each }) => each)]) {
        expect(assigned).toMatchObject({ settles: '{% $settles + 1 %}' });
      }
    }
  });

  describe('orders nothing more', () => {
    it('when it lost the lock', async () => {
      const story = await rotate(() => ({ Order: throws('LockLost') }));
      expect(called(story)).toEqual([...GATE, ...HELD, 'Order', 'Close']);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'LockLost' });
    });

    it('when connections cannot be held: nothing was changed yet', async () => {
      const notReady = await rotate(() => ({ HoldConnections: failsByToken('NotReady', 'A node is gone.') }));
      expect(called(notReady)).toEqual([...GATE, 'MakePending', 'HoldConnections', 'Close']);
      expect(reportOf(notReady)).toMatchObject({ outcome: 'refused', reason: 'NotReady' });
      expect(notReady.outcome.status).toBe('SUCCEEDED');
      const silent = await rotate(() => ({ HoldConnections: staysSilent }));
      expect(silent.seconds).toBe(900);
      expect(reportOf(silent)).toMatchObject({ outcome: 'failed', reason: 'Timeout' });
      const wrong = await rotate(() => ({ HoldConnections: failsByToken('FixSecret') }));
      expect(reportOf(wrong)).toMatchObject({ outcome: 'failed', reason: 'FixSecret' });
      for (const { orders } of [notReady, silent, wrong]) expect(orders).toEqual([]);
    });

    it('when the new one cannot be made', async () => {
      for (const error of ['AskAgain', 'FixSecret', 'LockLost', 'GrantPermission']) {
        const story = await rotate(() => ({ MakePending: throws(error) }));
        expect(called(story)).toEqual([...GATE, 'MakePending', 'Close']);
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: error });
      }
    });
  });

  describe('with Secrets Manager', () => {
    const request = { bySecretsManager: true };

    it('waits for its word before the new one becomes current', async () => {
      const story = await rotate(undefined, { request });
      expect(called(story)).toEqual([
        ...GATE,
        ...BROUGHT_IN,
        'WaitForFinish',
        'Promote',
        ...GRACE,
        ...RETIRED,
        'Close',
      ]);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it('makes nothing current without it', async () => {
      for (const WaitForFinish of [staysSilent, throws('GrantPermission'), failsByToken('AskAgain')]) {
        const story = await rotate(() => ({ WaitForFinish }), { request });
        expect(called(story)).not.toContain('Promote');
        expect(story.current).toBe(TOKENS.current);
        expect(story.valid).toEqual([TOKENS.current]);
        expect(reportOf(story)).toMatchObject({ outcome: 'undone' });
      }
    });
  });

  describe('keeps both, and raises an incident', () => {
    it.each(['AskAgain', 'LockLost', 'GrantPermission'])('when making it current says %s', async (error) => {
      const story = await rotate(() => ({ Promote: throws(error) }));
      expect(called(story)).toEqual([...GATE, ...BROUGHT_IN, 'Promote', 'RaiseIncident', 'Close']);
      expect(story.valid).toHaveLength(2);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: error });
      expect(reportOf(story).summary).toContain(AND_PENDING);
      // Whether it was made current is not known: nothing is said of it.
      expect(reportOf(story).summary).not.toContain('The old one is the current one');
    });

    it.each<[string, (real: Stubs) => Partial<Stubs>, string, knows?: string]>([
      ['the grace period cannot begin', () => ({ BeginGrace: throws('GrantPermission') }), 'GrantPermission'],
      ['the grace period cannot be looked at', () => ({ LookAtGrace: throws('FixInput') }), 'FixInput'],
      [
        'nobody can be asked',
        () => ({ ListReaders: returns(asJson(LATE)), AskApproval: throws('FixInput') }),
        'FixInput',
      ],
      [
        'the lock cannot be taken again',
        (real) => ({ Open: switching(1, real.Open, throws('GrantPermission')) }),
        'GrantPermission',
      ],
      [
        'the nodes cannot be looked at',
        (real) => ({ LookAtNodes: switching(5, real.LookAtNodes, throws('NotReady')) }),
        'NotReady',
      ],
      [
        'connections cannot be held',
        (real) => ({ HoldConnections: switching(1, real.HoldConnections, failsByToken('NotReady')) }),
        'NotReady',
      ],
      [
        'the order may not be given',
        (real) => ({ Order: switching(1, real.Order, throws('VerificationFailed')) }),
        'VerificationFailed',
      ],
      [
        'the cache does not settle',
        (real) => ({ settle: switching(1, real.settle, throws('SettleDeadline')) }),
        'SettleDeadline',
        NOT_KNOWN,
      ],
      [
        'nobody can see what is left',
        (real) => ({ LookAtNodes: switching(7, real.LookAtNodes, throws('NotReady')) }),
        'NotReady',
        NOT_KNOWN,
      ],
    ])('after it was made current: %s', async (_what, stubs, reason, knows = AND_PREVIOUS) => {
      const story = await rotate(stubs);
      expect(story.current).not.toBe(TOKENS.current);
      expect(story.valid).toContain(story.current);
      expect(called(story).slice(-2)).toEqual(['RaiseIncident', 'Close']);
      expect(story.outcome).toMatchObject({ status: 'FAILED', error: reason });
      const incident = RaiseIncidentInput.parse(callsTo(story, 'RaiseIncident')[0]?.with);
      expect(incident.summary).toContain(`The new one is the current one. ${knows}`);
      expect(incident.evidence).toMatchObject({ promoted: true });
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason });
    });

    it('when SET never comes through', async () => {
      const story = await rotate(undefined, {
        attempts: ['answers', ...Array.from({ length: 30 }, () => 'ignored' as const)],
      });
      expect(story.orders).toEqual(['ROTATE', ...Array.from({ length: 6 }, () => 'SET')]);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'NotRetired' });
      expect(story.valid).toHaveLength(2);
    });

    it('and says when raising failed as well', async () => {
      const story = await rotate(() => ({ Promote: throws('AskAgain'), RaiseIncident: throws('ServiceBusy') }));
      expect(reportOf(story).summary).toContain('Raising the incident failed as well (ServiceBusy).');
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'AskAgain' });
    });
  });

  describe('before the old one goes', () => {
    it('waits as long as somebody moves the end of the grace period', async () => {
      const ends = [2 * DAY, 3 * DAY];
      const story = await rotate((real) => ({
        LookAtGrace: (request) => {
          const end = ends.shift();
          return end === undefined ? real.LookAtGrace(request) : { over: false, endsAt: atSecond(end) };
        },
      }));
      expect(story.path.filter((name) => name === 'Wait for the grace period')).toHaveLength(3);
      expect(story.seconds).toBe(3 * DAY + 30);
    });

    it.each<[string, RotationPlan['askBeforeRetiring'], object, boolean]>([
      ['never asks when it shall not', 'never', LATE, false],
      ['never asks when it shall not, though nobody knows who is ready', 'never', { ...READERS, told: false }, false],
      ['asks when somebody is late', 'if-somebody-is-late', LATE, true],
      ['asks nobody when all are ready', 'if-somebody-is-late', READERS, false],
      ['asks when nobody knows who is ready', 'if-somebody-is-late', { ...READERS, told: false }, true],
      ['always asks when it shall', 'always', READERS, true],
    ])('%s', async (_what, askBeforeRetiring, readers, isAsked) => {
      const story = await rotate(
        () => ({
          ListReaders: returns(asJson(readers)),
          AskApproval: answers({ approved: true, answeredBy: 'bob' }),
        }),
        { policy: { askBeforeRetiring } },
      );
      expect(called(story).includes('AskApproval')).toBe(isAsked);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', ...(isAsked ? { answeredBy: 'bob' } : {}) });
    });

    it('asks when who is ready cannot be found out', async () => {
      const story = await rotate(() => ({
        ListReaders: throws('GrantPermission'),
        AskApproval: answers({ approved: true, answeredBy: 'bob' }),
      }));
      const question = AskApprovalInput.parse(callsTo(story, 'AskApproval')[0]?.with);
      expect(question.question).toBe(
        'Shall the old one be retired now? It is about the AUTH token of orders. Who has fetched the new one could not be found out (GrantPermission). 4 of 18 connections are older than the new one: they live on, and need it when they connect again. Who comes with the old one afterwards is refused.',
      );
      expect(question.figures).toMatchObject({ ready: [], late: [] });
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
    });

    it('takes a no, whatever it looks like, and leaves both', async () => {
      for (const no of [{ approved: false, answeredBy: 'bob' }, { approved: 'true' }, {}, null, []] as Json[]) {
        const story = await rotate(() => ({ ListReaders: returns(asJson(LATE)), AskApproval: answers(no) }));
        expect(called(story)).toEqual([...GATE, ...BROUGHT_IN, 'Promote', ...GRACE, 'AskApproval', 'Close']);
        expect(story.orders).toEqual(['ROTATE']);
        expect(story.valid).toHaveLength(2);
        expect(story.outcome.status).toBe('SUCCEEDED');
        expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'PersonSaidNo' });
        expect(reportOf(story).summary).toContain('The new one is the current one; both are valid');
      }
    });

    it('takes the silence of a day for a no', async () => {
      const story = await rotate(() => ({ ListReaders: returns(asJson(LATE)) }));
      expect(story.orders).toEqual(['ROTATE']);
      expect(story.seconds).toBe(30 + DAY + DAY);
      expect(reportOf(story)).toMatchObject({ outcome: 'rejected', reason: 'NobodyAnswered' });
    });

    it('waits for whoever works on the cache, for a day at most, far within a history’s 25,000 events', async () => {
      const locked = throws('CacheLocked', 'orders is held by the operation scale-1.');
      const story = await rotate((real) => ({ Open: inTurn(real.Open, locked, locked, locked, real.Open) }));
      expect(story.seconds).toBe(DAY + 60 + 180);
      expect(reportOf(story)).toMatchObject({ outcome: 'done' });
      const never = await rotate((real) => ({ Open: switching(1, real.Open, locked) }));
      expect(never.seconds).toBe(30 + DAY + DAY);
      expect(never.events).toBeLessThan(MAX_HISTORY_EVENTS / 2);
      expect(called(never).slice(-2)).toEqual(['RaiseIncident', 'Close']);
      expect(reportOf(never)).toMatchObject({ outcome: 'failed', reason: 'CacheLocked' });
    });

    it('holds connections anew, with the version that is now current', async () => {
      const story = await rotate();
      const [bringIn, retire] = callsTo(story, 'HoldConnections').map(({ with: given }) => HoldInput.parse(given));
      expect(bringIn).toMatchObject({
        phase: 'bring-in',
        versions: { current: VERSIONS.current, pending: OURS, previous: VERSIONS.previous },
      });
      expect(retire).toMatchObject({ phase: 'retire', versions: { current: OURS, previous: VERSIONS.current } });
      expect(retire?.versions).not.toHaveProperty('pending');
    });
  });

  describe('of a token that somebody else changed in the grace period', () => {
    const elsewhere = (ofUser = false) =>
      rotate(
        (real, { group }) => ({
          ListReaders: (request) => {
            group.becomeElsewhere([...group.valid.slice(ofUser ? 0 : 1), UNKNOWN]);
            return real.ListReaders(request);
          },
        }),
        { ofUser },
      );

    it.each([
      ['token', false, 'ElastiCache says at 2026-11-22T07:00:30.000Z'],
      ['password', true, 'ElastiCache says 3 passwords'],
    ] as const)('retires nothing, and raises an incident: a %s', async (_what, ofUser, says) => {
      const story = await elsewhere(ofUser);
      expect(story.orders).toEqual([ofUser ? 'PASSWORDS' : 'ROTATE']);
      expect(story.valid).toContain(story.current);
      expect(story.valid).toContain(UNKNOWN);
      expect(called(story)).toEqual([
        ...GATE,
        ...BROUGHT_IN,
        'Promote',
        ...GRACE,
        'Open',
        'LookAtNodes',
        'RaiseIncident',
        'Close',
      ]);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'TokenChangedElsewhere' });
      expect(reportOf(story).summary).toContain(says);
      expect(reportOf(story).summary).toContain('Nothing was retired.');
      // What others did is never taken for ours by the next plan.
      expect(reportOf(story).figures).not.toHaveProperty('tokenChangedAt');
    });
  });

  it('orders nothing, nor retires, when somebody else changed it between a look and the next', async () => {
    const elsewhere = (which: number, becomes: (valid: readonly string[]) => readonly string[]) =>
      rotate((real, { group }) => {
        let call = 0;
        return {
          HoldConnections: (request) => {
            call += 1;
            if (call === which) group.becomeElsewhere(becomes(group.valid));
            return real.HoldConnections(request);
          },
        };
      });
    const before = await elsewhere(1, (valid) => [...valid, UNKNOWN]);
    expect(before.orders).toEqual([]);
    expect(called(before)).toEqual([...GATE, ...HELD, 'Close']);
    expect(reportOf(before)).toMatchObject({ outcome: 'failed', reason: 'TokenChangedElsewhere' });
    const after = await elsewhere(2, (valid) => [...valid.slice(1), UNKNOWN]);
    expect(after.orders).toEqual(['ROTATE']);
    expect(called(after).slice(-2)).toEqual(['RaiseIncident', 'Close']);
    expect(reportOf(after)).toMatchObject({ outcome: 'failed', reason: 'TokenChangedElsewhere' });
    for (const story of [before, after]) expect(story.valid).toContain(story.current);
  });

  it('never takes two for one because ElastiCache refuses, when a person asked to drop what is unknown', async () => {
    for (const unknownToken of ['newer', undefined] as const) {
      const story = await rotate(undefined, {
        ...(unknownToken ? { unknownToken } : {}),
        attempts: Array.from({ length: 9 }, () => 'refused' as const),
        seen: { changedBy: 'somebody-else' },
        request: { dropUnknown: true },
      });
      expect(story.secrets.passwords).toEqual([]);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'NotRetired' });
    }
    // What may have been ours is: the one that is refused is the only one.
    const ours = await rotate(undefined, {
      attempts: ['refused', 'refused', 'refused'],
      seen: { changedBy: 'perhaps-ours' },
    });
    expect(ours.orders).toEqual(['SET', 'ROTATE', 'SET', 'ROTATE', 'SET']);
    expect(reportOf(ours)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
  });

  it('tells how it left the token only when it knows', async () => {
    const done = await rotate();
    expect(reportOf(done).figures).toMatchObject({ tokenChangedAt: atSecond(DAY + 30) });
    const finished = await rotate(undefined, { valid: ['previous', 'current'], request: { unasked: true } });
    expect(reportOf(finished).figures).toMatchObject({ tokenChangedAt: atSecond(0) });
    for (const unknowing of [
      await rotate(undefined, { ofUser: true }),
      await rotate(() => ({ Promote: throws('AskAgain') })),
      await rotate((real) => ({ settle: switching(1, real.settle, throws('SettleDeadline')) })),
      await rotate(() => ({ ListReaders: returns(asJson(LATE)), AskApproval: answers({ approved: false }) })),
      await rotate(undefined, { mode: 'observe' }),
    ]) {
      expect(reportOf(unknowing).figures).not.toHaveProperty('tokenChangedAt');
    }
  });

  describe('says when it keeps both what is known', () => {
    const whenTried = (seen: Partial<Tried>) =>
      rotate((real) => ({ LookAtNodes: switching(2, real.LookAtNodes, tried(seen)) }));

    it('and never that nobody is refused where the current one is, whatever else is accepted', async () => {
      for (const current of ['somewhere', 'nowhere', 'absent', 'no-value'] as const) {
        for (const pending of ['everywhere', 'somewhere', 'nowhere'] as const) {
          for (const previous of ['everywhere', 'nowhere', 'absent'] as const) {
            const { summary } = reportOf(await whenTried({ current, pending, previous }));
            expect(summary).toContain(NOT_KNOWN);
            expect(summary).not.toContain('nobody is refused');
          }
        }
      }
    }, 60_000);

    it('and never while something was ordered that nobody has seen', async () => {
      for (const which of [1, 2]) {
        for (const settles of [throws('SettleDeadline'), fails('States.Timeout', '')]) {
          const story = await rotate((real) => ({
            settle: switching(which - 1, real.settle, settles),
            // The first of them is followed by a look: what that sees is known.
            LookAtNodes: which === 1 ? switching(3, real.LookAtNodes, throws('NotReady')) : real.LookAtNodes,
          }));
          expect(story.outcome.status).toBe('FAILED');
          expect(reportOf(story).summary).toContain(NOT_KNOWN);
          expect(reportOf(story).summary).not.toContain('nobody is refused');
        }
      }
    });

    it('and what the nodes accepted when an order was not even given', async () => {
      const story = await rotate((real) => ({ Order: switching(1, real.Order, throws('GrantPermission')) }));
      expect(reportOf(story).summary).toContain(AND_PREVIOUS);
    });
  });

  describe('when it has lost the lock', () => {
    const lost = throws('LockLost', 'scale-1 has it.');

    it('ends when nothing was ordered', async () => {
      for (const attempts of [[], ['busy'], ['busy', 'busy', 'busy']] as const) {
        const story = await rotate((real) => ({ Order: switching(attempts.length, real.Order, lost) }), { attempts });
        expect(called(story).slice(-2)).toEqual(['Order', 'Close']);
        expect(story.path).not.toContain('Keep both');
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'LockLost' });
        expect(story.valid).toEqual([TOKENS.current]);
      }
    });

    it('keeps both when something was, and orders not even the way back', async () => {
      for (const attempt of ['refused', 'lost-before', 'ignored'] as const) {
        const story = await rotate((real) => ({ Order: switching(1, real.Order, lost) }), { attempts: [attempt] });
        expect(story.orders).toEqual(['ROTATE']);
        expect(called(story).slice(-3)).toEqual(['Order', 'RaiseIncident', 'Close']);
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'LockLost' });
        expect(await story.secrets.find(SECRET)).toMatchObject({ pendingVersionId: OURS });
      }
    });

    it('keeps both when it was to retire the old one', async () => {
      const story = await rotate((real) => ({ Order: switching(1, real.Order, lost) }));
      expect(story.orders).toEqual(['ROTATE']);
      expect(called(story).slice(-2)).toEqual(['RaiseIncident', 'Close']);
      expect(story.valid).toHaveLength(2);
    });
  });

  it('waits for a busy cache, and counts that for no order', async () => {
    const busy = Array.from({ length: 18 }, () => 'busy' as const);
    const story = await rotate(undefined, { attempts: busy });
    expect(story.orders).toEqual([...busy.map(() => 'ROTATE'), 'ROTATE', 'SET']);
    expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    const never = await rotate(undefined, { attempts: Array.from({ length: 50 }, () => 'busy' as const) });
    expect(never.orders.length).toBeLessThanOrEqual(20);
    expect(never.valid).toEqual([TOKENS.current]);
    expect(reportOf(never)).toMatchObject({ outcome: 'undone', reason: 'NotBroughtIn' });
  });

  it('holds connections of their own in each of two laps', async () => {
    const story = await rotate(undefined, { valid: ['previous', 'current'] });
    const lapsOf = (name: string) =>
      callsTo(story, name).map(({ with: given }) => {
        const { phase, lap } = given as { phase: string; lap: number };
        return `${phase} ${lap}`;
      });
    expect(lapsOf('HoldConnections')).toEqual(['retire 1', 'bring-in 2', 'retire 2']);
    expect(lapsOf('LetGo')).toEqual(lapsOf('HoldConnections'));
    const one = await rotate();
    for (const name of ['HoldConnections', 'LetGo']) {
      expect(callsTo(one, name)).toMatchObject([{ with: { lap: 1 } }, { with: { lap: 1 } }]);
    }
  });

  it('waits for ElastiCache under names that never collide, and that Step Functions takes', async () => {
    const cacheId = 'c'.repeat(40);
    const version = (last: string) => `${'0'.repeat(31)}${last}`;
    const ids = [
      // By command, by the schedule for a user, and by Secrets Manager: each at its longest, and in attempts.
      ...['0', '1'].map((last) => `request-${'a'.repeat(63)}${last}`),
      ...['00', '01', '02'].map((hour) => `rotate-${'c'.repeat(28)}-${'u'.repeat(20)}-01234567-20261121${hour}`),
      ...['0', '1'].flatMap((last) => {
        const nameOf = attemptName(cacheId, SECRET, version(last));
        return Array.from({ length: 10 }, (_, index) => nameOf(index + 1));
      }),
    ];
    const names: string[] = [];
    for (const operationId of ids) {
      expect(operationId.length).toBeLessThanOrEqual(80);
      const attempts = Array.from({ length: 12 }, () => 'busy' as const);
      const story = await rotate(undefined, { operationId, attempts });
      const settles = callsTo(story, 'settle').map(({ executionName = '' }) => executionName);
      expect(settles.length).toBeGreaterThanOrEqual(12);
      names.push(...settles);
    }
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
    expect(new Set(names).size).toBe(names.length);
  }, 60_000);

  it('is over for Secrets Manager, or the schedule, when the earlier rotation is: it asks again', async () => {
    for (const request of [{ bySecretsManager: true }, { unasked: true }]) {
      const story = await rotate(undefined, { valid: ['previous', 'current'], request });
      expect(story.orders).toEqual(['SET']);
      expect(story.secrets.passwords).toEqual([]);
      expect(called(story)).not.toContain('WaitForFinish');
      expect(reportOf(story)).toMatchObject({
        outcome: 'done',
        reason: 'RotationFinished',
        decision: { action: 'finish', calls: [{ parameters: { AuthTokenUpdateStrategy: 'SET' } }] },
      });
      expect(reportOf(story).decision).not.toMatchObject({ summary: expect.stringContaining('Then rotate it') });
    }
    const asked = await rotate(undefined, { valid: ['previous', 'current'] });
    const strategies = ['SET', 'ROTATE', 'SET'];
    expect(reportOf(asked).decision).toMatchObject({
      summary: expect.stringContaining('Then rotate it'),
      calls: strategies.map((AuthTokenUpdateStrategy) => ({ parameters: { AuthTokenUpdateStrategy } })),
    });
  });

  describe('says how connections fared', () => {
    const lets = (bringIn: Stub, retire: Stub) => rotate(() => ({ LetGo: inTurn(bringIn, retire) }));
    const well = answers(asJson(someHeld()));

    it('and fails when one was lost, in either half', async () => {
      const lost = answers(
        asJson(someHeld({ lost: 1, losses: [{ node: 'node-1', loggedInWith: 'current', says: 'closed' }] })),
      );
      for (const story of [await lets(lost, well), await lets(well, lost), await lets(lost, staysSilent)]) {
        expect(story.outcome).toMatchObject({ status: 'FAILED', error: 'ConnectionsLost' });
        expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'ConnectionsLost' });
        expect(reportOf(story).summary).toContain('were lost.');
        expect(story.valid).toEqual([story.current]);
      }
    });

    it('and does not call watched what was not watched to its end', async () => {
      for (const endedBecause of ['time-limit', 'died', 'operation-ended'] as const) {
        const halfway = answers(asJson(someHeld({ endedBecause })));
        for (const story of [await lets(halfway, well), await lets(well, halfway)]) {
          expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'RotatedUnwatched' });
          expect(reportOf(story).summary).not.toContain('Not one of');
        }
      }
    });

    it('and waits two minutes for who died', async () => {
      const story = await lets(staysSilent, staysSilent);
      expect(story.seconds).toBe(DAY + 60 + 240);
      expect(reportOf(story)).toMatchObject({ outcome: 'done', reason: 'RotatedUnwatched' });
      expect(reportOf(story).summary).not.toContain('Not one of');
      for (const one of [await lets(staysSilent, well), await lets(well, staysSilent)]) {
        expect(reportOf(one)).toMatchObject({ reason: 'RotatedUnwatched' });
      }
    });
  });

  it('fails when it cannot plan or report, with the lock’s end left to close-abandoned', async () => {
    const unplanned = await rotate(() => ({ Plan: throws('GrantPermission', 'AWS denied it.') }));
    expect(called(unplanned)).toEqual(['Plan', 'Close']);
    expect(reportOf(unplanned)).toMatchObject({
      outcome: 'failed',
      reason: 'GrantPermission',
      summary: 'Planning the rotation of a token failed: AWS denied it.',
    });
    expect((await rotate(() => ({ Close: throws('ServiceBusy') }))).outcome).toMatchObject({ status: 'FAILED' });
  });

  it('reports also what was asked without sense', async () => {
    for (const request of [
      { cacheId: 7 },
      { cacheId: '' },
      { requestedBy: {} },
      { userId: [] },
      { strange: 1 },
    ] as Record<string, Json>[]) {
      const story = await rotate(undefined, { request });
      if (reportOf(story).outcome === 'done') expect(Object.keys(request)).toEqual(['requestedBy']);
      else expect(reportOf(story)).toMatchObject({ outcome: 'refused', reason: 'InvalidRequest' });
    }
  });

  it('is done only when a node was seen to accept the current one alone, whatever a function answers', async () => {
    const odd: Json[] = [null, {}, 'yes', { ordered: 'yes' }, { versions: {} }];
    const byToken = ['HoldConnections', 'LetGo', 'WaitForFinish'];
    // Nonsense about the grace period only keeps it waiting.
    const all = [...new Set(WHOLE), 'WaitForFinish', 'RaiseIncident'].filter((name) => name !== 'LookAtGrace');
    for (const name of all) {
      for (const answer of odd) {
        const stub = byToken.includes(name) ? answers(answer) : returns(answer);
        const story = await rotate(() => ({ [name]: stub }), {
          takesAnything: true,
          request: name === 'WaitForFinish' ? { bySecretsManager: true } : {},
        });
        const isDone = JSON.stringify(story.outcome).includes('"outcome":"done"');
        expect([...story.valid]).toContain(story.current);
        if (isDone) expect(story.valid).toEqual([story.current]);
        if (isDone && name === 'LetGo') expect(reportOf(story).reason).toBe('RotatedUnwatched');
      }
    }
  }, 60_000);

  it('keeps far below what Step Functions carries, with every check, node and reader at their longest', async () => {
    const long = 'x'.repeat(200);
    const who = Array.from({ length: 50 }, (_, index) => ({ who: `${long}${index}`, at: atSecond(0) }));
    const byNode = Array.from({ length: 20 }, (_, index) => ({
      node: `orders-0001-${index}.xxxxxx.use1.cache.amazonaws.com:6379`,
      accepts: ['current', 'pending', 'previous'] as ('current' | 'pending' | 'previous')[],
    }));
    const losses = Array.from({ length: 20 }, () => ({ node: long, loggedInWith: 'current' as const, says: long }));
    const groups = Array.from({ length: 50 }, () => ({ name: long, user: long, connections: 9, oldestSeconds: 1 }));
    const story = await rotate((real) => ({
      Plan: plans(real, (plan) => ({ checks: plan.checks.map((check) => ({ ...check, says: long })), doubts: [long] })),
      LookAtNodes: async (request) =>
        asJson({
          ...((await real.LookAtNodes(request)) as object),
          byNode,
          clients: { connections: 9, olderThanCurrent: 9, groups },
        }),
      ListReaders: returns(asJson({ ...LATE, ready: who, late: who })),
      AskApproval: answers({ approved: true, answeredBy: 'bob' }),
      LetGo: answers(asJson(someHeld({ lost: 20, losses }))),
    }));
    expect(reportOf(story)).toMatchObject({ reason: 'ConnectionsLost' });
    for (const { to, with: given } of story.calls) {
      expect(JSON.stringify(given).length, to).toBeLessThan(MAX_PAYLOAD_BYTES / 2);
    }
    expect(JSON.stringify(story.outcome).length).toBeLessThan(MAX_PAYLOAD_BYTES / 4);
  });

  describe('does the sums of its comments', () => {
    const busy = throws('ServiceBusy');
    const noNetwork = fails('Lambda.ResourceNotReadyException', 'The function is not ready.');
    const LAST = DAY + 60;
    it.each<[string, (real: Stubs) => Partial<Stubs>, number]>([
      ['planning', () => ({ Plan: busy }), 62],
      ['trying', () => ({ LookAtNodes: busy }), 62],
      ['giving who tries its network', () => ({ LookAtNodes: noNetwork }), 300],
      ['locking', () => ({ Open: busy }), 62],
      ['making', () => ({ MakePending: busy }), 62],
      ['holding', () => ({ HoldConnections: busy }), 62],
      ['giving who holds its network', () => ({ HoldConnections: noNetwork }), 300],
      ['ordering what is denied', (real) => ({ Order: switching(9, throws('GrantPermission'), real.Order) }), 45],
      ['making it current', () => ({ Promote: busy }), 30 + 735 + 0],
      ['beginning the grace period', () => ({ BeginGrace: busy }), 30 + 735],
      ['looking at the grace period', () => ({ LookAtGrace: busy }), 30 + DAY + 735],
      ['listing readers', (real) => ({ ListReaders: busy, AskApproval: real.WaitForFinish }), 30 + DAY + 62],
      ['locking again', (real) => ({ Open: switching(1, real.Open, busy) }), 30 + DAY + 62],
      [
        'waiting for the cache to be at rest',
        (real) => ({ LookAtNodes: switching(5, real.LookAtNodes, throws('NotReady')) }),
        30 + DAY + 7200,
      ],
      ['raising', () => ({ Promote: throws('AskAgain'), RaiseIncident: busy }), 30 + 735],
      ['reporting', () => ({ Close: busy }), LAST + 735],
    ])('%s', async (_what, stubs, seconds) => {
      expect((await rotate(stubs)).seconds).toBe(seconds);
    });

    it('looking at nodes that differ, 20 times', async () => {
      const story = await rotate((real) => ({
        LookAtNodes: switching(2, real.LookAtNodes, tried({ pending: 'somewhere' })),
      }));
      // The first look follows the order; the way back has 20 looks of its own.
      expect(callsTo(story, 'LookAtNodes').length).toBeLessThanOrEqual(2 + 20 + 1 + 20);
      expect(reportOf(story)).toMatchObject({ outcome: 'failed', reason: 'NotBroughtIn' });
      expect(story.events).toBeLessThan(MAX_HISTORY_EVENTS / 10);
    });
  });
});

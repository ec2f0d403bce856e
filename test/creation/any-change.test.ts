import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantedParameterGroup } from '../../functions/creation/changes/parameters.ts';
import { isOlder } from '../../functions/creation/changes/versions.ts';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import type { ChangeStep, CreationPlan } from '../../functions/creation/schemas.ts';
import type { CacheSpec } from '../../functions/creation/spec.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { type AccountSeen, bootValuesIn, SHARED_GROUP } from '../builders/account-seen.ts';
import { anObservation } from '../builders/an-observation.ts';
import { anyChange, areApart } from '../builders/any-change.ts';
import { applyStep } from '../builders/apply-step.ts';
import { termsToAct } from '../builders/terms.ts';

type Spec = Readonly<Record<string, unknown>>;

const PARAMETERS = {
  ...anObservation().parameters,
  databases: { modifiable: true, changeType: 'requires-reboot' },
  chunk_size: { modifiable: true, changeType: 'requires-reboot' },
  max_item_size: { modifiable: true, changeType: 'immediate' },
};

const NODE_TYPES = ['cache.r6g.large', 'cache.r7g.large', 'cache.r7g.xlarge'];
const movesFrom = (nodeType = '') => ({
  up: NODE_TYPES.slice(NODE_TYPES.indexOf(nodeType) + 1),
  down: NODE_TYPES.slice(0, NODE_TYPES.indexOf(nodeType)),
});

/** What the planner gets to see of the account for this specification, as `look` looks. */
const seenFor = (account: AccountSeen, given: Spec): AccountSeen => {
  const spec = given as unknown as CacheSpec;
  const { cache } = account;
  const isShared = spec.cacheParameterGroupName === SHARED_GROUP.name;
  const wanted = wantedParameterGroup({ spec, seen: account });
  // Its own group is built on the family's defaults.
  const to = bootValuesIn(account, isShared ? SHARED_GROUP.name : undefined);
  const seen: Observation = {
    ...account,
    parameterGroup: spec.parameters ? account.parameterGroup : undefined,
    parameters: spec.parameters ? PARAMETERS : {},
    secret: spec.authToken ? account.secret : undefined,
    namedParameterGroup: isShared ? { family: SHARED_GROUP.family, clusterEnabled: false } : undefined,
    bootValues:
      wanted && wanted !== cache.parameterGroup ? { from: bootValuesIn(account, cache.parameterGroup), to } : undefined,
    allowedNodeTypes: movesFrom(cache.nodeType),
  };
  return { ...seen, cache };
};

const plan = (account: AccountSeen, spec: Spec, taken: readonly string[] = []): CreationPlan =>
  planCreation(spec, seenFor(account, spec), termsToAct({ taken }));

interface Way {
  readonly account: AccountSeen;
  readonly taken: readonly ChangeStep[];
  /** The cache as it was at first and after each step. */
  readonly passed: readonly CacheSeen[];
  readonly end: CreationPlan;
}

/** Takes the first step of each plan until nothing is to do, as the workflow does. */
const settle = (account: AccountSeen, spec: Spec): Way => {
  let now = account;
  const taken: ChangeStep[] = [];
  const passed: CacheSeen[] = [account.cache];
  for (;;) {
    const ids = taken.map(({ id }) => id);
    const made = plan(now, spec, ids);
    const [step] = made.steps;
    if (!step) return { account: now, taken, passed, end: made };
    if (taken.length > 30) throw new Error(`It never ends: ${ids.join(', ')}`);
    now = applyStep({ ...now, allowedNodeTypes: movesFrom(now.cache.nodeType) }, step);
    taken.push(step);
    passed.push(now.cache);
  }
};

/** Who is let in, and how: the changes of it that the autopilot makes. The others need another cache, or another order. */
const mayBeRefused = (cache: CacheSeen, spec: Spec): boolean => {
  const found = [cache.tls ? (cache.tlsMode ?? 'required') : 'off', accessOf(cache.authToken, cache.userGroupIds)];
  const wanted = [
    spec.transitEncryptionEnabled ? (spec.transitEncryptionMode ?? 'required') : 'off',
    accessOf(spec.authToken !== undefined, spec.userGroupIds as string[] | undefined),
  ];
  const opens = found[1] !== 'none' && (wanted[1] === 'none' || (found[1] === 'users' && wanted[1] === 'token'));
  const movesTls = found[0] !== wanted[0] && !(found[1] === 'none' && wanted[1] === 'none' && isOneMove(found, wanted));
  const locksOut = wanted[0] === 'preferred' && wanted[1] !== 'none';
  const together = [
    spec.snapshotWindow ?? cache.snapshotWindow,
    spec.preferredMaintenanceWindow ?? cache.maintenanceWindow,
  ];
  const [snapshots, maintenance] = together.map((window) => (window === undefined ? undefined : String(window)));
  const isOld = isOlder(String(spec.engineVersion), cache.engineVersion ?? '');
  return isOld || opens || movesTls || locksOut || !areApart(snapshots, maintenance);
};

const accessOf = (token: boolean, userGroupIds: readonly string[] = []): string =>
  token ? 'token' : userGroupIds.length > 0 ? 'users' : 'none';

const isOneMove = ([found]: readonly unknown[], [wanted]: readonly unknown[]): boolean =>
  (found === 'off' && wanted === 'preferred') || (found === 'preferred' && wanted === 'required');

/** What protects a cache, each as a number: more is safer. A shard counts where it is there. */
const protectionOf = (cache: CacheSeen): Readonly<Record<string, number>> => ({
  'automatic failover': Number(cache.automaticFailover),
  'Multi-AZ': Number(cache.multiAZ),
  'encryption in transit': ['off', 'preferred', 'required'].indexOf(cache.tls ? (cache.tlsMode ?? 'required') : 'off'),
  'who is asked for': Number(accessOf(cache.authToken, cache.userGroupIds) !== 'none'),
  'days of snapshots': cache.snapshotRetentionDays ?? 0,
  'shards or nodes': cache.engine === 'memcached' ? (cache.shards[0]?.nodeCount ?? 0) : cache.shards.length,
  ...(cache.engine === 'memcached'
    ? {}
    : Object.fromEntries(cache.shards.map(({ id, nodeCount }) => [`nodes of shard ${id}`, nodeCount]))),
});

/** Never less protection on the way than both at its beginning and at its end. */
const expectNoLoss = (passed: readonly CacheSeen[]): void => {
  const all = passed.map(protectionOf);
  const ends = [all[0] ?? {}, all.at(-1) ?? {}];
  for (const now of all) {
    for (const [what, strength] of Object.entries(now)) {
      const least = Math.min(...ends.map((end) => end[what] ?? strength));
      expect(strength, what).toBeGreaterThanOrEqual(least);
    }
  }
};

describe.each(Object.entries(anyChange))('a change of %s, from any state', (_kind, changes) => {
  it('leads to what is specified with each step once, as it was said at first, and no protection lost, or is refused at once', () => {
    fc.assert(
      fc.property(changes, ({ start, specs }) => {
        let account = start;
        for (const spec of specs) {
          const atFirst = plan(account, spec);
          const { account: after, taken, passed, end } = settle(account, spec);
          if (end.action === 'refuse') {
            expect({ taken, isKnown: mayBeRefused(account.cache, spec) }, end.summary).toEqual({
              taken: [],
              isKnown: true,
            });
            continue;
          }
          expect(end, JSON.stringify(end.differences)).toMatchObject({ action: 'keep', differences: [] });
          expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
          // Whoever approved the way at its beginning has read each step; some turn out not to be needed.
          const said = taken.map(({ says }) => says);
          expect(atFirst.steps.map(({ says }) => says).filter((says) => said.includes(says))).toEqual(said);
          expectNoLoss(passed);
          account = { ...after, remembered: spec, snapshotsBefore: undefined };
          expect(plan(account, spec).action).toBe('keep');
        }
      }),
      { numRuns: 30 },
    );
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Followed } from '../../cli/follow.ts';
import { ledgerOf } from '../../cli/ledger.ts';
import type { ApiFault } from '../../local/faults.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import type { LambdaService } from '../../local/services/lambda/lambda.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount, type Template } from './an-account.ts';
import { listenToBus, toldAbout } from './bus-listener.ts';
import { putRotationPolicy } from './planned-rotation.ts';
import {
  beginUntil,
  expectOnlyCurrentIsValid,
  rotate,
  rotateWhenFree,
  said,
  stopIn,
  untilIn,
} from './rotation-runs.ts';
import { nodesAccepting, type RotationWatch, tokenWith, watchRotation } from './rotation-watch.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

const PAIRS = ['carts', 'visits', 'prices', 'stock', 'clicks'];
const HOLDER = 'autopilot-token-rotation-hold-connections-vpc-0b278ecaeca40c547';

/** Some are several rotations, one after the other. */
vi.setConfig({ testTimeout: 300_000 });

/**
 * Nobody has to wait here for what never comes: ElastiCache has five minutes for a change instead of an hour, 5 s of ours, and
 * nodes that differ, or are not at rest, get 4 looks instead of 20.
 */
const lessPatience = ({ Resources }: Template) => {
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::StepFunctions::StateMachine' || Properties.StateMachineName !== 'rotate-token') continue;
    Properties.DefinitionString = String(Properties.DefinitionString)
      .replaceAll(/("deadlineSeconds"\s*:\s*)3600/g, '$1300')
      .replaceAll('$looks < 20', '$looks < 4')
      .replaceAll(/(\["NotReady"\][^}]*"MaxAttempts"\s*:\s*)20/g, '$14');
  }
};

let account: JourneyAccount;
let bus: Awaited<ReturnType<typeof listenToBus>>;
const watches = new Map<string, RotationWatch>();
beforeAll(async () => {
  account = await anAccount({ change: lessPatience });
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  bus = await listenToBus(account);
  await putRotationPolicy(account, {});
  const create = (spec: { readonly cacheId: string }) =>
    account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);
  const specs = [aClusterSpec(), ...PAIRS.map((cacheId) => aPairSpec({ cacheId }))];
  const made = await Promise.all(specs.map(create));
  expect(made.map(({ output }) => output)).toMatchObject(made.map(() => ({ outcome: 'done' })));
  for (const { cacheId } of specs) watches.set(cacheId, watchRotation(account, cacheId));
}, 180_000);
afterAll(async () => {
  await Promise.all([...watches.values()].map((watch) => watch.stop().catch(() => undefined)));
  await account?.stop();
});

const elasticache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const lambda = () => account.service<LambdaService>('lambda');
const isFree = async (cacheId: string) =>
  expect(await ledgerOf(HOME_REGION).holder({ region: HOME_REGION, cacheId })).toBeUndefined();
const watchOf = (cacheId: string): RotationWatch => {
  const watch = watches.get(cacheId);
  if (!watch) throw new Error(`Nobody watches ${cacheId}`);
  return watch;
};
/** Rotates as if nothing had been, and looks that nothing is left of what was. */
const rotatesAgain = async (cacheId: string, name: string) => {
  const before = await tokenWith(account, cacheId);
  const run = await rotateWhenFree(account, cacheId, name);
  expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
  expect(await tokenWith(account, cacheId)).not.toBe(before);
  await expectOnlyCurrentIsValid(account, cacheId, watchOf(cacheId));
  await isFree(cacheId);
};
/** A rotation that has brought its token in, and has not retired the old one: SET is still to come. */
const inGrace = (cacheId: string, name: string) => beginUntil(account, cacheId, 'Wait for the grace period', name);
const count = ({ steps }: Followed, state: string) => steps.filter(({ name }) => name === state).length;

/** The rotation has ended without taking the old token away from anybody, and a person was called. */
const expectBothKept = async (cacheId: string, operationId: string, reason: string, promoted: boolean) => {
  const [raised] = await toldAbout(bus, 'IncidentRaised', operationId);
  expect(raised).toMatchObject({ reason, quarantined: false });
  const [closed] = await toldAbout(bus, 'OperationClosed', operationId);
  expect(closed).toMatchObject({ outcome: 'failed', reason });
  expect(closed?.summary).toContain(promoted ? ' The new one is the current one.' : ' The old one is the current one.');
  expect(closed?.summary).toMatch(/Ask for the rotation again when the cause is mended/);
  await isFree(cacheId);
};
const nodeCount = async (cacheId: string) =>
  (await nodesAccepting(account, cacheId, await tokenWith(account, cacheId))).length;

describe('a rotation', () => {
  it.concurrent.each([
    ['carts', ['Hold connections', 'Give it time', 'Let the connections go']],
    ['visits', ['Make the new one current', 'Wait for the grace period', 'Hold connections again']],
    ['prices', ['Wait until it is settled', 'Give it time again', 'Wait until it is settled again']],
  ])('that is stopped, and asked for again, is done in the end: %s in %s', async (cacheId, states) => {
    const made = new Set<string>();
    for (const [index, state] of states.entries()) {
      const operationId = await stopIn(account, cacheId, state, `stop-${cacheId}-${index}`);
      const pending = await tokenWith(account, cacheId, 'AWSPENDING');
      if (pending !== undefined) made.add(pending);
      const [closed] = await toldAbout(bus, 'OperationClosed', operationId);
      expect(closed, state).toMatchObject({ outcome: 'failed', reason: 'Abandoned' });
      await isFree(cacheId);
    }
    await rotatesAgain(cacheId, `again-${cacheId}`);
    // What was made was used, and not replaced: a node may have accepted it already.
    const { tokens } = watchOf(cacheId);
    await eventually(
      async () => [...made].filter((token) => !tokens.has(token)).length,
      (unused) => unused === 0,
    );
  });

  it.concurrent('of which ElastiCache does nothing is ordered again, by what the nodes accept, and in the end taken back', async () => {
    const cacheId = 'stock';
    elasticache().failNextTokenChange({ cacheId });
    const { executionArn } = await inGrace(cacheId, 'repeated');
    elasticache().failNextTokenChange({ cacheId });
    const run = await account.finish(executionArn);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expect(count(run, 'Bring the new one in')).toBe(2);
    // SET of a token that is there already is refused, until it was rotated in again: how often that takes is no promise.
    expect(count(run, 'Retire the others')).toBeGreaterThanOrEqual(2);
    await expectOnlyCurrentIsValid(account, cacheId, watchOf(cacheId));

    const before = await tokenWith(account, cacheId);
    for (const _ of [1, 2, 3]) elasticache().failNextTokenChange({ cacheId });
    const undone = await rotate(account, cacheId, 'undone');
    expect(undone, said(undone)).toMatchObject({ status: 'FAILED', error: 'NotBroughtIn' });
    const [closed] = await toldAbout(bus, 'OperationClosed', 'undone');
    expect(closed).toMatchObject({ outcome: 'undone', reason: 'NotBroughtIn' });
    expect(closed?.summary).toMatch(/It was taken back: the old one is the current one and the only valid one\./);
    expect(await tokenWith(account, cacheId)).toBe(before);
    expect(await tokenWith(account, cacheId, 'AWSPENDING')).toBeUndefined();
    await expectOnlyCurrentIsValid(account, cacheId, watchOf(cacheId));
    await isFree(cacheId);
  });

  const cutOff = Promise.withResolvers<void>();
  it.concurrent('that cuts off clients has failed, although the token is rotated', async () => {
    try {
      const cacheId = 'orders';
      const before = await tokenWith(account, cacheId);
      const { executionArn, operationId } = await inGrace(cacheId, 'cut-off');
      elasticache().dropConnectionsInNextTokenChange({ cacheId });
      const run = await account.finish(executionArn);
      expect(run, said(run)).toMatchObject({ status: 'FAILED', error: 'ConnectionsLost' });
      const [closed] = await toldAbout(bus, 'OperationClosed', operationId);
      expect(closed).toMatchObject({ outcome: 'failed', reason: 'ConnectionsLost' });
      expect(closed?.summary).toMatch(/[1-9]\d* of \d+ connections that were held meanwhile were lost\./);
      expect(await tokenWith(account, cacheId)).not.toBe(before);
      await expectOnlyCurrentIsValid(account, cacheId, watchOf(cacheId));
      await isFree(cacheId);
    } finally {
      cutOff.resolve();
    }
  });

  it.concurrent('of which a node does not hear is never done while nodes differ, and both stay valid', async () => {
    const cacheId = 'orders';
    await cutOff.promise;
    const before = await tokenWith(account, cacheId);
    const all = await nodeCount(cacheId);
    const tellOfRotate = elasticache().forgetNodeInNextTokenChange(1, { cacheId });
    const early = await rotate(account, cacheId, 'forgets-rotate');
    expect(early, said(early)).toMatchObject({ status: 'FAILED', error: 'NotBroughtIn' });
    await expectBothKept(cacheId, 'forgets-rotate', 'NotBroughtIn', false);
    expect(await tokenWith(account, cacheId)).toBe(before);
    expect(await nodeCount(cacheId)).toBe(all);
    const meanwhile = await rotate(account, cacheId, 'while-they-differ');
    expect(meanwhile.output, said(meanwhile)).toMatchObject({ outcome: 'refused', reason: 'NodesDisagree' });
    tellOfRotate();

    const { executionArn, operationId } = await inGrace(cacheId, 'forgets-set');
    const tellOfSet = elasticache().forgetNodeInNextTokenChange(2, { cacheId });
    const late = await account.finish(executionArn);
    expect(late, said(late)).toMatchObject({ status: 'FAILED', error: 'NotRetired' });
    await expectBothKept(cacheId, operationId, 'NotRetired', true);
    expect(await nodeCount(cacheId)).toBe(all);
    tellOfSet();
    await rotatesAgain(cacheId, 'told-of-set');
  });

  it.concurrent('that does not end keeps both, before the new one is current and after', async () => {
    const cacheId = 'clicks';
    const before = await tokenWith(account, cacheId);
    const endRotate = elasticache().holdNextTokenChange({ cacheId });
    const early = await rotate(account, cacheId, 'held-rotate');
    expect(early.status, said(early)).toBe('FAILED');
    await expectBothKept(cacheId, 'held-rotate', early.error ?? '', false);
    expect(await tokenWith(account, cacheId)).toBe(before);
    endRotate();

    const { executionArn, operationId } = await inGrace(cacheId, 'held-set');
    const endSet = elasticache().holdNextTokenChange({ cacheId });
    const late = await account.finish(executionArn);
    expect(late.status, said(late)).toBe('FAILED');
    await expectBothKept(cacheId, operationId, late.error ?? '', true);
    endSet();
    await rotatesAgain(cacheId, 'after-held-set');
  });
});

/** These faults are for whichever call comes next, so one rotation goes on at a time. */
describe('a rotation in which', () => {
  const ORDER = 'autopilot-token-rotation-order';
  const ordered = { afterApiCall: 'elasticache:ModifyReplicationGroup' };
  const fault = (service: string, operation: string, what: Partial<ApiFault>) =>
    account.world.faults.add({ service, operation, times: 1, ...what });
  const busy = { error: { code: 'ThrottlingException', message: 'Rate exceeded' } };
  const broken = { error: { code: 'InternalFailure', message: 'It broke', status: 500 } };

  it('each function is killed once as soon as its call is carried out does each once', async () => {
    const before = await tokenWith(account, 'carts');
    lambda().killOnNextCall('autopilot-token-rotation-make-pending', { afterApiCall: 'secretsmanager:PutSecretValue' });
    lambda().killOnNextCall(ORDER, ordered);
    lambda().killOnNextCall('autopilot-token-rotation-promote', {
      afterApiCall: 'secretsmanager:UpdateSecretVersionStage',
    });
    const { executionArn } = await inGrace('carts', 'killed');
    fault('elasticache', 'ModifyReplicationGroup', { loseAnswer: true });
    const run = await account.finish(executionArn);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expect([count(run, 'Bring the new one in'), count(run, 'Retire the others')]).toEqual([1, 1]);
    expect(await tokenWith(account, 'carts')).not.toBe(before);
    await expectOnlyCurrentIsValid(account, 'carts', watchOf('carts'));
  });

  it('AWS is too busy or breaks, and nobody holds connections any more, is done and says that nobody watched', async () => {
    const before = await tokenWith(account, 'orders');
    fault('secretsmanager', 'PutSecretValue', broken);
    fault('elasticache', 'ModifyReplicationGroup', busy);
    fault('secretsmanager', 'UpdateSecretVersionStage', busy);
    const { executionArn } = await beginUntil(account, 'orders', 'Give it time', 'busy');
    await lambda().kill(HOLDER);
    await untilIn(account, executionArn, 'Wait for the grace period');
    fault('elasticache', 'ModifyReplicationGroup', broken);
    const run = await account.finish(executionArn);
    expect(run.output, said(run)).toMatchObject({ outcome: 'done', reason: 'RotatedUnwatched' });
    expect(await tokenWith(account, 'orders')).not.toBe(before);
    await expectOnlyCurrentIsValid(account, 'orders', watchOf('orders'));
  });
});

it('let in who came with the current token, at every node, at every time', async () => {
  for (const [cacheId, watch] of watches) {
    const { refusals, logins } = await watch.stop();
    expect({ cacheId, refusals }).toEqual({ cacheId, refusals: [] });
    expect(logins, cacheId).toBeGreaterThan(100);
  }
});

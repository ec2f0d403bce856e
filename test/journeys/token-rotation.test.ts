import { readFileSync } from 'node:fs';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateUserCommand, CreateUserGroupCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../../cli/commands/answer.ts';
import { holdRotation, rotate } from '../../cli/commands/rotate.ts';
import { type Connection, connect } from '../../cli/connection.ts';
import { applicationRoles } from '../../cli/demo/clients/application-roles.ts';
import { CLIENT_PLANS, type ClientPlan } from '../../cli/demo/clients/client-plan.ts';
import { applicationsOf, type RotationClients, startRotationClients } from '../../cli/demo/clients/rotation-clients.ts';
import { rotationClientsTable } from '../../cli/demo/clients/rotation-clients-table.ts';
import type { Followed } from '../../cli/follow.ts';
import { ledgerOf } from '../../cli/ledger.ts';
import { GRACE, type RotationOutcome } from '../../cli/rotation-outcome.ts';
import { tokenSecretName, userSecretName } from '../../functions/platform/names.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { eventually } from '../builders/eventually.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { listenToBus, toldAbout } from './bus-listener.ts';
import { allEvidence } from './drill-evidence.ts';
import { everythingLeftBehind } from './everything-left-behind.ts';
import { putRotationPolicy } from './planned-rotation.ts';
import { endpointOf } from './rotate-by-hand.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
let connection: Connection;
let bus: Awaited<ReturnType<typeof listenToBus>>;
beforeAll(async () => {
  account = await anAccount();
  Object.assign(process.env, account.world.environmentFor(account.operator, HOME_REGION));
  connection = { ...(await connect({ local: false })), pollMs: 200, now: () => account.world.clock.iso() };
  bus = await listenToBus(account);
  await createUser();
  const made = await Promise.all([
    create(aClusterSpec()),
    create(aPairSpec()),
    create(aPairSpec({ cacheId: PROFILES, authToken: undefined, userGroupIds: ['shop'], userSecretName: USER_SECRET })),
  ]);
  expect(made.map(({ output }) => output)).toMatchObject(made.map(() => ({ outcome: 'done' })));
}, 180_000);
afterAll(() => account?.stop());

const PROFILES = 'profiles';
const USER = 'clerk';
const USER_SECRET = userSecretName(PROFILES, USER);
const OURS = [{ Key: 'autopilot:managed', Value: 'true' }];

/** Every token and password that was ever current, by the secret it was in. */
const everCurrent = new Map<string, Set<string>>();

const create = (spec: { readonly cacheId: string }) =>
  account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `create-${spec.cacheId}`);

const createUser = async () => {
  const client = account.as(ElastiCacheClient);
  const password = 'the-first-password-of-the-clerk';
  const user = { Engine: 'valkey', AccessString: 'on ~* +@all', Passwords: [password], Tags: OURS };
  await client.send(new CreateUserCommand({ ...user, UserId: USER, UserName: 'the-clerk' }));
  await client.send(new CreateUserGroupCommand({ UserGroupId: 'shop', Engine: 'valkey', UserIds: [USER] }));
  await account.service<Service & ElastiCacheHandle>('elasticache').idle();
  const SecretString = JSON.stringify({ username: 'the-clerk', password });
  await account.as(SecretsManagerClient).send(new CreateSecretCommand({ Name: USER_SECRET, SecretString, Tags: OURS }));
};

const secretOf = async (SecretId: string): Promise<Record<string, unknown>> => {
  const { SecretString = '{}' } = await account.as(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId }));
  const content = JSON.parse(SecretString);
  everCurrent.set(SecretId, (everCurrent.get(SecretId) ?? new Set()).add(content.password));
  return content;
};

const start = async (
  cacheId: string,
  secretId: string,
  plans: readonly ClientPlan[] = CLIENT_PLANS,
): Promise<RotationClients> => {
  const endpoint = await endpointOf(account, cacheId);
  const { ARN: secretArn = '' } = await account
    .as(SecretsManagerClient)
    .send(new DescribeSecretCommand({ SecretId: secretId }));
  const names = applicationsOf(cacheId);
  return startRotationClients({
    cacheId,
    address: { ...endpoint, authority: readFileSync(account.world.certificateAuthority.certFile) },
    secretId: secretArn,
    secretsFor: applicationRoles(account.world, SecretsManagerClient, { region: HOME_REGION, secretArn, names }),
    now: () => account.world.clock.iso(),
    plans,
  });
};

/** What was asked of all clients but the one that never reads its token again: not one failed command. */
const expectUnhurt = (felt: Awaited<ReturnType<RotationClients['stop']>>): void => {
  for (const { name, behaviour, commands, failed, lost } of felt) {
    if (behaviour === 'too-late') continue;
    expect({ name, failed, lost }, rotationClientsTable(felt)).toEqual({ name, failed: 0, lost: 0 });
    expect(commands, name).toBeGreaterThan(50);
  }
};

const printed = (felt: Awaited<ReturnType<RotationClients['stop']>>): string => {
  const wellBehaved = felt.filter(({ behaviour }) => behaviour !== 'too-late');
  const sum = (of: 'commands' | 'failed') => wellBehaved.reduce((all, each) => all + each[of], 0);
  return `${sum('failed')} of ${sum('commands') + sum('failed')} commands of ${wellBehaved.length} well-behaved clients failed`;
};

const said = (outcome: RotationOutcome | Followed) => JSON.stringify(outcome).slice(0, 4000);
const goOn = () => new Promise((resolve) => setTimeout(resolve, 1500));

describe('the token of a cluster, with real clients', () => {
  it('is rotated without a failed command, and the one who comes too late is named', async () => {
    // Longer than CloudTrail takes to tell of a call, which is a quarter of an hour: 20 s of ours.
    await putRotationPolicy(account, { gracePeriodMinutes: 20, askBeforeRetiring: 'if-somebody-is-late' });
    const before = await secretOf(tokenSecretName('orders'));
    const clients = await start('orders', tokenSecretName('orders'));
    const operationId = 'rotate-orders-1';
    const extended: string[] = [];
    const outcome = await holdRotation(connection, 'orders', {
      operationId,
      planOnly: false,
      wait: true,
      onStep({ name }) {
        if (name === GRACE) {
          clients.letLateRead();
          void rotate('orders', { ...OPTIONS, extend: '2m' }).then((code) => extended.push(`exit ${code}`));
        }
        if (name === 'Ask whether to retire') void sayYes(operationId);
      },
    });
    await goOn();
    const felt = await clients.stop();
    console.log(`orders: ${printed(felt)}`);
    expect(outcome, said(outcome)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expectUnhurt(felt);
    expect(extended).toEqual(['exit 0']);

    const after = await secretOf(tokenSecretName('orders'));
    expect(after).toEqual({ ...before, password: after.password, authToken: after.password });
    expect(after.password).not.toBe(before.password);
    expect(after.password).toMatch(/^[A-Za-z0-9]{64}$/);

    // Who never reads again is refused, by design, and only after the old one was retired; the report names him.
    const [tooLate] = felt.filter(({ behaviour }) => behaviour === 'too-late');
    expect(tooLate?.firstFailure?.says).toMatch(/^WRONGPASS/);
    const record = await ledgerOf(HOME_REGION).record(operationId);
    const { figures, evidence } = outcome;
    expect(Date.parse(tooLate?.firstFailure?.at ?? '')).toBeGreaterThan(Date.parse(figures?.graceEndsAt ?? ''));
    expect(record).toMatchObject({ outcome: 'done', answeredBy: expect.stringContaining('operator') });
    const names = (readers: readonly { readonly who: string }[] = []) => readers.map(({ who }) => who).join(' ');
    expect(evidence?.readers?.told).toBe(true);
    expect(names(evidence?.readers?.late)).toMatch(/orders-legacy/);
    expect(names(evidence?.readers?.ready)).toMatch(/orders-worker/);
    expect(names(evidence?.readers?.ready)).not.toMatch(/orders-legacy|autopilot-/);
    expect(outcome.summary).toMatch(/orders-legacy/);
    expect(evidence?.clients?.groups.map(({ name }) => name)).toContain('orders-web/raw');

    // 20 minutes by the policy, and 2 more for which somebody asked.
    const graceMinutes = (Date.parse(figures?.graceEndsAt ?? '') - Date.parse(figures?.graceSince ?? '')) / 60_000;
    expect(graceMinutes).toBeCloseTo(22, 1);
    expect(evidence?.valid).toMatchObject({ nodes: 4, current: 'everywhere', previous: 'nowhere', open: false });
    expect(evidence?.held?.bringIn).toMatchObject({ connections: 4, lost: 0, endedBecause: 'told' });
    expect(evidence?.held?.retire).toMatchObject({ connections: 8, lost: 0, endedBecause: 'told' });
    const [begun] = await toldAbout(bus, 'GracePeriodBegun', operationId);
    expect(begun).toMatchObject({ cacheId: 'orders', what: 'the AUTH token of orders' });
  }, 180_000);

  const OPTIONS = { plan: false, local: false, json: true, wait: false, dropUnknown: false };
  const sayYes = async (operationId: string) => {
    await eventually(
      () => ledgerOf(HOME_REGION).question(operationId),
      (question) => question !== undefined,
    );
    await answer(operationId, 'approve', { local: false });
  };

  it('is only looked at with --plan, and nothing is changed', async () => {
    const before = await secretOf(tokenSecretName('orders'));
    const operationId = 'plan-orders';
    const plan = await holdRotation(connection, 'orders', { operationId, planOnly: true, wait: true });
    expect(plan, said(plan)).toMatchObject({ outcome: 'observed', reason: 'ReadyToRotate' });
    expect(plan.plan?.checks.every(({ passed }) => passed)).toBe(true);
    expect(plan.plan?.checks.map(({ says }) => says).join(' ')).toContain('All 4 nodes accept the current one');
    expect(await secretOf(tokenSecretName('orders'))).toEqual(before);
    expect(await ledgerOf(HOME_REGION).holder({ region: HOME_REGION, cacheId: 'orders' })).toBeUndefined();
  });
});

describe('the token of a pair, and a user’s password', () => {
  it('is rotated in the same way, and twice in a row', async () => {
    await putRotationPolicy(account, { gracePeriodMinutes: 5 });
    const clients = await start('sessions', tokenSecretName('sessions'));
    for (const operationId of ['rotate-sessions-1', 'rotate-sessions-2']) {
      await secretOf(tokenSecretName('sessions'));
      const outcome = await holdRotation(connection, 'sessions', {
        operationId,
        planOnly: false,
        wait: true,
        onStep: ({ name }) => name === GRACE && clients.letLateRead(),
      });
      expect(outcome, said(outcome)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
      expect(outcome.evidence?.valid).toMatchObject({ nodes: 2, current: 'everywhere', previous: 'nowhere' });
    }
    const felt = await clients.stop();
    console.log(`sessions: ${printed(felt)}`);
    expectUnhurt(felt.filter(({ behaviour }) => behaviour !== 'late'));
    await secretOf(tokenSecretName('sessions'));
  }, 180_000);

  it('of a user leaves both of its passwords valid in the grace period, and then one', async () => {
    const clients = await start(PROFILES, USER_SECRET);
    await secretOf(USER_SECRET);
    const operationId = 'rotate-clerk';
    const outcome = await holdRotation(connection, PROFILES, {
      operationId,
      userId: USER,
      planOnly: false,
      wait: true,
      onStep: ({ name }) => name === GRACE && clients.letLateRead(),
    });
    await goOn();
    const felt = await clients.stop();
    console.log(`${PROFILES}: ${printed(felt)}`);
    expect(outcome, said(outcome)).toMatchObject({ outcome: 'done', reason: 'Rotated' });
    expectUnhurt(felt);
    expect(felt.find(({ behaviour }) => behaviour === 'too-late')?.firstFailure?.says).toMatch(/^WRONGPASS/);
    const { host, port, username, password } = await secretOf(USER_SECRET);
    const endpoint = await endpointOf(account, PROFILES);
    expect({ host, port, username }).toEqual({ host: endpoint.host, port: endpoint.port, username: 'the-clerk' });
    expect(password).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(await ledgerOf(HOME_REGION).record(operationId)).toMatchObject({ figures: { userId: USER } });
  }, 180_000);
});

describe('in the end', () => {
  it('no token or password is anywhere in what the rotations left behind', async () => {
    const evidence = [...(await allEvidence(account))].map(([key, bytes]) => [key, bytes.toString('latin1')] as const);
    expect(evidence.filter(([key]) => key.startsWith('rotations/')).length).toBeGreaterThan(4);
    const left = new Map([...(await everythingLeftBehind(account)), ...evidence]);
    left.set('what was said on the bus', JSON.stringify(await bus.heard()));
    left.set('what CloudTrail tells', await everythingTold());
    const tokens = [...everCurrent.values()].flatMap((values) => [...values]);
    expect(tokens.length).toBe(2 + 3 + 2);
    for (const token of tokens) {
      const base64 = Buffer.from(token).toString('base64').replace(/=+$/, '');
      for (const form of [token, base64]) {
        expect([...left].filter(([, text]) => text.includes(form)).map(([place]) => place)).toEqual([]);
      }
    }
  });
});

const everythingTold = async (): Promise<string> => {
  const pages: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await account.as(CloudTrailClient).send(new LookupEventsCommand({ NextToken }));
    pages.push(JSON.stringify(page.Events));
    ({ NextToken } = page);
    // CloudTrail takes two calls a second, by the account's clock.
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (NextToken && pages.length < 20);
  return pages.join('\n');
};

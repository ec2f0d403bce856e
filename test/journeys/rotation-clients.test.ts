import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applicationRoles } from '../../cli/demo/clients/application-roles.ts';
import type { ClientPlan } from '../../cli/demo/clients/client-plan.ts';
import { applicationsOf, type RotationClients, startRotationClients } from '../../cli/demo/clients/rotation-clients.ts';
import { rotationClientsTable } from '../../cli/demo/clients/rotation-clients-table.ts';
import type { ClientFigures } from '../../cli/demo/clients/tally.ts';
import { tokenSecretName } from '../../functions/platform/names.ts';
import type { Service } from '../../local/service.ts';
import type { ElastiCacheHandle } from '../../local/services/elasticache/elasticache.ts';
import { anAccount, HOME_REGION, type JourneyAccount } from './an-account.ts';
import { changeToken, endpointOf, publishToken } from './rotate-by-hand.ts';
import { aClusterSpec, aPairSpec } from './spec-builders.ts';

let account: JourneyAccount;
beforeAll(async () => {
  account = await anAccount();
});
afterAll(() => account?.stop());

const elastiCache = () => account.service<Service & ElastiCacheHandle>('elasticache');
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Creates a cache with a token of its own. */
const aCache = async (spec: ReturnType<typeof aClusterSpec> | ReturnType<typeof aPairSpec>): Promise<string> => {
  const run = await account.run('create-cache', { spec, requestedBy: 'alice', mode: 'act' }, `make-${spec.cacheId}`);
  expect(run.output, JSON.stringify(run)).toMatchObject({ outcome: 'done' });
  return spec.cacheId;
};

const start = async (cacheId: string, plans?: readonly ClientPlan[]): Promise<RotationClients> => {
  const endpoint = await endpointOf(account, cacheId);
  const { ARN: secretArn = '' } = await account
    .as(SecretsManagerClient)
    .send(new DescribeSecretCommand({ SecretId: tokenSecretName(cacheId) }));
  const names = applicationsOf(cacheId);
  return startRotationClients({
    cacheId,
    address: { ...endpoint, authority: readFileSync(account.world.certificateAuthority.certFile) },
    secretId: secretArn,
    secretsFor: applicationRoles(account.world, SecretsManagerClient, { region: HOME_REGION, secretArn, names }),
    now: () => account.world.clock.iso(),
    ...(plans ? { plans } : {}),
  });
};

const is = (figures: readonly ClientFigures[], ...behaviours: readonly string[]) =>
  figures.filter(({ behaviour }) => behaviours.includes(behaviour));
const notHurt = (figures: readonly ClientFigures[]) => {
  const seen = rotationClientsTable(figures);
  for (const { name, failed, lost, refusedLogins } of figures) {
    expect({ name, failed, lost, refusedLogins }, seen).toEqual({ name, failed: 0, lost: 0, refusedLogins: 0 });
  }
};
/** What is shown in terminals and reports. */
const tellsNo = (token: string, figures: readonly ClientFigures[]) =>
  expect(JSON.stringify(figures).includes(token), 'a token stands in the figures').toBe(false);
const WELL_BEHAVED = ['long-lived', 'reconnecting', 'late'];
/** Until each client has worked on for a while. */
const goOn = async ({ figures }: RotationClients) => {
  const before = figures().map(({ commands, failed, reconnects }) => ({ done: commands + failed, reconnects }));
  const deadline = performance.now() + 20_000;
  const isBehind = () =>
    figures().some(({ behaviour, commands, failed, reconnects }, index) =>
      behaviour === 'long-lived'
        ? commands + failed < (before[index]?.done ?? 0) + 10
        : reconnects < (before[index]?.reconnects ?? 0) + 4,
    );
  while (isBehind()) {
    if (performance.now() > deadline) throw new Error(`A client stands still:\n${rotationClientsTable(figures())}`);
    await wait(50);
  }
};

const SPECS = [
  ['a cluster', () => aClusterSpec({ cacheId: 'orders' })],
  ['a pair', () => aPairSpec({ cacheId: 'sessions' })],
] as const;

describe.each(SPECS)('clients of %s', (_what, spec) => {
  const { cacheId } = spec();
  let running: RotationClients;
  beforeAll(() => aCache(spec()));
  beforeEach(async () => {
    running = await start(cacheId);
  });
  afterEach(() => running?.stop());

  it('live through a rotation with a grace period, but for the one that never reads its token again', async () => {
    const next = 'a-second-token-of-many-letters';
    await changeToken(account, cacheId, next, 'ROTATE');
    await publishToken(account, cacheId, next);
    await goOn(running);
    notHurt(running.figures());
    running.letLateRead();
    await goOn(running);
    notHurt(running.figures());
    const beforeSet = account.world.clock.iso();
    await changeToken(account, cacheId, next, 'SET');
    await goOn(running);

    const figures = await running.stop();
    notHurt(is(figures, ...WELL_BEHAVED));
    const [tooLate] = is(figures, 'too-late');
    const refused = { says: expect.stringMatching(/^WRONGPASS/) };
    expect(tooLate).toMatchObject({ name: `${cacheId}-legacy/raw`, firstFailure: refused, secretReads: 1 });
    expect(Date.parse(tooLate?.firstFailure?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(beforeSet));
    expect(tooLate?.refusedLogins).toBe(tooLate?.failed);
    // Each of the others has had to come in with the new token: it was read again, except by those who never connect again.
    for (const { name, secretReads } of is(figures, 'reconnecting', 'late')) {
      expect({ name, again: secretReads >= 2 }).toEqual({ name, again: true });
    }
  });

  it('tell of a rotation that leaves nobody any time', async () => {
    const next = 'a-third-token-of-many-letters-0';
    await changeToken(account, cacheId, next, 'ROTATE');
    await changeToken(account, cacheId, next, 'SET');
    await goOn(running);
    // The secret still holds the old token: who connects again is refused.
    for (const { name, failed, refusedLogins } of is(running.figures(), 'reconnecting', 'late', 'too-late')) {
      expect({ name, failed: failed > 0, refused: refusedLogins > 0 }).toEqual({ name, failed: true, refused: true });
    }
    notHurt(is(running.figures(), 'long-lived'));
    await publishToken(account, cacheId, next);
    await goOn(running);
    tellsNo(next, running.figures());
    const healed = is(running.figures(), 'reconnecting');
    await goOn(running);
    expect(is(running.figures(), 'reconnecting').map(({ failed }) => failed)).toEqual(
      healed.map(({ failed }) => failed),
    );
  });

  it('tell of connections that a change cuts off, and of the token that the long-lived ones cannot come back with', async () => {
    const next = 'a-fourth-token-of-many-letters';
    await changeToken(account, cacheId, next, 'ROTATE');
    await publishToken(account, cacheId, next);
    await goOn(running);
    elastiCache().dropConnectionsInNextTokenChange();
    await changeToken(account, cacheId, next, 'SET');
    await goOn(running);
    tellsNo(next, running.figures());
    for (const { name, lost, failed } of is(running.figures(), 'long-lived')) {
      expect({ name, lost: lost > 0, failed: failed > 0 }).toEqual({ name, lost: true, failed: true });
    }
  });
});

it('use the cache each with the identity of its application', async () => {
  const log = readFileSync(path.join(account.folder, 'logs', 'api.log'), 'utf8');
  for (const application of [...applicationsOf('orders'), ...applicationsOf('sessions')]) {
    expect(log).toMatch(new RegExp(`GetSecretValue.*${application}|${application}.*GetSecretValue`));
  }
});

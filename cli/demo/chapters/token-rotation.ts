import { readFileSync } from 'node:fs';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { tokenSecretName } from '../../../functions/platform/names.ts';
import { ROTATION_WORKFLOW } from '../../../functions/token-rotation/rotation-history.ts';
import { listCaches } from '../../caches.ts';
import { answer } from '../../commands/answer.ts';
import { holdRotation } from '../../commands/rotate.ts';
import { lookAt } from '../../follow.ts';
import { countdown } from '../../grace.ts';
import { ledgerOf } from '../../ledger.ts';
import { GRACE, heldTable } from '../../rotation-outcome.ts';
import { newOperationId } from '../../run-workflow.ts';
import { hostAndPort } from '../application.ts';
import type { Chapter, Stage } from '../chapter.ts';
import { applicationRoles } from '../clients/application-roles.ts';
import { applicationsOf, type RotationClients, startRotationClients } from '../clients/rotation-clients.ts';
import { rotationClientsTable } from '../clients/rotation-clients-table.ts';
import type { ClientFigures } from '../clients/tally.ts';

const TITLE = 'Token rotation';
const CACHE = 'orders';
/** The state in which a person is asked; here it is the one at the keyboard, who says yes. */
const ASKED = 'Ask whether to retire';
/** Real milliseconds in which the clients feel the end, before they are counted. */
const AFTERWARDS_MS = 2000;

/** The token of the sample fleet's cluster is rotated while real clients use it, each in its own way. */
export const tokenRotation: Chapter = {
  title: TITLE,
  async tell(stage) {
    const { connection, say } = stage;
    const clients = await startClients(stage);
    say(CACHE, 'eight clients of four applications use it all the time');
    say(
      CACHE,
      '(the grace period is 5 minutes here, and CloudTrail tells of calls 15 minutes late: who is ready it cannot say)',
    );
    const operationId = newOperationId(ROTATION_WORKFLOW, CACHE);
    const outcome = await holdRotation(connection, CACHE, {
      operationId,
      planOnly: false,
      wait: true,
      onStep({ name }) {
        say(CACHE, name);
        // Late, and in time: both tokens are valid now.
        if (name === GRACE) clients.letLateRead();
        // CloudTrail tells of calls a quarter of an hour late: after so short a grace period nobody knows who is ready.
        if (name === ASKED) void sayYes(operationId, stage);
      },
      onGrace: (endsAt) => say(CACHE, `  ${countdown(endsAt, connection.now())} left, in which both are valid`),
    });
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
    const felt = await clients.stop();
    say(CACHE, `${outcome.outcome}: ${outcome.summary}`);
    const sentence = clientsSentence(felt);
    say(CACHE, sentence);
    console.log(`\n${rotationClientsTable(felt)}`);
    if (outcome.evidence?.held) console.log(`\n${heldTable(outcome.evidence.held)}`);
    const states = new SFNClient({ region: connection.region });
    return {
      succeeded: outcome.outcome === 'done' && hurt(felt).length === 0,
      caches: [],
      view: {
        title: TITLE,
        sentences: [outcome.summary, sentence],
        executions: [await lookAt(states, connection.executionArn(ROTATION_WORKFLOW, operationId))],
      },
    };
  },
};

/** The question stands in the ledger a moment after the state that asks was entered. */
const sayYes = async (operationId: string, { connection: { region }, say }: Stage): Promise<void> => {
  const ledger = ledgerOf(region);
  while ((await ledger.question(operationId)) === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
  say(CACHE, 'the person at the keyboard is asked, and says yes:');
  await answer(operationId, 'approve', { local: true });
};

const startClients = async ({ connection, authorityFile, world }: Stage): Promise<RotationClients> => {
  const { region } = connection;
  const cache = (await listCaches(region)).find(({ id }) => id === CACHE);
  const { configuration = '' } = cache?.endpoints ?? {};
  const SecretId = tokenSecretName(CACHE);
  const { ARN: secretArn = SecretId } = await new SecretsManagerClient({ region }).send(
    new DescribeSecretCommand({ SecretId }),
  );
  return startRotationClients({
    cacheId: CACHE,
    address: { ...hostAndPort(configuration), clusterMode: true, authority: readFileSync(authorityFile) },
    secretId: secretArn,
    secretsFor: applicationRoles(world, SecretsManagerClient, { region, secretArn, names: applicationsOf(CACHE) }),
    now: connection.now,
  });
};

/** The clients that felt something, and should not have. */
const hurt = (felt: readonly ClientFigures[]): readonly ClientFigures[] =>
  felt.filter(({ behaviour, failed, lost }) => behaviour !== 'too-late' && failed + lost > 0);

const clientsSentence = (felt: readonly ClientFigures[]): string => {
  const wellBehaved = felt.filter(({ behaviour }) => behaviour !== 'too-late');
  const commands = wellBehaved.reduce((sum, each) => sum + each.commands + each.failed, 0);
  const failed = wellBehaved.reduce((sum, each) => sum + each.failed, 0);
  const refused = felt.filter(({ behaviour, refusedLogins }) => behaviour === 'too-late' && refusedLogins > 0);
  const late = refused.map(({ name }) => `${name}, which never fetched the new token, is refused since, by design`);
  return `${failed} of ${commands} commands of ${wellBehaved.length} clients failed${late.length > 0 ? `; ${late.join('; ')}` : ''}.`;
};

import { CreateSnapshotCommand, DescribeSnapshotsCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { SFNClient } from '@aws-sdk/client-sfn';
import { sayLength } from '../../../functions/failover-drill/timeline/say-length.ts';
import { holdDrill, readEvidence } from '../../commands/drill.ts';
import { clientTable, type DrillOutcome } from '../../drill-outcome.ts';
import { lookAt } from '../../follow.ts';
import { newOperationId } from '../../run-workflow.ts';
import type { Chapter, Stage } from '../chapter.ts';

const TITLE = 'Failover drill';
const WORKFLOW = 'failover-drill';
/** The cluster of the sample fleet: it has another shard to compare with. */
const CACHE = 'orders';
/** What the plan looks at comes by the minute, and the snapshot takes one: a few account minutes at most. */
const PATIENCE_MS = 60_000;

/** One shard of the sample fleet's cluster fails over while real clients write to it and read from it. */
export const failoverDrill: Chapter = {
  title: TITLE,
  async tell(stage) {
    const { connection, say } = stage;
    await takeSnapshot(stage);
    const plan = await untilPossible(stage);
    if (plan.outcome !== 'observed')
      return { succeeded: false, caches: [], view: { title: TITLE, sentences: [plan.summary], executions: [] } };
    const { why = '' } = plan.plan ?? {};
    say(CACHE, why);

    const operationId = newOperationId(WORKFLOW, CACHE);
    const outcome = await holdDrill(connection, CACHE, {
      operationId,
      planOnly: false,
      wait: true,
      onStep: ({ name }) => say(CACHE, name),
    });
    say(CACHE, `${outcome.outcome}: ${outcome.summary}`);
    if (outcome.clients) console.log(`\n${clientTable(outcome.clients)}`);
    const picture = outcome.figures?.pictures?.svg;
    const svg = picture && (await readEvidence(picture, connection.region));
    const execution = await lookAt(
      new SFNClient({ region: connection.region }),
      connection.executionArn(WORKFLOW, operationId),
    );
    return {
      succeeded: outcome.outcome === 'done',
      caches: [],
      view: {
        title: TITLE,
        sentences: [why, outcome.summary, ...naive(outcome)],
        executions: [execution],
        ...(svg ? { pictures: [new TextDecoder().decode(svg)] } : {}),
      },
    };
  },
};

/** A drill without a young snapshot is refused: what it might lose could not be brought back. */
const takeSnapshot = async ({ connection, say }: Stage): Promise<void> => {
  const client = new ElastiCacheClient({ region: connection.region });
  const SnapshotName = `${CACHE}-before-the-drill`;
  await client.send(new CreateSnapshotCommand({ ReplicationGroupId: CACHE, SnapshotName }));
  say(CACHE, `takes the snapshot ${SnapshotName}, since a drill wants a young one`);
  await until(async () => {
    const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ SnapshotName }));
    return Snapshots[0]?.SnapshotStatus === 'available';
  });
};

/** Asks the plan until all its checks pass: CloudWatch has to have heard of the replicas first. */
const untilPossible = async ({ connection }: Stage): Promise<DrillOutcome> => {
  const ask = () =>
    holdDrill(connection, CACHE, { operationId: newOperationId(WORKFLOW, CACHE), planOnly: true, wait: true });
  let plan = await ask();
  await until(async () => {
    plan = await ask();
    return plan.outcome !== 'refused';
  });
  return plan;
};

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 1000));
};

/** What a client that follows nothing has felt: the reason why to look at one's own. */
const naive = ({ clients = [] }: DrillOutcome): string[] => {
  const [felt] = clients.filter(
    ({ client, does, shard }) => client === 'naive' && does === 'write' && shard === 'tested',
  );
  if (!felt) return [];
  const kinds = Object.keys(felt.errors).join(', ');
  return [
    felt.outageMs === 'not-over'
      ? `A naive client, which does nothing about redirections, never wrote again (${kinds}).`
      : `A naive client, which does nothing about redirections, was out for ${sayLength(felt.outageMs)}.`,
  ];
};

import { writeFileSync } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { sayLength } from '../../functions/failover-drill/timeline/say-length.ts';
import { s3Objects } from '../../functions/platform/objects.ts';
import { type Connection, connect } from '../connection.ts';
import { checkLines, clientTable, type DrillOutcome, drillOutcomeOf } from '../drill-outcome.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Step } from '../follow.ts';
import { ledgerOf } from '../ledger.ts';
import { exitCodeOf } from '../outcome.ts';
import { newOperationId, onInterruption, printAnswers, progressMark, runWorkflow } from '../run-workflow.ts';
import { table } from '../table.ts';

export interface DrillOptions {
  readonly plan: boolean;
  readonly local: boolean;
  readonly json: boolean;
  /** Keep waiting when a person has to approve; otherwise the command ends with exit code 4. */
  readonly wait: boolean;
  /** Left out: the shard whose last drill is the longest ago. */
  readonly shard?: string | undefined;
  /** Clear the quarantine instead of drilling. */
  readonly clear: boolean;
  /** Write the timeline picture to this file, which ends in .svg or .png. */
  readonly picture?: string | undefined;
}

const WORKFLOW = 'failover-drill';

/** `autopilot drill <cache>`: lets a shard fail over on purpose, and tells what its clients felt. */
export const drill = async (cacheId: string, options: DrillOptions): Promise<ExitCode> => {
  const { picture, clear, plan, shard } = options;
  if (clear && (plan || shard !== undefined || picture !== undefined)) {
    console.error('--clear drills nothing: leave out --plan, --shard and --picture.');
    return EXIT.inputRefused;
  }
  if (picture !== undefined && !/\.(svg|png)$/.test(picture)) {
    console.error(`The picture is an SVG or a PNG, and ${picture} ends in neither .svg nor .png.`);
    return EXIT.inputRefused;
  }
  const connection = await connect(options);
  if (clear) return clearQuarantine(cacheId, connection, options);
  const started = performance.now();
  const operationId = newOperationId(WORKFLOW, cacheId);
  if (!options.json)
    console.log(`Operation ${operationId}; it goes on in the account when this command is interrupted.`);
  const forget = onInterruption(operationId, options.local);
  const outcome = await holdDrill(connection, cacheId, {
    operationId,
    shardId: shard,
    planOnly: plan,
    wait: options.wait,
    onStep: ({ name }) => {
      if (!options.json) console.log(`  ${progressMark(started)}  ${name}`);
    },
  });
  forget();
  if (options.json) console.log(JSON.stringify(outcome, rounded, 2));
  else printOutcome(outcome, options);
  if (picture !== undefined) await savePicture(outcome, picture, connection.region);
  return exitCodeOf(outcome, options.plan);
};

export interface HoldOptions {
  readonly operationId: string;
  readonly shardId?: string | undefined;
  /** Only say what would be tested, and why now. */
  readonly planOnly: boolean;
  readonly wait: boolean;
  readonly onStep?: (step: Step) => void;
}

/** Starts failover-drill for a cache and follows it until it ends, or until it waits for a person. */
export const holdDrill = async (
  connection: Connection,
  cacheId: string,
  { operationId, shardId, planOnly, wait, onStep }: HoldOptions,
): Promise<DrillOutcome> => {
  const execution = await runWorkflow(connection, WORKFLOW, {
    operationId,
    input: {
      cacheId,
      requestedBy: connection.callerArn,
      // ElastiCache's own writing: four digits.
      ...(shardId === undefined ? {} : { shardId: /^\d{1,4}$/.test(shardId) ? shardId.padStart(4, '0') : shardId }),
      ...(planOnly ? { mode: 'observe' } : {}),
    },
    wait,
    onStep: seldom(onStep),
  });
  const record = await ledgerOf(connection.region).record(operationId);
  return drillOutcomeOf(execution, record, operationId, cacheId);
};

/** Hundredths are more than the clients' clocks are worth. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value;

/** A drill looks many times how far the failover is; the first look is told. */
const seldom = (onStep: ((step: Step) => void) | undefined): ((step: Step) => void) | undefined => {
  const told = new Set<string>();
  return (
    onStep &&
    ((step) => {
      if (!told.has(step.name)) onStep(step);
      told.add(step.name);
    })
  );
};

const printOutcome = (outcome: DrillOutcome, { plan: planOnly, local }: DrillOptions): void => {
  const { plan, figures, clients, trend = [] } = outcome;
  const checks = plan?.checks ?? figures?.checks ?? [];
  if (plan && checks.length > 0 && (planOnly || outcome.outcome === 'refused')) {
    console.log(`\n${plan.why}\n\n${checkLines(checks).join('\n')}`);
  }
  if (clients && clients.length > 0) console.log(`\n${clientTable(clients)}`);
  if (trend.length > 0) {
    const rows = trend.map(
      ({ at, shardId, outcome: ended, reason, writeOutageMs, writeUnavailableMs = writeOutageMs }) => [
        at,
        shardId,
        typeof writeUnavailableMs === 'number' ? sayLength(writeUnavailableMs) : writeUnavailableMs,
        `${ended} (${reason})`,
      ],
    );
    console.log(`\nEarlier drills:\n${table(['when', 'shard', 'write outage', 'outcome'], rows)}`);
  }
  console.log(`\n${outcome.outcome}: ${outcome.summary} (${outcome.reason})`);
  for (const doubt of plan?.doubts ?? []) console.log(`  note: ${doubt}`);
  for (const address of Object.values(figures?.pictures ?? {})) console.log(`  timeline  ${address}`);
  if (outcome.outcome === 'waiting') printAnswers(outcome.operationId, local);
};

/** Fetches the picture from the evidence bucket. */
const savePicture = async ({ figures }: DrillOutcome, file: string, region: string): Promise<void> => {
  const address = figures?.pictures?.[file.endsWith('.png') ? 'png' : 'svg'];
  const image = address && (await readEvidence(address, region));
  if (!image) {
    console.error(`There is no picture to write to ${file}: nothing was measured.`);
    return;
  }
  writeFileSync(file, image);
  console.error(`Wrote ${file}.`);
};

/** What lies at an address such as `s3://bucket/key`; undefined when there is nothing. */
export const readEvidence = async (address: string, region: string): Promise<Uint8Array | undefined> => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? [];
  return s3Objects(new S3Client({ region }), bucket).get(key);
};

const clearQuarantine = async (
  cacheId: string,
  { region, callerArn, now }: Pick<Connection, 'region' | 'callerArn' | 'now'>,
  { json, local }: Pick<DrillOptions, 'json' | 'local'>,
): Promise<ExitCode> => {
  const ledger = ledgerOf(region);
  const key = { region, cacheId };
  const quarantine = await ledger.quarantineOf(key);
  const cleared = quarantine && (await ledger.clearQuarantine(key, { clearedBy: callerArn, at: now() }));
  if (json) {
    console.log(JSON.stringify({ cacheId, cleared: cleared === true, ...(cleared ? { quarantine } : {}) }, null, 2));
  } else if (!cleared) {
    console.log(`${cacheId} is not in quarantine.`);
  } else {
    const flags = local ? ' --local' : '';
    console.log(`Cleared by ${callerArn}: ${quarantine.summary} (${quarantine.operationId}, ${quarantine.since})`);
    console.log(
      `Nobody has looked at it by that: npx autopilot status ${cacheId}${flags}, then npx autopilot drill ${cacheId} --plan${flags}`,
    );
  }
  return EXIT.done;
};

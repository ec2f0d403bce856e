import { GetFunctionConfigurationCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { wasHeld } from '../../functions/failover-drill/choose-shard.ts';
import { DRILL_WORKFLOW, drillsOf } from '../../functions/failover-drill/drill-history.ts';
import type { Ledger } from '../../functions/platform/ledger.ts';
import { MODE_TAG } from '../../functions/platform/names.ts';
import { ROTATION_WORKFLOW } from '../../functions/token-rotation/rotation-history.ts';
import { DAY_MINUTES, EVENTS_KEPT_MINUTES, listEvents } from '../cache-events.ts';
import { cacheState, type LastRotation, stateTable, stateText } from '../cache-state.ts';
import { type CacheStatus, listCaches } from '../caches.ts';
import { connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ledgerOf } from '../ledger.ts';
import { openQuestions } from '../open-questions.ts';

export interface StatusOptions {
  readonly local: boolean;
  readonly json: boolean;
}

/** The function that plans knows which tag opts a cache in; where it is not deployed, nothing does. */
const PLAN_FUNCTION = 'autopilot-creation-plan';

const optInTagOf = async (region: string): Promise<string | undefined> => {
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: PLAN_FUNCTION });
    return (await new LambdaClient({ region }).send(command)).Environment?.Variables?.OPT_IN_TAG;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

/** Whether the autopilot may touch a cache, and how far it may go; undefined while that cannot be known. */
const touch = ({ tags }: CacheStatus, optInTag: string | undefined): string | undefined => {
  if (!tags) return undefined;
  return optInTag && tags[optInTag] === 'true' ? (tags[MODE_TAG] ?? 'observe') : 'not opted in';
};

/** What the ledger answers; `otherwise` where the autopilot, and with it the ledger, is not deployed. */
const whereDeployed = async <T>(answer: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return otherwise;
    throw error;
  }
};

/** More than wait in one Region. */
const MOST_QUESTIONS = 100;

/** Among so many is one that did something; the others were refused, or only observed. */
const MOST_ROTATIONS = 20;
const WITH_WORK: readonly string[] = ['done', 'failed', 'undone', 'rejected'];

/** Among so many is one that was held; the others were refused, or only observed. */
const MOST_DRILLS = 20;

/** Among so many is the one that runs, if one does: plans and refusals need no lock and come in between. */
const LATEST_OPERATIONS = 20;

/** The operation that works on a cache, or the newest that has ended. */
const lastOperationOf = async (ledger: Ledger, region: string, cacheId: string) => {
  const latest = await whereDeployed(ledger.operations({ region, cacheId, limit: LATEST_OPERATIONS }), []);
  return latest.find(({ outcome }) => outcome === undefined) ?? latest[0];
};

/** The newest drill of a cache that let a shard fail over, or may have. */
const lastDrillOf = async (ledger: Ledger, region: string, cacheId: string) => {
  const query = { region, cacheId, workflow: DRILL_WORKFLOW, limit: MOST_DRILLS };
  return drillsOf(await whereDeployed(ledger.operations(query), [])).find(({ outcome }) => wasHeld(outcome));
};

/** The newest rotation on a cache that has begun; one that was refused or only observed has changed nothing. */
const lastRotationOf = async (
  ledger: Ledger,
  { region, cacheId, now }: { readonly region: string; readonly cacheId: string; readonly now: string },
): Promise<LastRotation | undefined> => {
  const query = { region, cacheId, workflow: ROTATION_WORKFLOW, limit: MOST_ROTATIONS };
  const records = await whereDeployed(ledger.operations(query), []);
  const last = records.find(({ outcome }) => outcome === undefined || WITH_WORK.includes(outcome));
  if (!last) return undefined;
  const { operationId, startedAt, outcome, reason, figures } = last;
  const grace = await ledger.graceOf(operationId);
  const what = typeof figures?.what === 'string' ? figures.what : 'a token';
  const goesOn = grace && Date.parse(grace.endsAt) > Date.parse(now);
  return { at: startedAt, what, outcome, reason, ...(goesOn ? { graceEndsAt: grace.endsAt } : {}) };
};

/** `autopilot status [cache]`: every cache of the Region in one line each, or one of them in detail. */
export const status = async (cacheId: string | undefined, { local, json }: StatusOptions): Promise<ExitCode> => {
  const { region, now } = await connect({ local });
  const listed = (await listCaches(region)).filter(({ id }) => cacheId === undefined || id === cacheId);
  if (cacheId !== undefined && listed.length === 0) {
    console.error(`There is no cache ${cacheId} in ${region}: see \`autopilot status\`.`);
    return EXIT.toolFailed;
  }
  const ledger = ledgerOf(region);
  const [events, optInTag, questions] = await Promise.all([
    listEvents(region, cacheId === undefined ? DAY_MINUTES : EVENTS_KEPT_MINUTES),
    optInTagOf(region),
    whereDeployed(openQuestions(ledger, now(), MOST_QUESTIONS), []),
  ]);
  const states = await Promise.all(
    listed.map(async (cache) =>
      cacheState(cache, {
        mode: touch(cache, optInTag),
        lastOperation: await lastOperationOf(ledger, region, cache.id),
        lastDrill: await lastDrillOf(ledger, region, cache.id),
        lastRotation: await lastRotationOf(ledger, { region, cacheId: cache.id, now: now() }),
        quarantine: await whereDeployed(ledger.quarantineOf({ region, cacheId: cache.id }), undefined),
        question: questions.find(({ cacheId: asked }) => asked === cache.id),
        events,
      }),
    ),
  );
  const [only] = states;
  if (json) {
    console.log(JSON.stringify(cacheId === undefined ? { region, caches: states } : { region, cache: only }, null, 2));
  } else if (!only) {
    console.log(`There is no cache in ${region}.`);
  } else if (cacheId !== undefined) {
    console.log(stateText(only));
  } else {
    console.log(stateTable(states));
  }
  return EXIT.done;
};

import type { Felt, Measurement } from '../../../functions/failover-drill/measurement.ts';
import type { ClientKind, ProbeLane, ProbeLog } from '../../../functions/failover-drill/probe-log.ts';
import type { TimelineView } from '../../../functions/failover-drill/timeline/timeline-view.ts';

const BEGAN_AT = Date.parse('2026-11-21T03:10:00.000Z');
const OUTCOMES = ['ok', 'timeout', 'closed', 'READONLY', 'refused'] as const;

/** When a client cannot do its work, in milliseconds of the log, and what it is told. */
export interface Trouble {
  readonly fromMs: number;
  readonly toMs: number;
  readonly as: Exclude<(typeof OUTCOMES)[number], 'ok'>;
  /** How long each attempt takes until it fails. */
  readonly takesMs?: number;
}

export interface Scene {
  readonly lastsMs: number;
  readonly everyMs: number;
  /** By `cluster write`, `control read`, ... (control: the cluster client on the other shard); what is left out answers. */
  readonly troubles: Readonly<Record<string, readonly Trouble[]>>;
  readonly clients: readonly ClientKind[];
  readonly hasControl: boolean;
  /** Whether a failover was ordered, after 6 s unless told otherwise. */
  readonly isOrdered: boolean;
  /** Lanes without any attempt. */
  readonly silent: readonly string[];
  readonly lost: Readonly<Partial<Record<ClientKind, readonly number[]>>>;
  readonly staleReads: number;
}

/** Numbers that look random and are the same in each run. */
const randomFrom = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
  return seed / 4_294_967_296;
};

const laneOf = (scene: Scene, name: string, lane: Pick<ProbeLane, 'client' | 'does' | 'shard' | 'shardId'>) => {
  const random = randomFrom(name.length * 7919 + name.charCodeAt(0));
  const columns: Pick<ProbeLane, 'sentAtMs' | 'tookMs' | 'outcome' | 'number'> = {
    sentAtMs: [],
    tookMs: [],
    outcome: [],
    number: [],
  };
  if (scene.silent.includes(name)) return { ...lane, ...columns };
  let sentAtMs = random() * scene.everyMs;
  while (sentAtMs < scene.lastsMs) {
    const trouble = scene.troubles[name]?.find((each) => sentAtMs >= each.fromMs && sentAtMs < each.toMs);
    const slow = random() < 0.01 ? 6 : 1;
    const tookMs = trouble
      ? (trouble.takesMs ?? 1)
      : (0.4 + random() * 0.5) * slow * (lane.client === 'naive' ? 0.8 : 1);
    columns.sentAtMs.push(sentAtMs);
    columns.tookMs.push(tookMs);
    columns.outcome.push(trouble ? OUTCOMES.indexOf(trouble.as) : 0);
    columns.number.push(columns.number.length);
    sentAtMs += Math.max(scene.everyMs * (0.9 + random() * 0.2), tookMs);
  }
  return { ...lane, ...columns };
};

/** What the real measurement would say of such a lane, by the builder's own knowledge of its troubles. */
const feltOf = (lane: ProbeLane, scene: Scene): Felt => {
  const failed = lane.outcome.flatMap((outcome, attempt) => (outcome === 0 ? [] : [attempt]));
  const first = failed[0];
  const last = failed.at(-1);
  const errors: Record<string, number> = {};
  for (const attempt of failed) {
    const kind = OUTCOMES[lane.outcome[attempt] ?? 0] ?? 'ok';
    errors[kind] = (errors[kind] ?? 0) + 1;
  }
  const fromMs = first === undefined ? undefined : (lane.sentAtMs[first] ?? 0);
  const back = last === undefined ? undefined : lane.sentAtMs[last + 1];
  const toMs = last === undefined || back === undefined ? undefined : back + (lane.tookMs[last + 1] ?? 0);
  const outage =
    fromMs === undefined
      ? { outageMs: 0 }
      : toMs === undefined
        ? { outageMs: 'not-over' as const, outageFromMs: fromMs }
        : { outageMs: toMs - fromMs, outageFromMs: fromMs, outageToMs: toMs };
  return {
    client: lane.client,
    does: lane.does,
    shard: lane.shard,
    attempts: lane.sentAtMs.length,
    failures: failed.length,
    errors,
    ...outage,
    // One at most: whatever happens between the first and the last failure belongs to it.
    outages: failed.length > 0 ? 1 : 0,
    unavailableMs: outage.outageMs,
    unavailableSeenMs: outage.outageMs === 'not-over' ? scene.lastsMs - (fromMs ?? 0) : outage.outageMs,
    ...(fromMs === undefined ? {} : { outagesFromMs: fromMs }),
    ...(toMs === undefined ? {} : { outagesToMs: toMs }),
    longestGapMs: outage.outageMs === 'not-over' ? scene.lastsMs : outage.outageMs,
    latency: {},
  };
};

const longest = (felt: readonly Felt[]): number | 'not-over' =>
  felt.some(({ outageMs }) => outageMs === 'not-over')
    ? 'not-over'
    : Math.max(0, ...felt.map(({ outageMs }) => Number(outageMs)));

const figuresOf = <Does extends Felt['does']>(well: readonly Felt[], does: Does) => {
  const felt = well.filter((each) => each.does === does);
  const outageMs = longest(felt);
  return {
    [`${does}OutageMs`]: outageMs,
    [`${does}Outages`]: Math.max(0, ...felt.map(({ outages }) => outages)),
    [`${does}UnavailableMs`]: outageMs,
    [`${does}UnavailableSeenMs`]: Math.max(0, ...felt.map(({ unavailableSeenMs }) => unavailableSeenMs)),
  } as Pick<Measurement, `${Does}${'OutageMs' | 'Outages' | 'UnavailableMs' | 'UnavailableSeenMs'}`>;
};

/** A drill as the picture needs it: half a minute, an answer every 50 ms, the failover ordered 6 s after the beginning. */
export const aTimelineView = (
  overrides: Partial<Scene> = {},
  says: Partial<Omit<TimelineView, 'log' | 'measurement'>> & { readonly log?: Partial<ProbeLog> } = {},
): TimelineView => {
  const scene: Scene = {
    lastsMs: 30_000,
    everyMs: 50,
    troubles: {},
    clients: ['cluster', 'plain', 'naive'],
    hasControl: true,
    isOrdered: true,
    silent: [],
    lost: {},
    staleReads: 0,
    ...overrides,
  };
  const does = ['write', 'read'] as const;
  const lanes = [
    ...scene.clients.flatMap((client) =>
      does.map((each) => laneOf(scene, `${client} ${each}`, { client, does: each, shard: 'tested', shardId: '0001' })),
    ),
    ...(scene.hasControl
      ? does.map((each) =>
          laneOf(scene, `control ${each}`, { client: 'cluster', does: each, shard: 'control', shardId: '0002' }),
        )
      : []),
  ];
  const clients = lanes.map((lane) => feltOf(lane, scene));
  const well = clients.filter(({ client, shard }) => client !== 'naive' && shard === 'tested');
  const control = clients.filter(({ shard }) => shard === 'control');
  const measurement: Measurement = {
    ...figuresOf(well, 'write'),
    ...figuresOf(well, 'read'),
    longestGapMs: Math.max(0, ...clients.map(({ longestGapMs }) => longestGapMs)),
    lostAcknowledgedWrites: Object.values(scene.lost).reduce((sum, numbers) => sum + numbers.length, 0),
    staleReads: scene.staleReads,
    ...(control.length > 0 ? { controlOutageMs: longest(control) } : {}),
    clients,
  };
  const log: ProbeLog = {
    operationId: 'drill-orders-0001-20261121',
    cacheId: 'orders-prod',
    shardId: '0001',
    startedAt: new Date(BEGAN_AT).toISOString(),
    clock: [
      [0, BEGAN_AT],
      [scene.lastsMs, BEGAN_AT + scene.lastsMs],
    ],
    outcomes: [...OUTCOMES],
    lanes,
    kept: scene.clients.map((client) => ({ client, shard: 'tested', lostNumbers: [...(scene.lost[client] ?? [])] })),
    lastedMs: scene.lastsMs,
    endedBecause: 'told',
    ...says.log,
  };
  return {
    verdict: { outcome: 'passed', says: 'Writable again after 1.42 s, and no acknowledged write was lost.' },
    targetSeconds: 60,
    ...(scene.isOrdered ? { orderedAt: atMs(6000) } : {}),
    marks: [],
    ...says,
    log,
    measurement,
  };
};

/** The account's time at so many milliseconds of the log. */
export const atMs = (ms: number): string => new Date(BEGAN_AT + ms).toISOString();

import type { Json } from '../../../local/states/json.ts';
import type { ServiceTraits } from '../../builders/in-memory-token-cache.ts';
import { aRotationWorld, type Ended, type RotationWorld, type WorldTraits } from './a-rotation-world.ts';
import { type Choose, explore } from './explore.ts';
import { type CallMade, CONSOLE_FAULTS, type Fault, faultsOf, isConsoleFault } from './faults.ts';
import {
  faultsDespiteConsole,
  faultsOfEnd,
  faultsOfNextRun,
  faultsOfNextRunDespiteConsole,
  UNFINISHED,
} from './never.ts';

/** How long ElastiCache takes for a change, and how late it shows that it has begun, in seconds. */
export interface Times {
  readonly lagSeconds: number;
  readonly changeSeconds: number;
}

/** A usual change; one that is over before anybody has looked; one that shows only when the workflow looks the second time. */
export const TIMES: readonly [Times, ...Times[]] = [
  { lagSeconds: 20, changeSeconds: 300 },
  { lagSeconds: 0, changeSeconds: 20 },
  { lagSeconds: 50, changeSeconds: 400 },
];

/** What one first run goes through, and the runs after it. */
export interface Story extends Pick<WorldTraits, 'what' | 'policy' | 'definition' | 'instead'> {
  readonly times: Times;
  readonly nodes?: number;
  readonly request?: Readonly<Record<string, Json>>;
  /** By the calls of the first run. */
  readonly faults?: ReadonlyMap<number, Fault>;
  /** By the calls of the second. */
  readonly laterFaults?: ReadonlyMap<number, Fault>;
  /** True: ElastiCache is so slow that a rotation may give up, as long as it harms nobody. */
  readonly mayGiveUp?: boolean;
  /** Before the first run. */
  readonly prepare?: (world: RotationWorld) => void;
}

/** The behaviour that nobody has written down, chosen when it first matters. */
const serviceBy = (choose: Choose, { lagSeconds }: Times): ServiceTraits => ({
  lagSeconds,
  get rotateLast() {
    return choose('ROTATE of the token that is last', ['refused', 'nothing', 'drops the other'] as const);
  },
  get rotateOlder() {
    return choose('ROTATE of the older token', ['becomes the last', 'refused', 'drops the other'] as const);
  },
  get tellsChangeAt() {
    return choose('the time of the last change is that of its', ['end', 'order'] as const);
  },
  get userShowsAtCache() {
    return choose('the change of a user shows at the cache', [true, false] as const);
  },
});

const worldOf = ({ what, times, nodes = 3, policy = {}, definition, instead }: Story, choose: Choose): RotationWorld =>
  aRotationWorld({
    what,
    nodes,
    changeSeconds: times.changeSeconds,
    service: serviceBy(choose, times),
    policy,
    ...(definition ? { definition } : {}),
    ...(instead ? { instead } : {}),
  });

const firstRun = (world: RotationWorld, { request, faults, prepare }: Story): Promise<Ended> => {
  prepare?.(world);
  return world.run(request, faults);
};

/** The calls of a story's first run, in their order. */
export const callsOf = async (story: Story): Promise<readonly CallMade[]> => {
  const world = worldOf(story, (_, [first]) => first);
  return (await firstRun(world, story)).calls;
};

/** Each fault that can happen in a story's first run, besides those that do. */
export const faultsIn = async (story: Story): Promise<readonly (readonly [index: number, fault: Fault])[]> => {
  const after = Math.max(-1, ...(story.faults?.keys() ?? []));
  const calls = (await callsOf(story)).filter(({ index }) => index > after);
  return calls.flatMap((call) => faultsOf(call).map((fault) => [call.index, fault] as const));
};

/** Each thing that somebody may do at the console just before each call of a story's first run. */
export const consoleFaultsIn = async (story: Story): Promise<readonly (readonly [index: number, fault: Fault])[]> =>
  (await callsOf(story)).flatMap(({ index }) => CONSOLE_FAULTS.map((fault) => [index, fault] as const));

/** What has come of some stories. */
export interface Told {
  /** How many runs of a first execution, each with what comes after it. */
  readonly interleavings: number;
  /** Each as sentences; empty when nobody was locked out, let in, or left with a rotation that cannot be finished. */
  readonly wrong: readonly string[];
}

/**
 * Tells stories in every way that the service may behave, each until a last run has brought it to its end. What comes after a first
 * run depends on what that has left, so what was left before by another story is not told on again.
 */
export const tell = async (stories: Iterable<Story> | AsyncIterable<Story>): Promise<Told> => {
  const leftBy = new Map<string, Story>();
  const wrong: string[] = [];
  let interleavings = 0;
  for await (const story of stories) {
    interleavings += await explore(async (choose) => {
      const chosen = new Map<string, unknown>();
      const noting: Choose = (question, options) => {
        const answer = choose(question, options);
        chosen.set(question, answer);
        return answer;
      };
      const world = worldOf(story, noting);
      const first = await firstRun(world, story);
      if ([...(story.faults?.values() ?? [])].some(isConsoleFault)) {
        const found = [...(await faultsDespiteConsole(world, first, story.faults ?? new Map()))];
        if (found.length === 0) found.push(...(await faultsOfNextRunDespiteConsole(world)));
        if (found.length > 0 && !mayPushOut(story, chosen, first)) wrong.push(inWords(story, chosen, first, found));
        return;
      }
      const found = [...(await faultsOfEnd(world, first))];
      const left = `${await world.left()} ${JSON.stringify([story.times, story.nodes, [...chosen].sort()])}`;
      const isNew = (leftBy.get(left) ?? story) === story || story.laterFaults !== undefined;
      if (isNew && story.laterFaults === undefined) leftBy.set(left, story);
      if (isNew) found.push(...(await faultsOfNextRun(world, story.laterFaults)));
      found.push(...world.broken);
      const counted = found.filter((each) => !(story.mayGiveUp && each.startsWith(UNFINISHED)));
      if (counted.length > 0) wrong.push(inWords(story, chosen, first, counted));
    });
  }
  return { interleavings, wrong };
};

/**
 * What is not promised: when ElastiCache refuses ROTATE of the older of two tokens, and an interrupted rotation may have changed
 * them, nobody can tell two from one. Then one that lost its label, or came in where only the service's clock told, may be the last.
 */
const mayPushOut = ({ faults = new Map() }: Story, chosen: ReadonlyMap<string, unknown>, { calls }: Ended): boolean =>
  chosen.get('ROTATE of the older token') === 'refused' &&
  [...faults].some(
    ([index, fault]) =>
      fault === 'console-moves-pending' || (fault === 'console-rotates' && calls[index]?.to === 'LookAtNodes'),
  );

const inWords = (
  { what, times, faults = new Map(), laterFaults = new Map() }: Story,
  chosen: ReadonlyMap<string, unknown>,
  { outcome, reason, calls }: Ended,
  found: readonly string[],
): string => {
  const told = [...faults].map(([index, fault]) => `${calls[index]?.to} (${index}) ${fault}`);
  const later = [...laterFaults].map(([index, fault]) => `then ${index} ${fault}`);
  const service = [...chosen].map(([question, answer]) => `${question}: ${answer}`);
  return `${what}, ${JSON.stringify(times)}, ${[...service, ...told, ...later].join(', ')}: ${outcome} ${reason}. ${found.join(' ')}`;
};

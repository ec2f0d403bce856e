import type { Ended, RotationWorld } from './a-rotation-world.ts';
import { type Fault, isConsoleFault } from './faults.ts';

/** How an operation may end; `stopped` and `vanished` are its execution's end. */
const ENDS = ['done', 'undone', 'refused', 'observed', 'rejected', 'failed', 'stopped', 'vanished'];
/** What passes by itself, so that the same request is right later. */
const PASSES = ['CacheLocked', 'RotationUnderWay', 'CacheBusy', 'ChangesPending'];
/** For so long a rotation of which nothing is heard may still be at work: 2 days, and the longest grace period of the tests. */
const WAITS_MINUTES = [0, 1, 60, 5 * 60, 3 * 1440, 3 * 1440, 3 * 1440];

/** What is not as it must be when a run has ended, as sentences. */
export const faultsOfEnd = async (world: RotationWorld, { outcome, path }: Ended): Promise<readonly string[]> => {
  await world.rest();
  const valid = world.valid();
  const says = (sentence: string, isSo: boolean) => (isSo ? [`${sentence} (valid: ${valid.join(', ')})`] : []);
  return [
    ...says(`${outcome} is no end.`, !ENDS.includes(outcome)),
    ...says('The current one is not valid.', !valid.includes('current')),
    ...says('One that is valid is in no labelled version.', valid.includes('nowhere')),
    ...says('More than two are valid.', valid.length > 2),
    ...says(`It is ${outcome}, and not only the current one is valid.`, isOver(outcome) && valid.length > 1),
    ...says('It is undone, and an incident was raised.', outcome === 'undone' && path.includes('Raise an incident')),
  ];
};

/** What a node or a secret does when somebody at the console wants it. */
const OF_THE_CONSOLE = ['A node refused AWSCURRENT.', 'A node accepted a token that is in no labelled version.'];

/** What is not as it must be though somebody at the console came in between: their own deeds are not ours. */
export const faultsDespiteConsole = async (
  world: RotationWorld,
  { outcome, calls }: Ended,
  faults: ReadonlyMap<number, Fault>,
): Promise<readonly string[]> => {
  await world.rest();
  const valid = world.valid();
  const lastLook = calls.findLastIndex(({ to }) => to === 'LookAtNodes');
  // What they did after the last look no run can know, nor what shows late to one.
  const wasBefore = [...faults].every(
    ([index, fault]) => !isConsoleFault(fault) || (index < lastLook && calls[index]?.to !== 'LookAtNodes'),
  );
  return [
    ...[...world.broken].filter((sentence) => !OF_THE_CONSOLE.includes(sentence)),
    ...(ENDS.includes(outcome) ? [] : [`${outcome} is no end.`]),
    ...(isOver(outcome) && wasBefore && valid.some((label) => !['current', 'previous'].includes(label))
      ? [`It is ${outcome}, and others than the current one are valid: ${valid.join(', ')}.`]
      : []),
  ];
};

/** Asks again, and to drop what is unknown when that is what a run was refused for, and sees that nobody is locked out by that. */
export const faultsOfNextRunDespiteConsole = async (world: RotationWorld): Promise<readonly string[]> => {
  let dropUnknown = false;
  for (const minutes of WAITS_MINUTES) {
    await world.clock.sleep(minutes * 60_000);
    const ended = await world.run(dropUnknown ? { dropUnknown } : {});
    const wrong = await faultsDespiteConsole(world, ended, new Map());
    if (wrong.length > 0) return wrong;
    if (ended.outcome === 'done') return [];
    if (ended.reason === 'TokenChangedElsewhere') dropUnknown = true;
    else if (ended.outcome === 'refused' && !PASSES.includes(ended.reason)) return [];
  }
  return [];
};

const isOver = (outcome: string) => outcome === 'done' || outcome === 'undone';

/** Of a rotation that harms nobody, and does not come to its end. */
export const UNFINISHED = 'The next run did not finish it';

/**
 * Asks again until it is done, as long as what is in the way passes by itself.
 *
 * @param faults of the first run that is not in another's way
 */
export const faultsOfNextRun = async (
  world: RotationWorld,
  faults?: ReadonlyMap<number, Fault>,
): Promise<readonly string[]> => {
  let ended: Ended | undefined;
  let coming = faults;
  for (const minutes of WAITS_MINUTES) {
    await world.clock.sleep(minutes * 60_000);
    ended = await world.run({}, coming);
    const wrong = await faultsOfEnd(world, ended);
    if (wrong.length > 0) return wrong;
    const passes = ended.outcome === 'refused' && PASSES.includes(ended.reason);
    if (ended.outcome === 'done') return [];
    if (!passes && !coming) break;
    if (!passes) coming = undefined;
  }
  return [`${UNFINISHED}: ${ended?.outcome} ${ended?.reason}: ${ended?.summary}`];
};

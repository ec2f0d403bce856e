import type { State } from '../definition.ts';
import type { Report } from './problem.ts';
import { eachState, flowsInside, type PlacedFlow, waysOut } from './walk.ts';

/** Every way leads somewhere, every state can be reached, every flow can end, and no name is used twice. */
export const checkWays = (machine: PlacedFlow, report: Report): void => {
  const places = new Map<string, string>();
  eachState(machine, (state, path, name) => {
    const other = places.get(name);
    if (other !== undefined) report(path, `The name is used twice: also by ${other}.`);
    places.set(name, path);
    if (state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail') return;
    const ends = [state.Next, state.End].filter((field) => field !== undefined).length;
    if (ends !== 1) report(path, 'The state needs either Next or End, and not both.');
  });
  checkFlow(machine, report);
};

const checkFlow = (placed: PlacedFlow, report: Report): void => {
  const { flow, path } = placed;
  const states = flow.States;
  if (!Object.hasOwn(states, flow.StartAt))
    report(`${path}StartAt`, `There is no state "${flow.StartAt}" to start at.`);
  for (const [name, state] of Object.entries(states)) {
    const statePath = `${path}States/${name}`;
    for (const { to, field } of waysOut(state)) {
      if (!Object.hasOwn(states, to)) report(`${statePath}/${field}`, `There is no state "${to}" in the same flow.`);
    }
    for (const inside of flowsInside(state, statePath)) checkFlow(inside, report);
  }

  const reached = new Map<string, State>();
  let complete = true;
  const queue = [flow.StartAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    const state = states[name];
    if (state) {
      reached.set(name, state);
      queue.push(...waysOut(state).map(({ to }) => to));
    } else {
      complete = false;
    }
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) report(`${path}States/${name}`, 'No other state leads here: the state can never run.');
  }
  // A way that leads nowhere has been told already; what would have been behind it is not known.
  if (complete && ![...reached.values()].some(canEnd)) {
    report(path || 'States', 'No state that can be reached ends the flow.');
  }
};

const canEnd = (state: State): boolean =>
  state.Type === 'Succeed' || state.Type === 'Fail' || ('End' in state && state.End === true);

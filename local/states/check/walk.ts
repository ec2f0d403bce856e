import type { Flow, State } from '../definition.ts';

/** A flow inside a definition, and where it stands. */
export interface PlacedFlow {
  readonly flow: Flow;
  /** Empty for the machine itself, else `States/<name>/Branches/0/`. */
  readonly path: string;
  /** A distributed Map's body sees nothing of what is around it. */
  readonly isolated: boolean;
}

/** The flows directly inside a state. */
export const flowsInside = (state: State, path: string): PlacedFlow[] => {
  if (state.Type === 'Parallel') {
    return state.Branches.map((flow, index) => ({ flow, path: `${path}/Branches/${index}/`, isolated: false }));
  }
  if (state.Type !== 'Map') return [];
  const isolated = state.ItemProcessor.ProcessorConfig.Mode === 'DISTRIBUTED';
  return [{ flow: state.ItemProcessor, path: `${path}/ItemProcessor/`, isolated }];
};

/** A state's way to another state, and the variables that are assigned on it. */
export interface Way {
  readonly to: string;
  /** The field that names it, below the state. */
  readonly field: string;
  readonly assigns: readonly string[];
}

const namesIn = (assign: object | undefined) => Object.keys(assign ?? {});

/** All ways out of a state. */
export const waysOut = (state: State): Way[] => {
  const ways: Way[] = [];
  if ('Next' in state && state.Next !== undefined) {
    ways.push({ to: state.Next, field: 'Next', assigns: namesIn(state.Assign) });
  }
  if ('Catch' in state) {
    for (const [index, { Next, Assign }] of (state.Catch ?? []).entries()) {
      ways.push({ to: Next, field: `Catch/${index}/Next`, assigns: namesIn(Assign) });
    }
  }
  if (state.Type === 'Choice') {
    for (const [index, { Next, Assign }] of state.Choices.entries()) {
      ways.push({ to: Next, field: `Choices/${index}/Next`, assigns: namesIn(Assign) });
    }
    if (state.Default !== undefined) ways.push({ to: state.Default, field: 'Default', assigns: namesIn(state.Assign) });
  }
  return ways;
};

/** Calls `visit` for each state of a flow and of all flows inside it. */
export const eachState = (placed: PlacedFlow, visit: (state: State, path: string, name: string) => void): void => {
  for (const [name, state] of Object.entries(placed.flow.States)) {
    const path = `${placed.path}States/${name}`;
    visit(state, path, name);
    for (const inside of flowsInside(state, path)) eachState(inside, visit);
  }
};

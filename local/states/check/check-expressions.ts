import type { State } from '../definition.ts';
import { isExpression } from '../expression.ts';
import { KNOWN_FUNCTIONS } from '../functions.ts';
import { expressionFieldsOf, type Field, stringsIn } from './expressions-of.ts';
import type { Report } from './problem.ts';
import { type Reading, readExpression } from './read-expression.ts';
import { flowsInside, type PlacedFlow, waysOut } from './walk.ts';

type Names = ReadonlySet<string>;
const NOTHING: Names = new Set();

/** Expressions can be read, and speak only of variables, functions and members of `$states` that can be there. */
export const checkExpressions = (machine: PlacedFlow, report: Report): void =>
  checkFlow(machine, NOTHING, NOTHING, report);

/**
 * @param visible   variables of the scopes around, at the state that holds this flow
 * @param outer     every variable that those scopes assign anywhere: a flow inside must not assign the same name
 */
const checkFlow = ({ flow, path }: PlacedFlow, visible: Names, outer: Names, report: Report): void => {
  const arriving = namesArriving(flow, visible);
  const own = new Set(Object.values(flow.States).flatMap(assignedNames));
  for (const name of own) {
    if (outer.has(name))
      report(`${path}States`, `$${name} belongs to an outer scope: it can be read here, not assigned.`);
  }
  for (const [name, state] of Object.entries(flow.States)) {
    const statePath = `${path}States/${name}`;
    const known = arriving.get(name) ?? visible;
    for (const field of expressionFieldsOf(state, statePath)) checkField(field, known, report);
    for (const inside of flowsInside(state, statePath)) {
      if (inside.isolated) checkFlow(inside, NOTHING, NOTHING, report);
      else checkFlow(inside, known, new Set([...outer, ...own]), report);
    }
  }
};

const assignedNames = (state: State): string[] => [
  ...waysOut(state).flatMap(({ assigns }) => assigns),
  ...('Assign' in state ? Object.keys(state.Assign ?? {}) : []),
];

/** The variables that may have a value when a state is entered: assigned on some way that leads to it. */
const namesArriving = (flow: PlacedFlow['flow'], visible: Names): ReadonlyMap<string, Names> => {
  const arriving = new Map<string, Set<string>>([[flow.StartAt, new Set(visible)]]);
  const queue = [flow.StartAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const state = flow.States[name];
    const here = arriving.get(name);
    if (!state || !here) continue;
    for (const { to, assigns } of waysOut(state)) {
      const there = arriving.get(to);
      const known = new Set([...(there ?? []), ...here, ...assigns]);
      if (there?.size === known.size) continue;
      arriving.set(to, known);
      queue.push(to);
    }
  }
  return arriving;
};

const checkField = ({ path, value, offers }: Field, known: Names, report: Report): void => {
  for (const { path: here, text } of stringsIn(value, path)) {
    if (isExpression(text)) checkExpression(here, text, offers, known, report);
    else if (text.trim().startsWith('{%') || text.trim().endsWith('%}')) {
      report(here, 'An expression begins with {% and ends with %}, without anything around them.');
    }
  }
};

const checkExpression = (path: string, text: string, offers: Field['offers'], known: Names, report: Report): void => {
  let reading: Reading;
  try {
    reading = readExpression(text);
  } catch (thrown) {
    const { message, code } = thrown as { message?: string; code?: string };
    report(path, `The JSONata cannot be read: ${[code, message].filter(Boolean).join(' ')}`);
    return;
  }
  for (const name of reading.free) {
    if (name === 'states' || known.has(name) || KNOWN_FUNCTIONS.has(name)) continue;
    if (name === 'eval') report(path, '$eval does not exist in Step Functions; $parse reads JSON from a string.');
    else report(path, `$${name} is not assigned in any state that leads here, and no function has this name.`);
  }
  for (const member of reading.statesMembers) {
    if (member === 'input' || member === 'context' || member === offers) continue;
    report(path, `$states.${member} does not exist here.`);
  }
};

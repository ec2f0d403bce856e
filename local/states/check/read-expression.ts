import jsonata from 'jsonata';
import { sourceOf } from '../expression.ts';

/** What an expression needs from outside itself. */
export interface Reading {
  /** Variables and functions that it does not define itself, without `$`. */
  readonly free: ReadonlySet<string>;
  /** Members of `$states` that it names. */
  readonly statesMembers: ReadonlySet<string>;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** @throws Error with JSONata's own sentence when the syntax is wrong */
export const readExpression = (text: string): Reading => {
  const source = sourceOf(text);
  if (source === '') throw new Error('The expression is empty.');
  const used = new Set<string>();
  const defined = new Set<string>();
  const statesMembers = new Set<string>();

  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (!isNode(value)) return;
    const { type, value: name, steps } = value;
    if (type === 'variable' && typeof name === 'string') used.add(name);
    // `$x := …`, `function($x)`, `@$x` and `#$x` define names; which part of the expression sees them is left open.
    if (type === 'bind' && isNode(value.lhs)) defined.add(String(value.lhs.value));
    if (type === 'lambda' && Array.isArray(value.arguments)) {
      for (const argument of value.arguments) if (isNode(argument)) defined.add(String(argument.value));
    }
    for (const binding of [value.focus, value.index]) if (typeof binding === 'string') defined.add(binding);
    if (type === 'path' && Array.isArray(steps)) {
      const [first, second]: unknown[] = steps;
      const isStates = isNode(first) && first.type === 'variable' && first.value === 'states';
      if (isStates && isNode(second) && second.type === 'name') statesMembers.add(String(second.value));
    }
    for (const member of Object.values(value)) visit(member);
  };
  visit(jsonata(source).ast());
  // `$` and `$$` are JSONata's own.
  const free = new Set([...used].filter((name) => name !== '' && name !== '$' && !defined.has(name)));
  return { free, statesMembers };
};

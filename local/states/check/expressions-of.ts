import type { Catcher, ChoiceRule, State } from '../definition.ts';

/** What `$states` offers besides `input` and `context`, by where the expression stands. */
export type Offer = 'result' | 'errorOutput' | undefined;

/** A field in which strings may be expressions. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
  readonly offers: Offer;
}

const resultFields = (holder: ChoiceRule | Catcher | State, path: string, offers: Offer): Field[] =>
  (['Output', 'Assign'] as const).flatMap((name) => {
    const value: unknown = name in holder ? holder[name as keyof typeof holder] : undefined;
    return value === undefined ? [] : [{ path: `${path}/${name}`, value, offers }];
  });

const PLAIN_FIELDS = [
  'Arguments',
  'TimeoutSeconds',
  'HeartbeatSeconds',
  'Seconds',
  'Timestamp',
  'Items',
  'ItemSelector',
  'MaxConcurrency',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Error',
  'Cause',
];

/** All fields of one state that may hold expressions; not those of the flows inside it. */
export const expressionFieldsOf = (state: State, path: string): Field[] => {
  const values: Readonly<Record<string, unknown>> = { ...state };
  const plain = PLAIN_FIELDS.filter((name) => values[name] !== undefined).map((name) => ({
    path: `${path}/${name}`,
    value: values[name],
    offers: undefined,
  }));
  const hasResult = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
  const rules = state.Type === 'Choice' ? state.Choices : [];
  const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
  return [
    ...plain,
    ...resultFields(state, path, hasResult ? 'result' : undefined),
    ...rules.flatMap((rule, index) => [
      { path: `${path}/Choices/${index}/Condition`, value: rule.Condition, offers: undefined },
      ...resultFields(rule, `${path}/Choices/${index}`, undefined),
    ]),
    ...catchers.flatMap((catcher, index) => resultFields(catcher, `${path}/Catch/${index}`, 'errorOutput')),
  ];
};

/** Every string inside a value, with its path. */
export const stringsIn = (value: unknown, path: string): { readonly path: string; readonly text: string }[] => {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => stringsIn(member, `${path}/${name}`));
};

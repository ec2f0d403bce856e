import { type Bindings, evaluate, isExpression } from './expression.ts';
import { isJsonObject, type Json } from './json.ts';
import { EvaluationError } from './states-error.ts';

/** Evaluates the fields of one state at one moment. */
export interface Evaluator {
  /** A JSON value in which every `{% ... %}` string, however deep, stands for its result. @throws EvaluationError */
  template(value: Json, bindings: Bindings, location: string): Promise<Json>;
  /** A field that holds a whole number, or an expression for one. @throws EvaluationError */
  integer(value: number | string, bindings: Bindings, location: string, range: Range): Promise<number>;
  /** A field that holds a string, or an expression for one. @throws EvaluationError */
  text(value: string, bindings: Bindings, location: string): Promise<string>;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** @param nowMillis what `$now()` and `$millis()` show */
export const createEvaluator = (nowMillis: () => number): Evaluator => {
  const template: Evaluator['template'] = async (value, bindings, location) => {
    if (typeof value === 'string') {
      return isExpression(value) ? evaluate(value, bindings, location, nowMillis()) : value;
    }
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const [index, item] of value.entries()) items.push(await template(item, bindings, `${location}[${index}]`));
      return items;
    }
    if (!isJsonObject(value)) return value;
    const members: [string, Json][] = [];
    for (const [name, member] of Object.entries(value)) {
      members.push([name, await template(member, bindings, `${location}/${name}`)]);
    }
    return Object.fromEntries(members);
  };

  const unfit = (location: string, wanted: string, found: Json) =>
    new EvaluationError(location, `The field '${location}' has to be ${wanted}, not ${JSON.stringify(found)}.`);

  return {
    template,
    async integer(value, bindings, location, { min, max }) {
      const found = await template(value, bindings, location);
      if (typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max) return found;
      throw unfit(location, `a whole number from ${min} to ${max}`, found);
    },
    async text(value, bindings, location) {
      const found = await template(value, bindings, location);
      if (typeof found === 'string') return found;
      throw unfit(location, 'a string', found);
    },
  };
};

import { type Json, type JsonObject, jsonBytes } from './json.ts';
import { MAX_ASSIGN_BYTES, MAX_VARIABLES_BYTES } from './limits.ts';
import { EvaluationError, StatesError } from './states-error.ts';

/** The variables of one scope: a flow of states, a branch, an iteration. */
export interface Variables {
  /** Everything visible here, by name. A new object each time: whoever holds one keeps the old values. */
  visible(): Readonly<Record<string, Json>>;
  /** Replaces or adds variables, all of them or none. @throws StatesError */
  assign(values: JsonObject): void;
  /** A scope inside this one: it reads these variables and has its own besides. */
  inner(): Variables;
}

/** Bytes of all variables of an execution, whichever scope they are in. */
interface Account {
  bytes: number;
}

const createScope = (outer: Variables | undefined, account: Account): Variables => {
  const own = new Map<string, Json>();
  const visible = () => ({ ...outer?.visible(), ...Object.fromEntries(own) });
  return {
    visible,
    assign(values) {
      const outerNames = outer?.visible() ?? {};
      let grown = 0;
      let together = 0;
      for (const [name, value] of Object.entries(values)) {
        if (Object.hasOwn(outerNames, name)) {
          throw new EvaluationError(
            'Assign',
            `The variable ${name} belongs to an outer scope: it can be read here, not assigned.`,
          );
        }
        const bytes = jsonBytes(value);
        const before = own.get(name);
        grown += bytes - (before === undefined ? 0 : jsonBytes(before));
        together += bytes;
      }
      if (together > MAX_ASSIGN_BYTES) {
        throw new StatesError(
          'States.DataLimitExceeded',
          `The variables of one Assign have ${together} bytes together; ${MAX_ASSIGN_BYTES} are allowed.`,
        );
      }
      if (account.bytes + grown > MAX_VARIABLES_BYTES) {
        throw new StatesError(
          'States.DataLimitExceeded',
          `The variables of the execution would have ${account.bytes + grown} bytes together; ${MAX_VARIABLES_BYTES} are allowed.`,
        );
      }
      account.bytes += grown;
      for (const [name, value] of Object.entries(values)) own.set(name, value);
    },
    inner() {
      return createScope(this, account);
    },
  };
};

/** An execution's outermost scope. */
export const createVariables = (): Variables => createScope(undefined, { bytes: 0 });

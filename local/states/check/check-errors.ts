import { PREDEFINED_ERRORS } from '../states-error.ts';
import type { Report } from './problem.ts';
import { eachState, type PlacedFlow } from './walk.ts';

/** Errors are named so that each retrier and catcher can come true. */
export const checkErrors = (machine: PlacedFlow, report: Report): void => {
  eachState(machine, (state, path) => {
    const lists = {
      Retry: 'Retry' in state ? (state.Retry ?? []) : [],
      Catch: 'Catch' in state ? (state.Catch ?? []) : [],
    };
    for (const [field, entries] of Object.entries(lists)) {
      for (const [index, { ErrorEquals: names }] of entries.entries()) {
        const here = `${path}/${field}/${index}/ErrorEquals`;
        for (const name of names) {
          if (name.startsWith('States.') && !PREDEFINED_ERRORS.includes(name)) {
            report(
              here,
              `There is no error ${name}; only Step Functions itself names errors that begin with "States.".`,
            );
          }
        }
        if (names.includes('States.Runtime'))
          report(here, 'States.Runtime always ends the execution: nothing can catch it.');
        if (!names.includes('States.ALL')) continue;
        if (names.length > 1) report(here, 'States.ALL has to stand alone.');
        if (index < entries.length - 1) report(here, `States.ALL has to be the last entry of ${field}.`);
      }
    }
  });
};

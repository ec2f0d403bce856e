import { ServiceError } from '../../../service.ts';

/** One value is wrong by itself. */
export const invalidValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message);

/** Values that are right each by itself do not fit together. */
export const invalidCombination = (message: string): ServiceError =>
  new ServiceError('InvalidParameterCombinationException', message);

/** AWS can do this, the local account cannot: said aloud rather than pretended. */
export const notEmulated = (what: string): ServiceError =>
  new ServiceError('NotImplemented', `The local account does not emulate ${what} yet.`, 501);

/** Refuses every given parameter of `names` that has a value. */
export const refuseParameters = (operation: string, input: object, names: readonly string[]): void => {
  const given = names.find((name) => (input as Record<string, unknown>)[name] !== undefined);
  if (given) throw notEmulated(`${given} of ${operation}`);
};

/** @throws ServiceError InvalidParameterValue when `value` is given and not a whole number from `least` to `most` */
export const checkInteger = (name: string, value: number | undefined, least: number, most: number): void => {
  if (value === undefined) return;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidValue(`The value ${value} of ${name} must be a whole number from ${least} to ${most}.`);
};

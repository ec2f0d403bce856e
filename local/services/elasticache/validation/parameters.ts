import { isAllowedValue, isFamily, type ParameterDefinition, parametersOf } from '../parameter-families.ts';
import { invalidValue } from './faults.ts';

/** @throws ServiceError InvalidParameterValue for a parameter that the family does not have */
export const definitionFor = (family: string, name: string | undefined): ParameterDefinition => {
  const definition = isFamily(family) && name !== undefined ? parametersOf(family).get(name) : undefined;
  if (definition) return definition;
  throw invalidValue(`Could not find parameter with name: ${name} in the family ${family}.`);
};

/** @throws ServiceError InvalidParameterValue for a parameter that cannot be changed or a value that is not allowed */
export const checkParameterValue = (
  family: string,
  name: string | undefined,
  value: string | undefined,
): readonly [name: string, value: string] => {
  const definition = definitionFor(family, name);
  if (!definition.isModifiable) throw invalidValue(`The parameter ${definition.name} cannot be modified.`);
  if (value === undefined || !isAllowedValue(definition, value)) {
    throw invalidValue(
      `The parameter value ${value} is not valid for ${definition.name}. Allowed is ${definition.allowedValues}.`,
    );
  }
  return [definition.name, value];
};

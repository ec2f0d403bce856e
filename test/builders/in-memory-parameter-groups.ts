import type { ParameterGroups, ParameterInGroup } from '../../functions/platform/parameter-groups.ts';

interface Group {
  readonly family: string;
  readonly parameters?: readonly ParameterInGroup[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly users?: readonly string[];
}

/** The parameter groups' twin; a group's name serves as its ARN. */
export const inMemoryParameterGroups = (
  given: Readonly<Record<string, Group>> = {},
): ParameterGroups & { readonly names: () => string[] } => {
  const groups = new Map(Object.entries(given));
  return {
    names: () => [...groups.keys()],
    async find(name) {
      const group = groups.get(name);
      return group && { name, family: group.family, arn: name };
    },
    async parametersOf(name, source) {
      const all = groups.get(name)?.parameters ?? [];
      return source ? all.filter(({ value }) => value !== undefined) : all;
    },
    async tagsOf(arn) {
      return groups.get(arn)?.tags ?? {};
    },
    async beginningWith(prefix) {
      return [...groups]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { family }]) => ({ name, family, arn: name }));
    },
    async usersOf(name) {
      return groups.get(name)?.users ?? [];
    },
    async delete(name) {
      groups.delete(name);
    },
  };
};

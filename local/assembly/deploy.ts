import { createHash } from 'node:crypto';
import type { Created, ResourceBuilder } from '../service.ts';
import type { ResourceDefinition, Stack } from './cloud-assembly.ts';
import { holds, references, resolve, type Scope } from './intrinsics.ts';

/** A stack that is there: what its resources became, and what its outputs say. */
export interface DeployedStack {
  readonly stack: Stack;
  readonly resources: ReadonlyMap<string, Created>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Types that describe the app and make nothing on AWS either. */
const WITHOUT_EFFECT: readonly string[] = ['AWS::CDK::Metadata'];

/**
 * Refuses, before anything is made, an assembly with resource types that the local account cannot make.
 *
 * @throws Error that names every such type with the logical ids concerned
 */
export const refuseUnknownTypes = (
  stacks: readonly Stack[],
  builders: Readonly<Record<string, ResourceBuilder>>,
): void => {
  const unknown = new Map<string, string[]>();
  for (const { name, template } of stacks) {
    for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
      if (builders[Type] || WITHOUT_EFFECT.includes(Type)) continue;
      unknown.set(Type, [...(unknown.get(Type) ?? []), `${name}/${logicalId}`]);
    }
  }
  if (unknown.size === 0) return;
  const lines = [...unknown].map(([type, ids]) => `  ${type}: ${ids.join(', ')}`);
  throw new Error(`The local account cannot make these resource types of the assembly:\n${lines.join('\n')}`);
};

/** Makes a stack's resources, each after those it refers to, as CloudFormation does. */
export const deploy = async (
  stack: Stack,
  builders: Readonly<Record<string, ResourceBuilder>>,
): Promise<DeployedStack> => {
  const created = new Map<string, Created>();
  const scope: Scope = { stack, created };

  for (const logicalId of inOrder(stack)) {
    const definition = stack.template.Resources[logicalId];
    if (!definition || WITHOUT_EFFECT.includes(definition.Type)) continue;
    if (definition.Condition && !holds(definition.Condition, scope)) continue;
    const builder = builders[definition.Type];
    if (!builder) throw new Error(`The local account cannot make ${definition.Type} (${stack.name}/${logicalId})`);
    try {
      const properties = resolve(definition.Properties, scope) as Record<string, unknown>;
      created.set(
        logicalId,
        await builder.create({
          stackName: stack.name,
          region: stack.region,
          logicalId,
          type: definition.Type,
          properties,
          generatedName: (maxLength = 64) => generatedName(stack, logicalId, maxLength),
          assetFolder: stack.assetFolder,
        }),
      );
    } catch (cause) {
      throw new Error(
        `${definition.Type} ${stack.name}/${logicalId} could not be made: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      );
    }
  }

  const outputs = Object.fromEntries(
    Object.entries(stack.template.Outputs).map(([name, { Value }]) => [name, resolve(Value, scope)]),
  );
  return { stack, resources: created, outputs };
};

/** Logical ids so that each comes after those it depends on. @throws when they depend on each other in a circle */
const inOrder = (stack: Stack): string[] => {
  const { Resources } = stack.template;
  const ordered = new Set<string>();
  const onTheWay = new Set<string>();

  const visit = (logicalId: string) => {
    const definition = Resources[logicalId];
    if (!definition || ordered.has(logicalId)) return;
    if (onTheWay.has(logicalId)) throw new Error(`Stack ${stack.name}: ${[...onTheWay].join(' → ')} is a circle`);
    onTheWay.add(logicalId);
    for (const dependency of dependenciesOf(definition)) visit(dependency);
    onTheWay.delete(logicalId);
    ordered.add(logicalId);
  };
  for (const logicalId of Object.keys(Resources)) visit(logicalId);
  return [...ordered];
};

const dependenciesOf = ({ DependsOn = [], Properties }: ResourceDefinition): string[] => [
  ...(Array.isArray(DependsOn) ? DependsOn : [DependsOn]),
  ...references(Properties),
];

/**
 * CloudFormation's form of a made-up name. The tail is derived, so that the same assembly gets the same names, and differs
 * by Region, because some names (roles) are shared by all Regions of an account.
 */
const generatedName = ({ name, region }: Stack, logicalId: string, maxLength: number): string => {
  const tail = createHash('sha256').update(`${region}/${name}/${logicalId}`).digest('hex').slice(0, 12).toUpperCase();
  return `${`${name}-${logicalId}`.slice(0, maxLength - tail.length - 1)}-${tail}`;
};

import type { Created } from '../service.ts';
import type { Stack } from './cloud-assembly.ts';

/** What a template's values may refer to while it is being deployed. */
export interface Scope {
  readonly stack: Stack;
  readonly created: ReadonlyMap<string, Created>;
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PSEUDO: Readonly<Record<string, (stack: Stack) => string | undefined>> = {
  'AWS::AccountId': (stack) => stack.accountId,
  'AWS::Region': (stack) => stack.region,
  'AWS::Partition': () => 'aws',
  'AWS::URLSuffix': () => 'amazonaws.com',
  'AWS::StackName': (stack) => stack.name,
  'AWS::StackId': (stack) =>
    `arn:aws:cloudformation:${stack.region}:${stack.accountId}:stack/${stack.name}/00000000-0000-4000-8000-000000000000`,
  'AWS::NoValue': () => undefined,
};

const reference = (name: string, { stack, created }: Scope): unknown => {
  const pseudo = PSEUDO[name];
  if (pseudo) return pseudo(stack);
  const resource = created.get(name);
  if (resource) return resource.ref;
  const parameter = stack.template.Parameters[name];
  if (parameter && parameter.Default !== undefined) return parameter.Default;
  throw new Error(`Stack ${stack.name} refers to ${name}, which it does not have.`);
};

const attribute = (logicalId: string, name: string, { stack, created }: Scope): unknown => {
  const resource = created.get(logicalId);
  if (!resource) throw new Error(`Stack ${stack.name} asks for ${logicalId}.${name}, but has no such resource.`);
  const value = resource.attributes?.[name];
  if (value === undefined) {
    const type = stack.template.Resources[logicalId]?.Type;
    throw new Error(`The local account does not know the attribute ${name} of ${type} (${logicalId}).`);
  }
  return value;
};

const pair = (argument: unknown, name: string): readonly [unknown, unknown] => {
  if (!Array.isArray(argument) || argument.length < 2) throw new Error(`${name} needs a list of two`);
  return [argument[0], argument[1]];
};

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => reference(String(argument), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, name] = typeof argument === 'string' ? argument.split(/\.(.*)/s) : pair(argument, 'Fn::GetAtt');
    return attribute(String(logicalId), String(resolve(name, scope)), scope);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = pair(argument, 'Fn::Join');
    return (resolve(parts, scope) as unknown[]).map(String).join(String(separator));
  },
  'Fn::Sub': (argument, scope) => {
    const [text, values] = Array.isArray(argument) ? [argument[0], argument[1]] : [argument, {}];
    const local = resolve(values, scope) as Record<string, unknown>;
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in local) return String(local[name]);
      const [logicalId = '', attributeName] = name.split(/\.(.*)/s);
      return String(attributeName ? attribute(logicalId, attributeName, scope) : reference(name, scope));
    });
  },
  'Fn::Select': (argument, scope) => {
    const [index, list] = pair(argument, 'Fn::Select');
    return (resolve(list, scope) as unknown[])[Number(resolve(index, scope))];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, text] = pair(argument, 'Fn::Split');
    return String(resolve(text, scope)).split(String(separator));
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map = '', first = '', second = ''] = (resolve(argument, scope) as unknown[]).map(String);
    return scope.stack.template.Mappings[map]?.[first]?.[second];
  },
  'Fn::If': (argument, scope) => {
    const [condition, yes, no] = argument as [unknown, unknown, unknown];
    return resolve(holds(String(condition), scope) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [a, b] = pair(argument, 'Fn::Equals');
    return resolve(a, scope) === resolve(b, scope);
  },
  'Fn::Not': (argument, scope) => !resolve((argument as unknown[])[0], scope),
  'Fn::And': (argument, scope) => (argument as unknown[]).every((item) => resolve(item, scope)),
  'Fn::Or': (argument, scope) => (argument as unknown[]).some((item) => resolve(item, scope)),
  Condition: (argument, scope) => holds(String(argument), scope),
  'Fn::Base64': (argument, scope) => Buffer.from(String(resolve(argument, scope))).toString('base64'),
};

/** Whether a condition of the template holds. */
export const holds = (condition: string, scope: Scope): boolean => {
  if (!(condition in scope.stack.template.Conditions)) throw new Error(`There is no condition ${condition}`);
  return resolve(scope.stack.template.Conditions[condition], scope) === true;
};

/** A value of a template with every intrinsic function carried out. `AWS::NoValue` takes its property away. */
export const resolve = (value: unknown, scope: Scope): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  const [key = '', ...others] = Object.keys(value);
  if (others.length === 0) {
    const intrinsic = INTRINSICS[key];
    if (intrinsic) return intrinsic(value[key], scope);
    if (key.startsWith('Fn::')) throw new Error(`The local account does not know the intrinsic function ${key}.`);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, item]) => [name, resolve(item, scope)] as const)
      .filter(([, item]) => item !== undefined),
  );
};

/** Logical ids that a value refers to, by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export const references = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === 'Ref') return [String(argument)];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(argument) ? argument[0] : String(argument).split('.')[0])];
    if (key !== 'Fn::Sub') return references(argument);
    const text = String(Array.isArray(argument) ? argument[0] : argument);
    const inText = [...text.matchAll(/\$\{([^!}.]+)[^}]*\}/g)].map(([, name = '']) => name);
    return [...inText, ...references(Array.isArray(argument) ? argument[1] : {})];
  });
};

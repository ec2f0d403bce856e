import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { statementsOf } from '../builders/statements.ts';

const templates = Object.entries(templatesOf());

/** The logical ids that a value refers to. */
const referencesIn = (value: unknown): string[] =>
  [...JSON.stringify(value ?? null).matchAll(/\\*"(?:Ref|Fn::GetAtt)\\*":\[?\\*"(\w+)/g)].map(([, id = '']) => id);

describe.each(templates)('every state machine in %s', (_region, template) => {
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(([, { Properties }]) => Properties);
  const functions = new Map(resourcesOf(template, 'AWS::Lambda::Function'));

  it('is given a value for each name in its definition, and none besides', () => {
    const files = machines.map(({ StateMachineName }) => `${StateMachineName}.asl.json`);
    expect(new Set(files)).toEqual(new Set(readdirSync('state-machines')));
    for (const { StateMachineName, DefinitionString, DefinitionSubstitutions } of machines) {
      const names = [...String(DefinitionString).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
      expect(new Set(Object.keys(DefinitionSubstitutions)), StateMachineName).toEqual(new Set(names));
    }
  });

  it('may invoke the functions that its definition calls, and no others', () => {
    for (const { StateMachineName, DefinitionSubstitutions, RoleArn } of machines) {
      const [role = ''] = referencesIn(RoleArn);
      const invokes = statementsOf(template)
        .filter(
          ({ policy, Action }) => policy.startsWith(role.slice(0, -8)) && Action.includes('lambda:InvokeFunction'),
        )
        .flatMap(({ Resource }) => Resource.flatMap(referencesIn));
      const calls = referencesIn(DefinitionSubstitutions).filter((id) => functions.has(id));
      expect(new Set(invokes), StateMachineName).toEqual(new Set(calls));
    }
  });

  it('calls each function by the name of its file', () => {
    for (const { DefinitionSubstitutions } of machines) {
      for (const [name, value] of Object.entries(DefinitionSubstitutions)) {
        const file = name.replace(/Function(Arn|ByVpc)$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
        for (const id of referencesIn(value).filter((each) => functions.has(each))) {
          expect(functions.get(id)?.Properties.FunctionName).toMatch(
            new RegExp(`^autopilot-[a-z-]+${file}(-vpc-.*)?$`),
          );
        }
      }
    }
  });
});

describe.each(templates)('every function in %s', (_region, template) => {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => ({
    entry: /^functions\/(.+)\.ts of /.exec(Properties.Description)?.[1] ?? expect.fail(Properties.FunctionName),
    variables: Object.keys(Properties.Environment.Variables),
  }));

  it('says its own name in messages', () => {
    for (const { entry } of functions)
      expect(readFileSync(`functions/${entry}.ts`, 'utf8')).toContain(`name: '${entry}'`);
  });

  it('is told each variable that its code asks for', () => {
    for (const { entry, variables } of functions) {
      expect(variables, entry).toEqual(expect.arrayContaining(variablesAskedFor(`functions/${entry}.ts`)));
    }
  });

  it('is told no variable that a step of a drill or a rotation does not ask for', () => {
    for (const { entry, variables } of functions.filter(({ entry }) =>
      /^(failover-drill|token-rotation)\//.test(entry),
    )) {
      // What Powertools and Node read by themselves.
      const told = variables.filter((name) => !/^(POWERTOOLS_|UV_THREADPOOL_SIZE$)/.test(name));
      expect(new Set(told), entry).toEqual(new Set(variablesAskedFor(`functions/${entry}.ts`)));
    }
  });
});

/** The variables of the environment that a file and what it imports ask for, but for what Lambda itself tells. */
function variablesAskedFor(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || !existsSync(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(/environment\('([A-Z_]+)'\)/g)].map(([, name = '']) => name);
  const imported = [...text.matchAll(/^import (?!type ).*? from '(\.[^']+)'/gms)].map(([, from = '']) =>
    path.join(path.dirname(file), from),
  );
  const all = [...own, ...imported.flatMap((each) => variablesAskedFor(each, seen))];
  return [...new Set(all)].filter((name) => name !== 'AWS_REGION');
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCloudAssembly, type Stack } from '../../../local/assembly/cloud-assembly.ts';
import { deploy, refuseUnknownTypes } from '../../../local/assembly/deploy.ts';
import { resolve } from '../../../local/assembly/intrinsics.ts';
import type { ResourceBuilder, TemplateResource } from '../../../local/service.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Writes an assembly of one stack and reads it back. */
const anAssembly = (template: object, environment = 'aws://111122223333/eu-west-1'): Stack[] => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'assembly-'));
  folders.push(folder);
  const properties = { templateFile: 'S.template.json' };
  const artifacts = { S: { type: 'aws:cloudformation:stack', environment, properties } };
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ version: '55.0.0', artifacts }));
  writeFileSync(path.join(folder, 'S.template.json'), JSON.stringify(template));
  writeFileSync(
    path.join(folder, 'S.assets.json'),
    JSON.stringify({
      files: { abc: { source: { path: 'asset.abc' }, destinations: { d: { objectKey: 'abc.zip' } } } },
    }),
  );
  return readCloudAssembly(folder);
};

const aStack = (template: object): Stack => {
  const [stack] = anAssembly(template);
  if (!stack) throw new Error('the assembly has no stack');
  return stack;
};

/** Remembers the order in which resources were made. */
const recorder = () => {
  const made: { logicalId: string; properties: unknown }[] = [];
  const builder: ResourceBuilder = {
    create: ({ logicalId, properties }) => {
      made.push({ logicalId, properties });
      return { ref: `ref-${logicalId}`, attributes: { Arn: `arn-${logicalId}` } };
    },
  };
  return { made, builders: { 'Test::Thing': builder } };
};

const scopeOf = (template: object) => ({
  stack: aStack(template),
  created: new Map([['Thing', { ref: 'thing-ref', attributes: { Arn: 'thing-arn', 'Nested.Name': 'nested' } }]]),
});

describe('intrinsic functions', () => {
  const scope = scopeOf({
    Parameters: { P: { Type: 'String', Default: 'parameter' } },
    Mappings: { M: { a: { b: 'mapped' } } },
    Conditions: { Yes: { 'Fn::Equals': ['x', 'x'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
  });
  const table: readonly [string, unknown, unknown][] = [
    ['Ref to a resource', { Ref: 'Thing' }, 'thing-ref'],
    ['Ref to a parameter', { Ref: 'P' }, 'parameter'],
    ['pseudo parameters', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }], ['eu-west-1', '111122223333']],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Thing', 'Arn'] }, 'thing-arn'],
    ['GetAtt as text, with a dot in the attribute', { 'Fn::GetAtt': 'Thing.Nested.Name' }, 'nested'],
    ['Join', { 'Fn::Join': [':', ['a', { Ref: 'Thing' }]] }, 'a:thing-ref'],
    [
      'Sub',
      { 'Fn::Sub': ['${Thing.Arn}/${x}/${AWS::Partition}/${!Literal}', { x: 'y' }] },
      'thing-arn/y/aws/${Literal}',
    ],
    ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': ['-', { Ref: 'Thing' }] }] }, 'ref'],
    ['FindInMap', { 'Fn::FindInMap': ['M', 'a', 'b'] }, 'mapped'],
    ['If', [{ 'Fn::If': ['Yes', 1, 2] }, { 'Fn::If': ['No', 1, 2] }], [1, 2]],
    ['NoValue takes a property away', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ];
  it.each(table)('%s', (_name, value, expected) => expect(resolve(value, scope)).toEqual(expected));

  it.each([
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/8', 1, 8] }, 'Fn::Cidr'],
    ['an unknown name', { Ref: 'Nobody' }, 'Nobody'],
    ['an unknown attribute', { 'Fn::GetAtt': ['Thing', 'Colour'] }, 'Colour'],
  ])('refuses %s by name', (_name, value, word) => expect(() => resolve(value, scope)).toThrow(word));
});

describe('deploy', () => {
  it('makes each resource after those it refers to, in whatever way', async () => {
    const { made, builders } = recorder();
    await deploy(
      aStack({
        Resources: {
          Last: { Type: 'Test::Thing', DependsOn: 'Middle' },
          Middle: { Type: 'Test::Thing', Properties: { of: { 'Fn::Sub': 'x-${First.Arn}' } } },
          First: { Type: 'Test::Thing' },
        },
      }),
      builders,
    );
    expect(made).toEqual([
      { logicalId: 'First', properties: {} },
      { logicalId: 'Middle', properties: { of: 'x-arn-First' } },
      { logicalId: 'Last', properties: {} },
    ]);
  });

  it('makes up another name for the same stack in another Region: roles are shared by all of them', async () => {
    const names: string[] = [];
    const create = (resource: TemplateResource) => {
      names.push(resource.generatedName(64));
      return { ref: '' };
    };
    for (const region of ['eu-west-1', 'us-east-1']) {
      const [stack] = anAssembly({ Resources: { R: { Type: 'Test::Thing' } } }, `aws://111122223333/${region}`);
      if (stack) await deploy(stack, { 'Test::Thing': { create } });
    }
    expect(new Set(names).size).toBe(2);
    expect(names[0]).toMatch(/^S-R-[0-9A-F]{12}$/);
  });

  it('leaves out a resource whose condition does not hold', async () => {
    const { made, builders } = recorder();
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    await deploy(aStack({ Conditions, Resources: { A: { Type: 'Test::Thing', Condition: 'Never' } } }), builders);
    expect(made).toEqual([]);
  });

  it('says which resource failed, and why', async () => {
    const builders = {
      'Test::Thing': {
        create: () => {
          throw new Error('no such colour');
        },
      },
    };
    const failing = deploy(aStack({ Resources: { A: { Type: 'Test::Thing' } } }), builders);
    await expect(failing).rejects.toThrow('Test::Thing S/A could not be made: no such colour');
  });

  it('refuses a circle', async () => {
    const Resources = {
      A: { Type: 'Test::Thing', Properties: { b: { Ref: 'B' } } },
      B: { Type: 'Test::Thing', Properties: { a: { Ref: 'A' } } },
    };
    await expect(deploy(aStack({ Resources }), recorder().builders)).rejects.toThrow('circle');
  });

  it('refuses unknown types before anything is made, all of them by name', () => {
    const Resources = { A: { Type: 'AWS::No::Such' }, B: { Type: 'AWS::No::Other' }, C: { Type: 'Test::Thing' } };
    const check = () => refuseUnknownTypes([aStack({ Resources })], recorder().builders);
    expect(check).toThrow(/AWS::No::Such: S\/A\n\s+AWS::No::Other: S\/B/);
  });
});

describe('readCloudAssembly', () => {
  it('finds assets by the key that the template names', () => {
    const stack = aStack({});
    expect(stack.assetFolder('abc.zip')).toMatch(/asset\.abc$/);
    expect(() => stack.assetFolder('other.zip')).toThrow('other.zip');
  });

  it('says how to make an assembly where there is none', () => {
    expect(() => readCloudAssembly('/nowhere')).toThrow('npm run synth');
  });

  it('wants an account and a Region', () => {
    expect(() => anAssembly({}, 'aws://unknown-account/unknown-region')).toThrow('account and Region');
  });
});

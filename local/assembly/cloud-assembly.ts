import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** One stack of a synthesized app: where it is deployed, its template and its assets. */
export interface Stack {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly template: Template;
  /** The folder of an asset by the S3 key that the template names. @throws when there is no such asset */
  assetFolder(s3Key: string): string;
}

export type Template = z.infer<typeof Template>;
export type ResourceDefinition = z.infer<typeof ResourceDefinition>;

const ResourceDefinition = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
});

const Template = z.looseObject({
  Resources: z.record(z.string(), ResourceDefinition).default({}),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
});

const Manifest = z.looseObject({
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      environment: z.string().optional(),
      properties: z.looseObject({ templateFile: z.string().optional(), stackName: z.string().optional() }).optional(),
      dependencies: z.array(z.string()).default([]),
    }),
  ),
});

const AssetManifest = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** `aws://111122223333/us-east-1` */
const ENVIRONMENT = /^aws:\/\/(\d{12})\/([a-z0-9-]+)$/;

/**
 * Reads a cloud assembly (`cdk.out`): the local account knows the system by nothing else.
 *
 * @returns the stacks, each after those that it depends on
 * @throws when the folder holds no assembly, or a stack names no account and Region
 */
export const readCloudAssembly = (folder: string): Stack[] => {
  const manifestFile = path.join(folder, 'manifest.json');
  if (!existsSync(manifestFile)) {
    throw new Error(`There is no cloud assembly in ${folder}: make one with \`npm run synth\` and start again.`);
  }
  const { artifacts } = Manifest.parse(readJson(manifestFile));
  const isStack = (id: string) => artifacts[id]?.type === 'aws:cloudformation:stack';

  const ordered: string[] = [];
  const visit = (id: string) => {
    if (ordered.includes(id)) return;
    for (const dependency of artifacts[id]?.dependencies ?? []) if (isStack(dependency)) visit(dependency);
    ordered.push(id);
  };
  for (const id of Object.keys(artifacts).filter(isStack)) visit(id);

  return ordered.map((id) => {
    const { environment, properties } = artifacts[id] ?? {};
    const [, accountId, region] = ENVIRONMENT.exec(environment ?? '') ?? [];
    if (!accountId || !region) {
      throw new Error(
        `Stack ${id} is synthesized for no particular account and Region (${environment}): name both in autopilot.yaml.`,
      );
    }
    const template = Template.parse(readJson(path.join(folder, properties?.templateFile ?? `${id}.template.json`)));
    const assets = readAssets(folder, id);
    return {
      name: properties?.stackName ?? id,
      accountId,
      region,
      template,
      assetFolder(s3Key) {
        const found = assets.get(s3Key);
        if (!found) throw new Error(`The cloud assembly has no asset ${s3Key}: synthesize it again.`);
        return found;
      },
    };
  });
};

const readAssets = (folder: string, stackId: string): ReadonlyMap<string, string> => {
  const file = path.join(folder, `${stackId}.assets.json`);
  if (!existsSync(file)) return new Map();
  const { files } = AssetManifest.parse(readJson(file));
  return new Map(
    Object.values(files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, path.resolve(folder, source.path ?? '')] as const),
    ),
  );
};

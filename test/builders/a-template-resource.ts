import type { Created, Service, TemplateResource } from '../../local/service.ts';

/** Makes one resource of a template as CloudFormation would, in us-east-1. @throws as the service's builder does */
export const build = async (service: Service, type: string, properties: Record<string, unknown>): Promise<Created> => {
  const builder = service.resources?.[type];
  if (!builder) throw new Error(`${service.name} makes no ${type}`);
  const resource: TemplateResource = {
    stackName: 'S',
    region: 'us-east-1',
    logicalId: 'Made',
    type,
    properties,
    generatedName: () => 'S-Made-1',
    assetFolder: () => '',
  };
  return builder.create(resource);
};

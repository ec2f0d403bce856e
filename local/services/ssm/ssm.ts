import type {
  DeleteParameterCommandInput,
  DeleteParameterCommandOutput,
  GetParameterCommandInput,
  GetParameterCommandOutput,
  GetParametersByPathCommandInput,
  GetParametersByPathCommandOutput,
  GetParametersCommandInput,
  GetParametersCommandOutput,
  Parameter,
  PutParameterCommandInput,
  PutParameterCommandOutput,
} from '@aws-sdk/client-ssm';
import * as sdk from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { type Call, operation, type Service, ServiceError, type World } from '../../service.ts';

interface Stored {
  readonly name: string;
  readonly value: string;
  readonly type: 'String' | 'StringList';
  readonly version: number;
  readonly modifiedAt: Date;
}

/** Parameter Store, quotas: 4 KB for a standard parameter, 8 KB for an advanced one. */
const MAX_BYTES = { Standard: 4096, Advanced: 8192 } as const;

const ParameterProperties = z.strictObject({
  Name: z.string().optional(),
  Type: z.enum(['String', 'StringList']),
  Value: z.string(),
  Description: z.string().optional(),
  Tier: z.enum(['Standard', 'Advanced']).default('Standard'),
  Tags: z.record(z.string(), z.string()).optional(),
});

/** Systems Manager's Parameter Store. */
export const createSsm = (world: World): Service => {
  const parameters = new Map<string, Stored>();
  const keyOf = (region: string, name: string) => `${region} ${name}`;
  const arnOf = (region: string, name: string) =>
    `arn:aws:ssm:${region}:${world.accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

  const put = (region: string, name: string, value: string, type: Stored['type'], tier: keyof typeof MAX_BYTES) => {
    if (Buffer.byteLength(value) > MAX_BYTES[tier]) {
      const message = `${tier} tier parameters support a maximum parameter value of ${MAX_BYTES[tier]} characters.`;
      throw new ServiceError('ValidationException', message, 400);
    }
    const version = (parameters.get(keyOf(region, name))?.version ?? 0) + 1;
    parameters.set(keyOf(region, name), { name, value, type, version, modifiedAt: new Date(world.clock.now()) });
    return version;
  };
  const view = (region: string, { name, value, type, version, modifiedAt }: Stored): Parameter => ({
    Name: name,
    Value: value,
    Type: type,
    Version: version,
    LastModifiedDate: modifiedAt,
    ARN: arnOf(region, name),
    DataType: 'text',
  });
  const get = (region: string, name = '') => {
    const found = parameters.get(keyOf(region, name));
    if (found) return found;
    throw new ServiceError('ParameterNotFound', `Parameter ${name} not found.`, 400);
  };
  const on =
    (action: string) =>
    ({ Name = '' }: { Name?: string | undefined }, { region }: Call) => [{ action, resource: arnOf(region, Name) }];

  return {
    name: 'ssm',
    api: {
      signingName: 'ssm',
      iamPrefix: 'ssm',
      sdk,
      Client: sdk.SSMClient,
      operations: {
        GetParameter: operation<GetParameterCommandInput, GetParameterCommandOutput>({
          permissions: on('ssm:GetParameter'),
          handle: ({ Name }, { region }) => ({ Parameter: view(region, get(region, Name)) }),
        }),
        GetParameters: operation<GetParametersCommandInput, GetParametersCommandOutput>({
          permissions: ({ Names = [] }, { region }) =>
            Names.map((name) => ({ action: 'ssm:GetParameters', resource: arnOf(region, name) })),
          handle({ Names = [] }, { region }) {
            const found = Names.map((name) => parameters.get(keyOf(region, name)));
            return {
              Parameters: found.filter((stored) => stored !== undefined).map((stored) => view(region, stored)),
              InvalidParameters: Names.filter((_, index) => found[index] === undefined),
            };
          },
        }),
        GetParametersByPath: operation<GetParametersByPathCommandInput, GetParametersByPathCommandOutput>({
          permissions: ({ Path = '' }, { region }) => [
            { action: 'ssm:GetParametersByPath', resource: arnOf(region, Path) },
          ],
          handle({ Path = '', Recursive = false }, { region }) {
            const prefix = Path.endsWith('/') ? Path : `${Path}/`;
            const below = [...parameters].filter(([key]) => key.startsWith(keyOf(region, prefix)));
            const direct = ({ name }: Stored) => Recursive || !name.slice(prefix.length).includes('/');
            return {
              Parameters: below
                .map(([, stored]) => stored)
                .filter(direct)
                .map((stored) => view(region, stored)),
            };
          },
        }),
        PutParameter: operation<PutParameterCommandInput, PutParameterCommandOutput>({
          permissions: on('ssm:PutParameter'),
          handle({ Name = '', Value = '', Type = 'String', Overwrite = false, Tier = 'Standard' }, { region }) {
            if (Type === 'SecureString') {
              throw new ServiceError('UnsupportedParameterType', 'The local account keeps secrets in Secrets Manager.');
            }
            if (!Overwrite && parameters.has(keyOf(region, Name))) {
              throw new ServiceError('ParameterAlreadyExists', 'The parameter already exists.');
            }
            const tier = Tier === 'Advanced' ? 'Advanced' : 'Standard';
            return { Version: put(region, Name, Value, Type as Stored['type'], tier), Tier: tier };
          },
        }),
        DeleteParameter: operation<DeleteParameterCommandInput, DeleteParameterCommandOutput>({
          permissions: on('ssm:DeleteParameter'),
          handle({ Name }, { region }) {
            parameters.delete(keyOf(region, get(region, Name).name));
            return {};
          },
        }),
      },
    },
    resources: {
      'AWS::SSM::Parameter': {
        create(resource) {
          const { Name, Type, Value, Tier } = ParameterProperties.parse(resource.properties);
          const name = Name ?? resource.generatedName(512);
          put(resource.region, name, Value, Type, Tier);
          return { ref: name, attributes: { Type, Value } };
        },
      },
    },
  };
};

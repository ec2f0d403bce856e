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

/** Parameter Store API reference: names of one GetParameters, parameters of one page. */
const MAX_NAMES = 10;
const PAGE = 10;

const invalid = (message: string) => new ServiceError('ValidationException', message);

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
      throw invalid(`${tier} tier parameters support a maximum parameter value of ${MAX_BYTES[tier]} characters.`);
    }
    if (value === '') throw invalid("Value '' at 'value' must have a length of at least 1");
    if (name.includes('/') && !name.startsWith('/')) throw invalid('Parameter name must be a fully qualified name.');
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
            if (Names.length > MAX_NAMES) throw invalid(`GetParameters takes at most ${MAX_NAMES} names`);
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
          handle({ Path = '', Recursive = false, MaxResults = PAGE, NextToken }, { region }) {
            if (MaxResults > PAGE) throw invalid(`MaxResults is at most ${PAGE}`);
            const prefix = Path.endsWith('/') ? Path : `${Path}/`;
            const below = [...parameters].filter(([key]) => key.startsWith(keyOf(region, prefix)));
            const direct = ({ name }: Stored) => Recursive || !name.slice(prefix.length).includes('/');
            const all = below.map(([, stored]) => stored).filter(direct);
            const from = Number(NextToken ?? 0);
            return {
              Parameters: all.slice(from, from + MaxResults).map((stored) => view(region, stored)),
              ...(from + MaxResults < all.length ? { NextToken: String(from + MaxResults) } : {}),
            };
          },
        }),
        PutParameter: operation<PutParameterCommandInput, PutParameterCommandOutput>({
          permissions: on('ssm:PutParameter'),
          handle({ Name = '', Value = '', Type, Overwrite = false, Tier = 'Standard' }, { region }) {
            const existing = parameters.get(keyOf(region, Name));
            if (Type === 'SecureString') {
              throw new ServiceError('UnsupportedParameterType', 'The local account keeps secrets in Secrets Manager.');
            }
            if (!Overwrite && existing) {
              throw new ServiceError('ParameterAlreadyExists', 'The parameter already exists.');
            }
            const type = Type ?? existing?.type;
            if (!type) throw invalid('A parameter type is required when you create a parameter.');
            const tier = Tier === 'Advanced' ? 'Advanced' : 'Standard';
            return { Version: put(region, Name, Value, type, tier), Tier: tier };
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

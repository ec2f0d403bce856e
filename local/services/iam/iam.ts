import type {
  GetRoleCommandInput,
  GetRoleCommandOutput,
  GetRolePolicyCommandInput,
  GetRolePolicyCommandOutput,
  ListRolePoliciesCommandInput,
  ListRolePoliciesCommandOutput,
} from '@aws-sdk/client-iam';
import * as sdk from '@aws-sdk/client-iam';
import { z } from 'zod';
import { operation, type PolicyDocument, type Role, type Service, ServiceError, type World } from '../../service.ts';

const Document = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.array(z.record(z.string(), z.unknown())),
});
const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);
const InlinePolicies = z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: Document })).default([]);

const RoleProperties = z.strictObject({
  RoleName: z.string().max(64).optional(),
  Path: z
    .string()
    .regex(/^\/([\x21-\x7e]+\/)?$/)
    .default('/'),
  Description: z.string().optional(),
  AssumeRolePolicyDocument: Document,
  Policies: InlinePolicies,
  /** AWS's managed policies are wide; the product does without, so that they are refused rather than imitated. */
  ManagedPolicyArns: z.array(z.string()).max(0, 'the local account knows no managed policies').optional(),
  MaxSessionDuration: z.int().optional(),
  Tags,
});

const PolicyProperties = z.strictObject({
  PolicyName: z.string(),
  PolicyDocument: Document,
  Roles: z.array(z.string()).min(1),
});

/** The path of a role stands in its ARN, between `role` and its name. */
const pathOf = (arn: string): string => arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1);

/** IAM: the roles of the template and their policies. What they allow is judged by `authorization/authorizer.ts`. */
export const createIam = (world: World): Service => {
  const byName = new Map<string, Role>();
  const roleNamed = (name = '') => {
    const role = byName.get(name);
    if (role) return role;
    throw new ServiceError('NoSuchEntityException', `The role with name ${name} cannot be found.`, 404);
  };
  const on =
    (action: string) =>
    ({ RoleName = '' }: { RoleName?: string | undefined }) => [
      { action, resource: byName.get(RoleName)?.arn ?? `arn:aws:iam::${world.accountId}:role/${RoleName}` },
    ];
  const encoded = (document: PolicyDocument) => encodeURIComponent(JSON.stringify(document));

  return {
    name: 'iam',
    api: {
      signingName: 'iam',
      iamPrefix: 'iam',
      sdk,
      Client: sdk.IAMClient,
      operations: {
        GetRole: operation<GetRoleCommandInput, GetRoleCommandOutput>({
          permissions: on('iam:GetRole'),
          handle({ RoleName }) {
            const { arn, name, trust } = roleNamed(RoleName);
            return {
              Role: {
                Arn: arn,
                RoleName: name,
                RoleId: `AROA${name}`,
                Path: pathOf(arn),
                CreateDate: new Date(world.clock.origin),
                AssumeRolePolicyDocument: encoded(trust),
              },
            };
          },
        }),
        ListRolePolicies: operation<ListRolePoliciesCommandInput, ListRolePoliciesCommandOutput>({
          permissions: on('iam:ListRolePolicies'),
          handle: ({ RoleName }) => ({ PolicyNames: [...roleNamed(RoleName).policies.keys()], IsTruncated: false }),
        }),
        GetRolePolicy: operation<GetRolePolicyCommandInput, GetRolePolicyCommandOutput>({
          permissions: on('iam:GetRolePolicy'),
          handle({ RoleName, PolicyName = '' }) {
            const role = roleNamed(RoleName);
            const document = role.policies.get(PolicyName);
            if (document) return { RoleName: role.name, PolicyName, PolicyDocument: encoded(document) };
            throw new ServiceError('NoSuchEntityException', `The role policy with name ${PolicyName} cannot be found.`);
          },
        }),
      },
    },
    resources: {
      'AWS::IAM::Role': {
        create(resource) {
          const properties = RoleProperties.parse(resource.properties);
          const name = properties.RoleName ?? resource.generatedName(64);
          const role: Role = {
            arn: `arn:aws:iam::${world.accountId}:role${properties.Path}${name}`,
            name,
            trust: properties.AssumeRolePolicyDocument,
            policies: new Map(properties.Policies.map((policy) => [policy.PolicyName, policy.PolicyDocument])),
          };
          byName.set(name, role);
          world.roles.put(role);
          return { ref: name, attributes: { Arn: role.arn, RoleId: `AROA${name}` } };
        },
      },
      'AWS::IAM::Policy': {
        create({ properties, logicalId }) {
          const { PolicyName, PolicyDocument, Roles } = PolicyProperties.parse(properties);
          for (const name of Roles) roleNamed(name).policies.set(PolicyName, PolicyDocument);
          return { ref: logicalId };
        },
      },
    },
  };
};

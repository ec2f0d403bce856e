import type * as api from '@aws-sdk/client-kms';
import * as sdk from '@aws-sdk/client-kms';
import { z } from 'zod';
import { operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { createKeys, type Key, type Keys } from './keys.ts';

const Policy = z.looseObject({ Statement: z.array(z.record(z.string(), z.unknown())) });
const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);

/** Keys here encrypt nothing, so only what tells who may use them, or how they are found, means something. */
const KeyProperties = z.strictObject({
  Description: z.string().default(''),
  KeyPolicy: Policy.optional(),
  EnableKeyRotation: z.boolean().optional(),
  Enabled: z.literal(true, 'the local account knows no disabled keys').optional(),
  KeySpec: z.literal('SYMMETRIC_DEFAULT').optional(),
  KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
  PendingWindowInDays: z.int().min(7).max(30).optional(),
  Tags,
});
const AliasProperties = z.strictObject({ AliasName: z.string(), TargetKeyId: z.string() });

const readPolicy = (text: string) => {
  try {
    return Policy.parse(JSON.parse(text));
  } catch {
    throw new ServiceError('MalformedPolicyDocumentException', 'The key policy is not a valid policy document');
  }
};

type Tag = { readonly TagKey: string | undefined; readonly TagValue: string | undefined };
const tagMap = (tags: readonly Tag[] = []) => new Map(tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]));
const tagContext = (prefix: string, tags: ReadonlyMap<string, string>) =>
  Object.fromEntries([...tags].map(([key, value]) => [`${prefix}/${key}`, value]));

/** KMS's keys and aliases, so that they can be named, found and guarded. Nothing is encrypted: data stays on this machine. */
export const createKms = (world: World): Service => {
  const regions = new Map<string, Keys>();
  const keysOf = (region: string): Keys => {
    const known = regions.get(region);
    if (known) return known;
    const made = createKeys(world.accountId, region, () => new Date(world.clock.now()));
    regions.set(region, made);
    return made;
  };

  const onKey = (action: string, KeyId: string, region: string): Permission => {
    const key = keysOf(region).find(KeyId);
    if (key) {
      return {
        action,
        resource: key.arn,
        context: tagContext('aws:ResourceTag', key.tags),
        resourcePolicy: key.policy,
      };
    }
    const named = `arn:aws:kms:${region}:${world.accountId}:key/${KeyId}`;
    return { action, resource: KeyId.startsWith('arn:') ? KeyId : named };
  };

  const CreateKey = operation<api.CreateKeyCommandInput, api.CreateKeyCommandOutput>({
    permissions(input) {
      const tags = tagMap(input.Tags);
      if (tags.size === 0) return [{ action: 'kms:CreateKey', resource: '*' }];
      const context = { ...tagContext('aws:RequestTag', tags), 'aws:TagKeys': [...tags.keys()] };
      return ['kms:CreateKey', 'kms:TagResource'].map((action) => ({ action, resource: '*', context }));
    },
    handle(input, { region }) {
      const { Description: description = '', KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT' } = input;
      const { MultiRegion = false, Origin = 'AWS_KMS', Policy: policy } = input;
      if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT' || MultiRegion || Origin !== 'AWS_KMS') {
        const message = 'The local account makes symmetric encryption keys of one Region, with material from KMS, only';
        throw new ServiceError('UnsupportedOperationException', message);
      }
      const details = { description, policy: policy ? readPolicy(policy) : undefined, tags: tagMap(input.Tags) };
      return { KeyMetadata: metadataOf(world.accountId, keysOf(region).create(details)) };
    },
  });

  const DescribeKey = operation<api.DescribeKeyCommandInput, api.DescribeKeyCommandOutput>({
    permissions: ({ KeyId = '' }, { region }) => [onKey('kms:DescribeKey', KeyId, region)],
    handle: ({ KeyId = '' }, { region }) => ({ KeyMetadata: metadataOf(world.accountId, keysOf(region).get(KeyId)) }),
  });

  const CreateAlias = operation<api.CreateAliasCommandInput, api.CreateAliasCommandOutput>({
    // Asked of both, the alias and its key (KMS developer guide, controlling access to aliases).
    permissions: ({ AliasName = '', TargetKeyId = '' }, { region }) => [
      { action: 'kms:CreateAlias', resource: keysOf(region).aliasArn(AliasName) },
      onKey('kms:CreateAlias', TargetKeyId, region),
    ],
    handle({ AliasName = '', TargetKeyId = '' }, { region }) {
      keysOf(region).addAlias(AliasName, TargetKeyId);
      return {};
    },
  });

  const ListAliases = operation<api.ListAliasesCommandInput, api.ListAliasesCommandOutput>({
    handle({ KeyId, Limit = 50, Marker }, { region }) {
      const keys = keysOf(region);
      const wanted = KeyId === undefined ? undefined : keys.get(KeyId).id;
      const all = keys.aliases().filter(([, { id }]) => wanted === undefined || id === wanted);
      const { page, next } = pageOf(all, Limit, Marker);
      const Aliases = page.map(([AliasName, { id, createdAt }]) => ({
        AliasName,
        AliasArn: keys.aliasArn(AliasName),
        TargetKeyId: id,
        CreationDate: createdAt,
        LastUpdatedDate: createdAt,
      }));
      return { Aliases, ...next };
    },
  });

  return {
    name: 'kms',
    api: {
      signingName: 'kms',
      iamPrefix: 'kms',
      sdk,
      Client: sdk.KMSClient,
      operations: { CreateKey, DescribeKey, CreateAlias, ListAliases },
    },
    resources: {
      'AWS::KMS::Key': {
        create({ properties, region }) {
          const { Description: description, KeyPolicy: policy, Tags: tags } = KeyProperties.parse(properties);
          const byKey = new Map(tags.map(({ Key: key, Value }) => [key, Value]));
          const { id, arn } = keysOf(region).create({ description, policy, tags: byKey });
          return { ref: id, attributes: { Arn: arn, KeyId: id } };
        },
      },
      'AWS::KMS::Alias': {
        create({ properties, region }) {
          const { AliasName, TargetKeyId } = AliasProperties.parse(properties);
          keysOf(region).addAlias(AliasName, TargetKeyId);
          return { ref: AliasName };
        },
      },
    },
  };
};

const metadataOf = (accountId: string, key: Key): api.KeyMetadata => ({
  AWSAccountId: accountId,
  KeyId: key.id,
  Arn: key.arn,
  CreationDate: key.createdAt,
  Enabled: true,
  Description: key.description,
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyState: 'Enabled',
  Origin: 'AWS_KMS',
  KeyManager: key.manager,
  KeySpec: 'SYMMETRIC_DEFAULT',
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
  MultiRegion: false,
});

/** A list holds 1 to 100 aliases (API reference, ListAliases); the marker is the place of the next one. */
const pageOf = <T>(all: readonly T[], limit: number, marker: string | undefined) => {
  if (limit < 1 || limit > 100) throw new ServiceError('ValidationException', 'Limit is a number from 1 to 100');
  const from = Number(marker ?? 0);
  if (!Number.isInteger(from) || from < 0) throw new ServiceError('InvalidMarkerException', 'The marker is not valid');
  const end = from + limit;
  const next = end < all.length ? { NextMarker: String(end), Truncated: true } : { Truncated: false };
  return { page: all.slice(from, end), next };
};

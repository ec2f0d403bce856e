import { createHash, randomUUID } from 'node:crypto';
import { type PolicyDocument, ServiceError } from '../../service.ts';

export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly description: string;
  /** `AWS` for the keys that services make for themselves. */
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly policy: PolicyDocument;
  readonly tags: ReadonlyMap<string, string>;
}

export interface NewKey {
  readonly description: string;
  /** Left out: the account's own IAM policies decide, as KMS's default key policy says. */
  readonly policy?: PolicyDocument | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** The keys and aliases of one Region. */
export interface Keys {
  create(details: NewKey): Key;
  /** By id, ARN, alias name or alias ARN. */
  find(named: string): Key | undefined;
  /** @throws ServiceError NotFoundException */
  get(named: string): Key;
  /** @throws ServiceError InvalidAliasNameException, AlreadyExistsException, ValidationException, NotFoundException */
  addAlias(name: string, keyId: string): void;
  list(): readonly Key[];
  /** Alias name and the key that it stands for. */
  aliases(): readonly (readonly [name: string, key: Key])[];
  aliasArn(name: string): string;
}

/** The services that have a key of their own in every account that uses them. */
const SERVICES_WITH_KEYS = ['dynamodb', 'elasticache', 'lambda', 's3', 'secretsmanager', 'sns', 'sqs', 'ssm'];

const ALIAS = /^alias\/[a-zA-Z0-9/_-]+$/;

/** The same on every machine, so that an account that is started again has the same service keys. */
const serviceKeyId = (region: string, service: string): string =>
  createHash('sha256')
    .update(`${region} ${service}`)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');

/** Lets the account's IAM policies decide (KMS developer guide, default key policy). */
const defaultPolicy = (accountId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'EnableIamUserPermissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

export const createKeys = (accountId: string, region: string, now: () => Date): Keys => {
  const keys = new Map<string, Key>();
  const targets = new Map<string, string>();
  const arn = (rest: string) => `arn:aws:kms:${region}:${accountId}:${rest}`;

  const keep = (id: string, manager: Key['manager'], { description, policy, tags }: NewKey): Key => {
    const key: Key = {
      id,
      arn: arn(`key/${id}`),
      createdAt: now(),
      description,
      manager,
      policy: policy ?? defaultPolicy(accountId),
      tags,
    };
    keys.set(id, key);
    return key;
  };
  for (const service of SERVICES_WITH_KEYS) {
    const description = `Default key that protects my ${service} data when no other key is defined`;
    const { id } = keep(serviceKeyId(region, service), 'AWS', { description, tags: new Map() });
    targets.set(`alias/aws/${service}`, id);
  }

  const find: Keys['find'] = (named) => {
    const name = named.startsWith(arn('')) ? named.slice(arn('').length).replace(/^key\//, '') : named;
    return keys.get(targets.get(name) ?? name);
  };
  const get: Keys['get'] = (named) => {
    const key = find(named);
    if (key) return key;
    const message = named.startsWith('alias/')
      ? `Alias ${arn(named)} is not found.`
      : `Key '${named.startsWith('arn:') ? named : arn(`key/${named}`)}' does not exist`;
    throw new ServiceError('NotFoundException', message);
  };

  return {
    find,
    get,
    aliasArn: arn,
    create: (details) => keep(randomUUID(), 'CUSTOMER', details),
    addAlias(name, keyId) {
      if (!ALIAS.test(name) || name.startsWith('alias/aws/')) {
        const message = `Alias ${name} is not allowed: it begins with alias/ but not with alias/aws/, and holds only letters, digits, /, _ and -`;
        throw new ServiceError('InvalidAliasNameException', message);
      }
      if (targets.has(name)) {
        throw new ServiceError('AlreadyExistsException', `An alias with the name ${arn(name)} already exists`);
      }
      // An alias stands for a key, never for another alias (API reference, CreateAlias).
      if (keyId.includes('alias/')) {
        throw new ServiceError('ValidationException', 'Aliases must refer to keys. Not aliases');
      }
      targets.set(name, get(keyId).id);
    },
    list: () => [...keys.values()],
    aliases: () => [...targets].map(([name, id]) => [name, get(id)] as const),
  };
};
